"""An index whose process is killed, interrupted or out of space: what was acknowledged stays."""

import random
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from conftest import FakeEncoder
from processes import HALF_A_CHANGE, child, document, said

from corpus.passages import cut
from index.index import Index
from index.schema import FILE_NAME

ADD_ONE_BY_ONE = """
for number in range(1000):
    name = f"{sys.argv[2]}-{number}"
    index.add(document(name))
    index.save_checkpoint()
    say(name)
"""

PASSAGES = len(cut(document("a-1"), FakeEncoder(), 128).passages)


def ids(index: Index) -> list[str]:
    return [entry.provenance.id for entry in index.all_entries()]


def whole(index: Index) -> bool:
    """Whether every document is there with the text and the passages it was added with."""
    return all(
        entry.sha256 == document(entry.provenance.id).sha256 and entry.passages == PASSAGES
        for entry in index.all_entries()
    )


def test_what_was_acknowledged_before_a_kill_is_there_and_every_document_is_whole(tmp_path):
    chance = random.Random(5)
    acknowledged: list[str] = []
    for round_number in range(3):
        process = child(ADD_ONE_BY_ONE, tmp_path, str(round_number))
        acknowledged.append(process.stdout.readline().strip())
        timer = threading.Timer(chance.uniform(0, 0.4), process.kill)
        timer.start()
        acknowledged += process.stdout.read().split()
        process.communicate()
        timer.join()
        assert process.returncode == -signal.SIGKILL
        index = Index(tmp_path, FakeEncoder())
        assert set(acknowledged) <= set(ids(index))
        assert len(ids(index)) <= len(acknowledged) + round_number + 1
        assert whole(index)
        assert index.problems() == []
        for name in (acknowledged[0], acknowledged[-1]):
            hits = index.search(f"Report {name}", limit=2).hits
            assert hits


def test_an_interrupt_leaves_only_whole_documents(tmp_path):
    process = child(ADD_ONE_BY_ONE, tmp_path, "a")
    acknowledged = [process.stdout.readline().strip() for _ in range(5)]
    process.send_signal(signal.SIGINT)
    acknowledged += process.stdout.read().split()
    process.communicate()
    index = Index(tmp_path, FakeEncoder())
    assert set(acknowledged) <= set(ids(index))
    assert len(ids(index)) <= len(acknowledged) + 1
    assert whole(index)
    assert index.problems() == []


def test_a_change_that_a_kill_cut_in_half_is_undone_by_the_next_search(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    for name in ("one", "two"):
        index.add(document(name))
    before = (tmp_path / FILE_NAME).read_bytes()
    process = child(HALF_A_CHANGE, tmp_path)
    assert "index.sqlite-journal" in process.communicate()[0]
    assert (tmp_path / FILE_NAME).read_bytes() != before
    assert index.search("Report two").hits[0].provenance.id == "two"
    assert index.problems() == []


FILL = """
from contextlib import suppress
import resource
if len(sys.argv) > 2:
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    for number in range(1000):
        say("added", index.add(document(f"large-{number}", 4000)).document_id)
except AttacheError as error:
    say(type(error).__name__, error)
say("saved", index.save_checkpoint(always=True))
"""


def check_no_space(folder: Path, lines: list[str]) -> None:
    *added, failure, _ = lines
    assert failure.startswith("IndexNotWritable")
    assert "space" in failure
    assert "it is what it was before" in failure
    index = Index(folder, FakeEncoder())
    assert sorted(line.split()[1] for line in added) == [
        name for name in ids(index) if name != "one"
    ]
    assert index.problems() == []
    assert index.search("Report one").hits
    index.remove("one")
    assert "one" not in ids(index)


def test_a_file_that_may_not_grow_leaves_the_index_as_it_was(tmp_path):
    Index(tmp_path, FakeEncoder()).add(document("one"))
    check_no_space(tmp_path, said(child(FILL, tmp_path, str(1_000_000))))


def test_a_full_disk_leaves_the_index_as_it_was(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", tmp_path],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small disk can't be mounted here")
    try:
        Index(tmp_path, FakeEncoder()).add(document("one"))
        check_no_space(tmp_path, said(child(FILL, tmp_path)))
        assert not list(tmp_path.glob("*.tmp")), "no temporary file stays behind"
    finally:
        subprocess.run(["umount", tmp_path], check=True)
