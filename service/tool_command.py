"""The command that hands the tools to an assistant."""

from functools import partial
from pathlib import Path

import click

from corpus.errors import InvalidSetting
from service.opening import open_answerer, open_index
from service.options import index_option, reader_download_option, reader_option
from service.progress import bar
from service.settings import read_settings

_PACKAGES = ("mcp", "mcp_types")


@click.command(epilog="Example: attache mcp --index reports")
@index_option
@click.option("--http", is_flag=True, help="Serve over streamable HTTP, at /mcp.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="With --http: the address to listen on."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="With --http: the port to listen on; 0 takes a free one.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="With --http: a name by which it may be addressed beside --host; repeatable.",
)
@click.option(
    "--without-keys",
    is_flag=True,
    help="With --http: listen beyond this computer, though whoever reaches it may ask.",
)
@reader_option
@reader_download_option
def mcp(
    index_folder: Path | None,
    http: bool,
    host: str,
    port: int,
    allowed_hosts: tuple[str, ...],
    without_keys: bool,
    reader: str | None,
    download: bool,
) -> None:
    """Hand the tools ask, search and document to an assistant (Model Context Protocol).

    Over standard input and output, until the input ends, or over HTTP with --http.
    """
    try:
        from service.tool_server import OpenedLater, serve_http, serve_stdio  # noqa: PLC0415
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        raise InvalidSetting(
            "The package mcp is not installed, or too old: run pip install 'attache[mcp]'."
        ) from None
    from service.listening import is_loopback  # noqa: PLC0415

    if http and not (without_keys or is_loopback(host)):
        raise InvalidSetting(
            f"{host} can be reached from other computers, and who reaches it may ask: "
            "insist with --without-keys, or leave --host out."
        )
    settings = read_settings(index_folder, reader=reader)
    if not settings.index_is_default:
        open_index(settings).close()  # a wrong folder is told now, not with the first question
    answerer = OpenedLater(
        partial(
            open_answerer,
            index_folder,
            reader=reader,
            download=download,
            progress=bar("Reading the collection"),
        )
    )
    if not http:
        serve_stdio(answerer)
    serve_http(answerer, host, port, allowed_hosts)
