"""The page where the service asks for a key: asked once, kept in the tab, and forgotten when told."""

import pytest
from page_browser import expect

RIGHT = "Bearer right-key"


@pytest.fixture
def visit(site):
    """A tab whose requests of the API are let through only with the right key."""
    with site.visit() as visit:
        visit.allow("401", "403")
        visit.context.route("**/v1/**", guard)
        yield visit


def guard(route) -> None:
    given = route.request.headers.get("authorization")
    if given == RIGHT:
        route.continue_()
    elif given == "Bearer read-only":
        title = {"title": "The key does not allow this", "detail": "It lacks the scope ask."}
        route.fulfill(status=403, json=title)
    else:
        route.fulfill(status=401, json={"title": "A key is needed", "detail": "Send one."})


def give_key(visit, key: str) -> None:
    visit.page.get_by_label("Access key").fill(key)
    visit.page.get_by_role("button", name="Continue").click()


def test_the_key_is_asked_for_once_and_sent_from_then_on(visit) -> None:
    visit.ask("How many were built in Peru?")
    dialog = visit.page.get_by_role("dialog", name="This service asks for a key")
    field = dialog.get_by_label("Access key")
    expect(field).to_have_attribute("type", "password")
    expect(field).to_be_focused()
    give_key(visit, " right-key ")
    expect(visit.page.locator(".answer")).to_be_visible()
    expect(dialog).to_be_hidden()
    visit.page.reload()
    expect(visit.page.locator(".answer")).to_be_visible()
    visit.page.get_by_role("link", name="Read it in the document").first.click()
    expect(visit.page.locator("article mark")).to_be_visible()


def test_the_key_is_kept_in_the_tab_alone(visit) -> None:
    visit.ask("How many were built in Peru?")
    give_key(visit, "right-key")
    expect(visit.page.locator(".answer")).to_be_visible()
    kept = visit.page.evaluate("[JSON.stringify(localStorage), document.cookie, location.href]")
    assert not any("right-key" in place for place in kept)
    assert visit.page.evaluate("sessionStorage['attache.key']") == "right-key"
    other = visit.context.new_page()
    other.goto(visit.page.url)
    expect(other.get_by_role("dialog")).to_be_visible()


def test_a_wrong_key_is_told_and_asked_for_again(visit) -> None:
    visit.ask("How many were built in Peru?")
    give_key(visit, "wrong-key")
    dialog = visit.page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("That key was not accepted.")
    field = dialog.get_by_label("Access key")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("")
    give_key(visit, "right-key")
    expect(visit.page.locator(".answer")).to_be_visible()


@pytest.mark.parametrize("key", ["", "two words", "clé"])
def test_what_can_be_no_key_is_not_sent(visit, key) -> None:
    visit.ask("How many were built in Peru?")
    give_key(visit, key)
    told = visit.page.get_by_role("dialog").get_by_role("alert")
    expect(told).to_have_text("A key has letters, digits and signs without spaces.")
    give_key(visit, "right-key")
    expect(visit.page.locator(".answer")).to_be_visible()
    assert visit.asked() == 2, "once without a key and once with the right one"


def test_without_a_key_the_page_says_what_it_needs_and_asks_when_told(visit) -> None:
    visit.ask("How many were built in Peru?")
    visit.page.get_by_label("Access key").press("Escape")
    problem = visit.page.get_by_role("alert")
    expect(problem.locator("h2")).to_have_text("A key is needed.")
    problem.get_by_role("button", name="Enter the key").click()
    expect(visit.page.get_by_role("dialog").get_by_role("alert")).to_have_text("")
    give_key(visit, "right-key")
    expect(visit.page.locator(".answer")).to_be_visible()


def test_a_key_that_may_not_ask_can_be_changed(visit) -> None:
    visit.ask("How many were built in Peru?")
    give_key(visit, "read-only")
    problem = visit.page.get_by_role("alert")
    expect(problem.locator("h2")).to_have_text("The key does not allow this")
    problem.get_by_role("button", name="Use another key").click()
    give_key(visit, "right-key")
    expect(visit.page.locator(".answer")).to_be_visible()


def test_the_key_can_be_forgotten(visit) -> None:
    visit.ask("How many were built in Peru?")
    expect(visit.page.get_by_label("Access key")).to_be_visible()
    forget = visit.page.get_by_text("Forget the key")
    expect(forget).to_have_count(0)
    give_key(visit, "right-key")
    expect(visit.page.locator(".answer")).to_be_visible()
    forget.click()
    expect(visit.page.get_by_role("status")).to_have_text("The key is forgotten.")
    expect(forget).to_have_count(0)
    assert visit.page.evaluate("sessionStorage['attache.key']") is None
    visit.page.get_by_label("Your question").press("Enter")
    expect(visit.page.get_by_label("Access key")).to_be_visible()


def test_the_document_page_asks_for_the_key_too(visit) -> None:
    visit.page.goto("/documents/peru#c0-2")
    give_key(visit, "read-only")
    visit.page.get_by_role("button", name="Use another key").click()
    give_key(visit, "right-key")
    expect(visit.page.locator("article mark")).to_have_text("##")
