"""Readiness: a probe question is answered, not more often than need be, and never waited for long."""

import threading
from collections.abc import Sequence

import pytest
from conftest import FakeReader, answerer_over
from starlette.testclient import TestClient

from corpus.errors import ModelError
from index.records import Hit
from service.answerer import Answerer
from service.api.app import create_app
from service.api.readiness import PROBE
from service.records import Span


class Counting(FakeReader):
    """Remembers what was asked."""

    def __init__(self) -> None:
        super().__init__({"16": 0.9})
        self.asked: list[str] = []

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        self.asked.append(question)
        return super().read(question, hits)


def api(tmp_path, reader: FakeReader) -> TestClient:
    index = answerer_over(tmp_path, {"note": "It was 16."}, {}).index
    return TestClient(create_app(Answerer(index, reader)), raise_server_exceptions=False)


def test_one_probe_proves_it_for_a_while(tmp_path) -> None:
    reader = Counting()
    client = api(tmp_path, reader)
    for _ in range(5):
        assert client.get("/health/ready").status_code == 200
    assert reader.asked == [PROBE]


def test_an_answered_question_spares_the_probe(tmp_path) -> None:
    reader = Counting()
    client = api(tmp_path, reader)
    client.post("/v1/ask", json={"question": "How many?"})
    assert client.get("/health/ready").status_code == 200
    assert reader.asked == ["How many?"]


def test_a_probe_is_no_question_of_the_metrics(tmp_path) -> None:
    client = api(tmp_path, Counting())
    client.get("/health/ready")
    counted = [
        line for line in client.get("/metrics").text.splitlines() if "questions_total{" in line
    ]
    assert sorted(counted) == [
        'attache_questions_total{answered="false"} 0.0',
        'attache_questions_total{answered="true"} 0.0',
    ]


@pytest.mark.parametrize(
    ("error", "name"), [(ModelError("It is gone."), "model-unavailable"), (ZeroDivisionError(), "not-ready")]
)  # fmt: skip
def test_a_probe_that_fails_is_unreadiness_until_one_succeeds(tmp_path, error, name) -> None:
    class Failing(Counting):
        def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
            if not self.asked:
                self.asked.append(question)
                raise error
            return super().read(question, hits)

    client = api(tmp_path, Failing())
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["type"]) == (503, f"/problems/{name}")
    assert response.headers["retry-after"] == "1"
    assert client.get("/health/ready").status_code == 200


def test_a_probe_that_is_never_answered_is_not_waited_for_and_not_asked_again(tmp_path) -> None:
    end = threading.Event()

    class Stuck(Counting):
        def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
            self.asked.append(question)
            assert end.wait(60)
            return []

    reader = Stuck()
    client = api(tmp_path, reader)
    try:
        for _ in range(2):
            response = client.get("/health/ready")
            assert (response.status_code, response.json()["type"]) == (503, "/problems/not-ready")
        assert reader.asked == [PROBE]
        assert client.get("/health/live").status_code == 200
    finally:
        end.set()
