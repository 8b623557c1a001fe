"""Running the HTTP service with uvicorn."""

import click
import uvicorn

from service.answerer import Answerer
from service.api.app import create_app
from service.listening import listening_socket, url_of


def serve(answerer: Answerer, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; what is at work then is finished.

    Raises InvalidSetting where the address can't be listened on.
    """
    answerer.load()  # before the first question, not by it
    with listening_socket(host, port) as listening:
        click.echo(f"Serving {url_of(host, listening)}", err=True)
        config = uvicorn.Config(
            create_app(answerer),
            host=host,
            port=port,
            log_level="info",
            server_header=False,
            timeout_graceful_shutdown=30,
        )
        uvicorn.Server(config).run(sockets=[listening])
