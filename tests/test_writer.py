"""Writes over HTTP: the checkpoint is saved behind their back, once for several."""

import threading
from pathlib import Path

from conftest import FakeEncoder, markdown

from index.index import Index
from service.api.writes import Writer


class Watched(Index):
    """Tells when it was asked to save."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, FakeEncoder())
        self.saved = threading.Event()

    def save_checkpoint(self, *, always: bool = False) -> bool:
        try:
            return super().save_checkpoint(always=always)
        finally:
            self.saved.set()


Threads = set[threading.Thread]


def timers_since(before: Threads) -> int:
    started = set(threading.enumerate()) - before
    return sum(isinstance(thread, threading.Timer) for thread in started)


def test_several_writes_wait_for_one_saving(tmp_path) -> None:
    index, before = Watched(tmp_path), set(threading.enumerate())
    writer = Writer(index, saved_after=1_000)
    for number in range(5):
        writer.add(markdown(f"It was {number}.", f"n-{number}"), replace=False)
    writer.remove("n-0")
    assert timers_since(before) == 1
    assert not index.saved.is_set()


def test_a_write_is_saved_in_the_background(tmp_path) -> None:
    index = Watched(tmp_path)
    writer = Writer(index, saved_after=0)
    for number in range(2):
        writer.add(markdown(f"It was {number}.", "note"), replace=False)
        assert index.saved.wait(timeout=60)
        index.saved.clear()
    assert index.checkpoint_generation() is not None


def test_what_changes_nothing_is_not_saved(tmp_path) -> None:
    Index(tmp_path, FakeEncoder()).add(markdown("It was 16.", "note"))
    index, before = Watched(tmp_path), set(threading.enumerate())
    change = Writer(index, saved_after=1_000).add(markdown("It was 16.", "note"), replace=False)
    assert (change.action, timers_since(before)) == ("unchanged", 0)
