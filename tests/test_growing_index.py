"""An index past the limit of what is compared one by one: compressed, followed and saved."""

import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder, markdown
from followed_index import FollowedIndex, check_in_step, living

from corpus.errors import IndexDamaged
from index.dense import faiss_index
from index.index import Index
from index.schema import connect
from index.views import Due, due_checkpoint

LIMIT = 200
BASE = 300
GROWN = 1025
"""So many passages added since are put into the base, where they may be."""


@pytest.fixture(autouse=True)
def small_limit(monkeypatch):
    monkeypatch.setattr("index.segment.EXACT_LIMIT", LIMIT)


@pytest.fixture
def table(tmp_path) -> FollowedIndex:
    """An index of 300 passages in one document, and three of one each, in one compressed base."""
    table = FollowedIndex(tmp_path)
    table.add_long("long", BASE)
    table.add("a", "b", "c")
    shown = table.view()
    assert not shown.base.is_exact
    assert (len(shown.base.ids), len(shown.recent.ids)) == (BASE + 3, 0)
    return table


def saved(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*"))


def test_the_limit_decides_what_is_compressed(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add_long("long", LIMIT)
    assert table.rebuilt().base.is_exact
    table.add("a")
    assert not table.rebuilt().base.is_exact
    assert table.view().base.vectors.ntotal == LIMIT + 1


def test_a_replayed_view_over_a_compressed_base_is_the_rebuilt_one_after_every_change(table):
    steps = [
        lambda: table.add("d"),
        lambda: table.remove("b"),
        lambda: table.index.add(markdown("Another text.", "a")),
        lambda: (table.add("e"), table.remove("e")),
        lambda: table.remove("d"),
        table.index.rebuild,
        lambda: table.index.add(markdown("Another text.", "c")),
        lambda: (table.remove("a"), table.remove("c")),
        lambda: table.add("a"),
        lambda: table.add_long("long-too", 50),
    ]
    for step in steps:
        table.view()
        step()
        check_in_step(table, table.view())
    assert not table.view().base.is_exact


def test_an_index_that_shrinks_below_the_limit_is_exact_where_it_is_opened_anew(table):
    table.remove("long")
    check_in_step(table, table.view())
    assert table.index.save_checkpoint()
    opened = FollowedIndex(table.folder).view()
    assert opened.base.is_exact
    check_in_step(table, opened)


def test_removed_passages_of_a_compressed_base_are_never_found(table):
    kept = table.view()
    before = living(kept)
    table.remove("long")
    table.add("d")
    table.remove("a")
    both = table.found(table.view(), "Report 7 long a b c d on trade", limit=100)
    alive = {BASE + 2, BASE + 3, BASE + 4}
    assert set(both.dense) == set(both.lexical) == alive
    hits = table.index.search("Report 7 long a b c d on trade", limit=100).hits
    assert {hit.provenance.id for hit in hits} == {"b", "c", "d"}
    assert living(kept) == before, "an older view is not changed by what comes after it"


def test_the_first_who_asks_saves_a_compressed_base_and_the_next_one_takes_it(table):
    (path,) = saved(table.folder)
    content = {file.name: file.stat().st_mtime_ns for file in path.iterdir()}
    opened = FollowedIndex(table.folder)
    check_in_step(table, opened.view())
    assert isinstance(opened.view().base.ids, np.memmap)
    assert {file.name: file.stat().st_mtime_ns for file in path.iterdir()} == content
    assert not table.index.save_checkpoint()


def test_an_exact_base_is_not_saved_by_a_question(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add_long("long", LIMIT)
    table.view()
    assert saved(tmp_path) == []


def test_where_a_compressed_base_cannot_be_saved_it_is_searched_all_the_same(table, monkeypatch):
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.sealed.sync", fail)
    shutil.rmtree(saved(table.folder)[0])
    check_in_step(table, FollowedIndex(table.folder).view())
    assert saved(table.folder) == []


def test_with_and_without_the_checkpoint_the_same_is_found(table):
    questions = [f"Report {number} long on trade" for number in range(0, BASE, 30)]
    with_it = [Index(table.folder, FakeEncoder()).search(q, limit=5).hits for q in questions]
    assert all(hits for hits in with_it)
    shutil.rmtree(saved(table.folder)[0])
    without = [Index(table.folder, FakeEncoder()).search(q, limit=5).hits for q in questions]
    assert with_it == without


def test_a_damaged_checkpoint_of_a_compressed_base_is_built_anew_and_saved(table):
    (path,) = saved(table.folder)
    content = bytearray((path / "vectors.faiss").read_bytes())
    content[len(content) // 2] ^= 0x01
    (path / "vectors.faiss").write_bytes(content)
    check_in_step(table, FollowedIndex(table.folder).view())
    assert saved(table.folder) == [path], "the same content, the same name"
    assert table.index.checkpoint_generation() == 4


def test_a_compressed_base_keeps_what_was_added_until_a_newer_checkpoint_is_there(table):
    table.add_long("long-too", GROWN)
    shown = table.view()
    assert (len(shown.base.ids), len(shown.recent.ids)) == (BASE + 3, GROWN)
    check_in_step(table, shown)
    table.remove("b")
    assert len(table.view().recent.ids) == GROWN
    assert table.index.save_checkpoint()
    table.add("d")
    shown = table.view()
    assert (len(shown.base.ids), len(shown.recent.ids)) == (BASE + 2 + GROWN, 1)
    assert not shown.base.is_exact
    check_in_step(table, shown)


def test_a_newer_checkpoint_of_fewer_passages_is_taken_too(table):
    """1,100 passages make way for 1,025 others: the newer base is smaller than the older one."""
    table.add_long("long-old", 1100)
    assert table.index.save_checkpoint()
    table.views.forget()
    assert len(table.view().base.ids) == BASE + 3 + 1100
    table.remove("long-old")
    table.add_long("long-new", GROWN)
    assert len(table.view().recent.ids) == GROWN
    assert table.index.save_checkpoint()
    table.add("d")
    shown = table.view()
    check_in_step(table, shown)
    assert (len(shown.base.ids), len(shown.recent.ids)) == (BASE + 3 + GROWN, 1)


def test_exact_segments_are_kept_apart_where_joined_they_would_be_too_many(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add_long("long", LIMIT)
    assert table.view().base.is_exact
    table.add_long("long-too", GROWN)
    shown = table.view()
    assert (len(shown.base.ids), len(shown.recent.ids)) == (LIMIT, GROWN)
    check_in_step(table, shown)
    assert table.index.save_checkpoint()
    table.add("a")
    shown = table.view()
    assert not shown.base.is_exact
    assert (len(shown.base.ids), len(shown.recent.ids)) == (LIMIT + GROWN, 1)
    check_in_step(table, shown)


def test_a_checkpoint_of_a_grown_index_is_that_of_its_rows(table):
    """It is not put together from the older one, whose compressed vectors are not the stored."""
    table.remove("a")
    table.add_long("long-too", 60)
    assert table.index.save_checkpoint()
    (path,) = saved(table.folder)
    expected = (path / "checkpoint.json").read_bytes()
    shutil.rmtree(path)
    assert table.index.save_checkpoint()
    (path,) = saved(table.folder)
    assert (path / "checkpoint.json").read_bytes() == expected
    check_in_step(table, FollowedIndex(table.folder).view())


def test_while_a_compressed_checkpoint_is_written_the_index_may_be_changed(table, monkeypatch):
    table.add_long("long-too", 60)
    table.add("d")
    monkeypatch.setattr("index.schema.BUSY_SECONDS", 0.05)

    def changing(*arguments, exact):
        made = faiss_index(*arguments, exact=exact)
        if exact:
            return made
        table.remove("long-too", "a")
        table.index.add(markdown("Another text.", "b"))
        table.add("e")
        return made

    monkeypatch.setattr("index.segment.faiss_index", changing)
    assert table.index.save_checkpoint(always=True)
    monkeypatch.setattr("index.segment.faiss_index", faiss_index)
    opened = FollowedIndex(table.folder)
    assert isinstance(opened.view().base.ids, np.memmap)
    assert len(opened.view().base.ids) == BASE + 64
    check_in_step(table, opened.view())


def grown(table: FollowedIndex) -> Due:
    """Add passages, and return the checkpoint that is to be written then."""
    table.add_long("long-too", 60)
    with table.snapshot() as now:
        due = due_checkpoint(table.folder, now, always=True)
    assert due is not None
    return due


def test_what_is_removed_before_it_is_read_into_a_checkpoint_is_not_found(table):
    due = grown(table)
    table.remove("long", "b")
    table.add("d")
    due.write(table.folder)
    opened = FollowedIndex(table.folder)
    assert len(opened.view().base.ids) == BASE + 63
    check_in_step(table, opened.view())


def test_a_checkpoint_of_a_file_that_another_one_replaced_is_not_written(table):
    due = grown(table)
    table.index.rebuild()
    before = saved(table.folder)
    assert not due.write(table.folder)
    assert saved(table.folder) == before
    check_in_step(table, FollowedIndex(table.folder).view())


def test_a_file_that_is_replaced_while_a_checkpoint_is_written_harms_nothing(table, monkeypatch):
    due = grown(table)

    def rebuilding(*arguments, exact):
        monkeypatch.setattr("index.segment.faiss_index", faiss_index)
        table.index.rebuild()
        return faiss_index(*arguments, exact=exact)

    monkeypatch.setattr("index.segment.faiss_index", rebuilding)
    assert due.write(table.folder)
    check_in_step(table, FollowedIndex(table.folder).view())


@pytest.mark.parametrize("lost", ["vectors", "lexicon"])
def test_a_passage_without_its_vector_or_terms_is_told_when_a_checkpoint_is_saved(table, lost):
    table.add_long("long-too", 60)
    with closing(connect(table.folder, writing=True)) as connection:
        connection.execute(f"DELETE FROM {lost} WHERE passage = 17")
    with pytest.raises(IndexDamaged, match="no vector or no terms"):
        table.index.save_checkpoint(always=True)


def test_a_search_in_a_compressed_index_has_the_scores_of_an_exact_one(table, monkeypatch):
    question = "Report 17 long on trade"
    compressed = table.found(table.view(), question, limit=100)
    monkeypatch.setattr("index.segment.EXACT_LIMIT", 10_000)
    exact = table.rebuilt()
    assert exact.base.is_exact
    everything = table.found(exact, question, limit=1000)
    for id_, score in compressed.dense.items():
        assert score == everything.dense[id_]
    assert compressed.lexical.items() <= everything.lexical.items()
