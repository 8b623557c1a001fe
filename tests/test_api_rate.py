"""Rates by key and address, proxies that are trusted, names that are ours, and CORS."""

import json
import logging
from typing import Any

import pytest
from conftest import FakeReader, answerer_over
from starlette.testclient import TestClient

from service.answerer import Answerer
from service.api.access import Access, address_of, checked_proxy, is_known_host
from service.api.app import create_app
from service.api.rate import RateLimit
from service.keys import add_key

QUESTION = {"question": "How many?"}
ORIGIN = "https://news.example.org"


@pytest.fixture(scope="module")
def answerer(tmp_path_factory) -> Answerer:
    return answerer_over(tmp_path_factory.mktemp("index"), {"note": "It was 16."}, {"16": 0.9})


def client_of(answerer: Answerer, access: Access, address: str = "192.0.2.7") -> TestClient:
    app = create_app(answerer, access=access)
    return TestClient(app, raise_server_exceptions=False, client=(address, 4000))


def statuses(client: TestClient, number: int, headers: Any = None) -> list[int]:
    sent = [client.post("/v1/ask", json=QUESTION, headers=headers) for _ in range(number)]
    return [response.status_code for response in sent]


def test_one_request_too_many_is_refused_and_told_when_to_come_back(answerer) -> None:
    client = client_of(answerer, Access(rate="3/day"))
    assert statuses(client, 3) == [200, 200, 200]
    response = client.post("/v1/ask", json=QUESTION)
    assert (response.status_code, response.json()["type"]) == (429, "/problems/too-many-requests")
    seconds = int(response.headers["retry-after"])
    assert 1 <= seconds <= 24 * 60 * 60
    assert f"in {seconds} seconds" in response.json()["detail"]


class Clock:
    """A clock that stands still until it is moved."""

    now = 10**15

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += int(seconds * 1e9)


def test_tokens_come_back_one_by_one() -> None:
    clock = Clock()
    limit = RateLimit("3/minute", clock)
    assert [limit.seconds_to_wait("a") for _ in range(5)] == [0, 0, 0, 20, 20]
    clock.move(19.5)
    assert limit.seconds_to_wait("a") == 1
    clock.move(0.5)
    assert [limit.seconds_to_wait("a") for _ in range(2)] == [0, 20]
    clock.move(3600)
    assert [limit.seconds_to_wait("a") for _ in range(4)] == [0, 0, 0, 20]
    assert limit.seconds_to_wait("b") == 0


def test_of_two_rates_the_stricter_one_holds_and_a_refusal_costs_nothing() -> None:
    clock = Clock()
    limit = RateLimit("1/second; 2/minute", clock)
    assert [limit.seconds_to_wait("a") for _ in range(2)] == [0, 1]
    clock.move(1)
    assert limit.seconds_to_wait("a") == 0
    clock.move(1)
    assert limit.seconds_to_wait("a") == 28  # of the thirty that a token takes, two have passed


def test_each_question_of_a_batch_counts_and_the_next_requests_wait_for_them(answerer) -> None:
    client = client_of(answerer, Access(rate="5/day"))
    batch = {"questions": [QUESTION] * 3}
    assert client.post("/v1/ask/batch", json={"questions": []}).status_code == 422
    assert client.post("/v1/ask/batch", json=batch).status_code == 200
    assert statuses(client, 2) == [200, 429]
    client = client_of(answerer, Access(rate="5/day"))
    assert [client.post("/v1/ask/batch", json=batch).status_code for _ in range(3)] == [
        200,
        200,
        429,
    ]
    assert int(client.post("/v1/ask", json=QUESTION).headers["retry-after"]) > 86_400 / 5


def test_many_callers_are_forgotten_when_their_time_is_over() -> None:
    clock = Clock()
    limit = RateLimit("1/second", clock)
    for number in range(50_000):
        assert limit.seconds_to_wait(f"address {number}") == 0
        clock.move(0.001)
    assert len(limit._full_at) <= 10_000
    assert limit.seconds_to_wait("address 49999") == 1


def test_without_a_rate_nothing_is_counted(answerer) -> None:
    assert statuses(client_of(answerer, Access()), 30) == [200] * 30


def test_pages_and_health_are_not_counted(answerer) -> None:
    client = client_of(answerer, Access(rate="1/day"))
    assert [client.get("/health/live").status_code for _ in range(5)] == [200] * 5
    assert [client.get("/").status_code for _ in range(5)] == [200] * 5
    assert statuses(client, 2) == [200, 429]


def test_each_key_is_counted_by_itself_wherever_it_comes_from(answerer, tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO, "attache.access")
    keys = tmp_path / "keys.json"
    first, second = (add_key(keys, name, ["ask"]) for name in ("first", "second"))
    client = client_of(answerer, Access(keys, rate="2/day"))
    headers = [{"Authorization": f"Bearer {token}"} for token in (first, second)]
    assert statuses(client, 3, headers[0]) == [200, 200, 429]
    assert statuses(client, 3, headers[1]) == [200, 200, 429]
    logged = [json.loads(record.getMessage())["key"] for record in caplog.records]
    assert logged == ["first"] * 3 + ["second"] * 3, "of what is refused too"


def test_wrong_keys_count_for_the_address(answerer, tmp_path) -> None:
    keys = tmp_path / "keys.json"
    good = {"Authorization": "Bearer " + add_key(keys, "good", ["ask"])}
    client = client_of(answerer, Access(keys, rate="3/day"))
    wrong = [{"Authorization": f"Bearer attache_{number}"} for number in range(5)]
    found = [statuses(client, 1, headers)[0] for headers in wrong]
    assert found == [401, 401, 401, 429, 429]
    assert statuses(client, 1, good) == [200]


