"""What names stand for: files, folders and patterns."""

import os
from pathlib import Path

import pytest

from service.finding import Findings, find


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with two documents, a third below it, and much that is none."""
    for name in ("b.md", "a.txt", "2024/c.md", ".hidden.md", ".git/config.md", "~$a.md", "x.png",
                 "2024/y.png", "LICENSE", "a.txt.yaml", "gone.md.yaml"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"It was 16.")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paths(findings: Findings) -> list[str]:
    return [str(file.path) for file in findings.files]


def test_a_folder_is_gone_through_and_what_is_no_document_is_counted(folder):
    findings = find(["."])
    assert paths(findings) == ["a.txt", "b.md", "2024/c.md"]
    assert not any(file.is_named for file in findings.files)
    assert findings.skipped() == (
        "skipped 3 files that no reader reads (.png, without suffix) and 3 hidden."
    )
    assert findings.warnings == ["gone.md.yaml is a sidecar, but there is no gone.md."]
    assert findings.failures == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.md", ["b.md"]),
        ("**/*.md", ["2024/c.md", "b.md"]),
        ("**", ["2024/c.md", "a.txt", "b.md"]),
        ("20??", ["2024/c.md"]),
        ("[ab].*", ["a.txt", "b.md"]),
    ],
)
def test_a_pattern_that_the_shell_left_alone_is_expanded(folder, pattern, expected):
    findings = find([pattern])
    assert paths(findings) == expected
    assert findings.failures == []


def test_a_name_without_anything_is_a_failure(folder):
    (folder / "empty").mkdir()
    findings = find(["*.markdown", "x.*", "empty", "b.md"])
    assert findings.failures == [
        "*.markdown: no file that is read has such a name.",
        "x.*: no file that is read has such a name.",
        "empty is a folder without a file that is read.",
    ]
    assert paths(findings) == ["b.md"]


def test_a_file_is_found_once_however_often_it_is_named(folder):
    (folder / "link.md").symlink_to("b.md")
    findings = find(["b.md", "./b.md", "*.md", ".", "link.md", "2024/../b.md"])
    assert paths(findings) == ["b.md", "a.txt", "2024/c.md"]
    assert [file.is_named for file in findings.files] == [True, False, False]


def test_folders_that_link_to_each_other_end(folder):
    (folder / "2024" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "self").symlink_to("self")
    assert paths(find(["."])) == ["a.txt", "b.md", "2024/c.md"]
    (folder / "way").symlink_to("2024", target_is_directory=True)
    assert paths(find(["way"])) == ["way/c.md"]


def test_a_file_with_the_name_of_a_pattern_is_that_file(folder):
    (folder / "[a].md").write_bytes(b"It was 18.")
    assert paths(find(["[a].md"])) == ["[a].md"]
    assert find(["[a].md"]).files[0].is_named


def test_a_sidecar_is_no_document_of_its_own(folder):
    assert paths(find(["a.txt", "a.txt.yaml"])) == ["a.txt"]
    assert find(["a.txt", "a.txt.yaml"]).failures == []
    assert find(["a.txt.yaml"]).failures == ["a.txt.yaml is the sidecar of a.txt: add that one."]


def test_the_folder_of_the_index_holds_no_documents(folder):
    (folder / "index").mkdir()
    (folder / "index" / "state.md").write_bytes(b"It was 19.")
    assert paths(find(["."], folder / "index")) == ["a.txt", "b.md", "2024/c.md"]


def test_what_is_no_file_is_left_to_the_reading_to_refuse(folder):
    os.mkfifo(folder / "pipe.md")
    findings = find(["missing.md", "pipe.md", "x" * 300 + ".md", "-"])
    assert len(findings.files) == 4
    assert findings.unread[".md"] == 0
    assert find(["."]).unread[".md"] == 1
