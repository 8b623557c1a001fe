"""The document page in a real browser: the exact text, the cited place, the provenance."""

import pytest
from page_browser import site_over
from page_documents import PERU, SIGNS, page_answerer


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with site_over(page_answerer(tmp_path_factory.mktemp("index"))) as site:
        yield site


@pytest.fixture
def visit(site):
    with site.visit() as visit:
        yield visit


def text_of(markdown: str) -> str:
    return markdown.split("---\n", 2)[2]


def with_fields(visit, **fields) -> None:
    """Let the server's documents have these fields as well."""

    def changed(route) -> None:
        route.fulfill(json=route.fetch().json() | fields)

    visit.page.route("**/v1/documents/*", changed)


def test_a_click_opens_the_document_at_the_marked_answer(visit) -> None:
    visit.ask("How many were built in Peru?")
    visit.page.locator(".answer").get_by_role("link", name="Read it in the document").click()
    mark = visit.page.locator("article mark")
    assert mark.inner_text() == "16"
    assert mark.evaluate("mark => mark === document.activeElement")
    assert visit.page.locator("article .text").text_content() == text_of(PERU)
    assert visit.page.get_by_role("status").first.inner_text() == "Marked: 16"
    assert visit.page.get_by_role("alert").inner_text() == ""
    visit.page.get_by_role("link", name="Back to the answer").click()
    visit.page.locator(".answer").wait_for()
    assert visit.page.get_by_label("Your question").input_value() == "How many were built in Peru?"


def test_the_provenance_stands_above_the_text_and_the_rest_below(visit) -> None:
    visit.page.goto("/documents/peru")
    head = visit.page.locator("#provenance")
    assert head.locator("h1").inner_text() == "Aircraft in Peru"
    assert head.locator(".byline").inner_text() == "Ministry of Defence, 14 June 2021"
    assert head.get_by_role("link", name="Original").get_attribute("href") == (
        "https://example.org/aircraft"
    )
    names = visit.page.locator(".record dt").all_inner_texts()
    values = visit.page.locator(".record dd").all_inner_texts()
    record = dict(zip(names, values, strict=True))
    assert (record["Countries"], record["Tags"], record["Id"]) == ("PE", "korea-peru", "peru")


def test_a_digest_says_so_with_its_sources_and_has_no_original(visit) -> None:
    visit.page.goto("/documents/uzbekistan")
    digest = visit.page.locator("#provenance .digest").first
    assert digest.inner_text().startswith("Digest: facts retold in Attaché's own words, from")
    assert visit.page.get_by_role("link", name="Original").count() == 0


@pytest.mark.parametrize(
    "words", ["👩‍🚀𠮷野", "𝟗𝟗 e\u0301cus 🎉", "<script>alert(2)</script>", "𠮷"]
)
def test_offsets_in_code_points_mark_exactly_the_words_they_mean(visit, words) -> None:
    text = text_of(SIGNS)
    start = text.index(words)
    visit.page.goto(f"/documents/signs#c{start}-{start + len(words)}")
    assert visit.page.locator("article mark").text_content() == words
    assert visit.page.locator("article .text").text_content() == text
    assert visit.page.locator("article script, article b").count() == 0


def test_another_place_in_the_address_moves_the_mark(visit) -> None:
    visit.page.goto("/documents/uzbekistan#c0-2")
    mark = visit.page.locator("article mark")
    assert mark.inner_text() == "In"
    visit.page.evaluate("location.hash = '#c3-11'")
    visit.page.get_by_text("Tashkent", exact=True).wait_for()
    assert mark.inner_text() == "Tashkent"
    visit.page.evaluate("location.hash = '#provenance'")
    assert mark.inner_text() == "Tashkent"


@pytest.mark.parametrize("place", ["c5-5000", "c9-9", "c9-3", "c5000-5001"])
def test_a_place_outside_the_text_is_said_to_be_so(visit, place) -> None:
    visit.page.goto(f"/documents/peru#{place}")
    told = visit.page.locator("#notice:not(:empty)")
    assert told.inner_text().startswith("The marked place lies outside this text.")
    assert visit.page.locator("article mark").count() == 0
    assert visit.page.locator("article .text").text_content() == text_of(PERU)


@pytest.mark.parametrize(("cited", "told"), [(0, "This document has changed since"), (1, "")])
def test_a_citation_of_an_older_text_is_said_to_be_one(visit, cited, told) -> None:
    visit.page.goto(f"/documents/peru?generation={cited}#c0-2")
    visit.page.locator("article mark").wait_for()
    assert visit.page.locator("#notice").inner_text()[: len(told) or None] == told


