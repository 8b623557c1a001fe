"""The page's filters, the address that asks the same again, and the questions asked before."""

from urllib.parse import urlsplit

import pytest
from page_browser import site_over
from page_documents import page_answerer

from corpus.document import is_country


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with site_over(page_answerer(tmp_path_factory.mktemp("index"))) as site:
        yield site


@pytest.fixture
def visit(site):
    with site.visit() as visit:
        yield visit


def query(visit) -> str:
    return urlsplit(visit.page.url).query


def titles(visit) -> list[str]:
    """The documents that the answer and its support are cited from."""
    visit.page.locator(".answer, .abstention").wait_for()
    return visit.page.locator(".answer cite, .list:has-text('say the same') cite").all_inner_texts()


def asked_before(visit) -> list[str]:
    return visit.page.locator("#asked li").all_inner_texts()


def test_a_relation_narrows_the_search(visit) -> None:
    visit.page.goto("/")
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_label("Korea and Uzbekistan").check()
    visit.page.get_by_label("Your question").fill("How many were built?")
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    assert titles(visit) == ["Buses in Tashkent"]
    assert query(visit) == "q=How+many+were+built%3F&tag=korea-uzbekistan"
    assert visit.page.locator("#in-use").inner_text() == ": Korea and Uzbekistan"


def test_several_countries_can_be_chosen_one_after_the_other(visit) -> None:
    visit.page.goto("/?q=How+many+were+built%3F")
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_label("Country", exact=True).select_option("Uzbekistan")
    visit.page.get_by_label("Another country").select_option("Mexico")
    assert visit.page.get_by_label("Another country").count() == 2
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    visit.page.wait_for_url("**country=UZ&country=MX")
    assert titles(visit) == ["Ships of Mexico"]
    visit.page.get_by_label("Country", exact=True).select_option("")
    visit.page.get_by_label("Another country").first.select_option("")
    assert visit.page.locator("#countries select").count() == 1


def test_dates_narrow_the_search_as_partial_as_they_are(visit) -> None:
    visit.page.goto("/?q=How+many+were+built%3F")
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_label("Published from").fill("2021-06")
    visit.page.get_by_label("Published to").fill("2021")
    visit.page.get_by_label("Published to").press("Enter")
    visit.page.wait_for_url("**from=2021-06&to=2021")
    assert titles(visit) == ["Aircraft in Peru"]


def test_a_link_asks_the_same_again_with_every_filter(visit, site) -> None:
    visit.page.goto("/?q=How+many%3F&tag=korea-lac&tag=rumour&country=MX&from=2019&to=2020-01")
    assert titles(visit) == ["Ships of Mexico"]
    with site.visit(permissions=["clipboard-read", "clipboard-write"]) as other:
        other.page.goto(visit.page.url)
        assert titles(other) == ["Ships of Mexico"]
        assert other.page.get_by_label("Korea and Latin America").is_checked()
        assert other.page.get_by_label("rumour").is_checked()
        assert other.page.get_by_label("Country", exact=True).input_value() == "MX"
        assert other.page.get_by_label("Published to").input_value() == "2020-01"
        other.page.get_by_role("button", name="Copy a link to this question").click()
        other.page.get_by_role("status").get_by_text("Link copied.").wait_for()
        assert other.page.evaluate("navigator.clipboard.readText()") == visit.page.url


def test_going_back_asks_the_question_before(visit) -> None:
    visit.page.goto("/?q=How+many+were+built%3F&tag=korea-uzbekistan")
    assert titles(visit) == ["Buses in Tashkent"]
    visit.page.get_by_text("Narrow the search").click()
    visit.page.get_by_role("button", name="Clear the filters").click()
    visit.page.get_by_label("Your question").press("Enter")
    visit.page.locator("cite", has_text="Aircraft in Peru").first.wait_for()
    assert query(visit) == "q=How+many+were+built%3F"
    visit.page.go_back()
    visit.page.locator(".answer cite", has_text="Buses in Tashkent").wait_for()
    assert visit.page.locator("#in-use").inner_text() == ": Korea and Uzbekistan"


@pytest.mark.parametrize(
    ("filters", "label"),
    [("from=20x", "Published from"), ("country=PE&country=ZZ", "Another country")],
)
def test_a_wrong_filter_is_named_marked_and_focused(visit, filters, label) -> None:
    visit.expect("422")
    visit.page.goto(f"/?q=How+many%3F&{filters}")
    problem = visit.page.get_by_role("alert")
    problem.locator("h2").wait_for()
    assert problem.locator("li").inner_text().startswith(f"{label}: ")
    field = visit.page.locator("[aria-invalid]")
    assert field.count() == 1
    assert field.evaluate("field => field === document.activeElement")
    assert field.is_visible()


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
        visit.page.locator(".answer, .abstention").wait_for()
    visit.page.goto("/")
    assert [" ".join(line.split()) for line in asked_before(visit)] == [
        "One?",
        "Two? Korea and Peru, from 2020",
    ]
    visit.page.locator("#asked a").last.click()
    visit.page.wait_for_url("**/?q=Two%3F&tag=korea-peru&from=2020")


def test_questions_asked_before_can_be_cleared(visit) -> None:
    visit.page.goto("/?q=One%3F")
    visit.page.locator("#asked").wait_for()
    visit.page.get_by_role("button", name="Clear the questions asked before").click()
    assert not visit.page.locator("#asked").is_visible()
    assert visit.page.evaluate("localStorage.length") == 0
    assert (
        visit.page.get_by_role("status").inner_text() == "The questions asked before are cleared."
    )
    assert visit.page.evaluate("document.activeElement.id") == "question"


@pytest.mark.parametrize("kept", ["no JSON", "{}", '[3, "javascript:alert(1)", "//elsewhere"]'])
def test_what_is_kept_may_be_anything(visit, kept) -> None:
    visit.page.goto("/")
    visit.page.evaluate("kept => localStorage.setItem('attache.asked', kept)", kept)
    visit.page.reload()
    assert asked_before(visit) == []
    visit.ask("One?")
    visit.page.locator("#asked li").wait_for()
    assert asked_before(visit) == ["One?"]


def test_a_browser_that_keeps_nothing_still_asks(visit) -> None:
    visit.context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new Error('forbidden'); } });"
    )
    visit.ask("How many were built in Peru?")
    assert titles(visit)[0] == "Aircraft in Peru"
