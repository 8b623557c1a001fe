"""The command add, over folders, patterns, sidecars and options."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def reports(tmp_path) -> Path:
    folder = tmp_path / "reports"
    for name, text in (("2023/minutes.md", "It was 16."), ("2024/minutes.md", "It was 17."),
                       ("notes.txt", "It was 18."), ("picture.png", ""), (".draft.md", "")):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def actions(ran) -> list[str]:
    return [" ".join(line.split(",")[0].split()[:2]) for line in ran.out.splitlines()]


def test_a_folder_is_added_with_an_id_for_each_file_that_stays(run, tmp_path, reports) -> None:
    folder = tmp_path / "index"
    first = run("add", str(reports), index=folder)
    assert first.status == 0
    assert [action.split("-")[0] for action in actions(first)] == [
        "added notes", "added minutes", "added minutes",
    ]  # fmt: skip
    assert "skipped 1 file that no reader reads (.png) and 1 hidden." in first.err
    again = run("add", str(reports), index=folder)
    assert [action.replace("un", "").replace("changed", "added") for action in actions(again)] == (
        actions(first)
    )


def test_every_failure_is_listed_at_the_end_with_its_reason(run, tmp_path, reports) -> None:
    (reports / "2023" / "empty.md").write_bytes(b"")
    (reports / "notes.txt.yaml").write_text("countries: [ZZ]", "utf-8")
    (reports / "lost.md.yaml").write_text("title: T", "utf-8")
    ran = run("add", str(reports), "missing.md", "*.nothing", index=tmp_path / "index")
    assert ran.status == 2
    assert len(actions(ran)) == 2
    lines = ran.err.splitlines()
    assert lines[-5:] == [
        "attache: *.nothing: no file that is read has such a name.",
        f"attache: {reports}/notes.txt: The country 'ZZ' is unknown: use ISO 3166-1 codes such as "
        "KR or PE.",
        f"attache: {reports}/2023/empty.md: The document is empty: there is no text to index.",
        "attache: missing.md can't be read: No such file or directory.",
        "attache: 4 of 6 could not be added.",
    ]
    assert f"warning: {reports}/lost.md.yaml is a sidecar, but there is no lost.md." in lines


def test_a_pattern_is_expanded_where_the_shell_left_it_alone(run, tmp_path, reports) -> None:
    ran = run("add", f"{reports}/**/*.md", index=tmp_path / "index")
    assert ran.status == 0
    assert len(actions(ran)) == 2


def test_options_say_what_is_known_of_every_document(run, tmp_path, reports) -> None:
    folder = tmp_path / "index"
    ran = run(
        "add", str(reports / "notes.txt"), "--title", "T", "--publisher", "P", "--author", "A",
        "--published", "2024-06", "--country", "KR", "--country", "PE", "--tag", "trade",
        "--url", "https://example.org/a", "--language", "en", "--licence", "CC0-1.0", index=folder,
    )  # fmt: skip
    assert ran.status == 0
    shown = run("show", "notes", "--json", index=folder).json
    assert (shown["title"], shown["publisher"], shown["author"]) == ("T", "P", "A")
    assert (shown["published"], shown["countries"], shown["tags"]) == (
        "2024-06", ["KR", "PE"], ["trade"],
    )  # fmt: skip
    assert (shown["url"], shown["language"]) == ("https://example.org/a", "en")
    assert shown["licence"] == "CC0-1.0"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--country", "ZZ"], "The country 'ZZ' is unknown"),
        (["--published", "soon"], "'soon' is not a date"),
        (["--language", "qq"], "The language 'qq' is unknown"),
        (["--url", "ftp://a"], "must start with http:// or https://"),
        (["--publisher", " "], "--publisher is empty"),
        (["--tag", ""], "A tag is empty"),
        (["--encoding", "utf-99"], "The encoding 'utf-99' is unknown"),
        (["--encoding", "base64"], "The encoding 'base64' is unknown"),
        (["--title", "T"], "--title names one document: give one file."),
        (["--id", "x"], "--id names one document: give one file."),
        (["--format", "md"], "--format says what standard input is: give - as well."),
    ],
)
def test_an_option_that_cannot_be_is_told_before_any_file_is_read(
    run, tmp_path, reports, options, message
) -> None:
    ran = run("add", str(reports), *options, index=tmp_path / "index")
    assert ran.status == 2
    assert message in ran.err
    assert not (tmp_path / "index").exists()


def test_the_encoding_of_a_text_file_can_be_said(run, tmp_path, own) -> None:
    (tmp_path / "cafe.txt").write_bytes("Café, 16.".encode("cp1252"))
    ran = run("add", str(tmp_path / "cafe.txt"), "--encoding", "windows-1252", index=own)
    assert ran.status == 0
    assert run("show", "cafe", "--json", index=own).json["text"] == "Café, 16."


def test_standard_input_is_of_the_format_that_is_said(run, typed, own) -> None:
    typed(b"# Not a heading: 16.")
    ran = run("add", "-", "--id", "piped", "--format", "txt", "--title", "T", index=own)
    assert ran.status == 0
    shown = run("show", "piped", "--json", index=own).json
    assert (shown["title"], shown["text"]) == ("T", "# Not a heading: 16.")


def test_a_record_that_is_refused_is_listed_and_the_others_are_added(run, typed, own) -> None:
    lines = b'{"id": "one", "text": "It was 1."}\nno JSON\n{"text": "It was 3."}\n'
    typed(lines)
    ran = run("add", "-", "--format", "jsonl", index=own)
    assert ran.status == 2
    assert actions(ran) == ["added one"]
    assert ran.err.splitlines()[-3:] == [
        "attache: standard-input.jsonl: line 2: it is not JSON: line 1, column 1: Expecting value.",
        "attache: standard-input.jsonl: document 3: it has no `id`: where standard input has none, "
        "each needs one.",
        "attache: 2 of 3 could not be added.",
    ]


def test_the_index_in_a_folder_that_is_added_is_no_document(run, reports) -> None:
    inside = reports / "index"
    assert run("add", str(reports), index=inside).status == 0
    assert len(actions(run("add", str(reports), index=inside))) == 3


def test_an_interruption_ends_the_parsing_too_and_keeps_what_was_added(
    tmp_path, reports, tiny_model
) -> None:
    (reports / "slow.md").write_bytes(b"a b. \n\n" * 4_000_000)
    adding = subprocess.Popen(
        [sys.executable, "-m", "attache", "add", str(reports), "--index", str(tmp_path / "index")],
        cwd=ROOT, env=os.environ | {"ATTACHE_ENCODER": str(tiny_model)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert adding.stdout is not None
    assert adding.stdout.readline().startswith("added notes, ")
    parsing = Path(f"/proc/{adding.pid}/task/{adding.pid}/children").read_text("ascii").split()
    time.sleep(0.5)
    adding.send_signal(signal.SIGINT)
    _, told = adding.communicate(timeout=60)
    assert adding.returncode == 130
    assert "Traceback" not in told
    assert parsing
    assert not any(Path(f"/proc/{child}").exists() for child in parsing)
