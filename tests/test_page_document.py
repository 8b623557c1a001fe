"""The document page in a real browser: the exact text, the cited place, the provenance."""

import pytest
from page_browser import expect
from page_documents import PERU, SIGNS


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
    expect(mark).to_have_text("16")
    expect(mark).to_be_focused()
    assert visit.page.locator("article .text").text_content() == text_of(PERU)
    expect(visit.page.get_by_role("status").first).to_have_text("Marked: 16")
    expect(visit.page.get_by_role("alert")).to_have_text("")
    visit.page.get_by_role("link", name="Back to the answer").click()
    expect(visit.page.locator(".answer")).to_be_visible()
    expect(visit.page.get_by_label("Your question")).to_have_value("How many were built in Peru?")


def test_the_provenance_stands_above_the_text_and_the_rest_below(visit) -> None:
    visit.page.goto("/documents/peru")
    head = visit.page.locator("#provenance")
    expect(head.locator("h1")).to_have_text("Aircraft in Peru")
    expect(head.locator(".byline")).to_have_text("Ministry of Defence, 14 June 2021")
    original = head.get_by_role("link", name="Original")
    expect(original).to_have_attribute("href", "https://example.org/aircraft")
    names = visit.page.locator(".record dt").all_inner_texts()
    values = visit.page.locator(".record dd").all_inner_texts()
    record = dict(zip(names, values, strict=True))
    assert (record["Countries"], record["Tags"], record["Id"]) == ("PE", "korea-peru", "peru")


def test_a_digest_says_so_with_its_sources_and_has_no_original(visit) -> None:
    visit.page.goto("/documents/uzbekistan")
    digest = visit.page.locator("#provenance .digest").first
    expect(digest).to_contain_text("Digest: facts retold in Attaché's own words, from")
    expect(visit.page.get_by_role("link", name="Original")).to_have_count(0)


@pytest.mark.parametrize(
    "words", ["👩‍🚀𠮷野", "𝟗𝟗 e\u0301cus 🎉", "<script>alert(2)</script>", "𠮷"]
)
def test_offsets_in_code_points_mark_exactly_the_words_they_mean(visit, words) -> None:
    text = text_of(SIGNS)
    start = text.index(words)
    visit.page.goto(f"/documents/signs#c{start}-{start + len(words)}")
    assert visit.page.locator("article mark").text_content() == words
    assert visit.page.locator("article .text").text_content() == text
    expect(visit.page.locator("article script, article b")).to_have_count(0)


def test_another_place_in_the_address_moves_the_mark(visit) -> None:
    move = "hash => new Promise((moved) => { addEventListener('hashchange', () => moved(), { once: true }); location.hash = hash; })"
    visit.page.goto("/documents/uzbekistan#c0-2")
    mark = visit.page.locator("article mark")
    expect(mark).to_have_text("In")
    visit.page.evaluate(move, "#c3-11")
    expect(mark).to_have_text("Tashkent")
    visit.page.evaluate(move, "#provenance")
    expect(mark).to_have_text("Tashkent")


@pytest.mark.parametrize("place", ["c5-5000", "c9-9", "c9-3", "c5000-5001"])
def test_a_place_outside_the_text_is_said_to_be_so(visit, place) -> None:
    visit.page.goto(f"/documents/peru#{place}")
    expect(visit.page.locator("#notice")).to_contain_text(
        "The marked place lies outside this text."
    )
    expect(visit.page.locator("article mark")).to_have_count(0)
    assert visit.page.locator("article .text").text_content() == text_of(PERU)


@pytest.mark.parametrize(
    ("cited", "told"),
    [(0, "This document has changed since; the marked place may differ."), (1, "")],
)
def test_a_citation_of_an_older_text_is_said_to_be_one(visit, cited, told) -> None:
    visit.page.goto(f"/documents/peru?generation={cited}#c0-2")
    expect(visit.page.locator("article mark")).to_be_visible()
    expect(visit.page.locator("#notice")).to_have_text(told)


def test_a_document_that_is_not_there_is_said_to_be_missing(visit) -> None:
    visit.allow("404")
    visit.page.goto("/documents/nothing")
    problem = visit.page.get_by_role("alert")
    expect(problem.locator("h2")).to_have_text("There is no such document.")
    expect(problem).to_contain_text("«nothing»")


def test_pages_are_numbered_and_are_no_part_of_the_text(visit) -> None:
    text = text_of(SIGNS)
    starts = [0, text.index("cost"), text.index("cost"), text.index("🎉"), len(text)]
    with_fields(visit, pages=starts)
    visit.page.goto(f"/documents/signs#c{starts[1]}-{starts[3] + 1}")
    expect(visit.page.locator("article mark").first).to_be_visible()
    pages = visit.page.locator("article .page")
    assert pages.evaluate_all("all => all.map((page) => page.dataset.page)") == [
        "p. 1",
        "p. 2",
        "p. 3",
        "p. 4",
        "p. 5",
    ]
    expect(visit.page.get_by_role("separator", name="Page 2")).to_have_count(1)
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
    expect(link).to_have_attribute(
        "href",
        "https://example.org/aircraft#:~:text=Korea%2C%20while%20the-,other%2016,-were%20built%20in",
    )
    expect(link).to_have_attribute("rel", "noopener noreferrer")


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
    expect(original).to_have_attribute("href", link)


def test_the_original_of_a_document_with_pages_opens_at_the_page(visit) -> None:
    with_fields(visit, pages=[0, 5])
    visit.page.goto("/documents/peru#c5-7")
    link = visit.page.locator("#provenance").get_by_role("link", name="Original, at this place")
    expect(link).to_have_attribute("href", "https://example.org/aircraft#page=2")


def test_headings_can_be_found_by_those_who_hear_the_page(visit) -> None:
    visit.page.goto("/documents/peru")
    expect(visit.page.get_by_role("heading", name="Building", level=3)).to_be_visible()


def test_a_reminder_of_the_document_comes_into_view_below_its_head(visit) -> None:
    with_fields(visit, text="A line.\n\n" * 200)
    visit.page.goto("/documents/peru#c900-906")
    reminder = visit.page.get_by_role("complementary", name="This document")
    title = reminder.get_by_role("link", name="Aircraft in Peru")
    expect(title).to_be_visible()
    expect(reminder.locator("p span")).to_have_text("Ministry of Defence, 14 June 2021")
    expect(reminder.get_by_role("link", name="Original, at this place")).to_be_visible()
    title.click()
    expect(reminder).to_be_hidden()


def test_dates_are_written_as_precisely_as_they_are_given(visit) -> None:
    visit.page.goto("/")
    dates = ["2023", "2023-06", "2023-06-05", "soon", None]
    script = "dates => import('/assets/dom.js').then(({dateWords}) => dates.map(dateWords))"
    written = visit.page.evaluate(script, dates)
    assert written == ["2023", "June 2023", "5 June 2023", "soon", ""]
