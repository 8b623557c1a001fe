"""Running the HTTP service with uvicorn."""

import socket

import click
import uvicorn

from corpus.errors import InvalidSetting
from service.answerer import Answerer
from service.api.access import Access
from service.api.app import create_app


def serve(answerer: Answerer, host: str, port: int, access: Access | None = None) -> None:
    """Serve until SIGINT or SIGTERM; what is at work then is finished.

    Raises InvalidSetting where the address can't be listened on.
    """
    answerer.load()  # before the first question, not by it
    with _listening_socket(host, port) as listening:
        name = f"[{host}]" if ":" in host else host
        click.echo(f"Serving http://{name}:{listening.getsockname()[1]}/", err=True)
        config = uvicorn.Config(
            create_app(answerer, access=access),
            host=host,
            port=port,
            log_level="info",
            server_header=False,
            proxy_headers=False,  # by default it believes all that come from 127.0.0.1
            timeout_graceful_shutdown=30,
        )
        uvicorn.Server(config).run(sockets=[listening])


def _listening_socket(host: str, port: int) -> socket.socket:
    listening: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()  # who connects from now on waits for the server to be up
    except (OSError, UnicodeError) as error:
        if listening:
            listening.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidSetting(
            f"Can't listen on {host} port {port}: {reason}. Name another with --host or --port."
        ) from None
    return listening
