"""Citations copied from the page: plain, Markdown and BibTeX, whatever the document says."""

import re

import pytest
from markdown_it import MarkdownIt
from page_browser import expect

CITATION = {
    "document_id": "note",
    "document_sha256": "0123456789abcdef",
    "kind": "source",
    "title": "Ships & <boats> {100 % safe}_*x*",
    "publisher": "Ministry [of] #1",
    "published": "2023-06",
    "url": "https://example.org/a_(b)?c=1&d={e}",
    "source_link": None,
    "page": 3,
    "sources": [],
    "start": 5,
    "end": 7,
    "quote": {"before": "- Of\n20 ", "text": "16 *big* ones", "after": " at $5~10 | x\\y^2 left."},
}
LINK = "https://attache.example/documents/note?generation=1#c5-7"
DIGEST = CITATION | {
    "kind": "digest",
    "url": None,
    "page": None,
    "sources": [
        {"title": "First", "publisher": "UzA", "published": "2023", "url": "https://example.org/1"},
        {"title": "Second", "publisher": None, "published": None, "url": None},
    ],
}


@pytest.fixture(scope="module")
def written(site):
    """Write a citation as the page does."""
    with site.visit() as visit:
        visit.page.goto("/")

        def write(form: str, citation: dict) -> str:
            script = f"([citation, link]) => import('/assets/cite.js').then((cite) => cite.{form}(citation, link))"
            return visit.page.evaluate(script, [citation, LINK])

        yield write


def test_plain_text_says_all_that_is_needed_to_find_the_place(written) -> None:
    assert written("plainCitation", CITATION) == (
        "“- Of 20 16 *big* ones at $5~10 | x\\y^2 left.”\n"
        "Ships & <boats> {100 % safe}_*x*. Ministry [of] #1, June 2023, p. 3.\n"
        "https://example.org/a_(b)?c=1&d={e}\n"
        f"note, characters 5–7, SHA-256 0123456789ab, {LINK}"
    )


def test_plain_text_names_the_sources_of_a_digest(written) -> None:
    assert (
        "\nDigest in Attaché's own words: First, UzA, 2023, https://example.org/1; Second.\n"
        in written("plainCitation", DIGEST)
    )


def test_an_address_at_the_end_is_not_followed_by_a_full_stop(written) -> None:
    only = DIGEST | {"sources": DIGEST["sources"][:1]}
    assert "First, UzA, 2023, https://example.org/1\n" in written("plainCitation", only)
    assert "First, UzA, 2023, https://example.org/1 note," in written("bibtexCitation", only)


def test_markdown_reads_as_what_the_document_says(written) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(written("markdownCitation", CITATION))
    kinds = [token.type for token in tokens if token.nesting >= 0]
    assert kinds == [
        "blockquote_open", "paragraph_open", "inline",
        "paragraph_open", "inline", "paragraph_open", "inline",
    ]  # fmt: skip
    quote, source, place = (token for token in tokens if token.type == "inline")
    assert text_of(quote) == "- Of 20 16 *big* ones at $5~10 | x\\y^2 left."
    assert [bold_of(quote), bold_of(source)] == ["16 *big* ones", ""]
    assert text_of(source) == (
        "— Ships & <boats> {100 % safe}_*x*, Ministry [of] #1, June 2023, p. 3."
    )
    assert links_of(source) == ["https://example.org/a_(b)?c=1&d=%7Be%7D"]
    assert text_of(place) == "note, characters 5–7, SHA-256 0123456789ab"
    assert links_of(place) == [LINK]


def text_of(token) -> str:
    return "".join(child.content for child in token.children)


def bold_of(token) -> str:
    types = [child.type for child in token.children]
    if "strong_open" not in types:
        return ""
    inner = token.children[types.index("strong_open") : types.index("strong_close")]
    return "".join(child.content for child in inner)


def links_of(token) -> list[str]:
    return [child.attrs["href"] for child in token.children if child.type == "link_open"]


def test_markdown_links_the_sources_of_a_digest(written) -> None:
    text = written("markdownCitation", DIGEST)
    assert (
        "Digest in Attaché's own words: [First](<https://example.org/1>), UzA, 2023; Second."
        in text
    )


