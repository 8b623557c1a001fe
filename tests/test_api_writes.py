"""Adding and removing documents over HTTP: what is stored, what is told, what is refused."""

import json
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader, markdown
from starlette.testclient import TestClient

from index.index import Index
from service.answerer import Answerer
from service.api.access import Access
from service.api.app import create_app
from service.api.limits import BODY_LIMIT, DOCUMENT_LIMIT
from service.keys import add_key

MARKDOWN = {"Content-Type": "text/markdown"}
PLAIN = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def index(tmp_path) -> Index:
    index = Index(tmp_path / "index", FakeEncoder())
    index.add(markdown("It was 16.", "note"))
    return index


@pytest.fixture
def client(index, tmp_path) -> TestClient:
    """A client whose every request brings a key that may do all."""
    keys = tmp_path / "keys.json"
    token = add_key(keys, "all", ["ask", "read", "write"])
    app = create_app(Answerer(index, FakeReader({"16": 0.9, "17": 0.8})), access=Access(keys))
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(app, raise_server_exceptions=False, headers=headers)


def refused(response: Any, status: int, name: str) -> str:
    """Check that a reply is a problem of this type, and return its detail."""
    problem = response.json()
    assert (response.status_code, problem["type"]) == (status, f"/problems/{name}")
    assert "Traceback" not in response.text
    return str(problem["detail"])


