"""API keys over HTTP: who gets in, with which scope, and what a wrong key is told."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from conftest import answerer_over
from starlette.testclient import TestClient

from service.answerer import Answerer
from service.api.access import Access, scope_needed
from service.api.app import create_app
from service.keys import add_key, revoke_key

QUESTION = {"question": "How many?"}
DOCUMENT = {"id": "new", "text": "Now 17."}
REQUESTS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "ask": ("POST", "/v1/ask", QUESTION),
    "search": ("POST", "/v1/search", QUESTION),
    "list": ("GET", "/v1/documents", None),
    "document": ("GET", "/v1/documents/note", None),
    "head": ("HEAD", "/v1/documents/note", None),
    "metrics": ("GET", "/metrics", None),
    "add": ("POST", "/v1/documents", DOCUMENT),
    "remove": ("DELETE", "/v1/documents/note", None),
}
SCOPES = {
    "ask": "ask", "search": "ask", "list": "read", "document": "read", "head": "read",
    "metrics": "read", "add": "write", "remove": "write",
}  # fmt: skip


@pytest.fixture
def answerer(tmp_path) -> Answerer:
    return answerer_over(tmp_path / "index", {"note": "It was 16."}, {"16": 0.9})


@pytest.fixture
def keys(tmp_path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def client(answerer, keys) -> TestClient:
    return TestClient(create_app(answerer, access=Access(keys)), raise_server_exceptions=False)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def sent(client: TestClient, name: str, headers: Any = None) -> Any:
    method, path, body = REQUESTS[name]
    return client.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("scope", ["ask", "read", "write"])
def test_a_key_does_what_its_scope_says_and_nothing_else(client, keys, name, scope) -> None:
    response = sent(client, name, bearer(add_key(keys, "some", [scope])))
    if scope == SCOPES[name]:
        assert response.status_code == 200
        return
    assert response.status_code == 403
    needed = SCOPES[name]
    challenge = f'Bearer realm="attache", error="insufficient_scope", scope="{needed}"'
    assert response.headers["www-authenticate"] == challenge
    if name != "head":
        assert response.json()["type"] == "/problems/forbidden"
        assert response.json()["detail"] == f"The API key some has not the scope {needed}."


@pytest.mark.parametrize("name", REQUESTS)
def test_once_there_are_keys_nobody_gets_in_without_one(client, keys, name) -> None:
    add_key(keys, "some", ["ask"])
    response = sent(client, name)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="attache"'
    if name != "head":
        assert response.json()["type"] == "/problems/unauthorized"
        assert SCOPES[name] in response.json()["detail"]


@pytest.mark.parametrize("name", REQUESTS)
def test_without_keys_all_but_writing_is_open(client, name) -> None:
    response = sent(client, name)
    assert response.status_code == (401 if SCOPES[name] == "write" else 200)


@pytest.mark.parametrize("name", REQUESTS)
def test_where_a_service_is_not_open_without_keys_their_file_s_end_closes_it(
    answerer, keys, name
) -> None:
    app = create_app(answerer, access=Access(keys, open_without_keys=False))
    client = TestClient(app, raise_server_exceptions=False)
    assert sent(client, name).status_code == 401
    token = add_key(keys, "all", ["ask", "read", "write"])
    assert sent(client, name, bearer(token)).status_code == 200
    keys.unlink()
    assert sent(client, name, bearer(token)).status_code == 401


@pytest.mark.parametrize("name", REQUESTS)
def test_keys_that_get_lost_open_nothing_to_whom_they_kept_out(client, keys, name) -> None:
    add_key(keys, "some", ["ask"])
    assert sent(client, name).status_code == 401
    keys.unlink()
    assert sent(client, name).status_code == 401


def test_without_a_place_for_keys_nothing_can_be_written(answerer) -> None:
    client = TestClient(create_app(answerer), raise_server_exceptions=False)
    assert sent(client, "ask").status_code == 200
    assert sent(client, "add", bearer("attache_x")).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/", "/docs", "/openapi.json", "/assets/style.css", "/documents/note", "/health/live",
     "/health/ready", "/problems", "/problems/forbidden"],
)  # fmt: skip
def test_pages_health_and_descriptions_are_open(client, keys, path) -> None:
    add_key(keys, "some", ["write"])
    assert client.get(path).status_code == 200
    assert client.get(path, headers=bearer("wrong")).status_code == 200


def test_a_key_works_from_when_it_is_made_until_it_is_revoked(client, keys) -> None:
    first = add_key(keys, "first", ["ask"])
    assert sent(client, "ask", bearer(first)).status_code == 200
    second = add_key(keys, "second", ["ask"])
    assert sent(client, "ask", bearer(second)).status_code == 200
    revoke_key(keys, "first")
    assert sent(client, "ask", bearer(first)).status_code == 401
    revoke_key(keys, "second")
    assert sent(client, "ask", bearer(second)).status_code == 401
    assert sent(client, "ask").status_code == 401  # a file without keys opens nothing


@pytest.mark.parametrize("name", REQUESTS)
def test_while_the_keys_are_damaged_nobody_gets_in(client, keys, name, caplog) -> None:
    token = add_key(keys, "all", ["ask", "read", "write"])
    good = keys.read_bytes()
    keys.write_bytes(good[:-20])
    for headers in (None, bearer(token)):
        response = sent(client, name, headers)
        assert response.status_code == 503
        assert str(keys) not in response.text
    assert str(keys) in caplog.text
    keys.write_bytes(good)
    assert sent(client, name, bearer(token)).status_code == 200


def test_a_scheme_is_read_as_http_reads_it(client, keys) -> None:
    token = add_key(keys, "some", ["ask"])
    for value in (f"bearer {token}", f"BEARER   {token}", f"  Bearer {token}  "):
        assert sent(client, "ask", {"Authorization": value}).status_code == 200


HOSTILE = [
    b"", b" ", b"Bearer", b"Bearer ", b"Bearer  ", b"Basic YTpi", b"Bearer a b", b"Bearer,",
    b"Bearer \xc3\xa9", b"Bearer \xff\xfe", b"Bearer \xe2\x80\xae", b"Bearer " + b"a" * 60_000,
    b"Bearer " * 80, b"Bearer =", b"Bearer attache_", b"bearer\tattache_x", b"\x80" * 100,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_header_that_is_none_is_refused(client, keys, value) -> None:
    add_key(keys, "some", ["ask"])
    response = sent(client, "ask", [(b"Authorization", value)])
    assert response.status_code == 401
    assert response.json()["type"] == "/problems/unauthorized"


def test_two_headers_bring_no_key_even_where_both_are_good(client, keys) -> None:
    value = bearer(add_key(keys, "some", ["ask"]))["Authorization"].encode()
    headers = [(b"Authorization", value), (b"Authorization", value)]
    assert sent(client, "ask", headers).status_code == 401
    headers = [(b"Authorization", b"Bearer wrong"), (b"Authorization", value)]
    assert sent(client, "ask", headers).status_code == 401


def test_a_part_of_a_key_or_its_hash_or_name_is_no_key(client, keys) -> None:
    token = add_key(keys, "some", ["ask"])
    stored = keys.read_text("utf-8").split('"sha256": "')[1][:64]
    for wrong in (token[:-1], token + "a", token[8:], stored, "some", token.swapcase()):
        response = sent(client, "ask", bearer(wrong))
        assert response.status_code == 401
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
        assert wrong not in response.text.replace("/problems/", "")


def test_a_key_in_the_address_or_the_body_is_none(client, keys) -> None:
    token = add_key(keys, "some", ["ask", "read"])
    assert client.get(f"/v1/documents?access_token={token}").status_code == 401
    assert client.get("/v1/documents", headers={"Cookie": f"key={token}"}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/ask", "ask"), ("POST", "/v1/ask/batch", "ask"), ("GET", "/v1/later", "ask"),
        ("GET", "/v1/documents", "read"), ("OPTIONS", "/v1/documents", "read"),
        ("PUT", "/v1/documents/a", "write"), ("BREW", "/v1/documents", "write"),
        ("GET", "/v1/documentsx", "ask"), ("GET", "/metrics", "read"), ("GET", "/", None),
        ("GET", "/health/ready", None), ("GET", "/documents/a", None),
    ],
)  # fmt: skip
def test_what_a_path_needs_is_closed_by_default(method, path, scope) -> None:
    assert scope_needed(method, path) == scope


@pytest.mark.parametrize(
    "path", ["/v1/documents%2Fnote", "//v1/ask", "/v1//ask", "/V1/ask", "/v1/ask/", "/%76%31/ask"]
)
def test_no_spelling_of_a_path_gets_around_the_key(client, keys, path) -> None:
    add_key(keys, "some", ["read"])
    assert client.post(path, json=QUESTION).status_code in (401, 404, 405)


def test_the_description_tells_the_scope_of_each_operation(client) -> None:
    description = client.get("/openapi.json").json()
    scheme = description["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    security = {
        operation["operationId"]: operation.get("security")
        for operations in description["paths"].values()
        for operation in operations.values()
    }
    assert security["ask"] == [{"key": ["ask"]}, {}]
    assert security["document"] == [{"key": ["read"]}, {}]
    assert security["add_document"] == security["remove_document"] == [{"key": ["write"]}]
    assert security["ready"] is None


def test_the_log_names_whose_key_a_request_had_and_never_the_key(client, keys, caplog) -> None:
    caplog.set_level(logging.INFO, "attache.access")
    token = add_key(keys, "newsroom", ["ask"])
    for headers in (bearer(token), bearer(token[:-1]), None):
        sent(client, "ask", headers)
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(line["status"], line["key"]) for line in lines] == [
        (200, "newsroom"),
        (401, None),
        (401, None),
    ]
    assert token[-20:-1] not in caplog.text
