"""Files sent over HTTP: read in a process of its own, which a hostile one may take down."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader, markdown
from hostile_files import flate_bomb
from starlette.testclient import TestClient

from index.index import Index
from service.answerer import Answerer
from service.api.access import Access
from service.api.app import create_app
from service.keys import add_key

FIXTURES = Path(__file__).parent / "fixtures"
PDF = {"Content-Type": "application/pdf"}


@pytest.fixture
def client(tmp_path) -> Iterator[TestClient]:
    index = Index(tmp_path / "index", FakeEncoder())
    index.add(markdown("It was 16.", "note"))
    keys = tmp_path / "keys.json"
    token = add_key(keys, "all", ["ask", "read", "write"])
    app = create_app(Answerer(index, FakeReader({"16": 0.9})), access=Access(keys))
    with TestClient(app, headers={"Authorization": f"Bearer {token}"}) as opened:
        yield opened


def test_a_pdf_is_read_with_its_pages_and_what_the_query_says(client):
    content = (FIXTURES / "trade-report.pdf").read_bytes()
    query = "/v1/documents?name=trade-report.pdf&publisher=Harbour+Office&id=trade"
    reply = client.post(query, content=content, headers=PDF)
    assert reply.status_code == 200, reply.text
    assert (reply.json()["action"], reply.json()["id"]) == ("added", "trade")
    document = client.get("/v1/documents/trade").json()
    assert document["publisher"] == "Harbour Office"
    assert len(document["pages"]) == 4
    assert document["pages"][0] == 0


@pytest.mark.parametrize("name", ["scanned.pdf", "locked.pdf"])
def test_a_pdf_without_text_or_behind_a_password_is_refused_with_the_reason(client, name):
    content = (FIXTURES / name).read_bytes()
    reply = client.post(f"/v1/documents?name={name}", content=content, headers=PDF)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/invalid-document")
    assert ("OCR" in reply.json()["detail"]) == (name == "scanned.pdf")


def test_after_a_hostile_file_the_service_answers_and_reads_on(client):
    reply = client.post("/v1/documents?name=bomb.pdf", content=flate_bomb(), headers=PDF)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/invalid-document")
    assert client.post("/v1/ask", json={"question": "How many?"}).json()["answer"]["text"] == "16"
    assert client.post("/v1/documents", json={"id": "b", "text": "Next."}).status_code == 200
