"""The commands add and remove: one document or many, from files or standard input."""

import os
from pathlib import Path

import pytest


def test_a_document_is_added_once_replaced_when_changed_and_removed(run, tmp_path) -> None:
    folder, note = tmp_path / "new", tmp_path / "note.md"
    note.write_text("It was 16.", "utf-8")
    assert run("add", str(note), index=folder).out == "added note, 1 passages, generation 1\n"
    assert run("add", str(note), index=folder).out == "unchanged note, generation 1\n"
    note.write_text("It was 17.", "utf-8")
    assert run("add", str(note), index=folder).out == "replaced note, 1 passages, generation 2\n"
    assert run("remove", "note", index=folder).out == "removed note, 1 passages, generation 3\n"
    assert run("list", index=folder).out == ""


def test_every_file_that_cannot_be_added_is_named_and_the_others_are_added(run, tmp_path) -> None:
    files = {
        "empty.md": b"", "blank.txt": b" \n", "binary.txt": b"\x00\x01\xff", "nul.txt": b"a\0b",
        "latin.txt": b"caf\xe9", "table.csv": b"a,b", "first.md": b"It was 16.",
        "last.txt": b"It was 17.", "digest.md": b"---\nkind: digest\n---\nText.",
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.md").mkdir()
    names = ["first.md", *(n for n in files if n not in ("first.md", "last.txt")), "missing.md",
             "folder.md", "a" * 300 + ".md", "last.txt"]  # fmt: skip
    ran = run("add", *(str(tmp_path / name) for name in names), index=tmp_path / "index")
    assert ran.status == 2
    assert [line.split()[1].rstrip(",") for line in ran.out.splitlines()] == ["first", "last"]
    told = [line for line in ran.err.splitlines() if line.startswith("attache: ")]
    assert len(told) == 11
    for name in names[1:-1]:
        assert any(name in line for line in told), name
    assert told[-1] == "attache: 10 of 12 could not be added."
    assert "use one of .docx, .htm, .html, .json" in ran.err
    assert "folder.md is a folder without a file that is read." in ran.err


def test_two_files_with_one_id_conflict_until_told_which_to_do(run, tmp_path) -> None:
    folder = tmp_path / "index"
    for parent, text in (("a", "It was 16."), ("b", "It was 17.")):
        (tmp_path / parent).mkdir()
        (tmp_path / parent / "note.md").write_text(text, "utf-8")
    first, second = str(tmp_path / "a" / "note.md"), str(tmp_path / "b" / "note.md")
    ran = run("add", first, second, index=folder)
    assert ran.status == 2
    assert "Replace it with --replace, or give this one another id with --id." in ran.err
    assert run("show", "note", "--json", index=folder).json["text"] == "It was 16."
    assert run("add", second, "--id", "other", index=folder).status == 0
    assert run("add", second, "--replace", index=folder).status == 0
    assert run("show", "note", "--json", index=folder).json["text"] == "It was 17."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.md", "b.md", "--id", "x"], "--id names one document: give one file."),
        (["-"], "Standard input has no name: give its document one with --id."),
        (["a.md", "-"], "Standard input has no name: give its document one with --id."),
        (["-", "-", "--id", "x"], "--id names one document: give one file."),
        (["-", "--id", ""], "--id is empty"),
    ],
)
def test_an_id_is_of_one_document(run, tmp_path, arguments, message) -> None:
    ran = run("add", *arguments, index=tmp_path / "index")
    assert ran.status == 2
    assert message in ran.err
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("document_id", ["UPPER", "a/b", "é", "\udcff", "x" * 129, " "])
def test_an_id_that_cannot_be_used_is_refused(run, typed, own, document_id) -> None:
    typed(b"Text.")
    ran = run("add", "-", "--id", document_id, index=own)
    assert ran.status == 2
    assert "take 1 to 128 of the characters a-z 0-9 . _ -" in ran.err


def test_standard_input_is_read_as_markdown(run, typed, own) -> None:
    typed("---\ntitle: Piped\n---\nJosé saw 16.".encode())
    assert run("add", "-", "--id", "piped", index=own).status == 0
    shown = run("show", "piped", "--json", index=own).json
    assert (shown["title"], shown["text"]) == ("Piped", "José saw 16.")
    typed(b"caf\xe9")
    ran = run("add", "-", "--id", "latin", index=own)
    assert ran.status == 2
    assert "not UTF-8" in ran.err


def test_a_change_as_json_names_its_generation(run, tmp_path, own) -> None:
    (tmp_path / "two.md").write_text("Two.", "utf-8")
    added = run("add", str(tmp_path / "two.md"), "--json", index=own).json
    assert list(added) == ["action", "document_id", "passages", "generation", "warnings"]
    assert (added["action"], added["generation"]) == ("added", 2)
    assert run("remove", "two", "--json", index=own).json["generation"] == 3


def test_a_file_whose_name_is_not_text_is_added(run, tmp_path, own) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.md"
    Path(os.fsdecode(name)).write_text("# Coffee\n\nIt was 18.", "utf-8")
    assert run("add", os.fsdecode(name), index=own).out.startswith("added caf, ")


def test_what_cannot_be_removed_is_told_and_the_others_are_removed(run, own) -> None:
    ran = run("remove", "unheard-of", "\udcff", "note", index=own)
    assert ran.status == 2
    assert ran.out.startswith("removed note")
    assert ran.err.count("There is no document") == 2


def test_a_document_in_another_language_is_added_with_what_its_front_matter_lost(
    run, tmp_path, own
) -> None:
    (tmp_path / "odd.md").write_text("---\nkind: source\ncolour: red\n---\nIt was 16.", "utf-8")
    ran = run("add", str(tmp_path / "odd.md"), index=own)
    assert ran.status == 0
    assert "warning: the key 'colour' is unknown and was left out." in ran.err


def test_making_a_model_ready_is_told_once(run, tmp_path, tiny_model, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    note = tmp_path / "note.md"
    note.write_text("It was 16.", "utf-8")
    first = run("add", str(note), index=tmp_path / "one")
    assert first.err == f"Preparing the model {tiny_model} for this machine; that is done once.\n"
    assert run("add", str(note), index=tmp_path / "two").err == ""
