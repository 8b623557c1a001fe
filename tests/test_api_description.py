"""The running service under requests made from its own description: every reply is described.

``ATTACHE_CASES`` says how many there are for each operation, where a few are not enough, and
``ATTACHE_OPERATION`` for which one alone; what is found is then shown as it is found.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import Server
from conftest import FakeEncoder, markdown

from index.index import Index
from service.keys import add_key

ROOT = Path(__file__).parents[1]
MANY = os.environ.get("ATTACHE_CASES")
CASES = MANY or "20"
OPERATION = os.environ.get("ATTACHE_OPERATION")
NOTE = "---\ntitle: Note\ncountries: [PE]\ntags: [built]\npublished: 2021\n---\nBuilt were 16.\n"


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    index = Index(tmp_path / "index", FakeEncoder())
    for number in range(20):
        index.add(markdown(NOTE, f"note-{number}"))
    keys = tmp_path / "keys.json"
    server = Server(tmp_path / "index", tmp_path / "server.py", seconds=0, keys=keys)
    server.token = add_key(keys, "generated", ["ask", "read", "write"])
    yield server
    server.stop()


@pytest.mark.slow
def test_generated_requests_have_no_reply_that_is_not_described(server, tmp_path) -> None:
    """schemathesis's own checks, as schemathesis.toml sets them: no 5xx, no reply off the schema."""
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", ROOT / "schemathesis.toml",
            "run", f"http://127.0.0.1:{server.port}/openapi.json", "--max-examples", CASES,
            "--phases", "examples,coverage,fuzzing", "--continue-on-failure",
            "--header", f"Authorization: Bearer {server.token}",
            *(["--include-operation-id", OPERATION] if OPERATION else []),
        ],
        cwd=tmp_path,
        stdout=None if MANY else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in server.log]
    print(Counter(f"{line['method']} {line['route']} {line['status']}" for line in lines))
    assert done.returncode == 0, done.stdout
    asked = 10 if OPERATION else 9 * int(CASES) / 2  # some take nothing that could be varied
    assert len(lines) > asked, "it was asked"
    assert not any("Traceback" in line for line in server.said)
    writes = {
        (line["method"], line["status"])
        for line in lines
        if line["route"].startswith("/v1/documents")
    }
    assert OPERATION not in {None, "add_document"} or ("POST", 200) in writes, "it may write"
