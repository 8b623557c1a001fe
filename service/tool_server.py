"""The tools over the Model Context Protocol, spoken by its official package."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from functools import partial
from importlib.metadata import version
from typing import Any, NoReturn

import anyio
import anyio.to_thread
import click
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ListedTool

from corpus.errors import AttacheError, IndexBusy, IndexFailure, ModelError
from service.answerer import Answerer
from service.api.limits import BODY_LIMIT
from service.listening import listening_socket, url_of
from service.tools import INSTRUCTIONS, TOOLS, Tool

_LOG = logging.getLogger("attache")

_AT_WORK = 4
"""Calls at work at the same time; more wait for their turn."""

_PATIENCE = 40.0
"""Seconds that a call waits for the index to be opened: assistants often give up after 60."""

_PATH = "/mcp"


class OpenedLater:
    """An answerer that is opened behind the scenes, so that an assistant is greeted at once."""

    def __init__(self, open_it: Callable[[], Answerer], patience: float = _PATIENCE) -> None:
        """Take the function that opens it. patience: seconds that a call waits while it does."""
        self._open = open_it
        self._patience = patience
        self._lock = threading.Lock()
        self._answerer: Answerer | None = None
        self._preparing = threading.Thread(target=self._prepare, daemon=True)

    def __call__(self) -> Answerer:
        """Return the answerer, opened once; what fails is tried again by the next call.

        Raises IndexBusy where opening it takes too long, as the first reading of a collection does.
        """
        if not self._lock.acquire(timeout=self._patience):
            raise IndexBusy(
                "The collection is being read for the first time: ask again in a minute."
            )
        try:
            if self._answerer is None:
                self._answerer = self._open()
            return self._answerer
        finally:
            self._lock.release()

    def prepare(self) -> None:
        """Open it and load its models in a thread of its own, once, before the first question."""
        with suppress(RuntimeError):  # it was started before
            self._preparing.start()

    def _prepare(self) -> None:
        try:
            self().load()
        except AttacheError as error:
            _LOG.error("%s", error)  # and the call that needs it is told


def serve_stdio(answerer: OpenedLater) -> NoReturn:
    """Serve on standard input and output until the input ends; ends the process with status 0.

    SIGINT ends it with 130. Nothing is waited for then: what reads can be dropped, and a change of
    an index is a transaction.
    """
    signal.signal(signal.SIGINT, lambda _signal, _frame: os._exit(130))
    if sys.stdin.isatty():
        click.echo("Waiting for an assistant on standard input; Ctrl-C ends it.", err=True)
    anyio.run(_over_stdio, tool_server(answerer))
    os._exit(0)


def serve_http(
    answerer: OpenedLater, host: str, port: int, allowed_hosts: Sequence[str] = ()
) -> None:
    """Serve over streamable HTTP until SIGINT or SIGTERM.

    allowed_hosts: names by which it may be addressed, beside its own address and this computer's.
    Raises InvalidSetting where the address can't be listened on.
    """
    app = tool_server(answerer).streamable_http_app(
        streamable_http_path=_PATH,
        json_response=True,
        stateless_http=True,  # no call builds on another
        max_request_body_size=BODY_LIMIT,
        transport_security=_protection((host, *allowed_hosts)),
    )
    with listening_socket(host, port) as listening:
        click.echo(f"Serving {url_of(host, listening).rstrip('/')}{_PATH}", err=True)
        answerer.prepare()
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # it would go to standard output
            server_header=False,
            timeout_graceful_shutdown=30,
        )
        uvicorn.Server(config).run(sockets=[listening])


def tool_server(answerer: OpenedLater) -> Server[Any]:
    """Build the server of the tools; who asks which there are, will soon ask a question."""
    turns = anyio.CapacityLimiter(_AT_WORK)

    async def list_tools(_context: Any, _params: Any) -> ListToolsResult:
        answerer.prepare()
        return ListToolsResult(tools=[_listed(tool) for tool in TOOLS.values()])

    async def call_tool(_context: Any, params: CallToolRequestParams) -> CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            raise MCPError(
                INVALID_PARAMS,
                f"There is no tool {params.name[:60]!r}: the tools are {', '.join(TOOLS)}.",
            )
        call = partial(_result, tool, answerer, params.arguments or {})
        return await anyio.to_thread.run_sync(call, limiter=turns, abandon_on_cancel=True)

    return Server(
        "attache",
        version=version("attache"),
        title="Attaché",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _over_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (received, sent):
        with redirect_stdout(sys.stderr):  # nothing but the protocol goes to standard output
            await server.run(received, sent, server.create_initialization_options())


def _listed(tool: Tool) -> ListedTool:
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema(),
        output_schema=tool.output_schema(),
        annotations=ToolAnnotations(
            title=tool.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True,
            open_world_hint=False,
        ),
    )  # fmt: skip


def _result(tool: Tool, answerer: Callable[[], Answerer], given: dict[str, Any]) -> CallToolResult:
    try:
        told = tool.call(answerer, given)
    except AttacheError as error:
        if isinstance(error, IndexFailure | ModelError):
            _LOG.error("%s: %s", tool.name, error)
        return _failed(str(error))
    except Exception:
        _LOG.exception("%s failed", tool.name)
        return _failed("Something went wrong on our side; it has been logged.")
    return CallToolResult(
        content=[TextContent(type="text", text=told.text)], structured_content=told.record
    )


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)


def _protection(hosts: Sequence[str]) -> TransportSecuritySettings:
    """Let in only who addresses the server by a name it knows: a defence from DNS rebinding."""
    known = [f"[{host}]" if ":" in host else host for host in hosts]
    names = [*dict.fromkeys((*known, "127.0.0.1", "localhost", "[::1]"))]
    origins = [f"{scheme}://{name}" for scheme in ("http", "https") for name in names]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*names, *(f"{name}:*" for name in names)],
        allowed_origins=[*origins, *(f"{origin}:*" for origin in origins)],
    )
