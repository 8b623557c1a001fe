"""The places at which questions are worked on: how many, how long, and who is not waited for."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from corpus.errors import Overloaded, TimedOut
from service.api.places import ClientGone, Places


class Work:
    """Pieces of work that end when they are told to, and remember in which order they began."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.end = threading.Event()

    def piece(self, name: str):
        def work() -> str:
            self.begun.append(name)
            assert self.end.wait(20)
            return name

        return work


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work()
    yield made
    made.end.set()


async def until(places: Places, at_work: int, queued: int) -> None:
    while (places.at_work, places.queued) != (at_work, queued):
        await asyncio.sleep(0.001)


def test_as_many_are_worked_on_as_there_are_places_and_the_rest_in_their_order(work) -> None:
    async def scene() -> list[str]:
        places = Places(2, queue=3)
        tasks = []
        for number, name in enumerate("abcde"):
            tasks.append(asyncio.create_task(places.run(work.piece(name))))
            await until(places, min(number + 1, 2), max(number - 1, 0))
        assert work.begun == ["a", "b"]
        work.end.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(scene()) == ["a", "b", "c", "d", "e"]
    assert sorted(work.begun[2:4]) == ["c", "d"]


def test_one_more_than_the_queue_holds_is_refused_at_once(work) -> None:
    async def scene() -> None:
        places = Places(1, queue=1)
        tasks = [asyncio.create_task(places.run(work.piece(name))) for name in "ab"]
        await until(places, 1, 1)
        with pytest.raises(Overloaded, match="1 questions are at work and 1 wait"):
            await places.run(work.piece("c"))
        work.end.set()
        await asyncio.gather(*tasks)
        assert await places.run(work.piece("d")) == "d"

    asyncio.run(scene())
    assert work.begun == ["a", "b", "d"]


def test_what_is_patient_waits_behind_a_full_queue(work) -> None:
    async def scene() -> str:
        places = Places(1, queue=0)
        first = asyncio.create_task(places.run(work.piece("a")))
        await until(places, 1, 0)
        second = asyncio.create_task(places.run(work.piece("b"), patient=True))
        await until(places, 1, 1)
        work.end.set()
        await first
        return await second

    assert asyncio.run(scene()) == "b"


def test_a_question_has_its_time_and_keeps_its_place_until_it_is_done(work) -> None:
    async def scene() -> None:
        places = Places(1, queue=5, seconds=0.05)
        with pytest.raises(TimedOut, match=r"within 0\.05 seconds"):
            await places.run(work.piece("slow"))
        assert places.at_work == 1
        with pytest.raises(TimedOut):
            await places.run(work.piece("waited in vain"))
        assert (places.at_work, places.queued) == (1, 0)
        work.end.set()
        await until(places, 0, 0)

    asyncio.run(scene())
    assert work.begun == ["slow"]


def test_what_waits_for_a_client_that_left_is_not_worked_on(work) -> None:
    async def scene() -> None:
        places = Places(1, queue=5)
        first = asyncio.create_task(places.run(work.piece("a")))
        await until(places, 1, 0)
        left = asyncio.Event()
        second = asyncio.create_task(places.run(work.piece("b"), left.wait))
        await until(places, 1, 1)
        left.set()
        with pytest.raises(ClientGone):
            await second
        assert places.queued == 0
        work.end.set()
        await first

    asyncio.run(scene())
    assert work.begun == ["a"]


def test_what_is_cancelled_while_it_waits_is_not_worked_on(work) -> None:
    async def scene() -> None:
        places = Places(1, queue=5)
        first = asyncio.create_task(places.run(work.piece("a")))
        await until(places, 1, 0)
        second = asyncio.create_task(places.run(work.piece("b")))
        await until(places, 1, 1)
        second.cancel()
        with suppress(asyncio.CancelledError):
            await second
        assert places.queued == 0
        work.end.set()
        await first

    asyncio.run(scene())
    assert work.begun == ["a"]


def test_an_error_of_the_work_is_raised_and_frees_the_place() -> None:
    def fails() -> None:
        raise ZeroDivisionError

    async def scene() -> None:
        places = Places(1, queue=0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await places.run(fails)
            await until(places, 0, 0)

    asyncio.run(scene())


def test_what_could_not_be_answered_in_its_time_is_refused_at_once(work) -> None:
    """Questions took a tenth of a second at least: two, one after the other, have 0.15 seconds."""

    async def scene() -> None:
        places = Places(1, queue=5, seconds=0.15)
        for _ in range(20):
            with suppress(TimedOut):
                await places.run(lambda: time.sleep(0.1), patient=True)
            await until(places, 0, 0)
        first = asyncio.create_task(places.run(work.piece("a")))
        await until(places, 1, 0)
        with pytest.raises(Overloaded, match="1 questions are at work and 0 wait"):
            await places.run(work.piece("b"))
        work.end.set()
        with suppress(TimedOut):
            await first
        await until(places, 0, 0)
        with suppress(TimedOut):
            await places.run(work.piece("c"))

    asyncio.run(scene())
    assert work.begun == ["a", "c"]
