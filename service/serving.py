"""Running the HTTP service with uvicorn, in this process or in several."""

import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

from corpus.errors import InvalidSetting
from service.answerer import Answerer
from service.api.app import create_app
from service.connections import GentleServer, server_of
from service.operating import Operating

_DEFAULT_OPERATING = Operating()


def serve(
    answerer: Answerer, host: str, port: int, operating: Operating = _DEFAULT_OPERATING
) -> None:
    """Serve until SIGINT or SIGTERM; what is at work then is finished.

    Raises InvalidSetting where the address can't be listened on.
    """
    answerer.load()  # before the first question, not by it
    with listening_socket(host, port) as listening:
        announce(host, listening)
        serve_on(listening, answerer, operating)


def serve_on(
    listening: socket.socket,
    answerer: Answerer,
    operating: Operating,
    started: Callable[[], None] | None = None,
) -> None:
    """Serve on a socket that listens; ``started`` is called just before the first connection."""
    log_requests()
    app = create_app(answerer, operating)
    server = server_of(app, app.state.observed)
    sys.setswitchinterval(0.001)  # a refusal is not kept waiting by a question at work
    with _ended_by_signal(server):
        if started is not None:
            started()
        server.run(sockets=[listening])


def announce(host: str, listening: socket.socket) -> None:
    """Say where the service is."""
    name = f"[{host}]" if ":" in host else host
    click.echo(f"Serving http://{name}:{listening.getsockname()[1]}/", err=True)


def log_requests() -> None:
    """Write the access log, a JSON object a line, on standard output."""
    log = logging.getLogger("attache.access")
    if not log.handlers:
        lines = logging.StreamHandler(sys.stdout)
        lines.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(lines)
        log.setLevel(logging.INFO)
        log.propagate = False


@contextmanager
def _ended_by_signal(server: GentleServer) -> Iterator[None]:
    """Make SIGTERM an end like any other: uvicorn raises it again when it has finished."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def listening_socket(host: str, port: int) -> socket.socket:
    """Listen on an address. Raises InvalidSetting where that can't be done."""
    listening: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)  # who connects from now on waits for the server to be up
    except (OSError, UnicodeError) as error:
        if listening:
            listening.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidSetting(
            f"Can't listen on {host} port {port}: {reason}. Name another with --host or --port."
        ) from None
    return listening
