"""The page's filters, the address that asks the same again, and the questions asked before."""

import re

import pytest
from page_browser import expect

from corpus.document import is_country


def titles(visit):
    """The documents that the answer and its support are cited from."""
    return visit.page.locator(".answer cite, .list:has-text('say the same') cite")


def asked_before(visit):
    return visit.page.locator("#asked li")


def test_a_relation_narrows_the_search(visit) -> None:
    visit.page.goto("/")
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_label("Korea and Uzbekistan").check()
    visit.page.get_by_label("Your question").fill("How many were built?")
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    expect(titles(visit)).to_have_text(["Buses in Tashkent"])
    expect(visit.page).to_have_url("/?q=How+many+were+built%3F&tag=korea-uzbekistan")
    expect(visit.page.locator("#in-use")).to_have_text(": Korea and Uzbekistan")
    searched = visit.page.locator(".foot")
    expect(searched).to_contain_text(
        re.compile(r"Searched what the filters leave of \d+ documents")
    )
    visit.page.get_by_label("Korea and Uzbekistan").uncheck()
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    expect(searched).to_contain_text(re.compile(r"Searched \d+ documents"))


def test_a_filter_that_no_document_meets_is_named(visit) -> None:
    visit.page.goto("/?q=How+many%3F&tag=Rumour")
    expect(visit.page.locator(".abstention")).to_contain_text("No document has the tag Rumour.")


def test_several_countries_can_be_chosen_one_after_the_other(visit) -> None:
    visit.page.goto("/?q=How+many+were+built%3F")
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_label("Country", exact=True).select_option("Uzbekistan")
    visit.page.get_by_label("Another country").select_option("Mexico")
    expect(visit.page.get_by_label("Another country")).to_have_count(2)
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    expect(visit.page).to_have_url("/?q=How+many+were+built%3F&country=UZ&country=MX")
    expect(titles(visit)).to_have_text(["Ships of Mexico"])
    visit.page.get_by_label("Country", exact=True).select_option("")
    visit.page.get_by_label("Another country").first.select_option("")
    expect(visit.page.locator("#countries select")).to_have_count(1)


def test_dates_narrow_the_search_as_partial_as_they_are(visit) -> None:
    visit.page.goto("/?q=How+many+were+built%3F")
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_label("Published from").fill("2021-06")
    visit.page.get_by_label("Published to").fill("2021")
    visit.page.get_by_label("Published to").press("Enter")
    expect(visit.page).to_have_url("/?q=How+many+were+built%3F&from=2021-06&to=2021")
    expect(titles(visit)).to_have_text(["Aircraft in Peru"])


def test_a_link_asks_the_same_again_with_every_filter(visit, site) -> None:
    visit.page.goto("/?q=How+many%3F&tag=korea-lac&tag=rumour&country=MX&from=2019&to=2020-01")
    expect(titles(visit)).to_have_text(["Ships of Mexico"])
    with site.visit(permissions=["clipboard-read", "clipboard-write"]) as other:
        other.page.goto(visit.page.url)
        expect(titles(other)).to_have_text(["Ships of Mexico"])
        expect(other.page.get_by_label("Korea and Latin America")).to_be_checked()
        expect(other.page.get_by_label("rumour")).to_be_checked()
        expect(other.page.get_by_label("Country", exact=True)).to_have_value("MX")
        expect(other.page.get_by_label("Published to")).to_have_value("2020-01")
        other.page.get_by_role("button", name="Copy a link to this question").click()
        expect(other.page.get_by_role("status")).to_have_text("Link copied.")
        assert other.page.evaluate("navigator.clipboard.readText()") == visit.page.url


def test_going_back_asks_the_question_before(visit) -> None:
    visit.page.goto("/?q=How+many+were+built%3F&tag=korea-uzbekistan")
    expect(titles(visit)).to_have_text(["Buses in Tashkent"])
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_role("button", name="Clear the filters").click()
    visit.page.get_by_label("Your question").press("Enter")
    expect(titles(visit).first).to_have_text("Aircraft in Peru")
    expect(visit.page).to_have_url("/?q=How+many+were+built%3F")
    visit.page.go_back()
    expect(titles(visit)).to_have_text(["Buses in Tashkent"])
    expect(visit.page.locator("#in-use")).to_have_text(": Korea and Uzbekistan")


@pytest.mark.parametrize(
    ("filters", "label"),
    [("from=20x", "Published from"), ("country=PE&country=ZZ", "Another country")],
)
def test_a_wrong_filter_is_named_marked_and_focused(visit, filters, label) -> None:
    visit.allow("422")
    visit.page.goto(f"/?q=How+many%3F&{filters}")
    problem = visit.page.get_by_role("alert").locator("li")
    expect(problem).to_have_text(re.compile(f"^{label}: "))
    field = visit.page.locator("[aria-invalid]")
    expect(field).to_have_count(1)
    expect(field).to_be_focused()
    expect(field).to_be_visible()


def test_the_countries_offered_are_those_of_iso_3166(visit) -> None:
    visit.page.goto("/")
    groups = visit.page.evaluate(
        "import('/assets/countries.js').then(({COUNTRIES}) => COUNTRIES.map(([, codes]) => codes))"
    )
    codes = [code for group in groups for code in group]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    every = {first + second for first in letters for second in letters}
    assert sorted(codes) == sorted(code for code in every if is_country(code))


def test_questions_asked_before_are_kept_latest_first_and_once(visit) -> None:
    for address in ("q=One%3F", "q=Two%3F&tag=korea-peru&from=2020", "q=One%3F"):
        visit.page.goto(f"/?{address}")
        expect(visit.page.locator(".answer, .abstention")).to_be_visible()
    visit.page.goto("/")
    expect(asked_before(visit)).to_have_text(["One?", "Two? Korea and Peru, from 2020"])
    visit.page.locator("#asked a").last.click()
    expect(visit.page).to_have_url("/?q=Two%3F&tag=korea-peru&from=2020")


def test_questions_asked_before_can_be_cleared(visit) -> None:
    visit.page.goto("/?q=One%3F")
    visit.page.get_by_role("button", name="Clear the questions asked before").click()
    told = visit.page.get_by_role("status")
    expect(told).to_have_text("The questions asked before are cleared.")
    expect(visit.page.locator("#asked")).to_be_hidden()
    assert visit.page.evaluate("localStorage.length") == 0
    expect(visit.page.get_by_label("Your question")).to_be_focused()


@pytest.mark.parametrize("kept", ["no JSON", "{}", '[3, "javascript:alert(1)", "//elsewhere"]'])
def test_what_is_kept_may_be_anything(visit, kept) -> None:
    visit.page.goto("/")
    visit.page.evaluate("kept => localStorage.setItem('attache.asked', kept)", kept)
    visit.page.reload()
    expect(visit.page.get_by_label("Country", exact=True)).to_be_attached()
    expect(asked_before(visit)).to_have_count(0)
    visit.ask_here("One?")
    expect(asked_before(visit)).to_have_text(["One?"])


def test_a_browser_that_keeps_nothing_still_asks(visit) -> None:
    visit.context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new Error('forbidden'); } });"
    )
    visit.ask("How many were built in Peru?")
    expect(titles(visit).first).to_have_text("Aircraft in Peru")
