"""What a request may not bring: each refusal is a problem with a sentence and the right status."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import answerer_over
from starlette.testclient import TestClient

from service.answerer import Answerer
from service.api.app import create_app
from service.api.limits import BODY_LIMIT

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def answerer(tmp_path_factory) -> Answerer:
    folder = tmp_path_factory.mktemp("index")
    return answerer_over(folder, {"note": "It was 16."}, {"16": 0.9})


@pytest.fixture
def client(answerer) -> TestClient:
    return TestClient(create_app(answerer), raise_server_exceptions=False)


def refused(response: Any, status: int, name: str) -> dict[str, Any]:
    """Check that a reply is a problem of this type, and return it."""
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["type"]) == (status, f"/problems/{name}")
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert "Traceback" not in response.text
    return problem


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search"])
@pytest.mark.parametrize("question", ["", " \t\n", "?", "a" * 1001, "a\0", "\ud800 a"])
def test_a_question_that_cannot_be_asked_is_refused(client, path, question) -> None:
    body = json.dumps({"question": question})
    problem = refused(client.post(path, content=body, headers=JSON), 422, "invalid-question")
    assert problem["errors"] == [{"pointer": "/question", "detail": problem["detail"]}]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"question": 7}, "/question"),
        ({"question": None}, "/question"),
        ({"question": ["who"]}, "/question"),
        ({"unknown": 1}, "/unknown"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"passages": "3"}, "/passages"),
        ({"passages": 3.0}, "/passages"),
        ({"passages": True}, "/passages"),
        ({"passages": None}, "/passages"),
        ({"passages": -1}, "/passages"),
        ({"passages": 101}, "/passages"),
        ({"passages": 10**400}, "/passages"),
        ({"alternatives": 10**30}, "/alternatives"),
        ({"min_confidence": "0.5"}, "/min_confidence"),
        ({"min_confidence": 1.0001}, "/min_confidence"),
        ({"min_confidence": -1}, "/min_confidence"),
        ({"min_confidence": 10**400}, "/min_confidence"),
        ({"min_confidence": float("nan")}, "/min_confidence"),
        ({"min_confidence": float("inf")}, "/min_confidence"),
        ({"min_generation": -1}, "/min_generation"),
        ({"min_generation": 2**53 + 1}, "/min_generation"),
        ({"filters": None}, "/filters"),
        ({"filters": []}, "/filters"),
        ({"filters": {"country": ["PE"]}}, "/filters/country"),
        ({"filters": {"countries": "PE"}}, "/filters/countries"),
        ({"filters": {"countries": [7]}}, "/filters/countries/0"),
        ({"filters": {"countries": None}}, "/filters/countries"),
        ({"filters": {"published_from": 2020}}, "/filters/published_from"),
    ],
)
def test_a_field_that_is_unknown_or_of_the_wrong_kind_is_refused(client, change, pointer) -> None:
    body = json.dumps({"question": "How many?"} | change)
    problem = refused(client.post("/v1/ask", content=body, headers=JSON), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["detail"].startswith(f"{pointer}: ")


def test_every_wrong_field_is_named(client) -> None:
    body = {"question": 7, "passages": "3", "unknown": 1}
    problem = refused(client.post("/v1/ask", json=body), 422, "invalid-request")
    assert {e["pointer"] for e in problem["errors"]} == {"/question", "/passages", "/unknown"}


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({"countries": ["PE", "Peru"]}, "/filters/countries/1"),
        ({"countries": ["pe"]}, "/filters/countries/0"),
        ({"countries": ["XX"]}, "/filters/countries/0"),
        ({"tags": [""]}, "/filters/tags/0"),
        ({"tags": ["\u202e"]}, "/filters/tags/0"),
        ({"tags": ["x"] * 101}, "/filters/tags"),
        ({"languages": ["klingon"]}, "/filters/languages/0"),
        ({"document_ids": ["../etc"]}, "/filters/document_ids/0"),
        ({"document_ids": ["\0"]}, "/filters/document_ids/0"),
        ({"published_from": ""}, "/filters/published_from"),
        ({"published_from": "2020-13"}, "/filters/published_from"),
        ({"published_from": "yesterday"}, "/filters/published_from"),
        ({"published_to": "2023-02-29"}, "/filters/published_to"),
        ({"published_to": "２０２３"}, "/filters/published_to"),
        ({"published_from": "2024", "published_to": "2023"}, "/filters/published_from"),
    ],
)
def test_a_filter_with_an_unknown_value_is_refused(client, filters, pointer) -> None:
    response = client.post("/v1/search", json={"question": "How many?", "filters": filters})
    problem = refused(response, 422, "invalid-filter")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"not json",
        b'{"question": "\xff"}',
        b"\xff\xfe\xfd",
        b"[" * 30_000 + b"]" * 30_000,
        b'{"question": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"question": "a", "passages": 1' + b"0" * 5_000 + b"}",
        b'{"question": "a"} trailing',
    ],
    ids=["cut", "words", "not UTF-8", "bytes", "deep", "deep field", "long number", "trailing"],
)
def test_a_body_that_is_not_json_is_refused(client, body) -> None:
    refused(client.post("/v1/ask", content=body, headers=JSON), 400, "malformed-json")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"How many?"', b"7", b"{}"])
def test_a_body_without_a_question_is_refused(client, body) -> None:
    refused(client.post("/v1/ask", content=body, headers=JSON), 422, "invalid-request")


def test_a_key_that_is_not_text_is_refused(client) -> None:
    body = b'{"question": "How many?", "\\ud800": 1}'
    refused(client.post("/v1/ask", content=body, headers=JSON), 422, "invalid-request")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "nonsense"]
)
def test_a_body_of_another_kind_is_refused(client, kind) -> None:
    response = client.post(
        "/v1/ask", content=b'{"question": "How many?"}', headers={"Content-Type": kind}
    )
    refused(response, 415, "unsupported-media-type")


def test_a_body_of_no_kind_is_refused(client) -> None:
    response = client.post("/v1/ask", content=b'{"question": "How many?"}')
    refused(response, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "kind",
    ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"],
)
def test_json_by_any_name_is_json(client, kind) -> None:
    headers = {"Content-Type": kind}
    good = client.post("/v1/ask", content=b'{"question": "How many?"}', headers=headers)
    assert good.status_code == 200
    wrong = client.post("/v1/ask", content=b'{"question": 7}', headers=headers)
    refused(wrong, 422, "invalid-request")


def test_a_body_of_the_limit_is_read_and_a_larger_one_is_not(client) -> None:
    question = b'{"question": "How many?"}'
    fits = question + b" " * (BODY_LIMIT - len(question))
    assert client.post("/v1/ask", content=fits, headers=JSON).status_code == 200
    refused(client.post("/v1/ask", content=fits + b" ", headers=JSON), 413, "body-too-large")


def test_a_body_in_chunks_is_cut_off_at_the_limit(client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(1_000):
            yield b" " * 4096

    refused(client.post("/v1/ask", content=chunks(), headers=JSON), 413, "body-too-large")


def test_a_body_that_is_only_said_to_be_too_large_is_refused(client) -> None:
    headers = JSON | {"Content-Length": "9" * 30}
    refused(client.post("/v1/ask", content=b"{}", headers=headers), 413, "body-too-large")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "UNHEARDOF"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", "GET, HEAD"), ("/v1/ask", "POST"), ("/health/live", "GET, HEAD")],
)
def test_a_method_that_a_route_has_not_is_refused(client, method, path, allowed) -> None:
    response = client.request(method, path)
    refused(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/documents", "GET, HEAD, POST"), ("/v1/documents/note", "GET, HEAD, DELETE")],
)
def test_a_refused_method_is_told_every_method_that_its_path_has(client, path, allowed) -> None:
    response = client.request("TRACE", path)
    refused(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed


def test_get_and_head_of_a_question_are_refused(client) -> None:
    refused(client.get("/v1/ask"), 405, "method-not-allowed")
    response = client.head("/v1/ask")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path",
    ["/", "/v1/documents", "/v1/documents/note", "/health/live", "/health/ready", "/metrics",
     "/problems", "/openapi.json", "/documents/note", "/assets/style.css"],
)  # fmt: skip
def test_head_is_answered_as_get_is_without_the_body(client, path) -> None:
    asked, told = client.get(path), client.head(path)
    assert (told.status_code, told.content) == (asked.status_code, b"")
    assert told.status_code == 200
    assert told.headers["content-type"] == asked.headers["content-type"]


def test_head_of_what_is_not_there_says_so_without_a_body(client) -> None:
    response = client.head("/v1/documents/unheard-of")
    assert (response.status_code, response.content) == (404, b"")


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/%00", "/%ff", "/..%2f..%2fetc%2fpasswd", "/v1/documents/..%2f..%2fetc",
     "/v1", "/assets/", "/assets/..%2fapp.py", "/assets/%2e%2e", "/assets/unknown.js",
     "/assets/%00", "/problems/%E2%80%AE", "/" + "a" * 5_000],
)  # fmt: skip
def test_an_address_with_nothing_at_it_is_a_problem(client, path) -> None:
    refused(client.get(path), 404, "not-found")


@pytest.mark.parametrize(
    "name",
    ["unheard-of", "NOTE", "%00", "%ff", "%ED%A0%80", "n%6Fte%20", "'", "a" * 5_000, "%E2%80%AE"],
)
def test_a_document_that_is_not_there_is_a_problem(client, name) -> None:
    refused(client.get(f"/v1/documents/{name}"), 404, "document-not-found")


@pytest.mark.parametrize(
    "query",
    ["cursor=", "cursor=%00", "cursor=%ff", "cursor=../x", "cursor=" + "a" * 129, "cursor=NOTE",
     "limit=0", "limit=501", "limit=-1", "limit=1e2", "limit=x", "limit=" + "9" * 5_000],
)  # fmt: skip
def test_a_cursor_or_limit_that_is_none_is_refused(client, query) -> None:
    refused(client.get(f"/v1/documents?{query}"), 422, "invalid-request")


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/ask/batch", "/v1/search"])
@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "GZIP"])
def test_a_body_that_is_packed_is_refused_and_told_how_to_be_sent(client, path, coding) -> None:
    response = client.post(path, content=b"\x1f\x8b", headers=JSON | {"Content-Encoding": coding})
    problem = refused(response, 415, "unsupported-media-type")
    assert coding.lower() in problem["detail"]
    assert response.headers["accept-encoding"] == "identity"


def test_a_body_that_says_it_is_not_packed_is_read(client) -> None:
    headers = JSON | {"Content-Encoding": "identity"}
    body = json.dumps({"question": "How many?"})
    assert client.post("/v1/ask", content=body, headers=headers).status_code == 200
