"""Batches: a line a question, in order, and one bad question doesn't stop the others."""

import asyncio
import json
import time
from typing import Any

import httpx2
import pytest
from conftest import FakeReader, answerer_over
from starlette.testclient import TestClient

from service.answerer import Answerer
from service.api.app import create_app
from service.operating import Operating


@pytest.fixture
def client(tmp_path) -> TestClient:
    return TestClient(create_app(answerer_over(tmp_path, {"note": "It was 16."}, {"16": 0.9})))


def lines(client: TestClient, *questions: dict[str, Any]) -> list[dict[str, Any]]:
    response = client.post("/v1/ask/batch", json={"questions": questions})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.text.endswith("\n")
    return [json.loads(line) for line in response.text.splitlines()]


def test_each_question_has_its_line_in_order(client) -> None:
    found = lines(
        client, {"id": "first", "question": "How many?"}, {"question": "Which?"}, {"id": 7, "question": "Who?"}
    )  # fmt: skip
    assert [list(line) for line in found] == [["id", "result"]] * 3
    assert [line["id"] for line in found] == ["first", 2, 7]
    assert [line["result"]["question"] for line in found] == ["How many?", "Which?", "Who?"]


def test_a_result_is_what_the_question_alone_would_get(client) -> None:
    question = {"question": "How many?", "passages": 0, "min_confidence": 0.95}
    (line,) = lines(client, question)
    alone = client.post("/v1/ask", json=question).json()
    for reply in (line["result"], alone):
        del reply["timing_ms"]
    assert line["result"] == alone


def test_a_question_that_can_t_be_answered_has_its_problem_and_the_others_go_on(client) -> None:
    found = lines(
        client,
        {"question": "?"},
        {"question": "How many?", "filters": {"countries": ["XX"]}},
        {"question": "How many?", "min_generation": 9},
        {"question": "How many?"},
    )
    assert [line.get("problem", {}).get("type") for line in found] == [
        "/problems/invalid-question", "/problems/invalid-filter",
        "/problems/generation-not-reached", None,
    ]  # fmt: skip
    assert found[1]["problem"]["errors"][0]["pointer"] == "/filters/countries/0"
    assert found[3]["result"]["answered"]


def test_a_defect_in_one_question_is_its_problem_alone(tmp_path) -> None:
    class Defective(FakeReader):
        def read(self, question: str, hits: Any) -> Any:
            if question == "Fail?":
                raise ZeroDivisionError("secret")
            return super().read(question, hits)

    answerer = answerer_over(tmp_path, {"note": "It was 16."}, {})
    client = TestClient(create_app(Answerer(answerer.index, Defective({"16": 0.9}))))
    first, second = lines(client, {"question": "Fail?"}, {"question": "How many?"})
    assert first["problem"]["type"] == "/problems/internal-error"
    assert "secret" not in json.dumps(first)
    assert second["result"]["answered"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/questions"),
        ({"questions": []}, "/questions"),
        ({"questions": [{"question": "Who?"}] * 101}, "/questions"),
        ({"questions": [{"question": "Who?"}, {"question": 7}]}, "/questions/1/question"),
        ({"questions": [{"question": "Who?", "passages": "3"}]}, "/questions/0/passages"),
        ({"questions": [{"question": "Who?", "unknown": 1}]}, "/questions/0/unknown"),
        ({"questions": [{"question": "Who?"}], "more": 1}, "/more"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_as_a_whole(client, body, pointer) -> None:
    response = client.post("/v1/ask/batch", json=body)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize("name", [True, 1.5, "", {}, {"str": 1}, [1]])
def test_an_id_that_is_none_is_pointed_at_where_it_stands(client, name) -> None:
    response = client.post("/v1/ask/batch", json={"questions": [{"question": "Who?", "id": name}]})
    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == {"/questions/0/id"}


def test_a_batch_counts_as_its_questions(client) -> None:
    lines(client, {"question": "How many?"}, {"question": "How many?", "min_confidence": 1})
    metrics = client.get("/metrics").text
    assert 'attache_questions_total{answered="true"} 1.0' in metrics
    assert 'attache_questions_total{answered="false"} 1.0' in metrics


def test_a_batch_is_answered_where_one_question_is_worked_on_and_none_may_wait(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "It was 16."}, {"16": 0.9})
    client = TestClient(create_app(answerer, Operating(at_work=1, queue=0)))
    assert all("result" in line for line in lines(client, *[{"question": "How many?"}] * 5))


BATCH = {"questions": [{"question": "How many?"}] * 3}


@pytest.fixture
def slow(tmp_path):
    """What asks a service that takes its time, in one event loop."""

    class Slow(FakeReader):
        def read(self, question: str, hits: Any) -> Any:
            time.sleep(0.02)
            return super().read(question, hits)

    index = answerer_over(tmp_path, {"note": "It was 16."}, {}).index

    def asking(coroutine: Any, **operating: Any) -> Any:
        app = create_app(Answerer(index, Slow({"16": 0.9})), Operating(**operating))

        async def with_client() -> Any:
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as one:
                return await coroutine(one)

        return asyncio.run(with_client())

    return asking


def test_batches_that_come_at_once_are_no_more_than_one_after_the_other(slow) -> None:
    async def asked(client: Any) -> list[list[int]]:
        found = []
        for count in (20, 16):
            sent = (client.post("/v1/ask/batch", json=BATCH, timeout=60) for _ in range(count))
            found.append(sorted(reply.status_code for reply in await asyncio.gather(*sent)))
        return found

    at_once, later = slow(asked, queue=100)
    assert at_once == [200] * 16 + [503] * 4
    assert later == [200] * 16, "those that ended count no more"


def test_batches_leave_room_in_the_queue_to_single_questions(slow) -> None:
    async def asked(client: Any) -> tuple[list[int], list[str]]:
        sent = (client.post("/v1/ask/batch", json=BATCH, timeout=60) for _ in range(4))
        batches = [asyncio.ensure_future(one) for one in sent]
        single = []
        while not all(batch.done() for batch in batches):
            reply = await client.post("/v1/ask", json={"question": "How many?"}, timeout=60)
            single.append(reply.status_code)
        return single, [(await batch).text for batch in batches]

    single, batches = slow(asked, at_work=1, queue=2)
    assert set(single) == {200}
    assert ["".join(batches).count(kind) for kind in ('"result"', '"problem"')] == [12, 0]
