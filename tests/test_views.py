"""Views: in step with the rows after every change, and the same however they came about."""

import sqlite3
from contextlib import closing
from itertools import pairwise

import numpy as np
import pytest
from conftest import FakeEncoder, markdown
from followed_index import FollowedIndex, contents, living
from hypothesis import given, settings
from hypothesis import strategies as st
from passages_by_hand import STAMP, brute_force, extend, only, random_vectors, stored, view_over

from corpus.errors import IndexDamaged
from index.index import Index
from index.schema import FILE_NAME
from index.search import View
from index.segment import read_segment
from index.views import Views, stamp_of


def test_a_replayed_view_is_the_rebuilt_one_after_every_kind_of_change(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add("a", "b", "c")
    steps = [
        lambda: table.add("d"),
        lambda: table.remove("b"),
        lambda: table.index.add(markdown("Another text.", "a")),
        lambda: (table.add("e"), table.remove("e")),
        lambda: table.remove("d"),
        table.index.rebuild,
        lambda: (table.remove("a"), table.remove("c")),
        lambda: table.add("a"),
        lambda: (table.add("f"), table.index.add(markdown("---\ntitle: T\n---\nNew.", "f"))),
    ]
    for step in steps:
        table.view()
        step()
        assert contents(table.view()) == contents(table.rebuilt())
        assert table.view().stamp == table.rebuilt().stamp
        question = "another report on trade"
        assert table.found(table.view(), question) == table.found(table.rebuilt(), question)


def test_a_view_is_the_same_object_until_something_changes(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add("a")
    first = table.view()
    assert table.view() is first
    table.index.set_collection("x")
    assert table.view() is first
    table.add("b")
    assert table.view() is not first
    table.views.forget()
    assert contents(table.view()) == contents(table.rebuilt())


def test_removed_passages_are_never_found_or_scored(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add(*"abcdefgh")
    table.view()
    table.add("i", "j")
    table.view()
    table.remove(*"aij")
    question = "Report a i j on trade"
    both = table.found(table.view(), question, limit=100)
    assert set(both.dense) == set(both.lexical) == set(range(2, 9))
    both = table.found(table.view(), question, ("a", "b", "i", "j"), limit=100)
    assert set(both.dense) == set(both.lexical) == {2}
    assert table.view().count == 7


def test_an_older_view_is_not_changed_by_what_comes_after_it(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add("a", "b", "c")
    older = table.view()
    before = contents(older)
    table.add("d")
    newer = table.view()
    table.remove("a")
    table.view()
    assert contents(older) == before
    assert contents(newer)["ids"] == [1, 2, 3, 4]
    assert older.count == 3


def test_a_generation_that_another_thread_left_behind_is_known_as_such(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add("a")
    with table.snapshot() as older:
        assert not table.views.is_newer_than(older.manifest)
        table.view()
        assert not table.views.is_newer_than(older.manifest)
    table.add("b")
    table.view()
    assert table.views.is_newer_than(older.manifest)


def test_what_was_added_since_is_joined_when_it_has_grown(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add("a")
    table.view()
    table.add_long("long", 1100)
    shown = table.view()
    assert (len(shown.base.ids), len(shown.recent.ids)) == (1101, 0)
    assert contents(shown) == contents(table.rebuilt())
    table.add("b")
    assert (len(table.view().base.ids), len(table.view().recent.ids)) == (1101, 1)


def test_joining_leaves_out_what_was_removed_and_keeps_its_order(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add("a", "b", "c")
    table.view()
    table.add_long("long", 1100)
    table.remove("b")
    shown = table.view()
    assert (len(shown.base.ids), len(shown.recent.ids)) == (1102, 0)
    assert shown.base.ids.tolist() == [1, *range(3, 1104)]
    assert contents(shown) == contents(table.rebuilt())


def divided(cuts: list[int], vectors, texts) -> tuple[sqlite3.Connection, View]:
    """Put passages into a base and what was added since, cut there; return an equal file too."""
    connection = stored(vectors[: cuts[1]], texts[: cuts[1]])
    base = read_segment(connection, 8)
    for number, (start, end) in enumerate(pairwise(cuts[1:]), 2):
        extend(connection, vectors[start:end], texts[start:end], generation=number)
    return connection, View(STAMP, base, read_segment(connection, 8, since=1))


WORDS = st.lists(st.sampled_from(["peru", "trade", "gas", "한국"]), max_size=5).map(" ".join)


@settings(max_examples=60)
@given(st.data(), st.lists(WORDS, min_size=1, max_size=12), st.integers(1, 14))
def test_however_the_passages_are_divided_the_same_is_found(data, texts, limit):
    count = len(texts)
    cut = data.draw(st.integers(0, count))
    allowed = data.draw(st.sets(st.integers(1, count)))
    vectors = np.round(random_vectors(count, count))  # few directions, many ties
    question = random_vectors(99, 1)[0].astype(np.float32)
    connection, view = divided([0, cut, count], vectors, texts)
    with closing(connection), closing(stored(vectors, texts)) as other:
        found = view.search(connection, "peru gas 한국", question, only(allowed), limit)
        expected = view_over(other).search(other, "peru gas 한국", question, only(allowed), limit)
    assert found == expected
    assert set(found.dense) <= allowed
    nearest = brute_force(vectors, question, limit, allowed)
    assert set(nearest) <= set(found.dense)
    matching = {id_ for id_ in allowed if {"peru", "gas", "한국"} & set(texts[id_ - 1].split())}
    assert set(found.lexical) <= matching
    assert len(found.lexical) >= min(limit, len(matching))


def test_of_equal_passages_in_both_segments_those_with_the_lowest_ids_are_found():
    vectors, texts = np.tile(np.eye(8)[0], (60, 1)), ["peru"] * 60
    connection, view = divided([0, 30, 60], vectors, texts)
    question = np.eye(8, dtype=np.float32)[0]
    for limit in (1, 29, 30, 31, 59, 60, 100):
        both = view.search(connection, "peru", question, (), limit)
        expected = list(range(1, min(limit, 60) + 1))
        assert list(both.dense) == expected
        assert sorted(both.lexical) == expected
    both = view.search(connection, "peru", question, only(range(25, 60)), 10)
    assert list(both.dense) == list(range(25, 35))


def test_filters_count_for_each_document_and_all_of_them_must_let_it_through():
    connection, view = divided([0, 2, 4], random_vectors(1, 4), ["", "", "", ""])
    connection.execute("UPDATE passages SET document = 9 WHERE id IN (2, 3)")
    view = View(STAMP, read_segment(connection, 8), view.recent.without(np.array([3, 4])))
    assert view.allowed(connection, ())[0].tolist() == [True] * 4
    assert view.allowed(connection, only([9]))[0].tolist() == [False, True, True, False]
    assert view.allowed(connection, only([1, 9]))[0].tolist() == [True, True, True, False]
    both = (*only([1, 9]), *only([1, 4]))
    assert [mask.tolist() for mask in view.allowed(connection, both)] == [
        [True, False, False, False], [False, False]
    ]  # fmt: skip
    assert view.allowed(connection, only([]))[0].tolist() == [False] * 4


def test_of_words_that_most_passages_hold_a_short_passage_still_scores_more_than_a_long_one():
    """Three of four hold the word, so that its idf is 1e-6: by the formula the second scores
    1e-6 · 2.2 / (1 + 1.2 · (0.25 + 0.75 · 1 / 3)) = 1.375e-6, the third of 7 words
    1e-6 · 2.2 / (1 + 1.2 · (0.25 + 0.75 · 7 / 3)) = 0.647e-6; in the mean there are 3.
    """
    texts = ["peru a b", "peru", "peru a b c d e f", "gas"]
    connection = stored(random_vectors(1, 4), texts)
    question = np.eye(8, dtype=np.float32)[0]
    found = view_over(connection).search(connection, "peru", question, (), 10).lexical
    assert found[2] == pytest.approx(1.375e-6, rel=1e-3)
    assert found[3] == pytest.approx(0.647e-6, rel=1e-3)


def test_a_passage_that_holds_a_word_of_most_passages_has_a_score_however_long_it_is():
    """Nine of 1 word and one of 101, 11 in the mean; all hold the word, whose idf is 1e-6.

    1e-6 · 2.2 / (1 + 1.2 · (0.25 + 0.75 · 101 / 11)) = 0.230e-6.
    """
    texts = ["peru"] * 9 + ["peru " + "gas " * 100]
    connection = stored(random_vectors(1, 10), texts)
    question = np.eye(8, dtype=np.float32)[0]
    found = view_over(connection).search(connection, "peru", question, (), 10).lexical
    assert set(found) == set(range(1, 11))
    assert found[10] == pytest.approx(0.230e-6, rel=1e-2)


DAMAGES = [
    "DELETE FROM vectors WHERE passage = 2",
    "DELETE FROM lexicon WHERE passage = 2",
    "DELETE FROM passages WHERE id = 2",
    "INSERT INTO vectors SELECT 99, vector FROM vectors WHERE passage = 1",
    "UPDATE generations SET passages = passages + 1",
    "UPDATE generations SET passages = 0",
]


def execute(table: FollowedIndex, *statements: str) -> None:
    with closing(sqlite3.connect(table.folder / FILE_NAME)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("statement", DAMAGES)
def test_rows_that_do_not_agree_are_damage_to_whoever_opens_the_index(tmp_path, statement):
    table = FollowedIndex(tmp_path)
    table.add("a", "b", "c")
    execute(table, statement)
    with pytest.raises(IndexDamaged):
        Index(tmp_path, FakeEncoder()).search("trade")


def test_passages_that_are_gone_with_all_their_rows_are_missed_by_their_number(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add("a", "b", "c")
    execute(table, *(f"DELETE FROM {name} WHERE {key} = 2" for name, key in
                     (("vectors", "passage"), ("lexicon", "passage"), ("passages", "id"))))  # fmt: skip
    with pytest.raises(IndexDamaged, match="not as many as were counted"):
        Index(tmp_path, FakeEncoder()).search("trade")


@pytest.mark.parametrize("table_name", ["vectors", "lexicon"])
def test_an_added_row_that_is_missing_is_damage_to_a_view_that_follows(tmp_path, table_name):
    table = FollowedIndex(tmp_path)
    table.add("a", "b")
    table.index.search("trade")
    table.add("c")
    execute(table, f"DELETE FROM {table_name} WHERE passage = 3")
    with pytest.raises(IndexDamaged, match="no vector or no terms"):
        table.index.search("trade")
    table.remove("c")
    assert len(table.index.search("trade").hits) == 2, "what was damaged is gone"


def test_a_view_of_another_history_is_not_followed(tmp_path):
    one, other = FollowedIndex(tmp_path / "one"), FollowedIndex(tmp_path / "other")
    one.add("a", "b")
    other.add("x", "y", "z")
    views = Views(tmp_path)
    for table in (one, other, one):
        with table.snapshot() as now:
            shown = views.at(now.connection, now.manifest)
            assert shown.stamp == stamp_of(now.manifest)
        assert living(shown) == living(table.rebuilt())
