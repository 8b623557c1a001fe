"""What the terminal shows, and what an interruption or a lost reader leaves."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import attache
from index.index import Index

HOSTILE = "# H\u202e\x1b[1m\n\nIt \x1b[31mwas\u202e 16\x07 in Peru.\n"


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
    arguments = ["ask", "how many", "--reader", "sentence", "--min-confidence", "0"]
    arguments += ["--index", str(made)]
    assert attache.run(arguments) == 0
    assert ("\x1b[1m\x1b[4mBuilt were" in terminal.getvalue()) is styled
    assert ("**Built were" in terminal.getvalue()) is not styled
    assert ("\x1b" in terminal.getvalue()) is styled


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
    """Start a command as a terminal does, even where the tests themselves ignore SIGINT."""
    command = [sys.executable, "-m", "attache", *arguments]
    return subprocess.Popen(
        command,
        text=True,
        cwd=Path(attache.__file__).parent,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        **options,
    )


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


def test_a_closed_output_ends_the_command_without_a_trace(made) -> None:
    command = ["sh", "-c", '"$0" -m attache list --index "$1" >&-', sys.executable, str(made)]
    done = subprocess.run(
        command, text=True, stderr=subprocess.PIPE, cwd=Path(attache.__file__).parent, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_output_of_a_narrow_encoding_shows_the_code_of_what_it_lacks(made) -> None:
    environment = os.environ | {"ATTACHE_INDEX": str(made), "PYTHONIOENCODING": "latin-1"}
    process = attache_process("search", "ships", stdout=subprocess.PIPE, env=environment)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "\\u2013" in output
