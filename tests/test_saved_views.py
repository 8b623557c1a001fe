"""An index and its checkpoint: quicker with it, and never another answer, whatever lies there."""

import shutil
from pathlib import Path

import pytest
from conftest import FakeEncoder, markdown
from followed_index import FollowedIndex, contents
from processes import AS_NOBODY, child, said

from corpus.errors import IndexDamaged
from index import views
from index.index import Index
from index.schema import FILE_NAME as SQLITE_FILE


def found(index: Index) -> list[tuple]:
    hits = index.search("trade", limit=50).hits
    return [(hit.passage_id, hit.dense, hit.lexical, hit.passage.text) for hit in hits]


def fill(index: Index, names: str) -> None:
    for name in names:
        index.add(markdown(f"# Trade\n\nReport {name} tells of trade.\n", name))


def saved(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*"))


def remove_saved(folder: Path) -> None:
    for path in saved(folder):
        shutil.rmtree(path)


def test_the_answer_is_the_same_with_every_checkpoint_that_can_lie_there(tmp_path):
    index = Index(tmp_path / "a", FakeEncoder())
    fill(index, "abcdef")
    assert index.save_checkpoint(always=True)
    (ours,) = saved(tmp_path / "a")
    ours = shutil.copytree(ours, tmp_path / "ours" / ours.name)
    index.remove("b")
    fill(index, "gh")
    other = Index(tmp_path / "b", FakeEncoder())
    fill(other, "ghabcdefxyz")
    assert other.save_checkpoint(always=True)
    (theirs,) = saved(tmp_path / "b")

    remove_saved(tmp_path / "a")
    expected = found(Index(tmp_path / "a", FakeEncoder()))
    assert len(expected) == 7
    for original in (ours, theirs):
        for damaged in (None, *(path.name for path in original.iterdir())):
            path = shutil.copytree(original, tmp_path / "a" / original.name)
            if damaged:
                content = bytearray((path / damaged).read_bytes())
                content[-3] ^= 0xFF
                (path / damaged).write_bytes(content)
            assert found(Index(tmp_path / "a", FakeEncoder())) == expected, damaged
            remove_saved(tmp_path / "a")
    shutil.copytree(ours, tmp_path / "a" / ours.name)
    shutil.copytree(theirs, tmp_path / "a" / theirs.name)
    assert found(Index(tmp_path / "a", FakeEncoder())) == expected, "both at once"


def test_a_damaged_checkpoint_gives_way_to_an_older_whole_one(tmp_path):
    index = Index(tmp_path / "index", FakeEncoder())
    fill(index, "abc")
    assert index.save_checkpoint(always=True)
    (older,) = saved(tmp_path / "index")
    older = shutil.copytree(older, tmp_path / older.name)
    fill(index, "de")
    assert index.save_checkpoint(always=True)
    (newer,) = saved(tmp_path / "index")
    shutil.copytree(older, tmp_path / "index" / older.name)
    assert index.checkpoint_generation() == 5
    (newer / "counts.npy").write_bytes(b"")
    assert index.checkpoint_generation() == 3
    assert found(Index(tmp_path / "index", FakeEncoder())) == found(index)


def test_a_checkpoint_is_replayed_and_not_rewritten_by_one_more_document(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "abcdefghijklmnopqrstu")
    assert index.save_checkpoint()
    (path,) = saved(tmp_path)
    before = {file.name: file.stat() for file in path.iterdir()}
    fill(index, "v")
    index.remove("a")
    assert not index.save_checkpoint()
    assert saved(tmp_path) == [path]
    after = {file.name: file.stat() for file in path.iterdir()}
    assert before.keys() == after.keys()
    for name, stat in after.items():
        assert (stat.st_mtime_ns, stat.st_ino) == (before[name].st_mtime_ns, before[name].st_ino)
    names = {
        hit.provenance.id for hit in Index(tmp_path, FakeEncoder()).search("trade", limit=50).hits
    }
    assert names == set("bcdefghijklmnopqrstuv")


def test_a_checkpoint_is_written_when_a_tenth_has_changed(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "abcdefghijklmnopqrst")
    assert index.save_checkpoint()
    assert not index.save_checkpoint(), "nothing has changed"
    fill(index, "u")
    assert not index.save_checkpoint(), "one of 21 has"
    fill(index, "vw")
    assert index.save_checkpoint(), "three of 23 have"
    assert index.checkpoint_generation() == 23
    assert len(saved(tmp_path)) == 1
    index.remove("a")
    index.remove("b")
    assert not index.save_checkpoint(), "two of 21 have"
    index.remove("c")
    assert index.save_checkpoint(), "three of 20 have"


def test_what_is_saved_after_changes_is_what_the_rows_say(tmp_path):
    table = FollowedIndex(tmp_path)
    table.add(*"abcdef")
    assert table.index.save_checkpoint(always=True)
    table.remove("b", "f")
    table.add("g")
    table.index.add(markdown("Another text.", "a"))
    assert table.index.save_checkpoint(always=True)
    assert not table.index.save_checkpoint(always=True), "nothing has changed"
    opened = FollowedIndex(tmp_path)
    shown = opened.view()
    assert (len(shown.base.ids), len(shown.recent.ids)) == (5, 0)
    assert contents(shown) == contents(table.rebuilt())
    assert contents(table.view()) == contents(shown)


def test_a_damaged_checkpoint_is_mended_by_the_next_save_though_nothing_has_changed(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "abc")
    assert index.save_checkpoint()
    (path,) = saved(tmp_path)
    (path / "counts.npy").write_bytes(b"")
    assert index.checkpoint_generation() is None
    assert index.save_checkpoint()
    assert index.checkpoint_generation() == 3
    assert saved(tmp_path) == [path]


def test_a_restored_copy_never_meets_the_checkpoint_of_the_history_it_replaced(tmp_path):
    """Generation 5 of the restored file is not the generation 5 that the checkpoint shows."""
    folder = tmp_path / "index"
    index = Index(folder, FakeEncoder())
    fill(index, "abc")
    shutil.copy(folder / SQLITE_FILE, tmp_path / "copy")
    fill(index, "de")
    index.save_checkpoint(always=True)
    assert index.checkpoint_generation() == 5
    assert len(found(index)) == 5

    shutil.copy(tmp_path / "copy", folder / SQLITE_FILE)
    fresh = Index(folder, FakeEncoder())
    assert fresh.checkpoint_generation() is None
    assert [hit[-1] for hit in found(fresh)] == [hit[-1] for hit in found(index)]
    assert len(found(fresh)) == 3
    fill(fresh, "xyz")
    assert fresh.manifest().generation == 6
    (stale,) = saved(folder)
    kept = shutil.copytree(stale, tmp_path / stale.name)
    remove_saved(folder)
    expected = found(Index(folder, FakeEncoder()))
    shutil.copytree(kept, stale)
    assert {text[7] for *_, text in expected} == set("abcxyz")
    assert found(Index(folder, FakeEncoder())) == found(index) == found(fresh) == expected
    assert fresh.save_checkpoint(), "a stale checkpoint is replaced"
    assert fresh.checkpoint_generation() == 6
    assert stale not in saved(folder)
    assert len(saved(folder)) == 1


def test_a_rebuild_with_another_encoder_leaves_the_checkpoint_of_the_first_behind(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "abc")
    assert index.save_checkpoint()
    (first,) = saved(tmp_path)
    kept = shutil.copytree(first, tmp_path / "kept")
    other = Index(tmp_path, FakeEncoder("other"))
    other.rebuild()
    (second,) = saved(tmp_path)
    assert second != first
    expected = found(other)
    shutil.rmtree(second)
    shutil.copytree(kept, first)
    assert other.checkpoint_generation() is None
    assert found(Index(tmp_path, FakeEncoder("other"))) == expected


def test_the_file_of_an_older_format_is_ignored_and_goes_when_one_is_saved(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "ab")
    older = b"0" * 64 + b'\n{"format": 1, "index": "abc"}\n'
    (tmp_path / "vectors.faiss").write_bytes(older)
    assert index.checkpoint_generation() is None
    assert len(found(index)) == 2
    assert index.save_checkpoint()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [SQLITE_FILE, saved(tmp_path)[0].name]
    )


