"""Sends requests to a server from a process of its own: a job on standard input, what came out."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

_KEPT_SECONDS = 3
"""Seconds for which an idle connection is used again."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is sent.

    requests: path and body by turns; an empty body is a GET. rate: requests a second, sent whether
    or not there are replies; 0 lets each client send its next one when it has its reply. slow:
    connections that dribble headers and bodies meanwhile.
    """

    port: int
    seconds: float
    requests: Sequence[tuple[str, str]]
    rate: float = 0.0
    clients: int = 1
    slow: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a request. at: seconds since the start. status: 0 where no reply came, 504
    where a question was not refused but had not enough time, which the service calls 503 too.
    """

    at: float
    ms: float
    status: int
    generation: int | None


class Sender:
    """Sends a job's requests over connections that are kept."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._number = 0
        self._started = time.perf_counter()
        self.sent: list[Sent] = []

    async def run(self) -> None:
        """Send everything, and wait for the replies."""
        slow = [asyncio.create_task(self._dribble(number)) for number in range(self._job.slow)]
        if slow:
            await asyncio.sleep(1)
        self._started = time.perf_counter()
        await (self._by_rate() if self._job.rate else self._by_clients())
        for task in slow:
            task.cancel()

    async def _by_rate(self) -> None:
        tasks = []
        for number in range(int(self._job.rate * self._job.seconds)):
            await asyncio.sleep(self._started + number / self._job.rate - time.perf_counter())
            tasks.append(asyncio.create_task(self._send()))
        await asyncio.gather(*tasks)

    async def _by_clients(self) -> None:
        async def client() -> None:
            while time.perf_counter() - self._started < self._job.seconds:
                await self._send()

        await asyncio.gather(*(client() for _ in range(self._job.clients)))

    async def _send(self) -> None:
        path, body = self._job.requests[self._number % len(self._job.requests)]
        self._number += 1
        started = time.perf_counter()
        try:
            status, content = await asyncio.wait_for(self._exchange(path, body), 60)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            status, content = 0, b""
        if b"/problems/timed-out" in content:
            status = 504
        ms = (time.perf_counter() - started) * 1000
        self.sent.append(Sent(started - self._started, ms, status, _generation(content)))

    async def _exchange(self, path: str, body: str) -> tuple[int, bytes]:
        reader, writer = self._kept() or await self._connected()
        data = body.encode()
        head = f"{'POST' if data else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if data:
            head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        writer.write(head.encode() + b"\r\n" + data)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        content = await reader.readexactly(int(fields["content-length"]))
        if fields.get("connection") == "close":
            writer.close()
        else:
            self._idle.append((time.perf_counter(), reader, writer))
        return int(lines[0].split()[1]), content

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection that was used a moment ago; the service closes others."""
        while self._idle:
            used, reader, writer = self._idle.pop()
            if time.perf_counter() - used < _KEPT_SECONDS:
                return reader, writer
            writer.close()
        return None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._job.port)

    async def _dribble(self, number: int) -> None:
        """Send half a request's headers, or its headers and half a body, a byte a second."""
        head = b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        if number % 2:
            head += b"Content-Length: 5000\r\n\r\n"
        while True:
            try:
                _, writer = await self._connected()
                writer.write(head)
                while not writer.is_closing():
                    writer.write(b" " if number % 2 else b"x")
                    await writer.drain()
                    await asyncio.sleep(1)
            except OSError:
                await asyncio.sleep(0.5)


def _generation(content: bytes) -> int | None:
    _, found, rest = content.rpartition(b'"generation":')
    digits = rest[:20].lstrip().split(b",")[0]
    return int(digits) if found and digits.isdigit() else None


def main() -> None:
    """Send the job that stands on standard input; print a list of what came out."""
    job = Job(**json.load(sys.stdin))
    sender = Sender(job)
    asyncio.run(sender.run())
    json.dump([asdict(one) for one in sender.sent], sys.stdout)


if __name__ == "__main__":
    main()
