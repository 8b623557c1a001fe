"""The command line: what each command prints, its exit status, and what it refuses."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from conftest import FakeEncoder, markdown

import attache
from eval.cli import evaluate
from index.index import Index
from service.cli import cli

HOSTILE = "# H\u202e\x1b[1m\n\nIt \x1b[31mwas\u202e 16\x07 in Peru.\n"
FACTS = {
    "peru": "---\ntitle: Peru\ncountries: [PE]\ntags: [built]\npublished: 2021\n---\nBuilt were 16.",
    "korea": "---\ntitle: Korea\nkind: digest\nsources:\n  - title: Original\n---\nBuilt were 4.",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_model) -> Path:
    """An index with two documents, made with the small model; read it only."""
    folder = tmp_path_factory.mktemp("index")
    index = Index(folder, str(tiny_model))
    for document_id, text in FACTS.items():
        index.add(markdown(text, document_id))
    return folder


@pytest.fixture
def run(made, capsys, monkeypatch, tiny_model):
    """Run a command against the made index, or another; give its status, output and errors."""
    monkeypatch.setenv("ATTACHE_ENCODER", str(tiny_model))

    class Ran:
        def __init__(self, *arguments: str, index: Path | None = made) -> None:
            monkeypatch.delenv("ATTACHE_INDEX", raising=False)
            if index is not None:
                monkeypatch.setenv("ATTACHE_INDEX", str(index))
            self.status = attache.run(arguments)
            self.out, self.err = capsys.readouterr()
            assert "Traceback" not in self.err
            assert "defect" not in self.err

        @property
        def json(self) -> Any:
            return json.loads(self.out)

    return Ran


@pytest.fixture
def typed(monkeypatch):
    """Give bytes on standard input."""

    def give(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))

    return give


@pytest.fixture
def own(tmp_path, tiny_model) -> Path:
    """A folder for an index of the test's own, with one document in it."""
    index = Index(tmp_path / "own", str(tiny_model))
    index.add(markdown("It was 16.", "note"))
    return index.folder


# ask and search


def test_an_answer_is_printed_and_the_status_is_0(run) -> None:
    ran = run("ask", "how many were built", "--min-confidence", "0")
    assert ran.status == 0
    assert "% sure" in ran.out
    assert "**Built were" in ran.out
    assert "\x1b" not in ran.out


def test_an_abstention_is_printed_and_the_status_is_1(run) -> None:
    ran = run("ask", "how many were built", "--min-confidence", "1")
    assert ran.status == 1
    assert ran.out.startswith("The documents don't hold an answer.\n")
    assert "Rejected candidate" in ran.out


def test_json_is_printed_for_an_answer_and_an_abstention(run) -> None:
    assert run("ask", "how many", "--json", "--min-confidence", "0").json["answered"] is True
    assert run("ask", "how many", "--json", "--min-confidence", "1").json["answered"] is False


def test_a_search_prints_passages_and_the_status_is_1_where_there_is_none(run) -> None:
    found = run("search", "how many were built in peru", "--passages", "1")
    assert (found.status, found.out.count("score")) == (0, 1)
    none = run("search", "how many", "--country", "UZ")
    assert (none.status, none.out) == (1, "No passage was found.\n")


