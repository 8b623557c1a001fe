"""Documents and their provenance: what may be said of a text, and what is refused."""

import hashlib
from dataclasses import replace
from datetime import date

import pytest

from corpus.blocks import plain_blocks
from corpus.document import (
    DateSpan,
    Document,
    Source,
    check_text,
    date_span,
    is_country,
    is_language,
    page_of,
    source_from,
)
from corpus.errors import InvalidDocument


def document(text: str = "Korea grew.", **values) -> Document:
    known = {"id": "note", "title": "Note", "origin": "file:///note.md"} | values
    return Document(**known, text=text, blocks=plain_blocks(text))


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2021-02", date(2021, 2, 1), date(2021, 2, 28)),
        ("2020-12", date(2020, 12, 1), date(2020, 12, 31)),
        ("2020-06-15", date(2020, 6, 15), date(2020, 6, 15)),
        ("0001", date(1, 1, 1), date(1, 12, 31)),
        ("9999-05", date(9999, 5, 1), date(9999, 5, 31)),
        ("9999-12", date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_a_partial_date_means_every_day_that_it_can_be(value, first, last):
    assert date_span(value) == DateSpan(first, last)


@pytest.mark.parametrize(
    "value",
    ["", "20", "2020-6", "2020-13", "2020-02-30", "0000", "2020-06-15T10:00", "2020/06", " 2020",
     "2020\n", "٢٠٢٠", "2021-02-29"],
)  # fmt: skip
def test_anything_else_is_no_date_and_the_message_shows_it(value):
    with pytest.raises(ValueError, match="is not a da"):
        date_span(value)
    with pytest.raises(InvalidDocument, match="`published`: "):
        document(published=value)


@pytest.mark.parametrize("document_id", ["a", "0", "a.b_c-d", "a" * 128, "..a", "-"])
def test_an_id_is_made_of_128_plain_characters_at_most(document_id):
    assert document(id=document_id).id == document_id


@pytest.mark.parametrize(
    "document_id",
    ["", "A", "a b", "a/b", "한국", "a" * 129, "a\n", "é", "a'; DROP TABLE documents", ".", ".."],
)
def test_any_other_id_is_refused_with_what_is_taken(document_id):
    with pytest.raises(InvalidDocument, match=r"can't be used: take 1 to 128 of the characters"):
        document(id=document_id)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": ""}, "has no title"),
        ({"title": "  "}, "has no title"),
        ({"title": "one\ntwo"}, "`title` must be one line"),
        ({"title": "x" * 1001}, "`title` must be one line of at most 1000 characters"),
        ({"title": "\ud800"}, "`title` holds a lone surrogate"),
        ({"publisher": "a\tb"}, "`publisher` must be one line"),
        ({"author": "\x00"}, "`author` must be one line"),
        ({"kind": "rumour"}, "The kind 'rumour' is unknown: use source or digest"),
        ({"kind": "digest"}, "The digest note names no source: list them in `sources`"),
        ({"countries": ("KR", "pe")}, "The country 'pe' is unknown: use ISO 3166-1"),
        ({"countries": ("UK",)}, "The country 'UK' is unknown"),
        ({"countries": ("KOR",)}, "The country 'KOR' is unknown"),
        ({"countries": ("",)}, "The country '' is unknown"),
        ({"language": "english"}, "The language 'english' is unknown: use a code"),
        ({"language": "EN"}, "The language 'EN' is unknown"),
        ({"language": "xx"}, "The language 'xx' is unknown"),
        ({"url": "ftp://example.org"}, "`url` must start with http"),
        ({"url": "javascript:alert(1)"}, "`url` must start with http"),
        ({"url": "https://"}, "`url` must start with http"),
        ({"url": "https://a b"}, "`url` must start with http"),
        ({"url": "https://a\n"}, "`url` must be one line"),
        ({"tags": ("trade", " ")}, "A tag is empty"),
        ({"tags": ("a\nb",)}, "`tags` must be one line"),
    ],
)
def test_an_impossible_value_is_refused_by_its_name(values, message):
    with pytest.raises(InvalidDocument, match=message):
        document(**values)


@pytest.mark.parametrize("code", ["KR", "PE", "UZ", "NO", "GB"])
def test_countries_are_iso_codes(code):
    assert is_country(code)


@pytest.mark.parametrize("code", ["en", "ko", "en-GB", "zh-Hant-TW", "quy"])
def test_languages_start_with_an_iso_code(code):
    assert is_language(code)


@pytest.mark.parametrize("code", ["", "e", "en_GB", "en-", "qqqq", "xx", "en-\ud800", "en\n"])
def test_what_is_no_language_code_is_none(code):
    assert not is_language(code)


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000\u2028"])
def test_a_blank_text_is_no_document(text):
    with pytest.raises(InvalidDocument, match="empty: there is no text"):
        check_text(text)


def test_a_text_with_a_nul_or_a_lone_surrogate_is_refused_with_its_offset():
    with pytest.raises(InvalidDocument, match="NUL character at offset 2"):
        check_text("ab\0")
    with pytest.raises(InvalidDocument, match="lone surrogate at offset 1"):
        check_text("a\udc80")


def test_the_checksum_is_that_of_the_text_in_utf_8():
    assert document("한국").sha256 == hashlib.sha256("한국".encode()).hexdigest()
    assert document("한국").sha256 == replace(document("한국"), title="Other").sha256


def test_composed_and_decomposed_letters_are_different_texts():
    assert document("é").sha256 != document("e\u0301").sha256


def test_a_source_is_read_from_a_mapping():
    entry = {"title": "Joint statement", "published": "2019-04", "url": "https://example.org/a"}
    assert source_from(entry) == Source(
        "Joint statement", published="2019-04", url="https://example.org/a"
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, "A source has no title"),
        ({"title": " "}, "A source has no title"),
        ({"title": "A", "pages": "3"}, "the unknown key 'pages': use author, licence"),
        ({"title": "A", "published": "soon"}, "`sources: published`: 'soon' is not a date"),
        ({"title": "A", "url": "www.a.org"}, "`sources: url` must start with http"),
        ({"title": "A", "author": ["x"]}, "`sources`: author must be text"),
        ({"title": "A\nB"}, "`sources: title` must be one line"),
    ],
)
def test_a_source_that_cannot_be_cited_is_refused(entry, message):
    with pytest.raises(InvalidDocument, match=message):
        source_from(entry)


def test_a_place_stands_on_the_last_page_that_begins_before_it():
    pages = (0, 100, 100, 250)
    assert [page_of(pages, place) for place in (0, 99, 100, 249, 250, 9000)] == [1, 1, 3, 3, 4, 4]
    assert page_of((), 5) is None


@pytest.mark.parametrize("pages", [(1,), (0, 5, 3), (0, 12), (-1, 0)])
def test_pages_out_of_order_or_outside_the_text_are_refused(pages):
    with pytest.raises(InvalidDocument, match="pages of note"):
        replace(document("Korea grew."), pages=pages)
    assert replace(document("Korea grew."), pages=(0, 0, 11)).pages == (0, 0, 11)
