"""Sealed folders: read only where each file is what was written, and moved there whole."""

import hashlib
import json
import os

import pytest

from index.sealed import move_into_place, seal, sha256_of, temporary_beside, unsealed

FILES = {"a.bin": b"\x00\x01\x02", "b.txt": "페루".encode(), "empty": b""}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "sealed"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    seal(folder, "seal.json", {"format": 1, "name": "Perú"})
    return folder


def test_a_seal_gives_back_the_settings_and_knows_every_other_file(folder):
    settings = unsealed(folder, "seal.json")
    assert (settings["format"], settings["name"]) == (1, "Perú")
    assert settings["sha256"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()
    }
    assert sha256_of(folder / "b.txt") == hashlib.sha256("페루".encode()).hexdigest()


def test_a_folder_sealed_again_has_the_same_seal(folder):
    before = (folder / "seal.json").read_bytes()
    seal(folder, "seal.json", {"format": 1, "name": "Perú"})
    assert (folder / "seal.json").read_bytes() == before


def test_no_change_of_a_byte_and_no_other_length_of_any_file_goes_unseen(folder):
    for name, content in FILES.items():
        damages = [content + b"\0", *(content[:length] for length in range(len(content)))]
        for place, byte in enumerate(content):
            before, after = content[:place], content[place + 1 :]
            damages += [before + bytes([byte ^ mask]) + after for mask in (0x01, 0xFF)]
        for damage in damages:
            (folder / name).write_bytes(damage)
            assert unsealed(folder, "seal.json") is None, (name, damage)
        (folder / name).write_bytes(content)
    assert unsealed(folder, "seal.json")


def test_no_part_of_the_seal_itself_is_one(folder):
    content = (folder / "seal.json").read_bytes()
    for length in range(len(content)):
        (folder / "seal.json").write_bytes(content[:length])
        assert unsealed(folder, "seal.json") is None, length


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"null",
        b"{}",
        b"[]",
        b'"sha256"',
        b"1e999",
        b'{"sha256": null}',
        b'{"sha256": []}',
        b'{"sha256": {"a.bin": null}}',
        b'{"sha256": {"missing": "00"}}',
        b'{"sha256": {"a\\u0000b": "00"}}',
        b'{"sha256": {"..": "00"}}',
        b"[" * 100_000,
        b"\xff" * 5000,
    ],
)
def test_a_file_of_anything_else_is_no_seal(folder, content):
    (folder / "seal.json").write_bytes(content)
    assert unsealed(folder, "seal.json") is None


def test_a_missing_file_folder_or_seal_is_no_sealed_folder(folder, tmp_path):
    assert unsealed(tmp_path / "none", "seal.json") is None
    assert unsealed(folder / "a.bin", "seal.json") is None
    (folder / "empty").unlink()
    assert unsealed(folder, "seal.json") is None
    (folder / "empty").mkdir()
    assert unsealed(folder, "seal.json") is None
    (folder / "seal.json").unlink()
    (folder / "seal.json").mkdir()
    assert unsealed(folder, "seal.json") is None


def test_settings_that_are_no_json_are_refused_and_leave_no_seal(folder):
    (folder / "seal.json").unlink()
    with pytest.raises(TypeError):
        seal(folder, "seal.json", {"x": object()})
    assert not (folder / "seal.json").exists()


def test_a_folder_is_moved_whole_and_never_onto_another(folder, tmp_path):
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    move_into_place(folder, tmp_path / "target")
    assert not folder.exists()
    assert {p.name: p.read_bytes() for p in (tmp_path / "target").iterdir()} == content
    folder.mkdir()
    (folder / "x").touch()
    with pytest.raises(OSError, match="not empty"):
        move_into_place(folder, tmp_path / "target")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        move_into_place(folder, tmp_path / "file")
    assert {p.name: p.read_bytes() for p in (tmp_path / "target").iterdir()} == content


def test_a_temporary_folder_stands_beside_its_target_under_a_name_of_its_own(tmp_path):
    target = tmp_path / "deep" / "target"
    one, other = temporary_beside(target), temporary_beside(target)
    assert one != other
    for path in (one, other):
        assert path.parent == target.parent
        assert path.is_dir()
        assert path.name.startswith(".target.")
    assert not target.exists()


def test_what_was_left_half_written_is_removed_and_what_is_being_written_is_not(tmp_path):
    target = tmp_path / "target"
    left, at_work = temporary_beside(target), temporary_beside(target)
    (left / "half").write_bytes(b"x")
    os.utime(left, (0, 0))
    made = temporary_beside(target)
    assert {path.name for path in tmp_path.iterdir()} == {at_work.name, made.name}


def test_what_others_left_in_the_folder_stays_however_old_it_is(tmp_path):
    file = tmp_path / ".file.tmp"
    named_alike = tmp_path / f".file.{'0' * 16}.tmp"
    folder, hidden = tmp_path / "own.tmp", tmp_path / ".own.tmp"
    for path in (file, named_alike):
        path.touch()
    for path in (folder, hidden):
        path.mkdir()
    for path in (file, named_alike, folder, hidden):
        os.utime(path, (0, 0))
    made = temporary_beside(tmp_path / "target")
    assert set(tmp_path.iterdir()) == {file, named_alike, folder, hidden, made}


def test_a_seal_is_json_that_people_can_read(folder):
    text = (folder / "seal.json").read_text("utf-8")
    assert "Perú" in text
    assert list(json.loads(text)) == ["format", "name", "sha256"]
