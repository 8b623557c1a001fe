"""The metrics: what is counted, by which labels, and that nothing is shared."""

from collections.abc import Sequence

import pytest
from conftest import FakeEncoder, FakeReader, answerer_over
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from index.index import Index
from index.records import Hit
from service.answerer import Answerer
from service.api.app import create_app
from service.records import Span


def api(answerer: Answerer) -> TestClient:
    return TestClient(create_app(answerer), raise_server_exceptions=False)


@pytest.fixture
def client(tmp_path) -> TestClient:
    return api(answerer_over(tmp_path, {"note": "It was 16."}, {"16": 0.9}))


def sample(client: TestClient, name: str, **labels: str) -> float | None:
    """Return the value of a metric with these labels, or None where there is none."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for found in family.samples:
            if (found.name, found.labels) == (name, labels):
                return float(found.value)
    return None


def test_the_metrics_are_in_prometheus_s_text_format(client) -> None:
    assert client.get("/metrics").headers["content-type"].startswith("text/plain; version=")


def test_requests_are_counted_by_route_and_status(client) -> None:
    for question in ("How many?", "Which?", ""):
        client.post("/v1/ask", json={"question": question})
    counted = "attache_requests_total"
    assert sample(client, counted, method="POST", route="/v1/ask", status="200") == 2
    assert sample(client, counted, method="POST", route="/v1/ask", status="422") == 1
    assert sample(client, "attache_request_seconds_count", route="/v1/ask") == 3


def test_answers_and_abstentions_are_counted(client) -> None:
    for least in (0.1, 0.2, 1.0):
        client.post("/v1/ask", json={"question": "How many?", "min_confidence": least})
    client.post("/v1/ask", json={"question": ""})
    assert sample(client, "attache_questions_total", answered="true") == 2
    assert sample(client, "attache_questions_total", answered="false") == 1


def test_a_route_is_counted_by_its_pattern_so_that_addresses_make_no_labels(client) -> None:
    for name in ("note", "other", "%00"):
        client.get(f"/v1/documents/{name}")
    for path in ("/nothing", "/%ff", "/v2/x"):
        client.get(path)
    counted, pattern = "attache_requests_total", "/v1/documents/{document_id}"
    assert sample(client, counted, method="GET", route=pattern, status="200") == 1
    assert sample(client, counted, method="GET", route=pattern, status="404") == 2
    assert sample(client, counted, method="GET", route="none", status="404") == 3


def test_a_request_refused_before_its_route_is_counted_with_it(client) -> None:
    client.post("/v1/ask", content=b" " * 70_000)
    client.delete("/v1/documents/note")
    counted, pattern = "attache_requests_total", "/v1/documents/{document_id}"
    assert sample(client, counted, method="POST", route="/v1/ask", status="413") == 1
    assert sample(client, counted, method="DELETE", route=pattern, status="401") == 1


def test_what_is_counted_is_shown_as_zero_before_it_happens(client) -> None:
    assert sample(client, "attache_questions_total", answered="true") == 0
    assert sample(client, "attache_questions_total", answered="false") == 0
    for reason in ("overloaded", "timed-out", "client-gone"):
        assert sample(client, "attache_refusals_total", reason=reason) == 0


def test_a_defect_is_counted(tmp_path) -> None:
    class Defective(FakeReader):
        def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
            raise ZeroDivisionError

    index = answerer_over(tmp_path, {"note": "It was 16."}, {}).index
    client = api(Answerer(index, Defective({})))
    client.post("/v1/ask", json={"question": "How many?"})
    assert (
        sample(client, "attache_requests_total", method="POST", route="/v1/ask", status="500") == 1
    )


def test_the_generation_is_the_index_s(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "It was 16."}, {})
    client = api(answerer)
    assert sample(client, "attache_index_generation") == 1
    answerer.index.remove("note")
    assert sample(client, "attache_index_generation") == 2


def test_without_an_index_there_are_metrics_all_the_same(tmp_path) -> None:
    client = api(Answerer(Index(tmp_path, FakeEncoder()), FakeReader({})))
    generation = sample(client, "attache_index_generation")
    assert generation is not None
    assert generation != generation  # NaN


def test_two_applications_count_apart(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "It was 16."}, {})
    one, other = api(answerer), api(answerer)
    one.get("/health/live")
    asked = {"method": "GET", "route": "/health/live", "status": "200"}
    assert sample(one, "attache_requests_total", **asked) == 1
    assert sample(other, "attache_requests_total", **asked) is None


def test_each_stage_of_a_question_is_timed(client) -> None:
    client.post("/v1/ask", json={"question": "How many?"})
    client.post("/v1/search", json={"question": "How many?"})
    for stage in ("queue", "encode", "search", "read"):
        assert sample(client, "attache_stage_seconds_count", stage=stage) == 2


def test_the_size_of_the_index_and_of_the_queue_are_told(client) -> None:
    assert sample(client, "attache_index_documents") == 1
    assert sample(client, "attache_index_passages") == 1
    assert sample(client, "attache_at_work") == 0
    assert sample(client, "attache_queued") == 0


def test_an_unheard_of_method_makes_no_label(client) -> None:
    for method in ("BREW", "WHEN"):
        client.request(method, "/health/live")
    counted = {"method": "other", "route": "/health/live", "status": "405"}
    assert sample(client, "attache_requests_total", **counted) == 2