def test_a_document_that_is_not_there_is_said_to_be_missing(visit) -> None:
    visit.expect("404")
    visit.page.goto("/documents/nothing")
    problem = visit.page.get_by_role("alert")
    assert problem.locator("h2").inner_text() == "There is no such document."
    assert "«nothing»" in problem.inner_text()


def test_pages_are_numbered_and_are_no_part_of_the_text(visit) -> None:
    text = text_of(SIGNS)
    starts = [0, text.index("cost"), text.index("cost"), text.index("🎉"), len(text)]
    with_fields(visit, pages=starts)
    visit.page.goto(f"/documents/signs#c{starts[1]}-{starts[3] + 1}")
    visit.page.locator("article mark").first.wait_for()
    pages = visit.page.locator("article .page")
    assert pages.evaluate_all("all => all.map((page) => page.dataset.page)") == [
        "p. 1",
        "p. 2",
        "p. 3",
        "p. 4",
        "p. 5",
    ]
    assert visit.page.get_by_role("separator", name="Page 2").count() == 1
    before = "page => { const range = new Range(); range.setStart(page.parentElement, 0); range.setEndBefore(page); return range.toString(); }"
    assert [page.evaluate(before) for page in pages.all()] == [text[:start] for start in starts]
    assert visit.page.locator("article .text").text_content() == text
    assert (
        "".join(visit.page.locator("article mark").all_text_contents())
        == text[starts[1] : starts[3] + 1]
    )


def test_the_original_opens_at_the_marked_words(visit) -> None:
    text = text_of(PERU)
    start = text.index("other 16")
    visit.page.goto(f"/documents/peru#c{start}-{start + 8}")
    link = visit.page.locator("#provenance").get_by_role("link", name="Original, at this place")
    assert link.get_attribute("href") == (
        "https://example.org/aircraft#:~:text=Korea%2C%20while%20the-,other%2016,-were%20built%20in"
    )
    assert link.get_attribute("rel") == "noopener noreferrer"


@pytest.mark.parametrize(
    ("text", "words", "link"),
    [
        ("One\ntwo\nthree", "two", "https://a.example/b#:~:text=two"),
        ("A-b, c.", "b,", "https://a.example/b#:~:text=A%2D-,b%2C,-c."),
        (
            "a b c d e f g h i j k l m",
            "a b c d e f g h i j k l m",
            "https://a.example/b#:~:text=a%20b%20c%20d%20e,i%20j%20k%20l%20m",
        ),
    ],
)
def test_a_link_to_words_names_those_around_them(visit, text, words, link) -> None:
    with_fields(visit, text=text, url="https://a.example/b")
    start = text.index(words)
    visit.page.goto(f"/documents/peru#c{start}-{start + len(words)}")
    original = visit.page.locator("#provenance").get_by_role("link", name="Original, at this place")
    assert original.get_attribute("href") == link


def test_the_original_of_a_document_with_pages_opens_at_the_page(visit) -> None:
    with_fields(visit, pages=[0, 5])
    visit.page.goto("/documents/peru#c5-7")
    link = visit.page.locator("#provenance").get_by_role("link", name="Original, at this place")
    assert link.get_attribute("href") == "https://example.org/aircraft#page=2"


def test_headings_can_be_found_by_those_who_hear_the_page(visit) -> None:
    visit.page.goto("/documents/peru")
    assert visit.page.get_by_role("heading", name="Building", level=3).inner_text() == "Building"


def test_a_reminder_of_the_document_comes_into_view_below_its_head(visit) -> None:
    with_fields(visit, text="A line.\n\n" * 200)
    visit.page.goto("/documents/peru#c900-906")
    reminder = visit.page.get_by_role("complementary", name="This document")
    reminder.wait_for()
    assert reminder.locator("p").first.inner_text().split("\n") == [
        "Aircraft in Peru",
        "Ministry of Defence, 14 June 2021",
    ]
    assert reminder.get_by_role("link", name="Original, at this place").is_visible()
    reminder.get_by_role("link", name="Aircraft in Peru").click()
    reminder.wait_for(state="hidden")


def test_dates_are_written_as_precisely_as_they_are_given(visit) -> None:
    visit.page.goto("/")
    dates = ["2023", "2023-06", "2023-06-05", "soon", None]
    script = "dates => import('/assets/dom.js').then(({dateWords}) => dates.map(dateWords))"
    written = visit.page.evaluate(script, dates)
    assert written == ["2023", "June 2023", "5 June 2023", "soon", ""]
