"""Overload over HTTP: what is refused, and what a question that takes too long gets."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import FakeReader, answerer_over
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from index.records import Hit
from service.answerer import Answerer
from service.api.app import create_app
from service.operating import Operating
from service.records import Span

ASKED = {"question": "How many?"}


class Waiting(FakeReader):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__({"16": 0.9})
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        self.begun.set()
        assert self.go_on.wait(60)
        return super().read(question, hits)


@pytest.fixture
def reader() -> Iterator[Waiting]:
    made = Waiting()
    yield made
    made.go_on.set()


def api(tmp_path, reader: Waiting, **options) -> TestClient:
    index = answerer_over(tmp_path, {"note": "It was 16."}, {}).index
    return TestClient(
        create_app(Answerer(index, reader), operating=Operating(at_work=1, **options))
    )


def refusals(client: TestClient) -> dict[str, float]:
    return {
        sample.labels["reason"]: sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name == "attache_refusals_total" and sample.value
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/ask", ASKED), ("/v1/search", ASKED), ("/v1/ask/batch", {"questions": [ASKED]})],
)
def test_beside_a_full_queue_all_questions_are_refused_and_nothing_else(
    tmp_path, reader, path, body
) -> None:
    with api(tmp_path, reader, queue=0) as client, ThreadPoolExecutor(1) as beside:
        first = beside.submit(client.post, "/v1/ask", json=ASKED)
        assert reader.begun.wait(60)
        refused = client.post(path, json=body)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
        assert refused.headers["retry-after"] == "1"
        assert client.get("/v1/documents").status_code == 200
        assert client.get("/health/live").status_code == 200
        assert "attache_at_work 1.0" in client.get("/metrics").text
        reader.go_on.set()
        assert first.result().status_code == 200
        assert client.post(path, json=body).status_code == 200


def test_a_refusal_reads_nothing_of_the_question_and_is_told_of_like_any_other(
    tmp_path, reader, caplog
) -> None:
    caplog.set_level(logging.INFO, "attache.access")
    with api(tmp_path, reader, queue=0) as client, ThreadPoolExecutor(1) as beside:
        beside.submit(client.post, "/v1/ask", json=ASKED)
        assert reader.begun.wait(60)
        refused = client.post("/v1/search", content=b"no JSON")
        assert refused.json()["type"] == "/problems/overloaded"
        assert refusals(client) == {"overloaded": 1}
        assert 'route="/v1/search",status="503"} 1.0' in client.get("/metrics").text
        reader.go_on.set()
    assert [
        (line["route"], line["status"])
        for line in (json.loads(record.getMessage()) for record in caplog.records)
        if line["method"] == "POST"
    ] == [("/v1/search", 503), ("/v1/ask", 200)]
    assert refused.headers["x-request-id"]


def test_a_question_that_takes_too_long_is_told_so_while_it_keeps_its_place(
    tmp_path, reader
) -> None:
    with api(tmp_path, reader, queue=4, seconds=0.2) as client:
        for _ in range(2):  # one at work, one that waits for it
            late = client.post("/v1/ask", json=ASKED)
            assert (late.status_code, late.json()["type"]) == (503, "/problems/timed-out")
            assert late.headers["retry-after"] == "1"
        assert refusals(client) == {"timed-out": 2}
        assert "attache_at_work 1.0" in client.get("/metrics").text


def test_a_batch_waits_its_turn_and_a_late_question_of_it_has_its_own_problem(
    tmp_path, reader
) -> None:
    with api(tmp_path, reader, queue=4, seconds=0.2) as client:
        response = client.post("/v1/ask/batch", json={"questions": [ASKED, {"question": "?"}]})
        assert response.status_code == 200
        assert [line.count("timed-out") for line in response.text.splitlines()] == [1, 1]
