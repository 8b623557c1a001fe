"""The tools over streamable HTTP: the real process, the official client, and strangers."""

import json
import signal
import socket
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from assistants import QUESTION, serving, talk

import attache


@pytest.fixture(scope="module")
def address(made):
    with serving("--index", str(made), "--allow-host", "attache.example") as (_, address):
        yield address


def status_of(address: str, body: bytes = b"", **headers: str) -> int:
    """Send a ping, or this body; return the status of the reply."""
    ping = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    accepted = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Mcp-Protocol-Version": "2025-06-18",
    }
    try:
        with urlopen(Request(address, body or ping, accepted | headers), timeout=60) as response:
            return response.status
    except HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_asks_over_http(address, mode) -> None:
    async def say(client):
        listed = [tool.name for tool in (await client.list_tools()).tools]
        asked = await client.call_tool("ask", {"question": QUESTION, "min_confidence": 0})
        refused = await client.call_tool("ask", {"question": " "})
        read = await client.call_tool("document", {"document_id": "peru"})
        return listed, asked, refused, read

    listed, asked, refused, read = talk(address, say, mode)
    assert listed == ["ask", "search", "document"]
    assert asked.structured_content["answered"] is True
    assert refused.is_error
    assert refused.content[0].text == "The question is empty: write at least one word."
    assert read.structured_content["text"] == "Built were 16."


def test_who_addresses_it_by_a_strange_name_is_turned_away(address) -> None:
    """A page that has its own name point to this computer still sends that name."""
    assert status_of(address) == 200
    assert status_of(address, Host="localhost:8001") == 200
    assert status_of(address, Host="attache.example") == 200
    assert status_of(address, Host="evil.example") == 421
    assert status_of(address, Origin="https://attache.example") == 200
    assert status_of(address, Origin="http://evil.example") == 403


def test_a_body_that_is_too_large_is_refused(address) -> None:
    assert status_of(address, b" " * (64 * 1024 + 1)) == 413


def test_a_signal_ends_it_and_nothing_went_to_standard_output(made) -> None:
    with serving("--index", str(made)) as (process, address):
        assert status_of(address) == 200
        assert status_of(address, Host="evil.example") == 421
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        assert out == ""
        assert "Traceback" not in errors


def test_another_address_than_loopback_must_be_insisted_on(made, capsys) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "attache.example"):
        assert attache.run(["mcp", "--index", str(made), "--http", "--host", host]) == 2
        assert f"attache: {host} can be reached from other computers" in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused_with_what_to_do(made, capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert attache.run(["mcp", "--index", str(made), "--http", "--port", port]) == 2
    assert f"Can't listen on 127.0.0.1 port {port}" in capsys.readouterr().err
