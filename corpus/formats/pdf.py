"""PDF: its text in the order of reading, as paragraphs, with the pages they stand on.

PDFium reads the glyphs. What it can't tell is put together from how the page looks: lines,
columns, rows of tables, paragraphs that go on over a page's end, headings by their letters.
"""

from collections.abc import Iterator
from contextlib import suppress

import pypdfium2
import pypdfium2.raw as pdfium

from corpus.document import check_text
from corpus.errors import InvalidDocument
from corpus.formats.pdf_fragments import PageGlyphs, read_page
from corpus.formats.pdf_layout import lay_out
from corpus.formats.pdf_metadata import metadata_of
from corpus.formats.pdf_paragraphs import flow, measures, paragraphs_of
from corpus.formats.pdf_running import without_running_lines
from corpus.formats.pdf_setting import SetText, set_text
from corpus.formats.raw import Parsed, RawFile, document_of, one_line

PAGE_LIMIT = 5_000
GLYPH_LIMIT = 20_000_000
"""Glyphs of the longest document that is read: some ten thousand full pages."""

_PAGE_GLYPH_LIMIT = 1_000_000
_UNREADABLE_SHARE = 0.2
_TITLE_LIMIT = 200
_NAMED_PAGES = 10
_OCR = "Run it through OCR (such as `ocrmypdf`) and add the result."


def read_pdf(raw: RawFile) -> Parsed:
    """Read a PDF. Raises InvalidDocument where it is damaged, locked, too long or without text."""
    with _opened(raw.data) as file:
        page_count = len(file)
        if page_count > PAGE_LIMIT:
            raise InvalidDocument(
                f"the PDF has {page_count:,} pages, more than {PAGE_LIMIT:,}: "
                "split it and add the parts."
            )
        found = metadata_of(_information(file), raw.data)
        pages = list(_pages(file))
    warnings = _check_glyphs(pages)
    written = _written(pages)
    check_text(written.text)
    return document_of(
        raw,
        written.text,
        written.blocks,
        found,
        fallback_title=_first_heading(written),
        pages=written.pages,
        warnings=warnings,
    )


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    if b"%PDF-" not in data[:1024]:
        raise InvalidDocument("it is not a PDF: it doesn't begin with %PDF-.")
    try:
        file = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise InvalidDocument(
                "the PDF needs a password to be opened: save it without one and add it again."
            ) from None
        if error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise InvalidDocument(
                "the PDF is encrypted in a way that can't be opened: "
                "save it without encryption and add it again."
            ) from None
        raise InvalidDocument(
            "the PDF is damaged and can't be opened: fetch it again, or print it to a new PDF."
        ) from None
    if len(file) < 1:
        file.close()
        raise InvalidDocument("the PDF is damaged: it has no pages.")
    return file


def _information(file: pypdfium2.PdfDocument) -> dict[str, str]:
    """Return the title and author that can be decoded."""
    found = {}
    for key in ("Title", "Author"):
        with suppress(UnicodeDecodeError):
            found[key] = file.get_metadata_value(key)
    return found


def _pages(file: pypdfium2.PdfDocument) -> Iterator[PageGlyphs]:
    """Yield the glyphs of each page; a page that can't be read has none."""
    glyphs = 0
    for number in range(len(file)):
        try:
            page = file[number]
        except pypdfium2.PdfiumError:
            yield PageGlyphs((), is_damaged=True)
            continue
        try:
            textpage = page.get_textpage()
        except pypdfium2.PdfiumError:
            page.close()
            yield PageGlyphs((), is_damaged=True)
            continue
        count = textpage.count_chars()
        glyphs += count
        if count > _PAGE_GLYPH_LIMIT or glyphs > GLYPH_LIMIT:
            raise InvalidDocument(
                f"the PDF has too much text: page {number + 1} of {len(file)} brings it to "
                f"{glyphs:,} characters. Split it and add the parts."
            )
        yield read_page(page, textpage)
        textpage.close()
        page.close()


def _check_glyphs(pages: list[PageGlyphs]) -> tuple[str, ...]:
    """Refuse what has no text that can be read; return warnings about parts of it."""
    glyphs = sum(page.glyphs for page in pages)
    unreadable = sum(page.unreadable for page in pages)
    damaged = [number for number, page in enumerate(pages, 1) if page.is_damaged]
    drawn = [
        number
        for number, page in enumerate(pages, 1)
        if not (page.glyphs or page.is_damaged or page.is_blank)
    ]
    if glyphs == 0 and damaged:
        raise InvalidDocument(f"the PDF is damaged: {_pages_named(damaged)} can't be read.")
    if glyphs == 0 and not drawn:
        raise InvalidDocument("the PDF is blank: there is nothing on its pages.")
    if glyphs == 0:
        images = "its page is an image" if len(pages) == 1 else f"its {len(pages)} pages are images"
        raise InvalidDocument(f"the PDF has no text: {images}. {_OCR}")
    if unreadable > _UNREADABLE_SHARE * glyphs:
        raise InvalidDocument(
            f"the PDF doesn't tell which letters it shows: {unreadable:,} of its {glyphs:,} "
            f"characters have no meaning. {_OCR}"
        )
    warnings = []
    if damaged:
        warnings.append(f"{_pages_named(damaged)} can't be read and was left out.")
    if drawn:
        have = "has" if len(drawn) == 1 else "have"
        warnings.append(f"{_pages_named(drawn)} {have} no text. {_OCR}")
    if unreadable:
        warnings.append(
            f"{unreadable:,} of {glyphs:,} characters can't be read: they stand as \ufffd."
        )
    return tuple(warnings)


def _pages_named(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    shown = ", ".join(map(str, numbers[:_NAMED_PAGES]))
    more = len(numbers) - _NAMED_PAGES
    return f"pages {shown} and {more} more" if more > 0 else f"pages {shown}"


def _written(pages: list[PageGlyphs]) -> SetText:
    laid_out = [lay_out(page) for page in without_running_lines(pages)]
    usual = measures(laid_out)
    paragraphs = [
        paragraph
        for number, items in enumerate(laid_out)
        for paragraph in paragraphs_of(items, number, usual)
    ]
    return set_text(flow(paragraphs), len(pages))


def _first_heading(written: SetText) -> str | None:
    """Return the first of the largest headings."""
    headings = [block for block in written.blocks if block.kind == "heading"]
    if not headings:
        return None
    largest = min(headings, key=lambda block: block.level)
    return one_line(written.text[largest.start : largest.end])[:_TITLE_LIMIT] or None