def test_filters_reach_the_search(run) -> None:
    for option, value in (("--country", "PE"), ("--tag", "built"), ("--document", "peru"),
                          ("--from", "2021"), ("--to", "2021-06")):  # fmt: skip
        found = run("search", "built", option, value, "--json").json["passages"]
        assert [passage["document_id"] for passage in found] == ["peru"], option


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_dash_reads_the_question_from_standard_input(run, typed, command) -> None:
    typed("\ufeffhow many were built\r\n".encode())
    assert run(command, "-", "--json").json["question"] == "how many were built"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"caf\xe9", "attache: The question is not UTF-8: byte 3 can't be read.\n"),
        (b"", "attache: The question is empty: write at least one word.\n"),
        (b"a" * 1001, "attache: The question has 1001 characters: at most 1000 are taken.\n"),
    ],
)
def test_standard_input_that_is_no_question_is_refused(run, typed, data, message) -> None:
    typed(data)
    ran = run("ask", "-")
    assert (ran.status, ran.out, ran.err) == (2, "", message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", ""], "The question is empty"),
        (["ask", " \t"], "The question is empty"),
        (["ask", "a\udcff"], "a NUL or a lone surrogate"),
        (["ask", "how", "--country", "Peru"], "use ISO 3166-1 codes such as PE"),
        (["ask", "how", "--language", "\udcff"], "use codes such as en"),
        (["ask", "how", "--tag", "\udcff"], "The filter tags holds"),
        (["ask", "how", "--document", "../x"], "an id has 1 to 128"),
        (["ask", "how", "--from", "soon"], "is not a date"),
        (["ask", "how", "--from", "2023-02-29"], "is not a day of the calendar"),
        (["ask", "how", "--from", "2024", "--to", "2023"], "swap them"),
        (["ask", "how", "--min-confidence", "nan"], "must be from 0 to 1, not nan"),
        (["ask", "how", "--min-confidence", "1.5"], "must be from 0 to 1, not 1.5"),
        (["ask", "how", "--min-confidence", "high"], "is not a valid float"),
        (["ask", "how", "--passages", "-1"], "passages must be from 0 to 100, not -1"),
        (["ask", "how", "--passages", "9" * 40], "passages must be from 0 to 100"),
        (["ask", "how", "--alternatives", "three"], "is not a valid integer"),
        (["ask", "how", "--unheard-of"], "No such option"),
        (["ask"], "Give either a question or --batch FILE."),
        (["ask", "how", "--batch", "-"], "Give either a question or --batch FILE."),
        (["ask", "--batch", "/nowhere/x"], "No such file"),
        (["search", "how", "--passages", "0"], "passages must be from 1 to 100, not 0"),
        (["search"], "Missing argument"),
        (["show"], "Missing argument"),
        (["show", "unheard-of"], "There is no document 'unheard-of'"),
        (["show", "\udcff"], "There is no document '\\udcff'"),
        (["show", "../etc/passwd"], "There is no document"),
        (["verify", "/nowhere/x"], "No such file"),
        (["serve", "--port", "65536"], "not in the range"),
        (["list", "--index", ""], "it is empty"),
        (["list", "--index", "~nobody-of-this-name"], "There is no such user"),
        (["add"], "Missing argument"),
        (["frobnicate"], "No such command"),
        ([], "Usage:"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_a_sentence_and_the_status_is_2(
    run, arguments, message
) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize("name", ["ATTACHE_INDEX", "ATTACHE_ENCODER"])
def test_a_blank_variable_is_refused(monkeypatch, capsys, name) -> None:
    monkeypatch.setenv(name, " ")
    assert attache.run(["list"]) == 2
    assert f"{name} is set but empty" in capsys.readouterr().err


# --batch


def test_a_batch_answers_each_line_and_tells_of_each_bad_one(run, tmp_path) -> None:
    """Blank lines are passed over but counted: the id is the line's number."""
    asked = tmp_path / "questions.txt"
    asked.write_bytes(b"\xef\xbb\xbfhow many\r\n\n  \n?\ncaf\xe9\nwho built\nwhere")
    ran = run("ask", "--batch", str(asked))
    entries = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.status == 2
    assert [entry["id"] for entry in entries] == [1, 4, 5, 6, 7]
    assert [next(name for name in entry if name != "id") for entry in entries] == [
        "result", "problem", "problem", "result", "result",
    ]  # fmt: skip
    assert entries[0]["result"]["question"] == "how many"
    assert entries[1]["problem"]["type"] == "/problems/invalid-question"
    assert entries[2]["problem"]["detail"] == "The question is not UTF-8 at byte 3."


def test_a_batch_from_standard_input_without_a_bad_line_has_the_status_0(run, typed) -> None:
    typed(b"how many\nwho\n")
    ran = run("ask", "--batch", "-", "--min-confidence", "1")
    assert ran.status == 0
    assert [json.loads(line)["result"]["answered"] for line in ran.out.splitlines()] == [False] * 2


def test_an_empty_batch_prints_nothing(run, typed) -> None:
    typed(b"\n\n")
    ran = run("ask", "--batch", "-")
    assert (ran.status, ran.out) == (0, "")


# add and remove


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
    assert "use one of .markdown, .md, .txt" in ran.err
    assert "folder.md is a folder: name the files in it." in ran.err


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
    (tmp_path / "odd.md").write_text("---\ncolour: red\n---\nIt was 16.", "utf-8")
    ran = run("add", str(tmp_path / "odd.md"), index=own)
    assert ran.status == 0
    assert "warning: front matter key 'colour' is unknown and was left out." in ran.err


# list, show, status and rebuild


def test_documents_are_listed_by_id(run) -> None:
    assert run("list").out == (
        "korea  Korea (digest, 1 passages)\nperu  Peru (source, 2021, 1 passages)\n"
    )


def test_a_document_is_shown_with_its_provenance_and_its_text(run) -> None:
    ran = run("show", "korea")
    assert "kind: digest\n" in ran.out
    assert "source: Original\n" in ran.out
    assert ran.out.endswith("\n\nBuilt were 4.\n")


def test_the_status_counts_and_a_check_finds_nothing_wrong(run, tiny_model) -> None:
    facts = run("status", "--json").json
    assert (facts["documents"], facts["passages"], facts["generation"]) == (2, 2, 2)
    assert (facts["dimension"], facts["encoder"]) == (32, str(tiny_model))
    ran = run("status", "--check")
    assert (ran.status, ran.out.splitlines()[-1]) == (
        0,
        "check: every text, offset, vector and checksum holds",
    )


def test_a_status_of_a_folder_whose_name_is_not_text_is_json_all_the_same(run, tmp_path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    Index(folder, FakeEncoder()).add(markdown("One."))
    assert run("status", "--json", index=folder).json["folder"].endswith("/�")


def test_a_check_that_finds_something_has_the_status_1(run, own) -> None:
    with sqlite3.connect(own / "index.sqlite") as connection:
        connection.execute("UPDATE documents SET text = 'It was 17.'")
    connection.close()
    ran = run("status", "--check", index=own)
    assert ran.status == 1
    assert "problem: The text of note does not have its SHA-256." in ran.out


def test_a_rebuild_says_what_it_did(run, own) -> None:
    assert run("rebuild", index=own).out == "rebuilt 1 passages, generation 2\n"


@pytest.mark.parametrize("arguments", [["list"], ["show", "x"], ["status"], ["ask", "who"],
                                       ["search", "who"], ["remove", "x"], ["rebuild"]])  # fmt: skip
def test_without_an_index_every_command_says_how_to_make_one(run, tmp_path, arguments) -> None:
    for folder in (tmp_path / "missing", tmp_path):
        ran = run(*arguments, index=folder)
        assert (ran.status, ran.out) == (2, "")
        assert f"There is no index in {folder}. Make one with `attache add --index" in ran.err


@pytest.mark.parametrize("arguments", [["list"], ["status"], ["ask", "who"], ["remove", "x"]])
def test_a_damaged_index_and_one_of_another_version_are_refused(run, own, arguments) -> None:
    with sqlite3.connect(own / "index.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    ran = run(*arguments, index=own)
    assert (ran.status, "has format 99" in ran.err) == (2, True)
    (own / "index.sqlite").write_bytes(b"rubbish" * 1000)
    ran = run(*arguments, index=own)
    assert (ran.status, "is damaged" in ran.err) == (2, True)


def test_an_index_of_another_encoder_is_refused_with_what_mends_it(run, tmp_path) -> None:
    Index(tmp_path, FakeEncoder()).add(markdown("One."))
    ran = run("ask", "which one", index=tmp_path)
    assert ran.status == 2
    assert "attache rebuild" in ran.err


def test_the_default_index_is_filled_with_the_shipped_collection(
    run, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    ran = run("list", "--json", index=None)
    assert "korea-peru-ambassador-interview-2023" in {d["id"] for d in ran.json["documents"]}
    assert (tmp_path / "attache" / "index" / "index.sqlite").is_file()


# verify


def test_a_reply_is_verified_and_the_status_tells_whether_all_holds(
    run, typed, own, tiny_model
) -> None:
    asked = run("ask", "it was", "--json", "--min-confidence", "0", index=own).out
    typed(asked.encode())
    ran = run("verify", "-", index=own)
    assert (ran.status, ran.out) == (0, "holds  1: answer  note 0–10 «It was 16.»\n")
    Index(own, str(tiny_model)).add(markdown("It was 17.", "note"))
    typed(asked.encode())
    ran = run("verify", "--json", index=own)
    assert ran.status == 1
    assert ran.json == [
        {"place": "1: answer", "document_id": "note", "start": 0, "end": 10, "text": "It was 16.",
         "verdict": "differs", "found": "It was 17."}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "This is not JSON"),
        (b"\xff", "The reply is not UTF-8: byte 0 can't be read."),
        (b"{}", "This JSON is no reply"),
        (b'{"answered": true, "answer": {"citation": {}}}', "lacks a field of the contract"),
    ],
)
def test_what_is_no_reply_is_refused(run, typed, data, message) -> None:
    typed(data)
    ran = run("verify", "-")
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


# the terminal


def test_nothing_that_a_document_holds_takes_effect_in_the_terminal(run, typed, own) -> None:
    typed(HOSTILE.encode())
    added = run("add", "-", "--id", "hostile", index=own)
    asked = run(
        "ask", "it was", "--json", "--min-confidence", "0", "--document", "hostile", index=own
    )
    typed(asked.out.encode())
    outputs = [
        added,
        run("list", index=own),
        run("show", "hostile", index=own),
        run("search", "it was", index=own),
        run("ask", "it was", "--min-confidence", "0", index=own),
        run("ask", "it was", "--min-confidence", "1", index=own),
        run("verify", "-", index=own),
    ]
    for ran in outputs:
        assert not set("\x1b\x07\u202e") & set(ran.out + ran.err)
    assert "�[31mwas� 16�" in outputs[2].out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "styled"), [(None, True), ("1", False)])
def test_the_answer_is_bold_on_a_terminal_unless_no_color_is_set(
    made, monkeypatch, tiny_model, no_color, styled
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    arguments = ["ask", "how many", "--min-confidence", "0", "--index", str(made)]
    assert attache.run(arguments) == 0
    assert ("\x1b[1m\x1b[4mBuilt were" in terminal.getvalue()) is styled
    assert ("**Built were" in terminal.getvalue()) is not styled
    assert ("\x1b" in terminal.getvalue()) is styled


# help


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    for name, command in group.commands.items():
        inner = command if isinstance(command, click.Group) else None
        found += commands(inner, (*path, name)) if inner else [(*path, name)]
    return found


EVALUATIONS = commands(evaluate, ("eval",))


@pytest.mark.parametrize("path", [*commands(cli), *EVALUATIONS], ids=" ".join)
def test_every_command_s_help_says_what_it_does_and_shows_an_example(run, path) -> None:
    ran = run(*path, "--help")
    assert ran.status == 0
    assert "Example: attache " in ran.out
    assert ran.out == run(*path, "-h").out


def test_every_option_has_a_help_text(run) -> None:
    for path in [*commands(cli), *EVALUATIONS]:
        command: click.Command = cli
        for name in path:
            assert isinstance(command, click.Group)
            command = evaluate if name == "eval" else command.commands[name]
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or parameter.help, (path, parameter.name)


def test_the_version_is_printed(run) -> None:
    assert run("--version").out.startswith("attache, version ")


# interruptions


def test_an_interruption_has_the_status_130(run, monkeypatch) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    class Stdin:
        buffer = Interrupted()

    monkeypatch.setattr("sys.stdin", Stdin())
    assert run("ask", "-").status == 130


def attache_process(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "attache", *arguments]
    return subprocess.Popen(command, text=True, cwd=Path(attache.__file__).parent, **options)


def test_ctrl_c_amid_adding_leaves_each_document_wholly_in_or_wholly_out(
    tmp_path, tiny_model
) -> None:
    """What was reported is in; the rest isn't; the index holds every promise."""
    files = []
    for number in range(2_000):
        files.append(tmp_path / f"note-{number:04}.md")
        files[-1].write_text(f"There were {number} ships.", "utf-8")
    folder = tmp_path / "index"
    process = attache_process(
        "add", *map(str, files), "--index", str(folder), "--encoder", str(tiny_model),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    reported = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=120)
    reported += rest.splitlines()
    assert process.returncode == 130
    assert "Traceback" not in errors
    index = Index(folder, str(tiny_model))
    held = {entry.provenance.id for entry in index.all_entries()}
    assert {line.split()[1].rstrip(",") for line in reported} <= held
    assert 5 <= len(held) < 2_000
    assert index.problems() == []


@pytest.mark.parametrize("arguments", [["list"], ["--help"]])
def test_a_reader_that_goes_away_ends_the_command_quietly(made, arguments) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = os.environ | {"ATTACHE_INDEX": str(made)}
    process = attache_process(*arguments, stdout=writing, stderr=subprocess.PIPE, env=environment)
    os.close(writing)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (2, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_told_and_the_status_is_2(made) -> None:
    environment = os.environ | {"ATTACHE_INDEX": str(made)}
    with Path("/dev/full").open("w") as full:
        process = attache_process("list", stdout=full, stderr=subprocess.PIPE, env=environment)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (2, "attache: No space left on device.\n")
