"""Links into the publisher's page: to the quoted words, or to the page of a PDF."""

from dataclasses import replace

import pytest
from conftest import markdown

from corpus.document import Source
from service.links import source_link
from service.records import Quote

URL = "https://example.org/news?id=7"
SHORT = Quote("Built were ", "16", " aircraft.")


def link(quote: Quote, url: str = URL, page: int | None = None) -> str | None:
    return source_link(markdown(f"---\nurl: {url}\n---\nText."), quote, page)


def test_a_short_sentence_stands_in_the_link_as_it_is():
    assert link(SHORT) == f"{URL}#:~:text=Built%20were%2016%20aircraft."


def test_of_a_longer_one_the_first_and_the_last_words_stand_in_it():
    words = [f"w{number}" for number in range(20)]
    quote = Quote(" ".join(words[:10]) + " ", "answer", " " + " ".join(words[10:]))
    assert link(quote) == f"{URL}#:~:text=w0%20w1%20w2%20w3%20w4,w15%20w16%20w17%20w18%20w19"


def test_signs_with_a_meaning_in_the_directive_are_encoded():
    quote = Quote("KT-1P, ", "A&B", " «§» 한국")
    assert link(quote) == (
        f"{URL}#:~:text=KT%2D1P%2C%20A%26B%20%C2%AB%C2%A7%C2%BB%20%ED%95%9C%EA%B5%AD"
    )


def test_the_marks_of_a_shortened_sentence_are_not_looked_for():
    assert link(Quote("… of which ", "16", " were …")) == f"{URL}#:~:text=of%20which%2016%20were"


def test_only_the_line_of_the_answer_is_looked_for():
    assert link(Quote("Heading\n\nThere are ", "16", " left\r\nMore")) == (
        f"{URL}#:~:text=There%20are%2016%20left"
    )


def test_a_row_is_found_by_its_first_cell_before_the_second():
    found = f"{URL}#:~:text=2021,-1%2C900%2C000"
    assert link(Quote("2021 | ", "1,900,000", " | 0")) == found
    assert link(Quote("| 2021 | ", "1,900,000", " | 0 |")) == found


def test_the_signs_of_markdown_are_not_looked_for_and_those_of_other_texts_are():
    quote = Quote("**Edda *Rook*** [moved](http://a.b/c) to a_b, ", "8 to 6", " `once`.[^1]")
    said = f"---\nurl: {URL}\n---\nText."
    document = markdown(said)
    in_markdown = replace(document, origin="file:///minutes.md")
    assert source_link(in_markdown, quote, None) == (
        f"{URL}#:~:text=Edda%20Rook%20moved%20to%20a_b%2C%208%20to%206%20once."
    )
    in_text = replace(document, origin="file:///minutes.txt")
    assert source_link(in_text, Quote("", "5*", " left"), None) == f"{URL}#:~:text=5%2A%20left"


def test_a_place_that_the_url_names_stays():
    assert link(SHORT, f"{URL}#part-2").endswith("#part-2:~:text=Built%20were%2016%20aircraft.")
    assert link(SHORT, f"{URL}#a:~:text=old").endswith("#a:~:text=Built%20were%2016%20aircraft.")


def test_a_page_of_a_pdf_is_opened_by_its_number():
    assert link(SHORT, "https://example.org/a.pdf#x", 3) == "https://example.org/a.pdf#page=3"


@pytest.mark.parametrize("url", [None, URL])
def test_no_link_without_a_url_and_none_into_the_sources_of_a_digest(url):
    said = f"url: {url}\n" if url else ""
    assert source_link(markdown(f"---\ntitle: T\n{said}---\nText."), SHORT, None) == (
        None if url is None else f"{URL}#:~:text=Built%20were%2016%20aircraft."
    )
    digest = markdown(
        f"---\n{said}kind: digest\nsources:\n  - title: S\n    url: {URL}\n---\nText."
    )
    assert digest.sources == (Source("S", url=URL),)
    assert source_link(digest, SHORT, None) is None