def test_where_there_can_be_no_folder_saving_fails_and_the_index_is_none_the_worse(tmp_path):
    table = FollowedIndex(tmp_path / "index")
    table.add("a", "b")
    (tmp_path / "file").write_bytes(b"x")
    with table.snapshot() as now:
        due = views.due_checkpoint(tmp_path / "file", now)
    assert due is not None
    with pytest.raises(OSError, match="file"):
        due.write(tmp_path / "file")
    assert len(found(table.index)) == 2


def test_a_checkpoint_that_is_damaged_while_it_is_open_fails_one_question_and_not_the_next(
    tmp_path,
):
    fill(Index(tmp_path, FakeEncoder()), "ab")
    assert Index(tmp_path, FakeEncoder()).save_checkpoint(always=True)
    index = Index(tmp_path, FakeEncoder())
    assert len(found(index)) == 2
    (path,) = tmp_path.glob("checkpoint-*/ids.npy")
    with path.open("r+b") as file:  # in place: what is mapped is what is written
        file.seek(-16, 2)
        file.write(b"\x7f" * 16)
    with pytest.raises(IndexDamaged):
        found(index)
    assert len(found(index)) == 2


def test_a_disk_that_fails_leaves_the_index_and_the_old_checkpoint_as_they_were(
    tmp_path, monkeypatch
):
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    index = Index(tmp_path, FakeEncoder())
    fill(index, "ab")
    with monkeypatch.context() as patch:
        patch.setattr("index.sealed.sync", fail)
        assert not index.save_checkpoint(always=True)
        assert index.rebuild().generation == 3
        assert index.checkpoint_generation() is None
        assert len(found(index)) == 2
        assert [path.name for path in tmp_path.iterdir()] == [SQLITE_FILE]
    assert index.save_checkpoint()
    fill(index, "cd")
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr("index.sealed.sync", fail)
    assert not index.save_checkpoint()
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert index.checkpoint_generation() == 3


