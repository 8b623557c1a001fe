"""The contract: the objects that CLI and HTTP give, field by field and in order."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader, answerer_over, markdown
from starlette.testclient import TestClient

import attache
from index.index import Index
from service.answerer import Answerer
from service.api.app import create_app
from service.api.schemas import AskRequest
from service.reader import SentenceModel, SentenceReader

REQUEST = {
    "question": "How many KT-1P aircraft were built in Peru?",
    "passages": 3, "alternatives": 2, "min_confidence": None,
    "filters": {"countries": ["PE"], "tags": [], "languages": [], "document_ids": [],
                "published_from": "2020", "published_to": "2024-06"},
}  # fmt: skip

CITATION = {
    "document_id": "korea-peru-ambassador-interview-2023", "document_sha256": "…",
    "kind": "digest", "title": "…", "publisher": "…", "published": "2023", "url": None, "page": None,
    "sources": [{"title": "…", "publisher": "…", "published": "2023", "url": "…"}],
    "start": 2113, "end": 2115,
    "quote": {"before": "… while the other ", "text": "16", "after": " were built in Peru …"},
    "passage": {"start": 1890, "end": 2301, "context": "…", "text": "…"},
    "link": "/documents/korea-peru-ambassador-interview-2023?generation=12#c2113-2115",
}  # fmt: skip

REPLY = {
    "question": "How many KT-1P aircraft were built in Peru?",
    "answered": True,
    "answer": {"text": "16", "confidence": 0.94, "citation": CITATION, "support": []},
    "abstention": None,
    "alternatives": [],
    "passages": [{"document_id": "…", "start": 1890, "end": 2301, "text": "…", "score": 0.81,
                  "dense": 0.62, "lexical": 11.4}],
    "timing_ms": {"encode": 4.1, "search": 1.2, "read": 38.0, "total": 43.6},
    "index": {"id": "…", "generation": 12, "documents": 61, "passages": 512},
    "models": {"encoder": "all-MiniLM-L6-v2", "reader": "…"},
}  # fmt: skip

ABSTENTION = {"reason": "…", "threshold": 0.62, "candidate": REPLY["answer"]}

ADDED = {
    "/abstention": {"code"},
    "/passages/0": {"title", "context", "kind", "publisher", "published", "page", "copies"},
    "/answer/citation": {"source_link", "copies"},
    "/abstention/candidate/citation": {"source_link", "copies"},
    "/answer/citation/sources/0": {"author", "licence"},
    "/abstention/candidate/citation/sources/0": {"author", "licence"},
}
"""What is given beyond the fields that the design names; nothing else may be."""

DIGEST = """---
title: Interview
kind: digest
publisher: Attaché
published: "2023"
countries: [PE]
language: en
sources:
  - title: The original
    publisher: A paper
    published: "2023"
    url: https://example.org/original
---
# Aircraft

Four were built in Korea, while the other 16 were built in Peru by SEMAN.
"""


def api(answerer: Answerer) -> TestClient:
    return TestClient(create_app(answerer), raise_server_exceptions=False)


@pytest.fixture
def answerer(tmp_path) -> Answerer:
    return answerer_over(tmp_path, {"interview": DIGEST}, {"16": 0.94})


def assert_same_shape(found: Any, expected: Any, place: str = "") -> None:
    """Hold names, their order and the kinds of the values against the example's."""
    if isinstance(expected, dict):
        names = [name for name in found if name not in ADDED.get(place, ())]
        assert names == list(expected), place
        for name, value in expected.items():
            assert_same_shape(found[name], value, f"{place}/{name}")
    elif isinstance(expected, list) and expected:
        assert len(found) == len(expected), place
        for number, value in enumerate(expected):
            assert_same_shape(found[number], value, f"{place}/{number}")
    else:
        assert type(found) is type(expected), place


def test_an_answer_over_http_has_the_fields_of_the_design_in_order(answerer) -> None:
    response = api(answerer).post("/v1/ask", json=REQUEST)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    reply = response.json()
    assert_same_shape(reply, REPLY)
    assert reply["question"] == REQUEST["question"]
    assert reply["answer"]["text"] == reply["answer"]["citation"]["quote"]["text"] == "16"
    citation = reply["answer"]["citation"]
    assert citation["quote"]["before"] == "Four were built in Korea, while the other "
    assert citation["quote"]["after"] == " were built in Peru by SEMAN."
    assert citation["link"] == (
        f"/documents/interview?generation=1#c{citation['start']}-{citation['end']}"
    )


def test_an_abstention_over_http_has_the_fields_of_the_design_in_order(answerer) -> None:
    reply = api(answerer).post("/v1/ask", json=REQUEST | {"min_confidence": 1}).json()
    assert_same_shape(reply, REPLY | {"answered": False, "answer": None, "abstention": ABSTENTION})
    assert reply["abstention"]["candidate"]["text"] == "16"


def test_python_gives_the_same_fields(answerer) -> None:
    written = json.loads(json.dumps(asdict(answerer.ask("How many?"))))
    assert_same_shape(written, REPLY)


def test_a_search_gives_the_same_passages(answerer) -> None:
    body = {"question": REQUEST["question"], "passages": 1, "filters": REQUEST["filters"]}
    found = api(answerer).post("/v1/search", json=body).json()
    shared = ("question", "passages", "timing_ms", "index", "models")
    assert_same_shape(found, {name: REPLY[name] for name in shared})
    asked = api(answerer).post("/v1/ask", json=REQUEST).json()
    assert found["passages"] == asked["passages"]