@pytest.mark.parametrize(
    ("before", "text", "after", "shown"),
    [
        ("a", "(b)", "c", "> a(b)c"),  # stars that stand so would not be read as bold
        ("a ", "(b)", " c", "> a **(b)** c"),
        ("1. ", "x", "", "> 1\\. **x**"),
        ("", "# x", "", "> **# x**"),
        ("+ ", "x", "", "> \\+ **x**"),
    ],
)
def test_markdown_stays_one_paragraph_with_the_answer_in_bold(written, before, text, after, shown):
    citation = CITATION | {"quote": {"before": before, "text": text, "after": after}}
    assert written("markdownCitation", citation).splitlines()[0] == shown


def test_bibtex_is_an_entry_with_balanced_braces_and_escaped_signs(written) -> None:
    assert written("bibtexCitation", CITATION) == (
        "@misc{note-c5,\n"
        "  author = {{Ministry [of] \\#1}},\n"
        "  title = {{Ships \\& \\textless{}boats\\textgreater{} "
        "\\textbraceleft{}100 \\% safe\\textbraceright{}\\_*x*}},\n"
        "  year = {2023},\n"
        "  date = {2023-06},\n"
        "  pages = {3},\n"
        "  url = {https://example.org/a_(b)?c=1&d=%7Be%7D},\n"
        "  note = {“- Of 20 16 *big* ones at \\$5\\textasciitilde{}10 \\textbar{} "
        "x\\textbackslash{}y\\textasciicircum{}2 left.” "
        "note, characters 5–7, SHA-256 0123456789ab},\n"
        "  month = jun,\n"
        "}\n"
    )


def test_bibtex_leaves_out_what_is_not_known(written) -> None:
    text = written(
        "bibtexCitation", CITATION | {"publisher": None, "published": None, "page": None}
    )
    assert re.findall(r"^  (\w+) =", text, re.MULTILINE) == ["title", "url", "note"]


def test_a_digest_is_nowhere_said_to_be_published_at_the_date_as_of_which_it_tells(written) -> None:
    assert " Ministry [of] #1, as of June 2023.\n" in written("plainCitation", DIGEST)
    assert "Ministry \\[of\\] #1, as of June 2023." in written("markdownCitation", DIGEST)
    text = written("bibtexCitation", DIGEST)
    assert re.findall(r"^  (\w+) =", text, re.MULTILINE) == ["author", "title", "url", "note"]
    assert "left.” The facts as of June 2023. Digest in Attaché's own words: First," in text


FORMS = [
    (
        "Text",
        "“Four were built in Korea, while the other 16 were built in Peru.”\nAircraft in Peru.",
    ),
    ("Markdown", "> Four were built in Korea, while the other **16** were built in Peru.\n"),
    ("BibTeX", "@misc{peru-c"),
]


@pytest.mark.parametrize(("form", "start"), FORMS)
def test_a_citation_is_copied_with_a_click(site, form, start) -> None:
    with site.visit(permissions=["clipboard-read", "clipboard-write"]) as visit:
        visit.ask("How many were built in Peru?")
        visit.page.locator(".answer").get_by_text("Cite", exact=True).click()
        visit.page.locator(".answer").get_by_role("button", name=form).click()
        expect(visit.page.get_by_role("status")).to_have_text(
            f"Citation as {form} copied.", ignore_case=True
        )
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(start)
        assert f"{site.address}/documents/peru?generation=5#c" in copied or form == "BibTeX"


def test_over_plain_http_a_citation_is_copied_the_old_way(site) -> None:
    with site.visit(permissions=["clipboard-read"]) as visit:
        visit.context.add_init_script(
            "navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'))"
        )
        visit.ask("How many were built in Peru?")
        visit.page.locator(".answer").get_by_text("Cite", exact=True).click()
        visit.page.locator(".answer").get_by_role("button", name="BibTeX").click()
        expect(visit.page.get_by_role("status")).to_have_text("Citation as BibTeX copied.")
        assert visit.page.evaluate("navigator.clipboard.readText()").startswith("@misc{peru-c")


def test_where_nothing_can_be_copied_the_citation_is_shown_selected(site) -> None:
    with site.visit() as visit:
        visit.context.add_init_script(
            "navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'));"
            "document.execCommand = () => false;"
        )
        visit.ask("How many were built in Peru?")
        visit.page.locator(".answer").get_by_text("Cite", exact=True).click()
        visit.page.locator(".answer").get_by_role("button", name="BibTeX").click()
        expect(visit.page.get_by_label("Copy this")).to_be_focused()
        assert visit.page.evaluate("getSelection().toString()").startswith("@misc{peru-c")
