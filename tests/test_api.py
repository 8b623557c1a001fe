"""The HTTP API: its routes, their documents and states, and its own description."""

import json
import re
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader, answerer_over, markdown
from starlette.testclient import TestClient

from index.index import Index
from service.answerer import Answerer
from service.api.app import create_app
from service.problems import PROBLEM_TYPES

NOTES = {f"note-{number}": f"There were {number} ships." for number in range(7)}


def api(answerer: Answerer) -> TestClient:
    return TestClient(create_app(answerer), raise_server_exceptions=False)


@pytest.fixture
def client(tmp_path) -> TestClient:
    return api(answerer_over(tmp_path, NOTES, {"3": 0.9}))


def test_a_cursor_leads_through_all_documents_once_and_in_order(client) -> None:
    found: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        address = "/v1/documents?limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = client.get(address).json()
        assert list(page) == ["documents", "next"]
        found += [document["id"] for document in page["documents"]]
        cursor = page["next"]
    assert cursor is None
    assert found == sorted(NOTES)


@pytest.mark.parametrize(("limit", "following"), [(6, "note-5"), (7, None), (500, None)])
def test_a_page_that_ends_the_list_has_no_cursor(client, limit, following) -> None:
    assert client.get(f"/v1/documents?limit={limit}").json()["next"] == following


def test_a_cursor_stays_good_when_its_document_is_removed(tmp_path) -> None:
    answerer = answerer_over(tmp_path, NOTES, {})
    answerer.index.remove("note-2")
    page = api(answerer).get("/v1/documents?cursor=note-2&limit=1").json()
    assert [document["id"] for document in page["documents"]] == ["note-3"]


def test_an_index_without_documents_lists_none(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "One."}, {})
    answerer.index.remove("note")
    assert api(answerer).get("/v1/documents").json() == {"documents": [], "next": None}


def test_a_document_is_given_with_its_exact_text(tmp_path) -> None:
    text = "Line one.\r\nLine two 🛩️ e\u0301.\n"
    shown = api(answerer_over(tmp_path, {"note": text}, {})).get("/v1/documents/note").json()
    assert shown["text"] == text
    assert shown["characters"] == len(text)


def test_a_live_process_says_so_whatever_the_index_is(tmp_path) -> None:
    answerer = Answerer(Index(tmp_path / "none", FakeEncoder()), FakeReader({}))
    assert api(answerer).get("/health/live").json() == {"status": "live"}


def test_readiness_names_the_state_of_the_index(client) -> None:
    found = client.get("/health/ready").json()
    assert found["status"] == "ready"
    assert (found["index"]["generation"], found["index"]["documents"]) == (7, 7)


@pytest.mark.parametrize("address", ["/health/ready", "/v1/documents", "/v1/documents/note"])
def test_without_an_index_the_service_is_unavailable_and_says_what_to_do(tmp_path, address) -> None:
    response = api(Answerer(Index(tmp_path, FakeEncoder()), FakeReader({}))).get(address)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["type"] == "/problems/index-unavailable"
    assert "attache add" in response.json()["detail"]


def test_a_question_without_a_usable_index_is_a_problem(tmp_path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"not an index" * 1000)
    client = api(Answerer(Index(tmp_path, FakeEncoder()), FakeReader({})))
    response = client.post("/v1/ask", json={"question": "How many?"})
    assert (response.status_code, response.json()["type"]) == (503, "/problems/index-unavailable")
    assert "damaged" in response.json()["detail"]


def test_a_change_is_served_with_the_next_question(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "It was 16."}, {"16": 0.9})
    client = api(answerer)
    assert client.post("/v1/ask", json={"question": "How many?"}).json()["answered"]
    Index(tmp_path, FakeEncoder()).remove("note")
    assert not client.post("/v1/ask", json={"question": "How many?"}).json()["answered"]
    Index(tmp_path, FakeEncoder()).add(markdown("Now 16.", "new"))
    reply = client.post("/v1/ask", json={"question": "How many?"}).json()
    assert reply["answer"]["citation"]["document_id"] == "new"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/ask"), ("POST", "/v1/search"), ("POST", "/v1/ask/batch"), ("GET", "/metrics"),
     ("GET", "/v1/documents"), ("GET", "/v1/documents/none"), ("GET", "/openapi.json"),
     ("GET", "/health/ready"), ("DELETE", "/v1/documents/none"), ("GET", "/nothing")],
)  # fmt: skip
def test_whatever_is_replied_is_kept_nowhere_and_taken_for_nothing_else(
    client, method, path
) -> None:
    asked = {"question": "How many?"}
    body = {"questions": [asked]} if path.endswith("batch") else asked
    headers = client.request(method, path, json=body if method == "POST" else None).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_filters_hold_over_http(client) -> None:
    body = {"question": "How many ships?", "filters": {"document_ids": ["note-1", "note-2"]}}
    found = client.post("/v1/search", json=body).json()["passages"]
    assert {passage["document_id"] for passage in found} == {"note-1", "note-2"}


