"""What is shipped for operating the service works: nginx with our configuration, the unit."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from asking import Server
from conftest import FakeEncoder, markdown

from index.index import Index

DEPLOY = Path(__file__).parents[1] / "service" / "deploy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ASKED = {"question": "How many?"}

MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/attache.conf;
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    """A server with fakes behind nginx, which has the shipped configuration but for the ports."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    Index(tmp_path / "index", FakeEncoder()).add(markdown("It was 16.", "note"))
    server = Server(tmp_path / "index", tmp_path / "server.py")
    port = free_port()
    shipped = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert shipped.count("127.0.0.1:8000") == shipped.count("listen 8080;") == 1
    ours = shipped.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    ours = ours.replace("listen 8080;", f"listen 127.0.0.1:{port};")
    (tmp_path / "attache.conf").write_text(ours, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path, user=user), "utf-8")
    nginx = subprocess.Popen([NGINX, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"])
    try:
        wait_until_it_listens(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        nginx.terminate()
        nginx.wait(20)
        server.stop()


def wait_until_it_listens(port: int) -> None:
    for _ in range(1_000):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("nginx does not listen")


def posted(address: str, body: object) -> Request:
    return Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})


def test_through_nginx_questions_are_answered_and_batches_stream(address) -> None:
    with urlopen(posted(f"{address}/v1/ask", ASKED), timeout=20) as response:
        assert json.load(response)["answered"]
        assert len(response.headers["X-Request-Id"]) == 32
    with urlopen(
        posted(f"{address}/v1/ask/batch", {"questions": [ASKED] * 3}), timeout=20
    ) as lines:
        assert [json.loads(line)["id"] for line in lines] == [1, 2, 3]
    with urlopen(f"{address}/", timeout=20) as page:
        assert b"<html" in page.read()


def test_through_nginx_a_problem_is_the_service_s_own(address) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(posted(f"{address}/v1/ask", {"question": "?"}), timeout=20)
    assert caught.value.code == 422
    assert json.load(caught.value)["type"] == "/problems/invalid-question"


def test_through_nginx_slow_clients_don_t_stop_others(address) -> None:
    port = int(address.rpartition(":")[2])
    head = b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(40)]
    try:
        for connection in slow:
            connection.sendall(head)
        with urlopen(posted(f"{address}/v1/ask", ASKED), timeout=20) as response:
            assert response.status == 200
        with urlopen(f"{address}/metrics", timeout=20) as metrics:
            assert 'route="/v1/ask",status="200"} 1.0' in metrics.read().decode()
    finally:
        for connection in slow:
            connection.close()


def test_the_unit_is_one_that_systemd_takes(tmp_path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    unit = (DEPLOY / "attache.service").read_text("utf-8")
    assert unit.count("/opt/attache/bin/attache serve") == 1
    (tmp_path / "attache.service").write_text(
        unit.replace("/opt/attache/bin/attache", "/bin/true"), "utf-8"
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "attache.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
