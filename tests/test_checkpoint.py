"""The checkpoint: a folder that may be missing, damaged or foreign, and is never taken for one."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from index.checkpoint import Checkpoint, Stamp, read_checkpoint, read_stamps, write_checkpoint
from index.dense import faiss_index
from index.encoder import unit_length
from index.lexical import ARRAYS, lexicon_of
from index.sealed import unsealed
from index.segment import Segment, empty_segment

STAMP = Stamp(index="abc", generation=12, token="t0", encoder="e0", dimension=2)
VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
TEXTS = ("peru trade", "한국", "peru")
MANIFEST = "checkpoint.json"


def segment(texts: tuple[str, ...] = TEXTS) -> Segment:
    flat = faiss.IndexFlatIP(2)
    flat.add(VECTORS)
    ids, documents = np.array([3, 5, 8], np.int64), np.array([1, 1, 2], np.int64)
    return Segment(ids, documents, np.ones(3, np.bool_), flat, lexicon_of(texts))


def write(folder: Path, stamp: Stamp = STAMP, **changes) -> Path:
    """Write a checkpoint and return the folder that it lies in."""
    write_checkpoint(folder, Checkpoint(stamp, segment(**changes)))
    (path,) = (path for known, path in read_stamps(folder) if known == stamp)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def under_its_own_name(folder: Path, manifest: bytes) -> Path:
    """Make a folder of nothing but a manifest, named as one with these bytes is."""
    path = folder / f"checkpoint-{hashlib.sha256(manifest).hexdigest()[:32]}"
    path.mkdir()
    (path / MANIFEST).write_bytes(manifest)
    return path


def test_what_was_written_is_read_again(tmp_path):
    path = write(tmp_path)
    assert list(read_stamps(tmp_path)) == [(STAMP, path)]
    read = read_checkpoint(path)
    assert read.stamp == STAMP
    assert read.segment.ids.tolist() == [3, 5, 8]
    assert read.segment.documents.tolist() == [1, 1, 2]
    assert read.segment.alive.tolist() == [True, True, True]
    assert read.segment.vectors.reconstruct_n(0, 3).tolist() == VECTORS.tolist()
    for name in ARRAYS:
        kept = getattr(segment().lexicon, name)
        assert getattr(read.segment.lexicon, name).tolist() == kept.tolist()
        assert getattr(read.segment.lexicon, name).dtype == kept.dtype
    assert read.segment.lexicon.find("peru")[0].tolist() == [0, 2]
    assert names(tmp_path) == [path.name]


def test_compressed_vectors_are_read_as_they_were_written(tmp_path):
    vectors = unit_length(np.random.default_rng(1).normal(size=(300, 8))).astype(np.float32)
    made = faiss_index(lambda: iter([vectors]), 300, 8, exact=False)
    ids = np.arange(300, dtype=np.int64)
    lexicon = lexicon_of([""] * 300)
    many = Segment(ids, ids, np.ones(300, np.bool_), made, lexicon)
    write_checkpoint(tmp_path, Checkpoint(replace(STAMP, dimension=8), many))
    ((_, path),) = read_stamps(tmp_path)
    read = read_checkpoint(path).segment
    assert not read.is_exact
    assert faiss.serialize_index(read.vectors).tobytes() == faiss.serialize_index(made).tobytes()


def test_a_checkpoint_of_nothing_is_one_too(tmp_path):
    write_checkpoint(tmp_path, Checkpoint(STAMP, empty_segment(2)))
    ((_, path),) = read_stamps(tmp_path)
    read = read_checkpoint(path).segment
    assert (read.vectors.ntotal, len(read.ids), len(read.lexicon.lengths)) == (0, 0, 0)


def test_no_change_of_a_single_byte_of_any_file_is_taken_for_the_checkpoint(tmp_path):
    path = write(tmp_path)
    assert len(contents(path)) == len(ARRAYS) + 4
    for name, content in contents(path).items():
        for place in range(0, len(content), 1 if name == MANIFEST else 3):
            damaged = bytearray(content)
            damaged[place] ^= 0xFF if place % 2 else 0x01
            (path / name).write_bytes(damaged)
            assert read_checkpoint(path) is None, (name, place)
            if name == MANIFEST:
                assert list(read_stamps(tmp_path)) == [], place
        (path / name).write_bytes(content)
    assert read_checkpoint(path).stamp == STAMP


def test_no_part_of_a_file_is_taken_for_the_checkpoint(tmp_path):
    path = write(tmp_path)
    for name, content in contents(path).items():
        for length in range(0, len(content), 7):
            (path / name).write_bytes(content[:length])
            assert read_checkpoint(path) is None, (name, length)
        (path / name).write_bytes(content + b"\0")
        assert read_checkpoint(path) is None, name
        (path / name).unlink()
        assert read_checkpoint(path) is None, name
        (path / name).mkdir()
        assert read_checkpoint(path) is None, name
        (path / name).rmdir()
        (path / name).write_bytes(content)
    assert read_checkpoint(path).stamp == STAMP


def test_files_of_two_checkpoints_together_are_none(tmp_path):
    one, other = write(tmp_path / "a"), write(tmp_path / "b", texts=("gas", "gas", "gas"))
    for name in ("vocabulary.npy", "counts.npy", MANIFEST):
        kept = (one / name).read_bytes()
        shutil.copy(other / name, one / name)
        assert read_checkpoint(one) is None, name
        (one / name).write_bytes(kept)


MANIFESTS = [
    b"",
    b"\n" * 100,
    b"{}",
    b"null",
    b"[" * 100_000,
    b"\xff" * 5000,
    b'{"format": 2}',
    b'{"format": 2, "sha256": {}}',
    json.dumps({"format": 1, "count": float("inf"), "generation": -(2**70)}).encode(),
    json.dumps({"format": 2, "index": [], "generation": "x", "token": 1, "sha256": {}}).encode(),
]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=range(len(MANIFESTS)))
def test_a_folder_of_anything_else_is_no_checkpoint(tmp_path, manifest):
    path = write(tmp_path)
    (path / MANIFEST).write_bytes(manifest)
    assert list(read_stamps(tmp_path)) == []
    assert read_checkpoint(path) is None


@pytest.mark.parametrize("manifest", MANIFESTS, ids=range(len(MANIFESTS)))
def test_a_manifest_of_anything_else_is_none_even_under_the_name_that_its_bytes_give(
    tmp_path, manifest
):
    path = under_its_own_name(tmp_path, manifest)
    ours = write(tmp_path / "other")
    shutil.copytree(ours, tmp_path / ours.name)
    assert list(read_stamps(tmp_path)) == [(STAMP, tmp_path / ours.name)]
    assert read_checkpoint(path) is None


def test_whatever_else_lies_in_the_folder_is_passed_over(tmp_path):
    path = write(tmp_path)
    (tmp_path / "checkpoint-file").write_bytes(b"x")
    (tmp_path / "checkpoint-empty").mkdir()
    (tmp_path / "checkpoint-dangling").symlink_to(tmp_path / "none")
    shutil.copytree(path, tmp_path / "checkpoint-of-another-name")
    assert list(read_stamps(tmp_path)) == [(STAMP, path)]
    for name in ("file", "empty", "dangling", "of-another-name", "that-is-missing"):
        assert read_checkpoint(tmp_path / f"checkpoint-{name}") is None, name
    assert list(read_stamps(tmp_path / "none")) == []


def test_a_checkpoint_of_another_format_is_passed_over(tmp_path):
    content = json.loads((write(tmp_path / "a") / MANIFEST).read_text("utf-8"))
    (tmp_path / "b").mkdir()
    for number in (1, 3):
        under_its_own_name(tmp_path / "b", json.dumps(content | {"format": number}).encode())
    assert len(names(tmp_path / "b")) == 2
    assert list(read_stamps(tmp_path / "b")) == []


def test_the_latest_generation_is_told_first(tmp_path):
    for number in (3, 12, 7):
        made = write(tmp_path / str(number), replace(STAMP, generation=number))
        shutil.copytree(made, tmp_path / "all" / made.name)
    assert [stamp.generation for stamp, _ in read_stamps(tmp_path / "all")] == [12, 7, 3]


def test_older_checkpoints_go_when_a_newer_one_is_there(tmp_path):
    first = write(tmp_path)
    half = under_its_own_name(tmp_path, b"half of a manifest")
    trained = tmp_path / "checkpoint-500"  # as those who train models name theirs
    for other in (trained, tmp_path / "other"):
        other.mkdir()
    opened = read_checkpoint(first)
    second = write(tmp_path, replace(STAMP, generation=13), texts=("gas", "gas", "gas"))
    assert names(tmp_path) == sorted([second.name, trained.name, "other"])
    assert not half.exists()
    assert read_checkpoint(first) is None
    assert opened.segment.ids.tolist() == [3, 5, 8], "whoever has it open keeps it"
    assert opened.segment.lexicon.find("peru")[0].tolist() == [0, 2]


def test_the_file_of_an_older_format_is_ignored_and_goes_with_the_next_write(tmp_path):
    older = b"0" * 64 + b'\n{"format": 1, "index": "abc", "generation": 3, "count": 0}\n'
    (tmp_path / "vectors.faiss").write_bytes(older)
    assert list(read_stamps(tmp_path)) == []
    path = write(tmp_path)
    assert names(tmp_path) == [path.name]


def test_a_file_of_that_name_that_is_somebody_else_s_stays(tmp_path):
    theirs = faiss.serialize_index(faiss.IndexFlatIP(2)).tobytes()
    (tmp_path / "vectors.faiss").write_bytes(theirs)
    path = write(tmp_path)
    assert names(tmp_path) == [path.name, "vectors.faiss"]
    assert (tmp_path / "vectors.faiss").read_bytes() == theirs


def test_a_checkpoint_that_another_process_removes_while_it_is_opened_is_none(
    tmp_path, monkeypatch
):
    def whole_and_gone(folder: Path, name: str) -> dict | None:
        settings = unsealed(folder, name)
        shutil.rmtree(folder)
        return settings

    path = write(tmp_path)
    monkeypatch.setattr("index.checkpoint.unsealed", whole_and_gone)
    assert read_checkpoint(path) is None


def test_what_is_there_already_is_left_and_what_is_damaged_of_it_replaced(tmp_path):
    path = write(tmp_path)
    before = contents(path)
    written = (path / MANIFEST).stat()
    assert write(tmp_path) == path
    assert (path / MANIFEST).stat().st_ino == written.st_ino, "the same content, the same name"
    (path / "ids.npy").write_bytes(b"x")
    (path / "counts.npy").unlink()
    assert read_checkpoint(path) is None
    assert write(tmp_path) == path
    assert contents(path) == before
    assert names(tmp_path) == [path.name]


def test_a_failed_write_leaves_the_old_checkpoint_and_no_other_file(tmp_path):
    path = write(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(TypeError):
        write_checkpoint(tmp_path, Checkpoint(replace(STAMP, token=object()), segment()))
    assert contents(tmp_path) == before
    newer = write(tmp_path / "elsewhere", replace(STAMP, generation=13))
    shutil.rmtree(tmp_path / "elsewhere")
    (tmp_path / newer.name).write_bytes(b"in the way")
    with pytest.raises(OSError, match="directory"):
        write(tmp_path, replace(STAMP, generation=13))
    assert contents(tmp_path) == before | {newer.name: b"in the way"}
    assert read_checkpoint(path).stamp == STAMP
    assert names(tmp_path) == sorted([path.name, newer.name])


def test_where_there_can_be_no_folder_the_write_says_so(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OSError, match="file"):
        write_checkpoint(tmp_path / "file", Checkpoint(STAMP, segment()))
    assert contents(tmp_path) == {"file": b"x"}


def test_it_may_be_read_by_whoever_may_read_a_new_file(tmp_path):
    path = write(tmp_path)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "file").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    modes = {file.stat().st_mode for file in path.iterdir()}
    assert modes == {(tmp_path / "plain" / "file").stat().st_mode}
