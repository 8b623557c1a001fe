"""Signals and changes of the index under load: nothing that was accepted is lost.

``ATTACHE_SIGTERMS`` and ``ATTACHE_CHANGES`` say how often, where a few times are not enough.
"""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from asking import Asked, Server, ask_until
from conftest import FakeEncoder, markdown

from index.index import Index

SIGTERMS = int(os.environ.get("ATTACHE_SIGTERMS", "3"))
CHANGES = int(os.environ.get("ATTACHE_CHANGES", "10"))


@pytest.fixture
def folder(tmp_path) -> Path:
    Index(tmp_path / "index", FakeEncoder()).add(markdown("It was 16.", "note"))
    return tmp_path / "index"


@contextmanager
def serving(folder: Path, **options) -> Iterator[Server]:
    server = Server(folder, folder.parent / "server.py", **options)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def asking(port: int, clients: int) -> Iterator[Asked]:
    """Ask from so many clients, half of them over a new connection each time."""
    asked, stop = Asked(), threading.Event()
    threads = [
        threading.Thread(
            target=ask_until, args=(port, stop, asked), kwargs={"keep": bool(number % 2)}
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


def wait_for(condition) -> None:
    for _ in range(6_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def asked_of(server: Server) -> list[dict]:
    """Return the lines of the access log that are of questions."""
    return [line for line in map(json.loads, server.log) if line["route"] == "/v1/ask"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_under_load_loses_no_request(folder, workers, number) -> None:
    """Every client has a reply to all it sent, until it can't connect any more."""
    for _ in range(SIGTERMS if (workers, number) == (1, signal.SIGTERM) else 1):
        with serving(folder, workers=workers) as server, asking(server.port, 10) as asked:
            wait_for(lambda asked=asked: len(asked.statuses) > 20)
            server.process.send_signal(number)
            assert server.ended() == 0
            wait_for(lambda asked=asked: asked.refused + len(asked.lost) == 10)
        assert asked.lost == []
        assert set(asked.statuses) == {200}
        assert len(asked_of(server)) == len(asked.statuses)
        assert "Traceback" not in "".join(server.said)


def test_changes_under_load_fail_no_request_and_are_all_served(folder) -> None:
    index = Index(folder, FakeEncoder())
    with serving(folder, seconds=0.001) as server, asking(server.port, 4) as asked:
        for number in range(CHANGES):
            if number % 2:
                index.remove("second")
            else:
                index.add(markdown("It was 17.", "second"))
            generation = index.manifest().generation
            wait_for(lambda wanted=generation: wanted in asked.generations)
    assert asked.lost == []
    assert set(asked.statuses) == {200}
    assert set(range(2, CHANGES + 2)) <= asked.generations


def test_a_signal_lets_a_batch_end(folder) -> None:
    body = json.dumps({"questions": [{"question": "How many?"}] * 20})
    with serving(folder, seconds=0.05) as server:
        address = f"http://127.0.0.1:{server.port}/v1/ask/batch"
        request = Request(address, body.encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as response:
            first = response.readline()
            server.process.send_signal(signal.SIGTERM)
            lines = [first, *response]
        assert [json.loads(line)["id"] for line in lines] == list(range(1, 21))
        assert all("result" in json.loads(line) for line in lines)
        assert server.ended() == 0


def test_a_batch_whose_client_leaves_is_given_up(folder) -> None:
    body = json.dumps({"questions": [{"question": "How many?"}] * 100})
    with serving(folder, seconds=0.05) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = "POST /v1/ask/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        wait_for(lambda: server.log)
        (line,) = map(json.loads, server.log)
        assert (line["route"], line["status"]) == ("/v1/ask/batch", 499)
        assert line["answered"] < 100


def test_more_than_the_queue_holds_is_refused_and_health_is_told_meanwhile(folder) -> None:
    with serving(folder, seconds=0.3, queue=2) as server, asking(server.port, 12) as asked:
        wait_for(lambda: asked.statuses.count(503) > 20 and 200 in asked.statuses)
        for path in ("/health/live", "/health/ready", "/metrics", "/v1/documents"):
            with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as response:
                assert response.status == 200
    assert set(asked.statuses) == {200, 503}
    assert asked.lost == []


def test_a_worker_that_dies_is_replaced_and_all_count_into_the_same_metrics(folder) -> None:
    with serving(folder, seconds=0.001, workers=2) as server:
        if not workers_of(server):
            pytest.skip("the system does not tell a process's children")
        first, second = workers_of(server)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: any("died" in line for line in server.said))
        wait_for(lambda: len(workers_of(server)) == 2)
        assert second in workers_of(server)
        with asking(server.port, 4) as asked:
            wait_for(lambda: len(asked.statuses) > 40)
        assert (set(asked.statuses), asked.lost) == ({200}, [])
        with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=20) as response:
            metrics = response.read().decode()
        assert f'attache_questions_total{{answered="true"}} {len(asked.statuses):.1f}' in metrics
        server.process.send_signal(signal.SIGTERM)
        assert server.ended() == 0


def workers_of(server: Server) -> list[int]:
    """Return the process ids of the workers, or none where the system does not tell."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return []
    found = map(int, children.read_text().split())
    return [one for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_a_question_whose_client_leaves_while_it_waits_is_not_worked_on(folder) -> None:
    body = json.dumps({"question": "How many?"})
    head = "POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
    with serving(folder, seconds=1.5) as server:
        connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        for connection in connections[:2]:
            connection.sendall(request)
        wait_for(lambda: "attache_at_work 2.0" in metrics_of(server))
        connections[2].sendall(request)
        wait_for(lambda: "attache_queued 1.0" in metrics_of(server))
        connections[2].close()
        wait_for(lambda: 'attache_refusals_total{reason="client-gone"} 1.0' in metrics_of(server))
        assert "attache_queued 0.0" in metrics_of(server)
        for connection in connections[:2]:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
            connection.close()
        assert 'attache_questions_total{answered="true"} 2.0' in metrics_of(server)
        assert sorted(line["status"] for line in asked_of(server)) == [200, 200, 499]


def metrics_of(server: Server) -> str:
    with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=20) as response:
        text: str = response.read().decode()
        return text
