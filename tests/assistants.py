"""Assistants of the tests: processes of ``attache mcp`` and the official client to talk to them."""

import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp import Client

import attache

ROOT = Path(attache.__file__).parent
QUESTION = "how many were built"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "attache", "mcp", "--reader", "sentence", *arguments]


def environment() -> dict[str, str]:
    return os.environ | {"HF_HUB_OFFLINE": "1"}


def talk(server: Any, say: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    """Connect the official client, let it say something, and return what that gives."""

    async def talking() -> Any:
        async with Client(server, mode=mode, read_timeout_seconds=120) as client:
            return await say(client)

    return anyio.run(talking)


@contextmanager
def serving(*arguments: str):
    """Run ``attache mcp --http`` on a free port; give the process and its address."""
    process = subprocess.Popen(
        command("--http", "--port", "0", *arguments),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment(),
    )  # fmt: skip
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.fullmatch(r"Serving (http://127\.0\.0\.1:\d+/mcp)\n", line):
                yield process, found[1]
                break
        else:
            raise AssertionError("the server ended before it listened")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