def test_a_defect_is_a_problem_without_a_trace_of_where_it_was(tmp_path) -> None:
    class Defective(FakeReader):
        def read(self, question: str, hits: Any) -> Any:
            raise ZeroDivisionError("secret")

    answerer = Answerer(answerer_over(tmp_path, NOTES, {}).index, Defective({}))
    response = api(answerer).post("/v1/ask", json={"question": "How many?"})
    assert (response.status_code, response.json()["type"]) == (500, "/problems/internal-error")
    assert "secret" not in response.text
    assert "Traceback" not in response.text


def test_every_problem_type_is_explained_at_its_address(client) -> None:
    listed = client.get("/problems").json()
    assert [kind["name"] for kind in listed] == list(PROBLEM_TYPES)
    for kind in listed:
        assert client.get(f"/problems/{kind['name']}").json() == kind
        assert list(kind) == ["name", "title", "status", "description"]
    assert client.get("/problems/unheard-of").json()["type"] == "/problems/not-found"


@pytest.fixture
def description(client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_the_description_is_openapi_3_1_and_every_reference_leads_somewhere(description) -> None:
    assert description["openapi"].startswith("3.1.")
    references = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(description)))
    assert references <= set(description["components"]["schemas"])
    assert {"Problem", "FieldError", "Reply", "Citation"} <= references
    assert json.dumps(description).count('"$ref"') == json.dumps(description).count(
        '"$ref": "#/components/schemas/'
    )


def test_the_description_has_no_error_but_ours(description) -> None:
    assert "HTTPValidationError" not in json.dumps(description)
    for path, operations in description["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                good = "application/x-ndjson" if path == "/v1/ask/batch" else "application/json"
                kind = good if status == "200" else "application/problem+json"
                assert list(response["content"]) == [kind], (path, status)


def test_each_error_that_is_described_has_an_example_of_its_status(description) -> None:
    for operations in description["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status == "200":
                    continue
                examples = response["content"]["application/problem+json"]["examples"]
                assert examples
                for name, example in examples.items():
                    assert example["value"]["type"] == f"/problems/{name}"
                    assert str(example["value"]["status"]) == status
                    assert PROBLEM_TYPES[name].status == int(status)


def test_the_headers_that_a_program_needs_are_described(description) -> None:
    responses = description["paths"]["/v1/ask"]["post"]["responses"]
    assert list(responses["200"]["headers"]) == ["X-Request-Id"]
    assert list(responses["401"]["headers"]) == ["X-Request-Id", "WWW-Authenticate"]
    assert list(responses["429"]["headers"]) == ["X-Request-Id", "Retry-After"]
    assert list(responses["503"]["headers"]) == ["X-Request-Id", "Retry-After"]


def test_a_question_s_errors_are_all_described(description) -> None:
    responses = description["paths"]["/v1/ask"]["post"]["responses"]
    named = {
        name
        for status, response in responses.items()
        if status != "200"
        for name in response["content"]["application/problem+json"]["examples"]
    }
    assert named == {
        "malformed-json", "invalid-request", "invalid-question", "invalid-filter",
        "body-too-large", "body-incomplete", "unsupported-media-type", "generation-not-reached",
        "index-busy", "index-unavailable", "model-unavailable", "internal-error", "unauthorized",
        "forbidden", "too-many-requests", "keys-unavailable", "unknown-host", "overloaded", "timed-out",
    }  # fmt: skip


def test_each_route_of_the_design_is_described_and_has_a_name_of_its_own(description) -> None:
    operations = [
        operation["operationId"]
        for operations in description["paths"].values()
        for operation in operations.values()
    ]
    assert len(operations) == len(set(operations))
    assert set(description["paths"]) == {
        "/v1/ask", "/v1/ask/batch", "/v1/search", "/v1/documents", "/v1/documents/{document_id}",
        "/health/live", "/health/ready", "/problems", "/problems/{name}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "schema"), [("/v1/ask", "AskRequest"), ("/v1/search", "SearchRequest")]
)
def test_the_described_examples_can_be_sent(client, description, path, schema) -> None:
    (example,) = description["components"]["schemas"][schema]["examples"]
    assert client.post(path, json=example).status_code == 200
    assert description["components"]["schemas"][schema]["additionalProperties"] is False
