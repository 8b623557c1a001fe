"""The places at which questions are worked on, and the short queue before them."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from corpus.errors import Overloaded, TimedOut
from index.network import cores

_R = TypeVar("_R")


class ClientGone(Exception):
    """The client closed the connection while its question waited; nobody reads a reply."""


class Places:
    """Runs questions in threads of their own, in the order they came; safe to share.

    size: how many at once; 0 is as many as there are cores. queue: how many wait. seconds: that
    one has, waiting and working.
    """

    def __init__(self, size: int = 0, queue: int = 16, seconds: float = 10.0) -> None:
        self.size = size or cores()
        self.queue = queue
        self.seconds = seconds
        self._executor = ThreadPoolExecutor(self.size, "question")
        self._lock = threading.Lock()
        self._taken = 0
        self._at_work = 0
        self._usual_seconds = 0.0

    @property
    def at_work(self) -> int:
        """Return how many questions are worked on."""
        return self._at_work

    @property
    def queued(self) -> int:
        """Return how many questions wait."""
        with self._lock:
            return self._taken - self._at_work

    async def run(
        self,
        work: Callable[[], _R],
        gone: Callable[[], Awaitable[object]] | None = None,
        *,
        patient: bool = False,
    ) -> _R:
        """Do the work when a place is free, and return what it gives.

        gone: returns when the client has left; what waits then is not worked on. patient: wait
        however long the queue is. Raises Overloaded at once where it is full, or too long for the
        question's time, by what the last ones took; TimedOut and ClientGone. A thread can't be
        stopped: what is at work keeps its place until it is done.
        """
        future = self._accept(work, patient=patient)
        done = asyncio.wrap_future(future)
        leaving = None if gone is None else asyncio.ensure_future(gone())
        awaited: set[asyncio.Future[Any]] = {done} if leaving is None else {done, leaving}
        try:
            await asyncio.wait(awaited, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return done.result()
            if leaving is not None and leaving.done():
                raise ClientGone
            raise TimedOut(
                f"The question was not answered within {self.seconds:g} seconds: try again later."
            )
        finally:
            if leaving is not None:
                leaving.cancel()
            done.cancel()  # also what waits; nothing, where it is at work or done
            future.cancel()

    def check(self) -> None:
        """Raise Overloaded where a question would be refused."""
        with self._lock:
            self._check()

    def _check(self) -> None:
        ahead = self._taken
        too_late = (ahead / self.size + 1) * self._usual_seconds > self.seconds
        if ahead >= self.size + self.queue or (ahead >= self.size and too_late):
            raise Overloaded(
                f"{self._at_work} questions are at work and {ahead - self._at_work} wait: "
                "that is as many as are taken. Try again in a moment."
            )

    def _accept(self, work: Callable[[], _R], *, patient: bool) -> "Future[_R]":
        with self._lock:
            if not patient:
                self._check()
            self._taken += 1
        future = self._executor.submit(self._work, work)
        future.add_done_callback(self._left)
        return future

    def _work(self, work: Callable[[], _R]) -> _R:
        with self._lock:
            self._at_work += 1
        started = time.monotonic()
        try:
            return work()
        finally:
            with self._lock:
                self._at_work -= 1
                self._usual_seconds += (time.monotonic() - started - self._usual_seconds) / 10

    def _left(self, _future: "Future[Any]") -> None:
        with self._lock:
            self._taken -= 1
