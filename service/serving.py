"""Running the HTTP service with uvicorn, in this process or in several."""

import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

from service.answerer import Answerer
from service.api.access import Access
from service.api.app import create_app
from service.connections import GentleServer, server_of
from service.listening import listening_socket, url_of
from service.operating import Operating

_DEFAULT_OPERATING = Operating()


def serve(
    answerer: Answerer,
    host: str,
    port: int,
    operating: Operating = _DEFAULT_OPERATING,
    access: Access | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; what is at work then is finished.

    Raises InvalidSetting where the address can't be listened on.
    """
    answerer.load()  # before the first question, not by it
    with listening_socket(host, port) as listening:
        announce(host, listening)
        serve_on(listening, answerer, operating, access=access)


def serve_on(
    listening: socket.socket,
    answerer: Answerer,
    operating: Operating,
    started: Callable[[], None] | None = None,
    access: Access | None = None,
) -> None:
    """Serve on a socket that listens; ``started`` is called just before the first connection."""
    log_requests()
    app = create_app(answerer, operating, access)
    server = server_of(app, app.state.observed, is_alone=operating.workers == 1)
    sys.setswitchinterval(0.001)  # a refusal is not kept waiting by a question at work
    with _ended_by_signal(server):
        if started is not None:
            started()
        server.run(sockets=[listening])


def announce(host: str, listening: socket.socket) -> None:
    """Say where the service is."""
    click.echo(f"Serving {url_of(host, listening)}", err=True)


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
    """Make SIGTERM, and a terminal that is closed, an end like any other.

    uvicorn raises SIGTERM again when it has finished, and does not know of SIGHUP.
    """

    def end(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals, beside SIGINT, that end a server; SIGHUP not where nohup took it away."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return (signal.SIGTERM,)
    return (signal.SIGTERM, hangup)
