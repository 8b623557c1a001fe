"""Connections: slow ones are closed, or wait beside the others without keeping them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.request import urlopen

import pytest
import uvicorn
from asking import Server
from conftest import FakeEncoder, markdown

from index.index import Index
from service.connections import BoundedConnection


class Impatient(BoundedConnection):
    header_seconds = 0.2
    reading_seconds = 2.0  # far longer than a reader under load may pause


async def hello(scope, receive, send) -> None:
    if scope["path"] != "/":
        await endless(scope["path"] == "/at-once", send)
        return
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
    )
    await send({"type": "http.response.body", "body": b"hello"})


ended: list[bool] = []
"""One for each reply of ``endless`` that ended, however it did."""


async def endless(at_once: bool, send) -> None:
    """Reply with more than any buffer takes, in one piece or in many."""
    try:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if at_once:
            await send({"type": "http.response.body", "body": bytes(50_000_000)})
        for _ in range(0 if at_once else 10_000):
            await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
    finally:
        ended.append(at_once)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture
def running(listening) -> Iterator[uvicorn.Server]:
    config = uvicorn.Config(hello, http=Impatient, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield server
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def port(listening, running) -> int:
    number: int = listening.getsockname()[1]
    return number


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_whose_headers_don_t_come_is_closed(port, sent) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        assert connection.recv(100) == b""


def dribble(connection: socket.socket) -> None:
    for _ in range(600):
        connection.sendall(b"G")
        time.sleep(0.02)


def test_headers_that_dribble_are_not_waited_for_and_a_second_request_s_neither(port) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with connection.makefile("rb") as reply:
            while reply.readline().strip():
                pass
            assert reply.read(5) == b"hello"
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            dribble(connection)


def test_a_request_in_time_is_answered(port) -> None:
    with urlopen(f"http://127.0.0.1:{port}/", timeout=20) as response:
        assert response.read() == b"hello"


@pytest.mark.parametrize("path", ["/at-once", "/in-pieces"])
def test_a_client_that_does_not_read_its_reply_is_closed_and_what_wrote_it_ends(
    port, running, path
) -> None:
    ended.clear()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for _ in range(3_000):
            if ended and not running.server_state.connections:
                break
            time.sleep(0.02)
        assert ended == [path == "/at-once"]
        assert not running.server_state.connections


def test_a_client_that_reads_slowly_gets_all(port) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /at-once HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = 0
        while part := connection.recv(2_000_000):
            received += len(part)
            time.sleep(0.05)
        assert received > 50_000_000


def test_two_hundred_slow_connections_don_t_stop_others(tmp_path) -> None:
    """Half of them have sent half of their headers, the others half of a body."""
    Index(tmp_path / "index", FakeEncoder()).add(markdown("It was 16.", "note"))
    head = b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    server = Server(tmp_path / "index", tmp_path / "server.py")
    try:
        with ExitStack() as stack:
            for number in range(200):
                slow = socket.create_connection(("127.0.0.1", server.port), timeout=20)
                stack.enter_context(slow)
                slow.sendall(head + (b"Content-Length: 50\r\n\r\n{" if number % 2 else b"x"))
            for path in ("/health/ready", "/v1/documents", "/metrics"):
                with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as response:
                    assert response.status == 200
    finally:
        server.stop()
