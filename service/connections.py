"""Connections as uvicorn has them, with what it leaves out: limits on slow ones, a gentle end."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.api.observed import Observed
from service.listening import refuse_more

HEADER_SECONDS = 10.0
"""Seconds in which the headers of a request must have come."""

READING_SECONDS = 30.0
"""Seconds in which a client has to take some of what waits to be sent to it."""

CONNECTIONS = 1_000
"""Connections that a process holds open; more are closed at once."""

_FAREWELL = 1.0
"""Seconds at most in which clients that keep connections learn that they are being closed."""

GRACE_SECONDS = 60
"""Seconds that what is at work has when the server is told to end."""


class BoundedConnection(H11Protocol):
    """Closes a connection whose request's headers come too slowly, and those beyond a number.

    One whose client doesn't read its reply is closed too: uvicorn and asyncio would keep it, and
    what waits for it to go on, such as a batch, for ever.
    """

    header_seconds = HEADER_SECONDS
    reading_seconds = READING_SECONDS
    _headers_due: asyncio.TimerHandle | None = None
    _reading_due: asyncio.TimerHandle | None = None
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to count the time of the first headers."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
            return
        self._expect_headers()
        self._watch_reading()

    def data_received(self, data: bytes) -> None:
        """Count the time of each request's headers, from its first byte."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_expecting()
        elif self._headers_due is None:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting."""
        self._stop_expecting()
        if self._reading_due is not None:
            self._reading_due.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Take note that the client reads."""
        self._unread = 0
        super().resume_writing()

    def _expect_headers(self) -> None:
        self._headers_due = self.loop.call_later(self.header_seconds, self._give_up)

    def _stop_expecting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _give_up(self) -> None:
        self._headers_due = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()

    def _watch_reading(self) -> None:
        """Give up where nothing more is written, and nothing was taken since the last look."""
        waiting = self.transport.get_write_buffer_size()
        stands = self.flow.write_paused or self.transport.is_closing()
        if stands and 0 < self._unread <= waiting:
            self.transport.abort()
            return
        self._unread = waiting if stands else 0
        self._reading_due = self.loop.call_later(self.reading_seconds, self._watch_reading)


class GentleServer(uvicorn.Server):
    """Ends without losing what was sent to it: accepts what waits, answers it, then closes.

    is_alone: no other process listens on its socket.
    """

    def __init__(self, config: uvicorn.Config, observed: Observed, *, is_alone: bool) -> None:
        super().__init__(config)
        self._observed = observed
        self._is_alone = is_alone

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections; answer what came, saying that the connection is closed."""
        self._observed.closing = True
        if self._is_alone:
            for listening in sockets or []:
                refuse_more(listening)
        waiting = [one for listening in sockets or [] for one in _let_in(listening)]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            await loop.connect_accepted_socket(self._connection, connection)
        latest = loop.time() + _FAREWELL
        while self.server_state.connections and loop.time() < latest:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)

    def _connection(self) -> asyncio.Protocol:
        return BoundedConnection(self.config, self.server_state, self.lifespan.state)


def _let_in(listening: socket.socket) -> Iterator[socket.socket]:
    """Accept who has connected already; the kernel would reset them with the listening socket."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        connection.setblocking(False)
        yield connection


def server_of(
    app: Any, observed: Observed, *, is_alone: bool = True, **options: Any
) -> GentleServer:
    """Return a server of an application; its requests are told of by the application itself.

    is_alone: no other process listens on its socket.
    """
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="none",
        log_level="info",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # by default it believes all that come from 127.0.0.1
        timeout_graceful_shutdown=GRACE_SECONDS,
        **options,
    )
    return GentleServer(config, observed, is_alone=is_alone)
