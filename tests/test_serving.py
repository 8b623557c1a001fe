"""The running server: a change by another process is served at once, a signal ends it cleanly."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from conftest import FakeReader, markdown
from small_readers import bert_reader

import attache
from corpus.errors import InvalidSetting, ModelError
from index.index import Index
from service.answerer import Answerer
from service.serving import serve


@pytest.fixture
def folder(tmp_path, tiny_model) -> Path:
    index = Index(tmp_path / "index", str(tiny_model))
    index.add(markdown("Built were 16.", "note"))
    return index.folder


@pytest.fixture
def reader(tmp_path) -> Path:
    """A question-answering model with random weights."""
    return bert_reader(tmp_path / "reader")


@pytest.fixture
def server(folder, reader) -> Iterator["subprocess.Popen[str]"]:
    """``attache serve`` in a process of its own, on a free port."""
    named = ["--index", str(folder), "--reader", str(reader)]
    process = subprocess.Popen(
        [sys.executable, "-m", "attache", "serve", "--port", "0", *named],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(attache.__file__).parent,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "ATTACHE_READER": "no/such-model"},
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def address_of(server: "subprocess.Popen[str]") -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if found := re.fullmatch(r"Serving (http://127\.0\.0\.1:\d+)/\n", line):
            return found[1]
    raise AssertionError("the server ended before it listened")


def asked(address: str) -> dict[str, Any]:
    """Ask for all passages."""
    body = json.dumps({"question": "how many were built", "passages": 100, "min_confidence": 0})
    request = Request(f"{address}/v1/ask", body.encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as response:
        reply: dict[str, Any] = json.load(response)
    assert reply["answered"]
    return reply


def cited(address: str) -> set[str]:
    """Ask for all passages; return the ids of the documents in the reply."""
    return {passage["document_id"] for passage in asked(address)["passages"]}


def test_a_change_is_served_at_once_and_a_signal_ends_the_server(
    server, folder, reader, tmp_path, capsys
) -> None:
    """The server is a process of its own; the change is made by this one's command line."""
    address = address_of(server)
    assert asked(address)["models"]["reader"] == str(reader)  # not what the environment names
    assert cited(address) == {"note"}
    (tmp_path / "second.md").write_text("Built were 17.", "utf-8")
    assert attache.run(["add", str(tmp_path / "second.md"), "--index", str(folder)]) == 0
    assert cited(address) == {"note", "second"}
    assert attache.run(["remove", "note", "--index", str(folder)]) == 0
    assert cited(address) == {"second"}
    server.send_signal(signal.SIGTERM)
    _, log = server.communicate(timeout=60)
    assert server.returncode == 0
    assert "Application shutdown complete" in log
    assert "Traceback" not in log


def test_the_models_are_loaded_before_an_address_is_listened_on(folder, capsys) -> None:
    class Unloadable(FakeReader):
        def load(self) -> None:
            raise ModelError("The reader can't be loaded.")

    with pytest.raises(ModelError, match="The reader can't be loaded"):
        serve(Answerer(Index(folder), Unloadable({})), "127.0.0.1", 0)
    assert "Serving" not in capsys.readouterr().err


def test_an_address_that_is_taken_is_refused_with_what_to_do(folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            InvalidSetting, match=f"Can't listen on 127.0.0.1 port {port}: .*--port"
        ):
            serve(Answerer(Index(folder), FakeReader({})), "127.0.0.1", port)


@pytest.mark.parametrize("host", ["not a host", "999.1.1.1", "x" * 300, "ä" * 70])
def test_a_host_that_is_none_is_refused(folder, host) -> None:
    with pytest.raises(InvalidSetting, match="Name another with --host or --port"):
        serve(Answerer(Index(folder), FakeReader({})), host, 0)


def test_without_an_index_the_command_says_so(tmp_path, capsys) -> None:
    assert attache.run(["serve", "--index", str(tmp_path)]) == 2
    assert "There is no index" in capsys.readouterr().err
