"""Parts of the PDF reader on pages put together by hand."""

import pypdfium2
import pytest

from corpus.errors import InvalidDocument
from corpus.formats import pdf, read_bytes
from corpus.formats.captions import is_caption
from corpus.formats.pdf_fragments import Fragment, PageGlyphs
from corpus.formats.pdf_layout import Row, lay_out
from corpus.formats.pdf_metadata import metadata_of
from corpus.formats.pdf_running import without_running_lines
from corpus.formats.properties import author_from, title_from


def fragment(text: str, x: float, y: float, blank: float = 0.0) -> Fragment:
    """Ten points high, five points a letter."""
    return Fragment(text, x, x + 5 * len(text), y, 10.0, False, blank)


def page(*lines: str) -> PageGlyphs:
    """A page whose lines stand 12 points apart, from the top down."""
    return PageGlyphs(tuple(fragment(line, 50, 700 - 12 * n) for n, line in enumerate(lines)))


def kept(pages: list[PageGlyphs]) -> list[list[str]]:
    return [[part.text for part in one.fragments] for one in without_running_lines(pages)]


def test_heads_and_page_numbers_on_three_pages_are_left_out():
    pages = [
        page("Annual report", f"Text {letter}.", "Same text.", f"More {letter}.", f"– {n} –")
        for n, letter in enumerate("abc", 9)
    ]
    assert kept(pages) == [[f"Text {x}.", "Same text.", f"More {x}."] for x in "abc"]


def test_two_pages_have_no_running_heads_in_the_letters_of_their_text():
    pages = [page("Annual report", f"Text {letter}.") for letter in "ab"]
    assert kept(pages)[0] == ["Annual report", "Text a."]
    assert kept([page("Total 7", "Text a."), page("Total 9", "Text b.")])[0][0] == "Total 7"


def test_of_two_pages_what_counts_them_and_what_is_small_is_left_out():
    pages = [page("Annual report", f"Text {x}.", f"Page {n} of 2") for n, x in ((1, "a"), (2, "b"))]
    assert kept(pages)[1] == ["Annual report", "Text b."]
    small = Fragment("Annual report", 50, 102, 712, 8.0, is_bold=False)
    pages = [PageGlyphs((small, *page(f"A longer text {x}.").fragments)) for x in "ab"]
    assert kept(pages) == [["A longer text a."], ["A longer text b."]]


def test_a_line_at_another_height_is_no_running_head():
    pages = [PageGlyphs((fragment("In short", 50, 700 - 40 * n),)) for n in range(3)]
    assert kept(pages) == [["In short"]] * 3


def test_a_head_is_left_out_at_the_height_of_a_page_across_too_and_a_title_is_not():
    upright = [page("Annual report", f"Text {letter}.") for letter in "abc"]
    across = PageGlyphs((fragment("Annual report", 50, 500), fragment("Text d.", 50, 488)))
    large = Fragment("Annual report", 50, 180, 500, 15.0, is_bold=True)
    titled = PageGlyphs((large, fragment("Text e.", 50, 480)))
    assert kept([*upright, across, titled])[3:] == [["Text d."], ["Annual report", "Text e."]]


def test_wide_gaps_of_a_justified_line_part_no_cells():
    words = [fragment("Prime", 50, 700), fragment("Minister", 95, 700), fragment("and", 160, 700)]
    (column,) = lay_out(PageGlyphs((*words, fragment("others came to Lima.", 50, 688, 4.0))))
    assert [line.text for line in column] == ["Prime Minister and", "others came to Lima."]


def test_words_of_two_justified_lines_that_end_above_each_other_are_no_cells():
    lines = [
        [("whole line of a column", 50)],
        [("the", 50), ("wide", 90), ("words", 135)],
        [("so", 50), ("words", 85), ("stand", 135)],
    ]
    glyphs = [fragment(text, x, 700 - 12 * n) for n, line in enumerate(lines) for text, x in line]
    (column,) = lay_out(PageGlyphs(tuple(glyphs)))
    assert [line.text for line in column] == [
        "whole line of a column", "the wide words", "so words stand"
    ]  # fmt: skip


