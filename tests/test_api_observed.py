"""What is told of a request: its id in the reply, and its line in the access log."""

import json
import logging
from typing import Any

import pytest
from conftest import FakeReader, answerer_over
from starlette.testclient import TestClient

from service.answerer import Answerer
from service.api.app import create_app
from service.operating import Operating

ASKED = {"question": "How many?"}


@pytest.fixture
def answerer(tmp_path) -> Answerer:
    return answerer_over(tmp_path, {"note": "It was 16."}, {"16": 0.9})


@pytest.fixture
def logged(caplog):
    """The lines of the access log so far."""
    caplog.set_level(logging.INFO, "attache.access")

    def read() -> list[dict[str, Any]]:
        return [
            json.loads(record.getMessage())
            for record in caplog.records
            if record.name == "attache.access"
        ]

    return read


def client_of(answerer: Answerer, **options: Any) -> TestClient:
    return TestClient(create_app(answerer, Operating(**options)), raise_server_exceptions=False)


@pytest.mark.parametrize("given", ["a", "7f3c.x_Y-9", "a" * 64])
def test_the_id_that_a_request_bears_is_in_reply_and_log(answerer, logged, given) -> None:
    response = client_of(answerer).get("/health/live", headers={"X-Request-Id": given})
    assert response.headers["x-request-id"] == given
    assert [line["request_id"] for line in logged()] == [given]


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a\tb", "ä", '"}'])
def test_an_id_that_is_none_is_replaced(answerer, logged, given) -> None:
    headers = {"X-Request-Id": given.encode()}
    response = client_of(answerer).get("/health/live", headers=headers)
    assert len(response.headers["x-request-id"]) == 32
    assert logged()[0]["request_id"] == response.headers["x-request-id"] != given


def test_a_question_s_line_tells_what_it_got_and_not_what_was_asked(answerer, logged) -> None:
    client_of(answerer).post("/v1/ask", json=ASKED)
    (line,) = logged()
    assert list(line) == [
        "time", "request_id", "method", "route", "status", "ms", "client", "key", "generation",
        "answered",
    ]  # fmt: skip
    told = (line["method"], line["route"], line["status"], line["generation"], line["answered"])
    assert told == ("POST", "/v1/ask", 200, 1, True)
    assert line["client"] == "testclient"


def test_questions_are_logged_where_that_is_switched_on(answerer, logged) -> None:
    client = client_of(answerer, log_questions=True)
    client.post("/v1/ask", json=ASKED)
    client.post("/v1/search", json=ASKED)
    client.post("/v1/ask/batch", json={"questions": [ASKED, {"question": "?"}]})
    assert [line["questions"] for line in logged()] == [["How many?"]] * 2 + [["How many?", "?"]]
    assert [line["answered"] for line in logged()] == [True, None, 1]


def test_a_line_holds_neither_keys_nor_addresses_of_what_is_not_there(answerer, logged) -> None:
    headers = {"Authorization": "Bearer secret", "X-Api-Key": "secret"}
    client_of(answerer).get("/v1/secret?key=secret", headers=headers)
    (line,) = logged()
    assert line["route"] == "none"
    assert "secret" not in json.dumps(line)


def test_a_body_that_is_too_large_and_a_defect_are_told_of_too(answerer, logged) -> None:
    class Defective(FakeReader):
        def read(self, question: str, hits: Any) -> Any:
            raise ZeroDivisionError

    client = client_of(Answerer(answerer.index, Defective({})))
    refused = client.post("/v1/ask", content=b" " * 70_000)
    failed = client.post("/v1/ask", json=ASKED)
    assert [line["status"] for line in logged()] == [413, 500]
    ids = [response.headers["x-request-id"] for response in (refused, failed)]
    assert [line["request_id"] for line in logged()] == ids