def test_two_rates_hold_together(answerer) -> None:
    assert statuses(client_of(answerer, Access(rate="100/second; 2/day")), 3) == [200, 200, 429]


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_address_counts_with_its_network(address, counted_as) -> None:
    assert address_of({"client": (address, 1)}) == counted_as
    assert address_of({"client": None}) == "unknown"


def forwarded(*addresses: str) -> list[tuple[bytes, bytes]]:
    return [(b"X-Forwarded-For", ", ".join(addresses).encode("latin-1"))]


def test_forwarded_addresses_are_nothing_without_a_trusted_proxy(answerer) -> None:
    client = client_of(answerer, Access(rate="2/day"), "127.0.0.1")
    found = [statuses(client, 1, forwarded(f"198.51.100.{n}"))[0] for n in range(3)]
    assert found == [200, 200, 429]


def test_behind_a_trusted_proxy_the_address_that_it_added_counts(answerer) -> None:
    access = Access(rate="1/day", trusted_proxies=checked_proxy("10.0.0.0/8"))
    client = client_of(answerer, access, "10.0.0.1")
    assert statuses(client, 2, forwarded("198.51.100.1")) == [200, 429]
    assert statuses(client, 2, forwarded("198.51.100.2")) == [200, 429]
    for invented in ("203.0.113.1", "10.9.9.9", "127.0.0.1", "\xff", "a" * 5_000):
        value = forwarded(invented, "198.51.100.1", "10.0.0.2")
        assert statuses(client, 1, value) == [429], invented


def test_a_client_that_is_no_proxy_can_name_no_other_address(answerer) -> None:
    access = Access(rate="1/day", trusted_proxies=checked_proxy("10.0.0.1"))
    client = client_of(answerer, access, "10.0.0.2")
    assert statuses(client, 1, forwarded("198.51.100.1")) == [200]
    assert statuses(client, 1, forwarded("198.51.100.2")) == [429]


def test_a_proxy_is_known_in_both_forms_of_its_address() -> None:
    assert checked_proxy("10.1.0.0/16") == ("10.1.0.0/16", "::ffff:10.1.0.0/112")
    assert checked_proxy("::1") == ("::1/128",)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("localhost", True), ("LOCALHOST:8000", True), ("localhost.", True), ("127.0.0.1", True),
        ("127.0.0.1:80", True), ("[::1]:8000", True), ("192.0.2.1", True), ("ours.example", True),
        ("Ours.Example:8000", True), ("evil.example", False), ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False), ("evil.example:127", False), ("", False),
        ("ours.example@evil.example", False), ("ours.example/", False), ("a b", False),
        ("[::1", False), ("localhost:port", False), ("\xff", False), ("ours.example:80:80", False),
    ],
)  # fmt: skip
def test_addresses_and_our_names_are_known_others_not(value, known) -> None:
    assert is_known_host(value, ("ours.example",)) is known


def test_a_page_that_points_its_own_name_here_reads_nothing(answerer) -> None:
    client = client_of(answerer, Access(hosts=("127.0.0.1",)), "127.0.0.1")
    for path in ("/", "/v1/documents", "/health/live", "/metrics"):
        response = client.get(path, headers={"Host": "evil.example:8000"})
        assert (response.status_code, response.json()["type"]) == (421, "/problems/unknown-host")
        assert "--allow-host" in response.json()["detail"]
        assert client.get(path, headers={"Host": "localhost:8000"}).status_code == 200
    twice = [(b"Host", b"localhost"), (b"Host", b"localhost")]
    assert client.get("/", headers=twice).status_code == 421


def test_without_an_origin_that_is_allowed_no_page_elsewhere_may_read(answerer) -> None:
    client = client_of(answerer, Access())
    response = client.post("/v1/ask", json=QUESTION, headers={"Origin": ORIGIN})
    assert not [name for name in response.headers if name.startswith("access-control")]
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    assert client.options("/v1/ask", headers=preflight).status_code == 405


@pytest.fixture
def shared(answerer, tmp_path) -> TestClient:
    add_key(tmp_path / "keys.json", "some", ["ask"])
    access = Access(tmp_path / "keys.json", rate="1/day", origins=(ORIGIN,))
    return client_of(answerer, access)


def test_an_allowed_origin_s_preflight_needs_no_key(shared) -> None:
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    for _ in range(3):  # nor is it counted
        response = shared.options("/v1/ask", headers=preflight)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "authorization" in response.headers["access-control-allow-headers"].lower()
    refused = shared.options("/v1/ask", headers=preflight | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers


def test_problems_can_be_read_from_an_allowed_origin_alone(shared) -> None:
    for status in (401, 429):
        response = shared.post("/v1/ask", json=QUESTION, headers={"Origin": ORIGIN})
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "Retry-After" in response.headers["access-control-expose-headers"]
    response = shared.post("/v1/ask", json=QUESTION, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers


def test_a_defect_s_reply_can_be_read_too(answerer) -> None:
    class Defective(FakeReader):
        def read(self, question: str, hits: Any) -> Any:
            raise ZeroDivisionError

    app = create_app(Answerer(answerer.index, Defective({})), access=Access(origins=(ORIGIN,)))
    client = TestClient(app, raise_server_exceptions=False)
    response = client.post("/v1/ask", json=QUESTION, headers={"Origin": ORIGIN})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == ORIGIN
