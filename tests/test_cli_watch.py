"""The command watch: an index in step with a folder, through real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import FakeEncoder

from corpus.errors import DocumentNotFound
from index.index import Index

ROOT = Path(__file__).parents[1]
PATIENCE = 90.0


class Watch:
    """`attache watch` in a process of its own."""

    def __init__(self, folder: Path, index: Path, model: Path, *options: str) -> None:
        self.index = index
        self.errors = index.with_suffix(".err")
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "attache", "watch", str(folder), "--index", str(index),
                 *options],
                cwd=ROOT, env=os.environ | {"ATTACHE_ENCODER": str(model)},
                stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip

    @property
    def told(self) -> str:
        return self.errors.read_text("utf-8")

    def texts(self) -> dict[str, str]:
        index = Index(self.index)
        if not index.exists:
            return {}
        found = {}
        for id_ in index.origins():
            with suppress(DocumentNotFound):  # removed since it was listed
                found[id_] = index.document(id_).document.text
        return found

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; fail where the process ends before, or it takes too long."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.told
            assert time.monotonic() < deadline, (self.told, self.texts())
            time.sleep(0.1)

    def until_in_step(self) -> None:
        self.until(lambda: "in step with" in self.told)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(30)
        assert "Traceback" not in self.told
        assert "defect" not in self.told
        return status


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "reports"
    (folder / "2024").mkdir(parents=True)
    (folder / "note.md").write_text("It was 16.", "utf-8")
    return folder


@pytest.fixture
def start(folder, tmp_path, tiny_model):
    """Start watching the folder; what still runs at the end is killed."""
    started: list[Watch] = []

    def watch(*options: str) -> Watch:
        started.append(Watch(folder, tmp_path / "index", tiny_model, *options))
        return started[-1]

    yield watch
    for watching in started:
        if watching.process.poll() is None:
            watching.process.kill()
            watching.process.wait()


@pytest.mark.parametrize("options", [(), ("--poll",)], ids=["notices", "polling"])
def test_the_index_follows_what_happens_in_the_folder(start, folder, options) -> None:
    watching = start(*options)
    watching.until_in_step()
    assert watching.texts() == {"note": "It was 16."}
    (folder / "2024" / "new.txt").write_text("It was 17.", "utf-8")
    watching.until(lambda: "new" in watching.texts())
    (folder / "note.md").write_text("It was 18.", "utf-8")
    watching.until(lambda: watching.texts()["note"] == "It was 18.")
    (folder / "2024" / "new.txt").rename(folder / "2024" / "newer.txt")
    watching.until(lambda: watching.texts().keys() == {"note", "newer"})
    (folder / "note.md.yaml").write_text("title: From beside it", "utf-8")
    index = Index(watching.index)
    watching.until(lambda: index.document("note").document.title == "From beside it")
    (folder / "note.md").unlink()
    watching.until(lambda: watching.texts().keys() == {"newer"})
    assert watching.end() == 0


def test_a_file_that_is_being_written_is_not_read_half(start, folder) -> None:
    watching = start()
    watching.until_in_step()
    with (folder / "slow.txt").open("w", encoding="utf-8") as file:
        for number in range(12):
            file.write(f"Line {number} of it. ")
            file.flush()
            time.sleep(0.25)
            assert "slow" not in watching.texts()
    watching.until(lambda: "slow" in watching.texts())
    assert "Line 11 of it." in watching.texts()["slow"]
    index = Index(watching.index)
    assert index.document("slow").generation == 2  # it was added once
    assert watching.end(signal.SIGINT) == 130


def test_a_file_that_fails_is_told_keeps_what_it_was_and_is_tried_again(start, folder) -> None:
    watching = start()
    watching.until_in_step()
    (folder / "note.md").write_bytes(b"")
    watching.until(lambda: "note.md: The document is empty" in watching.told)
    assert watching.texts() == {"note": "It was 16."}
    (folder / "note.md").write_text("It was 17.", "utf-8")
    watching.until(lambda: watching.texts()["note"] == "It was 17.")
    assert watching.told.count("The document is empty") == 1
    assert watching.end() == 0


def test_a_folder_that_goes_away_and_comes_back_loses_nothing(start, folder, tmp_path) -> None:
    watching = start()
    watching.until_in_step()
    folder.rename(tmp_path / "elsewhere")
    watching.until(lambda: "can't be read: nothing is removed meanwhile." in watching.told)
    folder.mkdir()  # as where nothing is mounted
    watching.until(lambda: "is empty, as where nothing is mounted" in watching.told)
    assert watching.texts() == {"note": "It was 16."}
    folder.rmdir()
    (tmp_path / "elsewhere").rename(folder)
    (folder / "new.md").write_text("It was 17.", "utf-8")
    watching.until(lambda: watching.texts().keys() == {"note", "new"})
    (folder / "note.md").unlink()
    (folder / "new.md").unlink()  # the folder is the one it was, so they were removed
    watching.until(lambda: not watching.texts())
    assert watching.end() == 0


def once(folder: Path, index: Path, model: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "attache", "watch", str(folder), "--once", "--index", str(index)],
        cwd=ROOT, env=os.environ | {"ATTACHE_ENCODER": str(model)}, text=True, check=False,
        capture_output=True,
    )  # fmt: skip


def test_once_brings_in_step_and_ends(folder, tmp_path, tiny_model) -> None:
    (tmp_path / "other.md").write_text("It was 20.", "utf-8")
    index = tmp_path / "index"
    for text, name in (("It was 1.", "a/same.md"), ("It was 2.", "b/same.md")):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, "utf-8")
    first = once(folder, index, tiny_model)
    assert first.returncode == 0
    ids = [line.split()[1].rstrip(",") for line in first.stdout.splitlines()]
    assert ids[:2] == ["note", "same"]
    assert ids[2].startswith("same-")
    (folder / "a" / "same.md").unlink()
    (folder / "b" / "same.md").write_text("It was 3.", "utf-8")
    (folder / "bad.md").write_bytes(b"\0\xff")
    second = once(folder, index, tiny_model)
    assert [line.split(",")[0] for line in second.stdout.splitlines()] == [
        "removed same", f"replaced {ids[2]}",
    ]  # fmt: skip
    assert second.returncode == 2
    assert "bad.md" in second.stderr


def test_only_what_came_from_the_folder_is_removed(folder, tmp_path, tiny_model) -> None:
    index = tmp_path / "index"
    beside = tmp_path / "reports-of-others" / "other.md"
    beside.parent.mkdir()
    beside.write_text("It was 20.", "utf-8")
    subprocess.run(
        [sys.executable, "-m", "attache", "add", str(beside), "--index", str(index)],
        cwd=ROOT, env=os.environ | {"ATTACHE_ENCODER": str(tiny_model)}, check=True,
    )  # fmt: skip
    once(folder, index, tiny_model)
    beside.unlink()
    (folder / "note.md").rename(folder / "other.md")
    ran = once(folder, index, tiny_model)
    assert ran.stdout.startswith("removed note, ")
    origins = Index(index, FakeEncoder()).origins()
    assert origins["other"] == beside.as_uri()
    assert sorted(origins.values()) == sorted([beside.as_uri(), (folder / "other.md").as_uri()])


def test_what_is_no_folder_is_refused(run, tmp_path) -> None:
    (tmp_path / "note.md").write_text("It was 16.", "utf-8")
    for name in ("missing", "note.md"):
        ran = run("watch", str(tmp_path / name), index=tmp_path / "index")
        assert ran.status == 2
        assert "is no folder: name one that is there." in ran.err
