"""Parsing what a user adds in a child process, so that a hostile file harms only itself."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Self

from corpus.errors import InvalidDocument
from corpus.formats.child import OUT_OF_MEMORY
from corpus.formats.metadata import NO_METADATA, Metadata
from corpus.formats.raw import Reading
from corpus.formats.wire import (
    READY,
    Limits,
    Request,
    UnusableAnswer,
    receive,
    receive_reading,
    request_frame,
    send,
)

LIMITS = Limits()
_START_SECONDS = 120.0

_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from corpus.formats.child import main
from corpus.formats.wire import Limits
main(Limits(**json.loads(sys.argv[2])))
"""


class BoundedReader:
    """Reads files as ``read_documents`` does, in a child process that is bounded.

    Its memory, time and answer are limited; it may write no file, and neither start a process nor
    reach a network where the system can be told so. Where the system has no ``resource``
    (Windows), time and the answer alone are limited. The process is started with the first file,
    serves many, and is replaced where it dies. Safe to share between threads, which take turns.
    """

    def __init__(self, limits: Limits = LIMITS, *, program: str = _PROGRAM) -> None:
        """Start nothing yet. program: what the child runs, with sys.path and the limits as JSON."""
        self._limits = limits
        self._program = program
        self._child: _Child | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child process; the next file would start another."""
        with self._lock:
            self._stop()

    def read(
        self,
        data: bytes,
        name: str,
        origin: str,
        document_id: str | None = None,
        *,
        given: Metadata = NO_METADATA,
        encoding: str | None = None,
    ) -> Reading:
        """Read every document that a file holds; see ``corpus.formats.read_documents``.

        Raises InvalidDocument where the file can't be read, or not within the limits.
        """
        request = Request(name, origin, document_id, given, encoding)
        with self._lock:
            try:
                return self._read(request, data)
            except UnusableAnswer as error:
                self._stop()
                raise InvalidDocument(f"{name}: it can't be parsed ({error}).") from None
            except (EOFError, OSError):
                raise InvalidDocument(f"{name}: {self._reason()}") from None
            except InvalidDocument:
                raise
            except BaseException:
                self._stop()  # interrupted: an answer is on its way that nobody will wait for
                raise

    def _read(self, request: Request, data: bytes) -> Reading:
        child = self._child
        if child is None or child.process.poll() is not None or child.files >= self._limits.files:
            self._stop()
            child = self._child = _Child(self._limits, self._program)
            with child.within(_START_SECONDS):
                child.wait_until_ready()
        child.files += 1
        with child.within(self._limits.seconds):
            return child.ask(request, data)

    def _reason(self) -> str:
        """Say why the child gave no answer."""
        child = self._child
        if child is None:
            return "no process can be started to read it in."
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(1)  # it is ending by itself, and its status says why
        self._stop()
        status = child.process.returncode
        if not child.files:
            return "the process that would read it does not start."
        if child.timed_out or status == -getattr(signal, "SIGXCPU", 24):
            return f"it was not read within {self._limits.seconds} s."
        if status == OUT_OF_MEMORY:
            return f"it needs more than {_gib(self._limits.memory)} GiB of memory."
        if status < 0:
            return (
                f"it makes the parser crash (signal {-status}), or needs more than "
                f"{_gib(self._limits.memory)} GiB of memory."
            )
        return f"the process that parses ended (exit status {status})."

    def _stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None


class _Child:
    """The process, how many files it was given, and whether its time ran out."""

    def __init__(self, limits: Limits, program: str) -> None:
        self.files = 0
        self.timed_out = False
        self._limits = limits
        self.process = subprocess.Popen(  # noqa: S603  -- our own program
            [sys.executable, "-c", program, json.dumps(sys.path), json.dumps(asdict(limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for this process, which ends the other one
        )

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the process where a block takes longer."""
        timer = threading.Timer(seconds, self._time_out)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def wait_until_ready(self) -> None:
        """Wait until the process has bounded itself."""
        assert self.process.stdout is not None
        if receive(self.process.stdout, len(READY)) != READY:
            raise EOFError

    def ask(self, request: Request, data: bytes) -> Reading:
        """Send a file and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        send(self.process.stdin, request_frame(request), data)
        return receive_reading(self.process.stdout, request, self._limits)

    def _time_out(self) -> None:
        self.timed_out = True
        self._kill()

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        self._kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()

    def _kill(self) -> None:
        if self.process.poll() is not None:
            return
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()


def _gib(count: int) -> str:
    return f"{count / 2**30:.3g}"