def test_supporting_citations_are_whole_ones(tmp_path) -> None:
    texts = {"one": DIGEST, "two": DIGEST.replace("other 16", "remaining 16")}
    reply = api(answerer_over(tmp_path, texts, {"16": 0.94})).post("/v1/ask", json=REQUEST).json()
    (support,) = reply["answer"]["support"]
    ADDED["/support"] = {"source_link", "copies"}
    assert_same_shape(support | {"sources": []}, CITATION | {"sources": []}, "/support")
    assert support["document_id"] == "two"


def test_what_a_request_leaves_out_has_the_design_s_defaults(answerer) -> None:
    client = api(answerer)
    short = client.post("/v1/ask", json={"question": REQUEST["question"]}).json()
    long = client.post("/v1/ask", json=REQUEST | {"filters": {}}).json()
    assert short | {"timing_ms": None} == long | {"timing_ms": None}
    assert AskRequest(question="Who?").model_dump() == {
        "question": "Who?",
        "passages": 3,
        "alternatives": 2,
        "min_confidence": None,
        "filters": {
            "countries": [],
            "tags": [],
            "languages": [],
            "document_ids": [],
            "published_from": None,
            "published_to": None,
        },
        "min_generation": 0,
    }


MODEL = SentenceModel((4.0, 4.0, 1.0, 2.0, 1.0, 0.5), -6.0, 1.0, 0.0, 0.3, "by hand")


@pytest.fixture
def tiny_index(tmp_path, tiny_model) -> Index:
    index = Index(tmp_path / "index", str(tiny_model))
    index.add(markdown(DIGEST, "interview"))
    index.add(markdown("Korea and Peru signed the agreement in 2011.", "agreement"))
    return index


@pytest.fixture(autouse=True)
def by_sentences(monkeypatch) -> None:
    """The commands read with the sentence reader."""
    monkeypatch.setenv("ATTACHE_READER", "sentence")


def printed(capsys, arguments: list[str]) -> Any:
    attache.run(arguments)
    return json.loads(capsys.readouterr().out)


def test_the_command_line_prints_the_object_that_http_gives(tiny_index, capsys) -> None:
    """Compared: everything but the timing, in answers, abstentions and searches."""
    client = api(Answerer(tiny_index, SentenceReader(tiny_index.encoder)))
    folder = str(tiny_index.folder)
    for least in (0.0, 1.0):
        shown = printed(
            capsys,
            ["ask", "who signed", "--index", folder, "--json", "--min-confidence", str(least)],
        )
        body = {"question": "who signed", "min_confidence": least}
        sent = client.post("/v1/ask", json=body).json()
        assert list(shown) == list(sent)
        assert shown | {"timing_ms": None} == sent | {"timing_ms": None}
    shown = printed(capsys, ["search", "who signed", "--index", folder, "--json"])
    sent = client.post("/v1/search", json={"question": "who signed"}).json()
    assert shown | {"timing_ms": None} == sent | {"timing_ms": None}


def test_documents_are_the_same_on_the_command_line_and_over_http(tiny_index, capsys) -> None:
    client = api(Answerer(tiny_index, FakeReader({})))
    folder = str(tiny_index.folder)
    shown = printed(capsys, ["list", "--index", folder, "--json"])
    assert shown == client.get("/v1/documents").json()
    shown = printed(capsys, ["show", "interview", "--index", folder, "--json"])
    assert shown == client.get("/v1/documents/interview").json()


def test_a_batch_prints_the_same_object_a_line(tiny_index, capsys, tmp_path) -> None:
    (tmp_path / "questions.txt").write_text("who signed\n?\n", "utf-8")
    attache.run(
        ["ask", "--batch", str(tmp_path / "questions.txt"), "--index", str(tiny_index.folder)]
    )
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    client = api(Answerer(tiny_index, SentenceReader(tiny_index.encoder)))
    sent = client.post("/v1/ask", json={"question": "who signed"}).json()
    assert (first["id"], second["id"]) == (1, 2)
    assert first["result"] | {"timing_ms": None} == sent | {"timing_ms": None}
    assert second["problem"] == client.post("/v1/ask", json={"question": "?"}).json()


def test_the_fields_of_a_document_are_in_this_order(answerer) -> None:
    client = api(answerer)
    (summary,) = client.get("/v1/documents").json()["documents"]
    fields = [
        "id", "title", "kind", "publisher", "author", "published", "url", "language", "licence",
        "countries", "tags", "sources", "origin", "sha256", "characters", "generation",
    ]  # fmt: skip
    assert list(summary) == fields
    assert list(client.get("/v1/documents/interview").json()) == [*fields, "text", "pages"]


def test_a_problem_has_the_fields_of_rfc_9457_and_its_errors(answerer) -> None:
    body = REQUEST | {"filters": {"countries": ["Peru"]}}
    response = api(answerer).post("/v1/ask", json=body)
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert list(found) == ["type", "title", "status", "detail", "errors"]
    assert [list(error) for error in found["errors"]] == [["pointer", "detail"]]
    assert found["errors"][0]["pointer"] == "/filters/countries/0"


def test_a_generation_is_named_by_a_write_and_may_be_asked_for(tmp_path) -> None:
    index = Index(tmp_path, FakeEncoder())
    change = index.add(markdown(DIGEST, "interview"))
    client = api(Answerer(index, FakeReader({"16": 0.9})))
    body = {"question": "How many?", "min_generation": change.generation}
    assert client.post("/v1/ask", json=body).json()["index"]["generation"] == change.generation
    refused = client.post("/v1/ask", json=body | {"min_generation": change.generation + 1})
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/problems/generation-not-reached",
    )
