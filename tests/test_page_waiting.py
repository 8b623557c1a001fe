"""The page when an answer is slow, and when there is none because something went wrong."""

import threading
from collections.abc import Sequence

import pytest
from conftest import FakeEncoder, FakeReader, markdown
from page_browser import expect, site_over

from index.index import Index
from index.records import Hit
from service.answerer import Answerer
from service.records import Span


class HeldReader(FakeReader):
    """Reads questions that say «slow» only once it is let go."""

    def __init__(self) -> None:
        super().__init__({"16": 0.93, "20": 0.8})
        self.free = threading.Event()

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        if "slow" in question:
            self.free.wait(60)
        return super().read(question, hits)


@pytest.fixture(scope="module")
def reader():
    return HeldReader()


@pytest.fixture(scope="module")
def site(tmp_path_factory, reader):
    index = Index(tmp_path_factory.mktemp("index"), FakeEncoder())
    index.add(markdown("It was 16.", "note"))
    with site_over(Answerer(index, reader)) as site:
        yield site


@pytest.fixture
def visit(site, reader):
    reader.free.clear()
    with site.visit() as visit:
        yield visit
        reader.free.set()


def answer_with(visit, status: int, body: str = "", **headers: str) -> None:
    """Let the next question get this reply, and those after it the server's own."""
    visit.allow(str(status))
    visit.page.route(
        "**/v1/ask",
        lambda route: route.fulfill(status=status, body=body, headers=headers),
        times=1,
    )


def test_a_slow_answer_is_waited_for_in_sight_and_then_shown(visit, reader) -> None:
    waiting, result = visit.page.locator("#waiting"), visit.page.locator("#result")
    told, elapsed = visit.page.get_by_role("status"), visit.page.locator("#elapsed")
    clock = visit.page.clock  # the page's time passes only when it is told to
    clock.install(time=0)
    clock.pause_at(3_600)
    visit.ask("A slow one?")
    expect(result).to_have_attribute("aria-busy", "true")
    clock.run_for(299)
    expect(waiting).to_be_hidden()
    clock.run_for(1)
    expect(waiting.get_by_role("progressbar", name="Looking through the documents")).to_be_visible()
    expect(told).to_have_text("Looking through the documents…")
    expect(elapsed).to_have_text("")
    clock.run_for(700)
    expect(elapsed).to_have_text("1 s")
    clock.run_for(3_000)
    expect(elapsed).to_have_text("4 s")
    expect(told).to_have_text("Still looking…")
    reader.free.set()
    expect(visit.page.locator(".answer")).to_be_visible()
    expect(waiting).to_be_hidden()
    expect(result).not_to_have_attribute("aria-busy", "true")


def test_a_slow_answer_can_be_cancelled(visit, reader) -> None:
    visit.ask("A slow one?")
    visit.page.get_by_role("button", name="Cancel").press("Enter")
    expect(visit.page.get_by_role("status")).to_have_text("Cancelled.")
    expect(visit.page.locator("#waiting")).to_be_hidden()
    expect(visit.page.get_by_label("Your question")).to_be_focused()
    reader.free.set()
    visit.ask_here("A quick one?")
    expect(visit.page.locator(".answer")).to_be_visible()
    expect(visit.page.locator("#asked li")).to_have_text(["A quick one?"])


def test_who_waits_on_the_cancel_button_is_led_to_the_answer(visit, reader) -> None:
    visit.ask("A slow one?")
    visit.page.get_by_role("button", name="Cancel").focus()
    reader.free.set()
    expect(visit.page.locator(".answer")).to_be_focused()


def test_a_late_answer_does_not_take_the_place_of_a_newer_one(visit, reader) -> None:
    visit.ask("A slow one?")
    expect(visit.page.locator("#waiting")).to_be_visible()
    with visit.page.expect_event("requestfailed"):  # given up: no reply to it can come any more
        visit.ask_here("A quick one?")
    expect(visit.page.locator(".answer")).to_be_visible()
    reader.free.set()
    visit.ask_here("Another quick one?")
    expect(visit.page.locator("#asked li")).to_have_text(["Another quick one?", "A quick one?"])


@pytest.mark.parametrize(
    ("status", "title"),
    [(429, "Too many questions in a short time."), (503, "The server is busy.")],
)
def test_a_server_at_its_limit_says_when_to_try_again(visit, status, title) -> None:
    answer_with(visit, status, **{"Retry-After": "7"})
    visit.ask("How many?")
    problem = visit.page.get_by_role("alert")
    expect(problem.locator("h2")).to_have_text(title)
    expect(problem.locator("p").first).to_have_text("Try again in 7 seconds.")
    problem.get_by_role("button", name="Try again").click()
    expect(visit.page.locator(".answer")).to_be_visible()
    expect(problem).to_be_hidden()


def test_a_problem_is_told_in_its_own_words(visit) -> None:
    body = '{"title": "The index is being changed", "detail": "A rebuild runs.", "errors": []}'
    answer_with(visit, 503, body, **{"Retry-After": "300"})
    visit.ask("How many?")
    problem = visit.page.get_by_role("alert")
    expect(problem.locator("h2")).to_have_text("The index is being changed")
    expect(problem.locator("p").first).to_have_text("A rebuild runs. Try again in 5 minutes.")


def test_a_reply_that_is_none_of_ours_is_a_problem_like_any_other(visit) -> None:
    answer_with(visit, 502, "<html>Bad gateway</html>")
    visit.ask("How many?")
    expect(visit.page.get_by_role("alert").locator("h2")).to_have_text(
        "The server's reply can't be read (status 502)."
    )


def test_without_a_connection_the_page_says_so_and_tries_again_when_told(visit) -> None:
    visit.allow("ERR_INTERNET_DISCONNECTED")
    visit.page.goto("/")
    visit.context.set_offline(True)
    visit.ask_here("How many?")
    problem = visit.page.get_by_role("alert")
    expect(problem.locator("h2")).to_have_text("The server can't be reached.")
    visit.context.set_offline(False)
    problem.get_by_role("button", name="Try again").click()
    expect(visit.page.locator(".answer")).to_be_visible()