def test_a_folder_in_the_place_of_the_older_file_hinders_nothing(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "ab")
    (tmp_path / "vectors.faiss").mkdir()
    assert index.save_checkpoint()
    assert index.checkpoint_generation() == 2


IN_A_FOLDER_OF_OTHERS = """
say(index.checkpoint_generation())
say(sorted(hit.provenance.id for hit in index.search("trade", limit=50).hits))
say(index.save_checkpoint(always=True))
"""


def test_where_the_folder_may_only_be_read_saving_says_so_and_nothing_is_lost(open_folder):
    index = Index(open_folder, FakeEncoder())
    fill(index, "ab")
    process = child(AS_NOBODY + IN_A_FOLDER_OF_OTHERS, open_folder)
    assert said(process) == ["None", "['a', 'b']", "False"]
    assert [path.name for path in open_folder.iterdir()] == [SQLITE_FILE]


@pytest.mark.parametrize("name", ["checkpoint.json", "ids.npy", "vectors.faiss", ""])
def test_a_checkpoint_that_may_not_be_read_is_none(open_folder, name):
    index = Index(open_folder, FakeEncoder())
    fill(index, "ab")
    assert index.save_checkpoint()
    (path,) = saved(open_folder)
    (path / name).chmod(0)
    process = child(AS_NOBODY + IN_A_FOLDER_OF_OTHERS, open_folder)
    assert said(process) == ["None", "['a', 'b']", "False"]
