"""Sends requests to a server from a process of its own: a job on standard input, what came out."""

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

_LENGTH = re.compile(rb"content-length: (\d+)")
_PATIENCE_SECONDS = 60.0

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
        self._requests = [_bytes_of(path, body) for path, body in job.requests]
        self._idle: list[tuple[float, Connection]] = []
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
        request = self._requests[self._number % len(self._requests)]
        self._number += 1
        started = time.perf_counter()
        try:
            status, content = await self._exchange(request)
        except (OSError, TimeoutError):
            status, content = 0, b""
        if b"/problems/timed-out" in content:
            status = 504
        ms = (time.perf_counter() - started) * 1000
        self.sent.append(Sent(started - self._started, ms, status, _generation(content)))

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        connection = self._kept() or await self._connected()
        head, content = await asyncio.wait_for(connection.exchange(request), _PATIENCE_SECONDS)
        if b"connection: close" in head:
            connection.transport.close()
        else:
            self._idle.append((time.perf_counter(), connection))
        return int(head.split()[1]), content

    def _kept(self) -> "Connection | None":
        """Return a connection that was used a moment ago; the service closes others."""
        while self._idle:
            used, connection = self._idle.pop()
            if time.perf_counter() - used < _KEPT_SECONDS:
                return connection
            connection.transport.close()
        return None

    async def _connected(self) -> "Connection":
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Connection, "127.0.0.1", self._job.port))[1]

    async def _dribble(self, number: int) -> None:
        """Send half a request's headers, or its headers and half a body, a byte a second."""
        head = b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        if number % 2:
            head += b"Content-Length: 5000\r\n\r\n"
        while True:
            try:
                transport = (await self._connected()).transport
                transport.write(head)
                while not transport.is_closing():
                    transport.write(b" " if number % 2 else b"x")
                    await asyncio.sleep(1)
            except OSError:
                await asyncio.sleep(0.5)


class Connection(asyncio.Protocol):
    """A connection with one request at a time. Streams would take three times as much time."""

    transport: asyncio.Transport
    _reply: "asyncio.Future[tuple[bytes, bytes]] | None" = None

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def exchange(self, request: bytes) -> "asyncio.Future[tuple[bytes, bytes]]":
        """Send a request; the future gets the reply's head in lower case, and its content."""
        self._received = b""
        self._reply = asyncio.get_running_loop().create_future()
        if self.transport.is_closing():
            self.connection_lost(None)
        self.transport.write(request)
        return self._reply

    def data_received(self, data: bytes) -> None:
        """Give the reply where it is whole."""
        self._received += data
        head, found, content = self._received.partition(b"\r\n\r\n")
        head = head.lower()
        length = _LENGTH.search(head)
        whole = found and length and len(content) >= int(length[1])
        if whole and self._reply is not None and not self._reply.done():
            self._reply.set_result((head, content))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits for a reply."""
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(exc or ConnectionError("the connection was closed"))


def _bytes_of(path: str, body: str) -> bytes:
    data = body.encode()
    head = f"{'POST' if data else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if data:
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    return head.encode() + b"\r\n" + data


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