def added(client: TestClient, **body: Any) -> Any:
    response = client.post("/v1/documents", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_reply_names_what_was_done(client) -> None:
    assert added(client, id="new", text="Now 17. And 18.") == {
        "action": "added", "id": "new", "passages": 1, "generation": 2, "warnings": [],
    }  # fmt: skip
    assert added(client, id="new", text="Now 17. And 18.")["action"] == "unchanged"
    assert added(client, id="new", text="Now 19.")["action"] == "replaced"
    gone = client.delete("/v1/documents/new")
    assert gone.json() == {
        "action": "removed", "id": "new", "passages": 1, "generation": 4, "warnings": [],
    }  # fmt: skip


def test_a_question_that_names_the_generation_of_a_write_sees_it(client) -> None:
    generation = added(client, id="new", text="Now 17.")["generation"]
    asked = {"question": "Now?", "min_generation": generation, "filters": {"document_ids": ["new"]}}
    reply = client.post("/v1/ask", json=asked).json()
    assert reply["answer"]["citation"]["document_id"] == "new"
    assert reply["answer"]["text"] == "17"
    generation = client.delete("/v1/documents/new").json()["generation"]
    reply = client.post("/v1/ask", json=asked | {"min_generation": generation}).json()
    assert (reply["answered"], reply["passages"]) == (False, [])
    early = client.post("/v1/ask", json=asked | {"min_generation": generation + 1})
    refused(early, 409, "generation-not-reached")


def test_what_is_acknowledged_is_on_the_disk(client, index) -> None:
    generation = added(client, id="new", text="Now 17.")["generation"]
    again = Index(index.folder, FakeEncoder())
    assert again.document("new").document.text == "Now 17."
    assert again.manifest().generation == generation


METADATA = {
    "title": "A title", "publisher": "Somebody", "author": "Who", "published": "2024-05",
    "url": "https://example.org/a", "language": "es", "countries": ["PE", "KR"],
    "tags": ["korea-peru"], "kind": "source", "licence": "CC-BY-4.0",
}  # fmt: skip


def test_all_that_is_said_of_a_document_is_kept(client) -> None:
    sources = [{"title": "The original", "url": "https://example.org/o"}]
    added(client, id="new", text="Now 17.", **(METADATA | {"kind": "digest", "sources": sources}))
    shown = client.get("/v1/documents/new").json()
    expected = METADATA | {"kind": "digest", "origin": "http:new", "text": "Now 17."}
    assert {name: shown[name] for name in expected} == expected
    assert [source["title"] for source in shown["sources"]] == ["The original"]


def test_the_same_can_be_said_of_a_file_in_the_query(client) -> None:
    query = METADATA | {"id": "new", "name": "report.txt"}
    response = client.post("/v1/documents", content=b"Now 17.", headers=PLAIN, params=query)
    assert response.json()["action"] == "added"
    shown = client.get("/v1/documents/new").json()
    expected = METADATA | {"origin": "http:new", "text": "Now 17."}
    assert {name: shown[name] for name in expected} == expected


def test_what_is_said_wins_over_front_matter(client) -> None:
    text = "---\nid: own\ntitle: Own\npublisher: Kept\n---\nNow 17."
    assert added(client, text=text, title="Said")["id"] == "own"
    shown = client.get("/v1/documents/own").json()
    assert (shown["title"], shown["publisher"]) == ("Said", "Kept")
    assert added(client, id="other", text=text)["id"] == "other"


@pytest.mark.parametrize(
    ("query", "document_id"),
    [
        ({"name": "My Report.md"}, "my-report"),
        ({"name": "../../etc/passwd.md"}, "passwd"),
        ({"name": "C:\\files\\Report.md"}, "report"),
        ({"name": "report.pdf"}, "report"),
        ({"title": "On ships / boats"}, "on-ships-boats"),
        ({"name": "a.md", "id": "b"}, "b"),
    ],
)
def test_an_id_is_made_of_the_name_or_title(client, query, document_id) -> None:
    response = client.post("/v1/documents", content=b"Now 17.", headers=MARKDOWN, params=query)
    assert response.json()["id"] == document_id


def test_a_document_of_no_name_gets_its_checksum_and_is_known_again(client) -> None:
    first = client.post("/v1/documents", content=b"Now 17.", headers=PLAIN).json()
    assert first["id"].startswith("document-")
    again = client.post("/v1/documents", content=b"Now 17.", headers=PLAIN).json()
    assert (again["id"], again["action"]) == (first["id"], "unchanged")


def test_text_is_kept_character_for_character(client) -> None:
    text = "Line one.\r\nLine two 🛩️ e\u0301.\n"
    added(client, id="new", text=text, format="text")
    assert client.get("/v1/documents/new").json()["text"] == text


def test_a_character_set_that_is_named_is_read(client) -> None:
    headers = {"Content-Type": "text/plain; charset=windows-1251"}
    data = "Было 17.".encode("windows-1251")
    client.post("/v1/documents?id=new", content=data, headers=headers)
    assert client.get("/v1/documents/new").json()["text"] == "Было 17."


def test_bytes_of_no_type_are_read_by_their_name(client) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    response = client.post("/v1/documents?name=a.txt", content=b"Now 17.", headers=headers)
    assert response.json()["id"] == "a"


def test_another_source_s_document_is_replaced_only_where_it_is_said(client) -> None:
    body = {"id": "note", "text": "Now 17."}
    refused(client.post("/v1/documents", json=body), 409, "document-conflict")
    query = "/v1/documents?id=note"
    refused(client.post(query, content=b"Now 17.", headers=PLAIN), 409, "document-conflict")
    assert client.get("/v1/documents/note").json()["text"].endswith("It was 16.")
    assert added(client, **body, replace=True)["action"] == "replaced"
    response = client.post(f"{query}&replace=true", content=b"Now 18.", headers=PLAIN)
    assert response.json()["action"] == "replaced"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"), ({"text": 7}, "/text"), ({"text": None}, "/text"),
        ({"text": "a", "titel": "b"}, "/titel"), ({"text": "a", "id": ""}, "/id"),
        ({"text": "a", "id": 7}, "/id"), ({"text": "a", "countries": "PE"}, "/countries"),
        ({"text": "a", "replace": "yes"}, "/replace"), ({"text": "a", "format": "pdf"}, "/format"),
        ({"text": "a", "sources": [{}]}, "/sources/0/title"),
        ({"text": "a", "sources": [{"title": "b", "isbn": "1"}]}, "/sources/0/isbn"),
        ({"text": "a", "title": "t" * 1001}, "/title"),
        ({"text": "a", "id": "../etc"}, "/id"), ({"text": "a", "id": "A"}, "/id"),
        ({"text": "a", "id": "a" * 129}, "/id"), ({"text": "a", "id": "a\0"}, "/id"),
        ({"text": "a", "id": "a\n"}, "/id"), ({"text": "a", "kind": "rumour"}, "/kind"),
        ({"text": "a", "published": "yesterday"}, "/published"),
        ({"text": "a", "url": "javascript:alert(1)"}, "/url"),
        ([], ""), ("text", ""), (None, ""),
    ],
)  # fmt: skip
def test_a_field_of_the_wrong_kind_is_named(client, body, pointer) -> None:
    response = client.post("/v1/documents", content=json.dumps(body), headers=JSON)
    refused(response, 422, "invalid-request")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "change",
    [
        {"id": ".."}, {"text": ""}, {"text": " \n"}, {"text": "a\0b"}, {"published": "2023-02-30"},
        {"url": "https://"}, {"language": "klingon"}, {"countries": ["XX"]}, {"kind": "digest"},
        {"tags": [""]}, {"title": "a\nb"},
        {"title": " "}, {"text": "---\nid: [a\n---\nText."},
    ],
)  # fmt: skip
def test_what_can_be_no_document_is_refused_and_nothing_changes(client, index, change) -> None:
    body = {"id": "new", "text": "Now 17."} | change
    detail = refused(client.post("/v1/documents", json=body), 422, "invalid-document")
    assert detail
    assert index.manifest().generation == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"text": "a"', b'{"text": "\xff"}', b'{"text": "\\ud800"}', b"[" * 60_000,
     b'{"text": ' + b"[" * 60_000, b'{"text": "a"} b', b"\xff\xfe{"],
)  # fmt: skip
def test_a_body_that_is_no_json_is_refused(client, index, body) -> None:
    response = client.post("/v1/documents", content=body, headers=JSON)
    refused(response, 400, "malformed-json")
    assert index.manifest().generation == 1


