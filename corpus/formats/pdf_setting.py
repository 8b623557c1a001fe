"""The paragraphs of a PDF written out: the stored text, its blocks and where its pages begin."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.blocks import settled_blocks
from corpus.document import Block, BlockKind
from corpus.formats.line_joining import Typesetting, before_next, typesetting
from corpus.formats.pdf_cells import Line
from corpus.formats.pdf_paragraphs import Paragraph

CELL_SEPARATOR = " | "
_LEADERS = re.compile(r"\s*(?:\.\s?){5,}|\s*(?:_\s?){5,}|\s*…{3,}")
"""The dots that lead the eye to a page's number, and lines to write on."""


@dataclass(frozen=True, slots=True)
class SetText:
    """A text with its blocks; pages: the offset at which each page begins."""

    text: str
    blocks: tuple[Block, ...]
    pages: tuple[int, ...]


def set_text(paragraphs: Sequence[Paragraph], page_count: int) -> SetText:
    """Write paragraphs out, each a block; the rows of a table stand on lines of their own."""
    known = typesetting(list(_columns(paragraphs)))
    levels = _levels(paragraphs)
    parts: list[str] = []
    blocks: list[Block] = []
    starts: dict[int, int] = {}
    length = 0
    before: Paragraph | None = None
    for paragraph in paragraphs:
        if before is not None:
            parts.append("\n" if before.role == paragraph.role == "row" else "\n\n")
            length += len(parts[-1])
        text = _row(paragraph, known) if paragraph.cells else ""
        if not paragraph.cells:
            text = _running_text(paragraph, known, length, starts)
        starts.setdefault(paragraph.pages[0], length)
        level = levels[_look(paragraph)] if paragraph.role == "heading" else 0
        blocks.append(Block(_kind(paragraph), length, length + len(text), level))
        parts.append(text)
        length += len(text)
        before = paragraph
    whole = "".join(parts)
    return SetText(whole, settled_blocks(whole, blocks), _pages(starts, page_count, length))


def _kind(paragraph: Paragraph) -> BlockKind:
    """Return what a paragraph may be: any text may be an interviewer's question, if it asks."""
    if paragraph.role == "heading":
        return "heading"
    return "question" if paragraph.role == "text" else "text"


def _columns(paragraphs: Sequence[Paragraph]) -> Iterator[list[str]]:
    for paragraph in paragraphs:
        for lines in paragraph.cells or (paragraph.lines,):
            yield [line.text for line in lines]


def _joined(lines: Sequence[Line], known: Typesetting) -> str:
    text = ""
    for line in lines:
        text = before_next(text, line.text, known) + line.text
    return text.strip()


def _row(paragraph: Paragraph, known: Typesetting) -> str:
    return CELL_SEPARATOR.join(_clean(_joined(cell, known)) for cell in paragraph.cells)


def _running_text(
    paragraph: Paragraph, known: Typesetting, start: int, starts: dict[int, int]
) -> str:
    """Return a paragraph's text, and note where in it a page begins."""
    text = ""
    page = paragraph.pages[0]
    for line, its_page in zip(paragraph.lines, paragraph.pages, strict=True):
        text = before_next(_clean(text, keeps_end=True), _clean(line.text, keeps_end=True), known)
        if its_page != page:
            starts.setdefault(its_page, start + len(text))
            page = its_page
        text += line.text
    return _clean(text)


def _clean(text: str, *, keeps_end: bool = False) -> str:
    """Drop soft hyphens inside words and shorten leaders; single blanks, none at the ends."""
    end = re.search(r"\xad?\s*\Z", text)
    assert end is not None
    body = _LEADERS.sub(" … ", text[: end.start()].replace("\xad", ""))
    body = re.sub(r"\s+", " ", body).lstrip()
    return body + end[0] if keeps_end else body.rstrip()


def _look(paragraph: Paragraph) -> tuple[float, bool]:
    first = paragraph.lines[0]
    return round(first.size), first.is_bold


def _levels(paragraphs: Sequence[Paragraph]) -> dict[tuple[float, bool], int]:
    """Give each look of headings a level: the larger above the smaller, bold above plain."""
    looks = {_look(paragraph) for paragraph in paragraphs if paragraph.role == "heading"}
    ordered = sorted(looks, reverse=True)
    return {look: min(level, 6) for level, look in enumerate(ordered, 1)}


def _pages(starts: dict[int, int], page_count: int, length: int) -> tuple[int, ...]:
    """Return where each page begins; one without text where the next one does."""
    pages: list[int] = []
    following = length
    for page in reversed(range(page_count)):
        following = min(following, starts.get(page, following))
        pages.append(following)
    return tuple(reversed(pages))
