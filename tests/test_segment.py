"""Segments: runs of passages made from the rows, masked, joined, and never changed."""

import sqlite3

import faiss
import numpy as np
import pytest
from passages_by_hand import extend, random_vectors, stored

from index.lexical import ARRAYS
from index.segment import (
    Segment,
    can_be_joined,
    empty_segment,
    joined,
    read_segment,
)

VECTORS = random_vectors(1, 5)
TEXTS = ["peru trade", "", "korea", "peru peru", "gas"]


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def check_equal(one: Segment, other: Segment) -> None:
    """Compare every array, and what FAISS holds."""
    for name in ("ids", "documents", "alive"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
    for name in ARRAYS:
        assert getattr(one.lexicon, name).tolist() == getattr(other.lexicon, name).tolist(), name
    mine, theirs = faiss.serialize_index(one.vectors), faiss.serialize_index(other.vectors)
    assert mine.tobytes() == theirs.tobytes()


@pytest.fixture
def segment() -> Segment:
    return read_segment(stored(VECTORS, TEXTS), 8)


def test_a_segment_is_what_the_rows_say(segment):
    assert segment.ids.tolist() == [1, 2, 3, 4, 5]
    assert segment.documents.tolist() == [1, 2, 3, 4, 5]
    assert segment.alive.tolist() == [True] * 5
    assert segment.vectors.reconstruct_n(0, 5).tolist() == VECTORS.astype(np.float32).tolist()
    assert segment.lexicon.find("peru")[0].tolist() == [0, 3]
    assert segment.lexicon.lengths.tolist() == [2, 0, 1, 2, 1]
    assert segment.is_exact


def test_rows_stand_in_the_order_of_their_ids_whatever_their_number():
    """A removed passage leaves its number unused; a document's key is not its passage's id."""
    connection = stored(VECTORS, TEXTS)
    for table, column in (("passages", "id"), ("vectors", "passage"), ("lexicon", "passage")):
        connection.execute(f"DELETE FROM {table} WHERE {column} IN (1, 4)")
        connection.execute(f"UPDATE {table} SET {column} = 70 WHERE {column} = 2")
    connection.execute("UPDATE passages SET document = 9 WHERE id IN (3, 70)")
    found = read_segment(connection, 8)
    assert found.ids.tolist() == [3, 5, 70]
    assert found.documents.tolist() == [9, 5, 9]
    assert found.lexicon.lengths.tolist() == [1, 1, 0]
    expected = VECTORS[[2, 4, 1]].astype(np.float32)
    assert found.vectors.reconstruct_n(0, 3).tolist() == expected.tolist()


def test_a_segment_since_a_generation_holds_what_came_after_it():
    connection = stored(VECTORS, TEXTS)
    extend(connection, VECTORS[:2], TEXTS[:2], generation=2)
    extend(connection, VECTORS[2:3], TEXTS[2:3], generation=4)
    assert read_segment(connection, 8).ids.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert read_segment(connection, 8, since=1).ids.tolist() == [6, 7, 8]
    assert read_segment(connection, 8, since=2).ids.tolist() == [8]
    assert read_segment(connection, 8, since=3).ids.tolist() == [8]
    check_equal(read_segment(connection, 8, since=4), empty_segment(8))


def test_of_no_rows_a_segment_is_empty():
    check_equal(read_segment(stored(np.empty((0, 8))), 8), empty_segment(8))
    assert empty_segment(8).is_exact


def test_rows_read_in_small_blocks_give_the_same(segment, monkeypatch):
    monkeypatch.setattr("index.segment._BLOCK", 2)
    check_equal(read_segment(stored(VECTORS, TEXTS), 8), segment)


def test_more_than_a_limit_are_compressed_and_a_part_never_is(monkeypatch):
    monkeypatch.setattr("index.segment.EXACT_LIMIT", 100)
    connection = stored(random_vectors(1, 100))
    assert read_segment(connection, 8).is_exact
    extend(connection, random_vectors(2, 1), generation=2)
    large = read_segment(connection, 8)
    assert not large.is_exact
    assert large.vectors.ntotal == len(large.ids) == 101
    extend(connection, random_vectors(3, 150), generation=3)
    assert read_segment(connection, 8, since=2).is_exact


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM vectors WHERE passage = 2",
        "DELETE FROM lexicon WHERE passage = 2",
        "DELETE FROM passages WHERE id = 2",
        "DELETE FROM vectors",
        "DELETE FROM lexicon",
        "DELETE FROM passages",
        "INSERT INTO vectors SELECT 99, vector FROM vectors WHERE passage = 1",
        "INSERT INTO lexicon VALUES (99, 'x')",
        "UPDATE vectors SET vector = x'00' WHERE passage = 3",
        "UPDATE vectors SET vector = 'words' WHERE passage = 3",
        "UPDATE lexicon SET terms = x'ff' WHERE passage = 3",
        "DROP TABLE lexicon",
    ],
)
def test_rows_that_do_not_belong_together_are_damage(statement):
    connection = stored(VECTORS, TEXTS)
    connection.execute(statement)
    with pytest.raises(sqlite3.DatabaseError):
        read_segment(connection, 8)


