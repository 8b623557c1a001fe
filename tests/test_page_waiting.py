"""The page when an answer is slow, and when there is none because something went wrong."""

import threading
from collections.abc import Sequence

import pytest
from conftest import FakeEncoder, FakeReader, markdown
from page_browser import site_over

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
    visit.expect(str(status))
    visit.page.route(
        "**/v1/ask",
        lambda route: route.fulfill(status=status, body=body, headers=headers),
        times=1,
    )


def test_a_slow_answer_is_waited_for_in_sight_and_then_shown(visit, reader) -> None:
    visit.ask("A slow one?")
    visit.page.locator("#waiting").wait_for()
    assert visit.page.get_by_role("progressbar", name="Looking through the documents").is_visible()
    assert visit.page.get_by_role("status").inner_text() == "Looking through the documents…"
    assert visit.page.locator("#result").get_attribute("aria-busy") == "true"
    visit.page.get_by_text("1 s", exact=True).wait_for()
    reader.free.set()
    visit.page.locator(".answer").wait_for()
    assert not visit.page.locator("#waiting").is_visible()
    assert visit.page.locator("#result").get_attribute("aria-busy") is None


def test_a_slow_answer_can_be_cancelled(visit, reader) -> None:
    visit.ask("A slow one?")
    visit.page.get_by_role("button", name="Cancel").press("Enter")
    visit.page.get_by_role("status").get_by_text("Cancelled.").wait_for(state="attached")
    assert not visit.page.locator("#waiting").is_visible()
    assert visit.page.evaluate("document.activeElement.id") == "question"
    assert visit.page.locator("#asked li").count() == 0
    visit.ask("A quick one?")
    visit.page.locator(".answer").wait_for()


def test_who_waits_on_the_cancel_button_is_led_to_the_answer(visit, reader) -> None:
    visit.ask("A slow one?")
    visit.page.get_by_role("button", name="Cancel").focus()
    reader.free.set()
    visit.page.locator(".answer").wait_for()
    assert visit.page.evaluate("document.activeElement.className") == "answer"


def test_a_late_answer_does_not_take_the_place_of_a_newer_one(visit, reader) -> None:
    visit.ask("A slow one?")
    visit.page.locator("#waiting").wait_for()
    visit.page.get_by_label("Your question").fill("A quick one?")
    visit.page.keyboard.press("Enter")
    visit.page.locator(".answer").wait_for()
    reader.free.set()
    visit.page.reload()
    visit.page.locator(".answer").wait_for()
    assert visit.page.locator("#asked li").all_inner_texts() == ["A quick one?"]


@pytest.mark.parametrize(
    ("status", "title"),
    [(429, "Too many questions in a short time."), (503, "The server is busy.")],
)
def test_a_server_at_its_limit_says_when_to_try_again(visit, status, title) -> None:
    answer_with(visit, status, **{"Retry-After": "7"})
    visit.ask("How many?")
    problem = visit.page.get_by_role("alert")
    assert problem.locator("h2").inner_text() == title
    assert problem.locator("p").first.inner_text() == "Try again in 7 seconds."
    problem.get_by_role("button", name="Try again").click()
    visit.page.locator(".answer").wait_for()
    assert not problem.is_visible()


def test_a_problem_is_told_in_its_own_words(visit) -> None:
    body = '{"title": "The index is being changed", "detail": "A rebuild runs.", "errors": []}'
    answer_with(visit, 503, body, **{"Retry-After": "300"})
    visit.ask("How many?")
    problem = visit.page.get_by_role("alert")
    assert problem.locator("h2").inner_text() == "The index is being changed"
    assert problem.locator("p").first.inner_text() == "A rebuild runs. Try again in 5 minutes."


def test_a_reply_that_is_none_of_ours_is_a_problem_like_any_other(visit) -> None:
    answer_with(visit, 502, "<html>Bad gateway</html>")
    visit.ask("How many?")
    title = visit.page.get_by_role("alert").locator("h2")
    assert title.inner_text() == "The server's reply can't be read (status 502)."


def test_without_a_connection_the_page_says_so_and_tries_again_when_told(visit) -> None:
    visit.expect("ERR_INTERNET_DISCONNECTED")
    visit.page.goto("/")
    visit.context.set_offline(True)
    visit.page.get_by_label("Your question").fill("How many?")
    visit.page.keyboard.press("Enter")
    problem = visit.page.get_by_role("alert")
    assert problem.locator("h2").inner_text() == "The server can't be reached."
    visit.context.set_offline(False)
    problem.get_by_role("button", name="Try again").click()
    visit.page.locator(".answer").wait_for()