def test_lines_over_two_columns_are_not_of_the_first_one():
    glyphs = [fragment("An introduction as wide as both.", 50, 712)]
    glyphs += [fragment(f"left {n} line", 50, 700 - 12 * n) for n in range(6)]
    glyphs += [fragment(f"right {n} line", 140, 700 - 12 * n) for n in range(6)]
    assert [len(item) for item in lay_out(PageGlyphs(tuple(glyphs))) if isinstance(item, tuple)] == [
        1, 6, 6
    ]  # fmt: skip


def test_gaps_that_stand_above_each_other_part_cells():
    rows = [
        fragment(text, x, y)
        for y, cells in ((700, ("Year", "Exports")), (688, ("2017", "2,027")))
        for x, text in zip((50, 150), cells, strict=True)
    ]
    found = lay_out(PageGlyphs(tuple(rows)))
    assert all(isinstance(item, Row) for item in found)
    assert [[cell[0].text for cell in item.cells] for item in found] == [
        ["Year", "Exports"], ["2017", "2,027"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Figure 1. Trade with Korea", True),
        ("Table 2 Exports by product", True),
        ("Cuadro 3: Exportaciones", True),
        ("Рис. 4. Торговля", True),
        ("표 1. 수출", True),
        ("Table 2 shows the exports.", False),
        ("Figures of 2017", False),
        ("Table tennis", False),
    ],
)
def test_captions_are_known_from_sentences(text, is_one):
    assert is_caption(text) == is_one


def test_a_title_is_taken_where_it_looks_like_one():
    assert title_from(" Trade \n in 2018 ") == "Trade in 2018"
    for title in (
        "Microsoft Word - x.doc",
        "report.pdf",
        "Untitled-1",
        "1234",
        "",
        None,
        "a\ufffdbc",
    ):
        assert title_from(title) is None
    assert author_from("César Landa") == "César Landa"
    assert author_from("Administrator") is None
    assert author_from("user1") is None


def test_only_a_publication_date_is_one():
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF '
        'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description '
        'xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:p="http://prismstandard.org/namespaces/basic/2.0/" '
        'xmp:CreateDate="2023-05-01">{}</r:Description></r:RDF></x:xmpmeta>'
    )
    dated = packet.format("<p:publicationDate>2016-03-04T00:00:00Z</p:publicationDate>")
    assert metadata_of({}, dated.encode()).published == "2016-03-04"
    assert metadata_of({}, packet.format("").encode()).published is None
    assert metadata_of({"Title": "Trade"}, b"<x:xmpmeta <broken></x:xmpmeta>").title == "Trade"


def blank_pages(count: int) -> bytes:
    import io

    file = pypdfium2.PdfDocument.new()
    for _ in range(count):
        file.new_page(100, 100)
    saved = io.BytesIO()
    file.save(saved)
    return saved.getvalue()


def test_a_title_that_cannot_be_decoded_is_none():
    text = b"BT /F 12 Tf 10 50 Td (Korea grew.) Tj ET"
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font"
        b"<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Title<FEFFD800>/Author(Landa)>>",
    )
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(data))
        data += b"%d 0 obj%sendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Root 1 0 R/Info 5 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(data)
    data += b"xref\n0 6\n0000000000 65535 f \n" + table + trailer
    found = read_bytes(data, "note.pdf", "file:///note.pdf").document
    assert (found.text, found.title, found.author) == ("Korea grew.", "note", "Landa")


def test_blank_pages_are_no_document():
    with pytest.raises(InvalidDocument, match="the PDF is blank: there is nothing on its pages"):
        read_bytes(blank_pages(2), "blank.pdf", "file:///blank.pdf")


def test_a_pdf_of_too_many_pages_is_refused_by_their_number():
    with pytest.raises(InvalidDocument, match="has 5,001 pages, more than 5,000: split it"):
        read_bytes(blank_pages(pdf.PAGE_LIMIT + 1), "long.pdf", "file:///long.pdf")