def test_of_a_part_too_rows_that_do_not_belong_together_are_damage():
    connection = stored(VECTORS, TEXTS)
    extend(connection, VECTORS, TEXTS, generation=2)
    connection.execute("DELETE FROM vectors WHERE passage = 7")
    with pytest.raises(sqlite3.DatabaseError, match="no vector or no terms"):
        read_segment(connection, 8, since=1)


def test_without_some_passages_the_rest_is_alive_and_the_segment_itself_unchanged(segment):
    less = segment.without(ids(2, 4, 99))
    assert less.alive.tolist() == [True, False, True, False, True]
    assert less.without(ids(1)).alive.tolist() == [False, False, True, False, True]
    assert segment.alive.tolist() == [True] * 5
    assert segment.without(ids(7, 99)) is segment
    assert segment.without(ids()) is segment
    assert empty_segment(8).without(ids(1)).alive.tolist() == []


def test_positions_are_those_of_the_living(segment):
    assert segment.positions(ids(1, 3, 5)).tolist() == [0, 2, 4]
    assert segment.positions(ids(0, 3, 6, 2**62)).tolist() == [2]
    assert segment.positions(ids()).tolist() == []
    assert segment.without(ids(3)).positions(ids(1, 3, 5)).tolist() == [0, 4]
    assert empty_segment(8).positions(ids(1, 2)).tolist() == []


def test_joined_segments_are_the_one_of_the_rows_that_are_left():
    connection = stored(VECTORS, TEXTS)
    base = read_segment(connection, 8)
    extend(connection, VECTORS[::-1], TEXTS[::-1], generation=2)
    recent = read_segment(connection, 8, since=1)
    check_equal(joined((base, recent)), read_segment(connection, 8))
    removed = (1, 4, 6, 10)
    for table, column in (("passages", "id"), ("vectors", "passage"), ("lexicon", "passage")):
        connection.execute(f"DELETE FROM {table} WHERE {column} IN {removed}")
    less = joined((base.without(ids(*removed)), recent.without(ids(*removed))))
    check_equal(less, read_segment(connection, 8))
    assert less.ids.tolist() == [2, 3, 5, 7, 8, 9]


def test_joining_what_is_empty_or_all_removed_gives_an_empty_segment(segment):
    nothing = segment.without(ids(1, 2, 3, 4, 5))
    check_equal(joined((empty_segment(8), empty_segment(8))), empty_segment(8))
    check_equal(joined((nothing, empty_segment(8))), empty_segment(8))
    check_equal(joined((nothing, segment)), segment)


def test_only_exact_segments_that_stay_small_together_can_be_joined(segment, monkeypatch):
    monkeypatch.setattr("index.segment.EXACT_LIMIT", 9)
    assert not can_be_joined((segment, segment))
    assert can_be_joined((segment, segment.without(ids(2)))), "what is removed does not count"
    monkeypatch.setattr("index.segment.EXACT_LIMIT", 4)
    compressed = read_segment(stored(VECTORS, TEXTS), 8)
    assert not can_be_joined((compressed.without(ids(1, 2, 3)), empty_segment(8)))
