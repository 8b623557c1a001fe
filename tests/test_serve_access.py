"""`attache serve` with what guards it: a process of its own, asked as others would ask it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import attache
from service.access_options import access_from
from service.keys import add_key

COMMAND = (sys.executable, "-m", "attache", "serve", "--port", "0", "--reader", "sentence")
QUESTION = json.dumps({"question": "how many were built", "min_confidence": 0}).encode()


@pytest.fixture
def started(own) -> Iterator[Any]:
    """Start the command over the test's own index; give its address."""
    processes = []

    def start(*options: str) -> str:
        process = subprocess.Popen(
            [*COMMAND, "--index", str(own), *options],
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(attache.__file__).parent,
            env=os.environ | {"HF_HUB_OFFLINE": "1", "FORWARDED_ALLOW_IPS": "*"},
        )
        processes.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"Serving http://[^ ]*:(\d+)/", line):
                return f"http://127.0.0.1:{found[1]}"
        raise AssertionError("the server ended before it listened")

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def status(address: str, **headers: str) -> int:
    """Ask a question; return the status of the reply."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(f"{address}/v1/ask", QUESTION, {"Content-Type": "application/json"} | named)
    try:
        with urlopen(request, timeout=60) as response:
            return int(response.status)
    except HTTPError as error:
        return error.code


def test_a_running_service_takes_up_keys_made_by_the_command(started, own, capsys) -> None:
    address = started()
    assert status(address) == 200
    assert attache.run(["keys", "add", "mine", "--scope", "ask", "--index", str(own)]) == 0
    token = capsys.readouterr().out.strip()
    assert status(address) == 401
    assert status(address, Authorization=f"Bearer {token}") == 200
    assert attache.run(["keys", "revoke", "mine", "--index", str(own)]) == 0
    assert status(address, Authorization=f"Bearer {token}") == 401


def test_a_name_that_is_not_ours_is_refused_on_loopback(started) -> None:
    address = started("--allow-host", "ours.example")
    assert status(address, Host="evil.example") == 421
    assert status(address, Host="ours.example") == 200
    assert status(address, Host="localhost:8000") == 200


def test_an_invented_address_counts_only_where_its_proxy_is_trusted(started) -> None:
    """Not even where the server's own variable for it believes everybody."""
    address = started("--rate-limit", "2/day")
    found = [status(address, X_Forwarded_For=f"198.51.100.{n}") for n in range(3)]
    assert found == [200, 200, 429]
    address = started("--rate-limit", "2/day", "--trusted-proxy", "127.0.0.1")
    found = [status(address, X_Forwarded_For=f"198.51.100.{n}") for n in (1, 1, 1, 2)]
    assert found == [200, 200, 429, 200]


def test_behind_a_proxy_it_is_told_that_there_are_no_keys_and_where_they_would_be(
    own, capsys
) -> None:
    options = {"keys_file": None, "without_keys": False, "rate_limit": None, "origins": (),
               "hosts": (), "proxies": ("127.0.0.1",)}  # fmt: skip
    access_from(own, "127.0.0.1", options)
    told = f"There are no API keys in {own}/keys.json: whoever the proxy lets in may ask and read."
    assert capsys.readouterr().err.strip() == told
    access_from(own, "127.0.0.1", options | {"proxies": ()})
    add_key(own / "keys.json", "some", ["ask"])
    access_from(own, "127.0.0.1", options)
    assert capsys.readouterr().err == ""


def test_without_keys_elsewhere_is_listened_on_only_where_it_is_insisted_on(started) -> None:
    address = started("--host", "0.0.0.0", "--without-keys")
    assert status(address) == 200
