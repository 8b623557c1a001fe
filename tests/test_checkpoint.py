"""The checkpoint: a shadow that may be missing, damaged or stale, and never changes an answer."""

import json
import shutil

import faiss
import numpy as np
import pytest
from conftest import FakeEncoder, markdown

from index.checkpoint import FILE_NAME, Checkpoint, Stamp, read_checkpoint, write_checkpoint
from index.index import Index
from index.schema import FILE_NAME as SQLITE_FILE

STAMP = Stamp(index="abc", generation=12, token="t0", encoder="e0", dimension=2)


def checkpoint(stamp: Stamp = STAMP) -> Checkpoint:
    vectors = faiss.IndexFlatIP(2)
    vectors.add(np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32))
    return Checkpoint(stamp, np.array([3, 5, 8], np.int64), vectors)


def found(index: Index) -> list[tuple]:
    return [(hit.passage_id, hit.dense, hit.passage.text) for hit in index.search("trade").hits]


def fill(index: Index, names: str) -> None:
    for name in names:
        index.add(markdown(f"# Trade\n\nReport {name} tells of trade.\n", name))


def test_what_was_written_is_read_again(tmp_path):
    write_checkpoint(tmp_path, checkpoint())
    read = read_checkpoint(tmp_path)
    assert read.stamp == STAMP
    assert read.ids.tolist() == [3, 5, 8]
    assert read.vectors.reconstruct_n(0, 3).tolist() == (
        np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32).tolist()
    )
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_checkpoint_of_nothing_is_one_too(tmp_path):
    empty = Checkpoint(STAMP, np.empty(0, np.int64), faiss.IndexFlatIP(2))
    write_checkpoint(tmp_path, empty)
    assert read_checkpoint(tmp_path).vectors.ntotal == 0


def test_no_change_of_a_single_byte_is_taken_for_the_checkpoint(tmp_path):
    write_checkpoint(tmp_path, checkpoint())
    content = (tmp_path / FILE_NAME).read_bytes()
    newline = content.index(b"\n")
    for place in range(len(content)):
        for mask in (0x01, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= mask
            (tmp_path / FILE_NAME).write_bytes(damaged)
            read = read_checkpoint(tmp_path)
            assert read is None or (place == newline and read.stamp == STAMP), (place, mask)


def test_no_part_of_the_file_is_taken_for_the_checkpoint(tmp_path):
    write_checkpoint(tmp_path, checkpoint())
    content = (tmp_path / FILE_NAME).read_bytes()
    for length in range(len(content)):
        (tmp_path / FILE_NAME).write_bytes(content[:length])
        assert read_checkpoint(tmp_path) is None, length
    (tmp_path / FILE_NAME).write_bytes(content + b"\0")
    assert read_checkpoint(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\n" * 100,
        b"{}\n",
        b"null\n",
        b"[" * 4095 + b"\n",
        json.dumps({"format": 1, "count": float("inf"), "generation": -(2**70)}).encode() + b"\n",
        b"\xff" * 5000,
        b"0" * 64 + b"\n{}\n",
    ],
)
def test_a_file_of_anything_else_is_no_checkpoint(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    assert read_checkpoint(tmp_path) is None


def test_a_folder_in_its_place_is_no_checkpoint(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    assert read_checkpoint(tmp_path) is None


def test_a_failed_write_leaves_the_old_checkpoint_and_no_other_file(tmp_path):
    write_checkpoint(tmp_path, checkpoint())
    before = (tmp_path / FILE_NAME).read_bytes()
    unwritable = Checkpoint(
        Stamp("a", 1, "t", object(), 2), *(checkpoint().ids, faiss.IndexFlatIP(2))
    )
    with pytest.raises(TypeError):
        write_checkpoint(tmp_path, unwritable)
    assert (tmp_path / FILE_NAME).read_bytes() == before
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(OSError, match="directory"):
        write_checkpoint(tmp_path, checkpoint())
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_the_answer_is_the_same_with_every_checkpoint_that_can_lie_there(tmp_path):
    index = Index(tmp_path / "a", FakeEncoder())
    fill(index, "abcdef")
    index.save_checkpoint(always=True)
    ours = (tmp_path / "a" / FILE_NAME).read_bytes()
    index.remove("b")
    fill(index, "gh")
    other = Index(tmp_path / "b", FakeEncoder())
    fill(other, "ghabcdefxyz")
    other.save_checkpoint(always=True)
    theirs = (tmp_path / "b" / FILE_NAME).read_bytes()

    (tmp_path / "a" / FILE_NAME).unlink()
    expected = found(Index(tmp_path / "a", FakeEncoder()))
    assert len(expected) == 7
    damaged = bytearray(ours)
    damaged[-3] ^= 0xFF
    for content in (ours, theirs, damaged, ours[:-1], b"", b"x", ours + b"x"):
        (tmp_path / "a" / FILE_NAME).write_bytes(content)
        assert found(Index(tmp_path / "a", FakeEncoder())) == expected


def test_a_checkpoint_is_replayed_and_not_rewritten_by_one_more_document(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "abcdefghijklmnopqrstu")
    assert index.save_checkpoint()
    before = (tmp_path / FILE_NAME).stat()
    content = (tmp_path / FILE_NAME).read_bytes()
    fill(index, "v")
    index.remove("a")
    assert not index.save_checkpoint()
    after = (tmp_path / FILE_NAME).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert (tmp_path / FILE_NAME).read_bytes() == content
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
    assert [text for _, _, text in found(fresh)] == [text for _, _, text in found(index)]
    assert len(found(fresh)) == 3
    fill(fresh, "xyz")
    assert fresh.manifest().generation == 6
    checkpoint_content = (folder / FILE_NAME).read_bytes()
    (folder / FILE_NAME).unlink()
    expected = found(Index(folder, FakeEncoder()))
    (folder / FILE_NAME).write_bytes(checkpoint_content)
    assert {text[7] for _, _, text in expected} == set("abcxyz")
    assert found(Index(folder, FakeEncoder())) == found(index) == found(fresh) == expected
    assert fresh.save_checkpoint(), "a stale checkpoint is replaced"
    assert fresh.checkpoint_generation() == 6


def test_where_it_cannot_be_written_saving_says_so_and_nothing_is_lost(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    fill(index, "ab")
    (tmp_path / FILE_NAME).mkdir()
    assert not index.save_checkpoint(always=True)
    assert index.rebuild().generation == 3
    assert index.checkpoint_generation() is None
    assert len(found(index)) == 2


def test_it_may_be_read_by_whoever_may_read_a_new_file(tmp_path):
    write_checkpoint(tmp_path, checkpoint())
    (tmp_path / "plain").touch()
    assert (tmp_path / FILE_NAME).stat().st_mode == (tmp_path / "plain").stat().st_mode
