"""Bodies as they come over a real connection: in chunks, slowly, too large, cut off."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from conftest import FakeEncoder, FakeReader, markdown
from fastapi import FastAPI

from index.index import Index
from service.answerer import Answerer
from service.api.access import Access
from service.api.app import create_app
from service.api.limits import DOCUMENT_LIMIT, BodyLimit, Limit
from service.keys import add_key

SLOW = 2.0
"""Seconds that a body has in these tests."""


@dataclass
class Running:
    """A server in a thread of its own, with a key that may write."""

    port: int
    token: str
    index: Index

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def head(self, *lines: str, path: str = "/v1/documents", key: bool = True) -> bytes:
        given = [f"Authorization: Bearer {self.token}"] if key else []
        start = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: text/plain"]
        return "\r\n".join([*start, *given, *lines, "", ""]).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("served")
    index = Index(folder / "index", FakeEncoder())
    index.add(markdown("It was 16.", "note"))
    token = add_key(folder / "keys.json", "all", ["ask", "read", "write"])
    app = create_app(Answerer(index, FakeReader({})), access=Access(folder / "keys.json"))
    _shorten(app)
    config = uvicorn.Config(app, log_level="error", proxy_headers=False)
    running = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        yield Running(listening.getsockname()[1], token, index)
        running.should_exit = True
        thread.join()


def _shorten(app: FastAPI) -> None:
    """Give bodies a second, so that nobody waits for minutes to see it end."""
    (limit,) = (layer for layer in app.user_middleware if layer.cls is BodyLimit)
    limit.kwargs |= {"question": Limit(65_536, SLOW), "document": Limit(DOCUMENT_LIMIT, SLOW)}


@dataclass
class Answer:
    status: int
    headers: str
    problem: str


def answer(connection: socket.socket) -> Answer:
    """Read one reply, to the end of its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        assert piece, data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    headers = head.decode().lower()
    length = int(headers.split("content-length: ")[1].split("\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    content = json.loads(body)
    return Answer(int(head.split()[1]), headers, content.get("type", "").rpartition("/")[2])


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_length_that_is_too_large_is_answered_before_anything_is_sent(server) -> None:
    with server.connect() as connection:
        connection.sendall(server.head(f"Content-Length: {DOCUMENT_LIMIT + 1}"))
        found = answer(connection)
        assert (found.status, found.problem) == (413, "body-too-large")
        assert "connection: close" in found.headers
        assert is_closed(connection)


def test_who_waits_for_leave_to_send_is_refused_without_it(server) -> None:
    with server.connect() as connection:
        length = f"Content-Length: {DOCUMENT_LIMIT + 1}"
        connection.sendall(server.head(length, "Expect: 100-continue"))
        assert answer(connection).status == 413
    with server.connect() as connection:
        length = "Content-Length: 7"
        connection.sendall(server.head(length, "Expect: 100-continue", key=False))
        assert answer(connection).status == 401


def test_chunks_are_refused_as_soon_as_they_are_too_many(server) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with server.connect() as connection:
        connection.sendall(server.head("Transfer-Encoding: chunked"))
        for _ in range(DOCUMENT_LIMIT // 65_536):
            connection.sendall(chunk)
        connection.sendall(b"1\r\n \r\n")  # one byte more; the end of the body never comes
        found = answer(connection)
        assert (found.status, found.problem) == (413, "body-too-large")
        assert is_closed(connection)


def test_a_question_in_chunks_has_the_limit_of_a_question(server) -> None:
    chunk = b"8000\r\n" + b" " * 32_768 + b"\r\n"
    with server.connect() as connection:
        connection.sendall(server.head("Transfer-Encoding: chunked", path="/v1/ask"))
        connection.sendall(chunk * 2 + b"1\r\n \r\n")
        assert answer(connection).status == 413


def test_a_document_in_chunks_is_added(server) -> None:
    with server.connect() as connection:
        connection.sendall(server.head("Transfer-Encoding: chunked", path="/v1/documents?id=a"))
        for piece in (b"Now ", b"17", b"."):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        assert answer(connection).status == 200
    assert server.index.document("a").document.text == "Now 17."


def test_without_a_key_a_body_is_not_waited_for(server) -> None:
    with server.connect() as connection:
        connection.sendall(server.head(f"Content-Length: {DOCUMENT_LIMIT}", key=False))
        found = answer(connection)
        assert (found.status, found.problem) == (401, "unauthorized")
        assert is_closed(connection)


def test_a_body_that_comes_too_slowly_is_given_up(server) -> None:
    with server.connect() as connection:
        connection.sendall(server.head("Content-Length: 1000"))
        for _ in range(4):
            connection.sendall(b" ")
            time.sleep(SLOW / 10)
        found = answer(connection)
        assert (found.status, found.problem) == (408, "body-incomplete")
        assert is_closed(connection)


def test_slow_bodies_do_not_stop_others(server) -> None:
    slow = [server.connect() for _ in range(50)]
    for connection in slow:
        connection.sendall(server.head("Content-Length: 100", path="/v1/ask") + b"{")
    with server.connect() as connection:
        connection.sendall(server.head("Content-Length: 7", path="/v1/documents?id=b") + b"Now 18.")
        assert answer(connection).status == 200
    for connection in slow:
        assert answer(connection).status == 408
        connection.close()


def test_more_documents_at_once_than_are_taken_are_refused_at_once(server) -> None:
    held = [server.connect() for _ in range(4)]
    for connection in held:
        connection.sendall(server.head("Content-Length: 100") + b"a")
    time.sleep(SLOW / 10)  # until the server has begun to read them
    with server.connect() as connection:
        connection.sendall(server.head("Content-Length: 7") + b"Now 18.")
        found = answer(connection)
        assert (found.status, found.problem) == (503, "index-busy")
        assert "retry-after: " in found.headers
    for connection in held:
        assert answer(connection).status == 408
        connection.close()


def test_a_body_that_is_cut_off_changes_nothing(server) -> None:
    before = server.index.manifest().generation
    for head in ("Content-Length: 100", "Transfer-Encoding: chunked"):
        with server.connect() as connection:
            connection.sendall(server.head(head, path="/v1/documents?id=cut") + b"5\r\nNow 1")
    with server.connect() as connection:
        connection.sendall(server.head("Content-Length: 7", path="/v1/documents?id=c") + b"Now 19.")
        assert answer(connection).status == 200
    assert server.index.manifest().generation == before + 1


def test_a_connection_is_kept_after_a_small_body_was_refused(server) -> None:
    with server.connect() as connection:
        for _ in range(3):
            connection.sendall(server.head("Content-Length: 7", key=False) + b"Now 18.")
            assert answer(connection).status == 401
