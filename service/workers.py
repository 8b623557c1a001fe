"""Several processes that serve from one listening socket: started, watched, ended together."""

import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from types import FrameType

from prometheus_client.multiprocess import mark_process_dead

from corpus.errors import AttacheError, InvalidSetting
from index.network import cores
from service.answerer import Answerer
from service.api.access import Access
from service.connections import GRACE_SECONDS
from service.listening import listening_socket, refuse_more
from service.operating import Operating
from service.serving import announce, ending_signals, serve_on
from service.settings import share_metrics

_LOG = logging.getLogger("uvicorn.error")
_SPAWN = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks as they are
_AGAIN_AFTER = 1.0
"""Seconds before a worker that died is started again."""


def serve_by_workers(
    open_worker: Callable[[], Answerer],
    host: str,
    port: int,
    operating: Operating,
    access: Access | None = None,
) -> None:
    """Serve from several processes until told to end; each then finishes what it works on.

    open_worker: opens an answerer in each process, and can be pickled. Raises InvalidSetting where
    the address can't be listened on, or the first worker does not start; KeyboardInterrupt where
    SIGINT ended it.
    """
    open_worker().close()  # fills an index that is to be filled, once
    with (
        listening_socket(host, port) as listening,
        tempfile.TemporaryDirectory(prefix="attache-metrics-") as metrics,
    ):
        share_metrics(Path(metrics))
        each = operating.at_work or max(1, cores() // operating.workers)
        operating = replace(operating, at_work=each, metrics=Path(metrics))
        workers = _Workers(open_worker, listening, operating, access)
        workers.start(lambda: announce(host, listening))
        workers.watch()


class _Workers:
    """The processes, and the socket they listen on."""

    def __init__(
        self,
        open_worker: Callable[[], Answerer],
        listening: socket.socket,
        operating: Operating,
        access: Access | None,
    ) -> None:
        self._open_worker = open_worker
        self._listening = listening
        self._operating = operating
        self._access = access
        self._processes: list[SpawnProcess] = []
        self._ended = threading.Event()
        self._interrupted = False
        for number in (*ending_signals(), signal.SIGINT):
            signal.signal(number, self._end)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self._interrupted = number == signal.SIGINT
        self._ended.set()

    def start(self, ready: Callable[[], None]) -> None:
        """Start the workers, the first one first: it makes the models ready for the others."""
        self._start(1)
        self._start(self._operating.workers - 1)
        if not self._ended.is_set():
            ready()

    def _start(self, count: int) -> None:
        """Start some, and wait until they serve or the service is ended."""
        started = [self._started() for _ in range(count)]
        self._processes += [process for process, _ in started]
        for process, serves in started:
            while not serves.wait(0.1) and not self._ended.is_set():
                if process.exitcode is not None:
                    self._end_all()
                    raise InvalidSetting("A worker did not start: see what it said above.")

    def watch(self) -> None:
        """Start a worker that died again, until the service is ended; then end them all."""
        while not self._ended.wait(0.2):
            for place, process in enumerate(self._processes):
                if process.exitcode is not None:
                    _LOG.error("Worker %s died (%s)", process.pid, process.exitcode)
                    mark_process_dead(process.pid, self._operating.metrics)  # type: ignore[no-untyped-call]
                    self._ended.wait(_AGAIN_AFTER)
                    self._processes[place] = self._started()[0]
        self._end_all()
        if self._interrupted:
            raise KeyboardInterrupt

    def _end_all(self) -> None:
        refuse_more(self._listening)
        self._listening.close()
        for process in self._processes:
            process.terminate()
        latest = time.monotonic() + GRACE_SECONDS + 5
        for process in self._processes:
            process.join(max(0.0, latest - time.monotonic()))
            process.kill()

    def _started(self) -> tuple[SpawnProcess, Event]:
        serves = _SPAWN.Event()
        process = _SPAWN.Process(
            target=_work,
            args=(self._open_worker, self._listening, self._operating, self._access, serves),
        )
        process.start()
        return process, serves


def _work(
    open_worker: Callable[[], Answerer],
    listening: socket.socket,
    operating: Operating,
    access: Access | None,
    serves: Event,
) -> None:
    """Serve in a worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it goes to the parent too, which ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        with open_worker() as answerer:
            answerer.load()
            serve_on(listening, answerer, operating, serves.set, access)
    except AttacheError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