@pytest.mark.parametrize("data", [b"", b" ", b"a\0b", b"\xff\xfe\0", b"\x80\x81 text"])
def test_a_file_that_is_no_text_is_refused(client, index, data) -> None:
    response = client.post("/v1/documents?id=new", content=data, headers=PLAIN)
    refused(response, 422, "invalid-document")
    assert index.manifest().generation == 1


@pytest.mark.parametrize(
    "kind",
    ["", "image/png", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "text/plain; charset=punycode", "text/plain; charset=../../x", "text/plain; charset=zlib",
     "application/octet-stream", "text/markdown/plain", "nonsense"],
)  # fmt: skip
def test_a_type_that_is_not_read_is_refused_with_those_that_are(client, kind) -> None:
    headers = {"Content-Type": kind} if kind else {}
    response = client.post("/v1/documents?id=new", content=b"Now 17.", headers=headers)
    detail = refused(response, 415, "unsupported-media-type")
    assert "text/plain" in detail or "windows-1251" in detail


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("titel=a", "/titel"), ("replace=perhaps", "/replace"), ("id=", "/id"), ("name=", "/name"),
     ("name=" + "a" * 256, "/name")],
)  # fmt: skip
def test_a_query_that_means_nothing_is_refused(client, query, pointer) -> None:
    response = client.post(f"/v1/documents?{query}", content=b"Now 17.", headers=PLAIN)
    refused(response, 422, "invalid-request")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def test_the_query_wins_over_json_too(client) -> None:
    body = {"id": "note", "title": "In the body", "text": "Now 17."}
    response = client.post("/v1/documents?title=In+the+query&replace=true", json=body)
    assert response.json()["action"] == "replaced"
    assert client.get("/v1/documents/note").json()["title"] == "In the query"


@pytest.mark.parametrize(
    "name", ["unheard-of", "NOTE", "%00", "..%2fnote", "%ff", "a" * 5_000, "%E2%80%AE"]
)
def test_removing_what_is_not_there_is_a_problem(client, index, name) -> None:
    response = client.delete(f"/v1/documents/{name}")
    assert response.status_code == 404
    assert index.manifest().generation == 1


def test_a_document_may_be_larger_than_a_question_and_has_a_limit_too(client) -> None:
    text = "It was 17.\n\n" * (BODY_LIMIT // 12 + 1)
    assert added(client, id="large", text=text)["passages"] > 100
    too_large = client.post("/v1/documents", content=b" " * (DOCUMENT_LIMIT + 1), headers=PLAIN)
    assert "20 MiB" in refused(too_large, 413, "body-too-large")
    elsewhere = client.post("/v1/ask", content=b" " * (BODY_LIMIT + 1), headers=JSON)
    assert "64 KiB" in refused(elsewhere, 413, "body-too-large")


def test_an_index_that_cannot_be_used_is_told(client, index) -> None:
    (index.folder / "index.sqlite").write_bytes(b"not an index" * 1000)
    refused(client.post("/v1/documents", json={"text": "a"}), 503, "index-unavailable")
    refused(client.delete("/v1/documents/note"), 503, "index-unavailable")
