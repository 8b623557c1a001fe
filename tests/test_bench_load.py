"""The benchmark's load: what is sent is counted, and when it is back to normal is told."""

from pathlib import Path

import pytest
from asking import Server
from conftest import FakeEncoder, markdown

from corpus.errors import InvalidSetting
from eval.bench.load import recovered, send
from eval.bench.load_process import Job, Sent
from index.index import Index

ASK = ("/v1/ask", '{"question": "How many?"}')


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("load")
    Index(folder / "index", FakeEncoder()).add(markdown("It was 16.", "note"))
    server = Server(folder / "index", folder / "server.py", seconds=0)
    yield server.port
    server.stop()


def test_at_a_rate_as_many_are_sent_as_go_into_the_time(port) -> None:
    sent = send(Job(port, 1, [ASK, ("/health/live", "")], rate=10, slow=4))
    assert len(sent) == 10
    assert {one.status for one in sent} == {200}
    assert {one.generation for one in sent} == {1, None}


def test_clients_send_one_request_after_the_other(port) -> None:
    sent = send(Job(port, 0.5, [ASK], clients=2))
    assert len(sent) >= 2
    assert {(one.status, one.generation) for one in sent} == {(200, 1)}


def test_what_gets_no_reply_is_counted_as_such() -> None:
    assert {one.status for one in send(Job(1, 0.1, [ASK], rate=20))} == {0}


def test_a_sender_that_fails_says_why() -> None:
    with pytest.raises(
        InvalidSetting, match=r"(?s)The sender of requests failed: .*ZeroDivisionError"
    ):
        send(Job(1, 1, [], rate=5))


@pytest.mark.parametrize(
    ("ms", "seconds"),
    [([5, 5, 5], 0), ([50, 50, 5, 5], 2), ([50, 5, 50, 5], 3), ([50, 50], float("inf"))],
)
def test_it_is_back_to_normal_from_the_first_request_on_after_which_all_are_quick(
    ms, seconds
) -> None:
    sent = [Sent(at, took, 200, None) for at, took in enumerate(ms)]
    assert recovered(sent, 10) == seconds


def test_a_refusal_is_not_normal_however_quick() -> None:
    assert recovered([Sent(0, 1, 503, None), Sent(1, 1, 200, None)], 10) == 1
