"""Lines of pages put together to paragraphs: headings, text, captions, notes, rows of tables."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from corpus.formats.captions import is_caption
from corpus.formats.pdf_cells import Column, Line, Row

Role = Literal["heading", "text", "caption", "note", "row"]

HEADING_SIZE = 1.12
_HEADING_CHARACTERS = 250
_BOLD_HEADING_CHARACTERS = 150
_NOTE_SIZE = 0.93
_ENDED = re.compile(r"[.!?…。！？؟:;][\"'”’»)\]」』]*[⁰¹²³⁴-⁹]*\Z")
_SENTENCE_ENDED = re.compile(r"[.!?…。！？؟][\"'”’»)\]」』]*[⁰¹²³⁴-⁹]*\Z")
_BULLET = re.compile(r"[•‣◦·▪▫■□▶▷►●○◆◇]\s?|[–—-]\s")
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[a-z])[.)]\s")
_NOTE = re.compile(r"(?:\d{1,3}|[⁰¹²³⁴-⁹]{1,3}|[*†‡§]{1,3})[.)]?\s?\S")


@dataclass(frozen=True, slots=True)
class Measures:
    """A document's usual letters and lines: in points, leading in ems between two baselines."""

    size: float
    leading: float
    is_bold: bool
    width: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What belongs together, and how it looked.

    lines: their texts; pages: the page of each, from 0. right: where its column ends, in points.
    cells: of a row, the lines of each.
    """

    role: Role
    lines: tuple[Line, ...]
    pages: tuple[int, ...]
    right: float
    starts_column: bool = False
    cells: tuple[Column, ...] = ()

    @property
    def text(self) -> str:
        """The lines with blanks between them: for looking at, not for keeping."""
        return " ".join(line.text.strip() for line in self.lines)


def measures(pages: Sequence[Sequence[Column | Row]]) -> Measures:
    """Measure the text that a document has most of."""
    sizes: Counter[tuple[float, bool]] = Counter()
    leadings: list[float] = []
    columns = [item for page in pages for item in page if not isinstance(item, Row)]
    for column in columns:
        for line in column:
            sizes[round(line.size * 2) / 2, line.is_bold] += len(line.text)
        leadings.extend(
            (above.y - below.y) / below.size
            for above, below in pairwise(column)
            if abs(above.size - below.size) < 0.05 * below.size
        )
    (size, is_bold), _ = sizes.most_common(1)[0] if sizes else ((10.0, False), 0)
    widths = [
        line.x1 - line.x0
        for column in columns
        for line in column
        if abs(line.size - size) < 0.05 * size
    ]
    leading, width = (median(found) if found else 0.0 for found in (leadings, widths))
    return Measures(size, leading or 1.2, is_bold, width)


def paragraphs_of(items: Sequence[Column | Row], page: int, usual: Measures) -> Iterator[Paragraph]:
    """Yield the paragraphs of one page."""
    for item in items:
        if isinstance(item, Row):
            lines = tuple(line for column in item.cells for line in column)
            right = max(line.x1 for line in lines)
            role: Role = "note" if _is_note_row(item, usual) else "row"
            cells = item.cells if role == "row" else ()
            yield Paragraph(role, lines, (page,) * len(lines), right, cells=cells)
            continue
        for place, lines in enumerate(_split(item, usual)):
            alike = _of_size(item, lines[-1].size)
            right = max(lines[-1].x0 + 0.8 * usual.width, *(line.x1 for line in alike))
            role = _role(lines, usual)
            yield Paragraph(role, lines, (page,) * len(lines), right, starts_column=place == 0)


def _of_size(column: Column, size: float) -> Column:
    """Return the lines of a size: a title over two columns is as wide as both."""
    return tuple(line for line in column if abs(line.size - size) <= 0.08 * size)


def _is_note_row(row: Row, usual: Measures) -> bool:
    """Tell whether a row is a note and the number before it."""
    first = row.cells[0][0]
    return (
        len(row.cells) == 2
        and first.size <= _NOTE_SIZE * usual.size
        and re.fullmatch(r"\d{1,3}", first.text.strip()) is not None
    )


def _split(column: Column, usual: Measures) -> Iterator[Column]:
    part = [column[0]]
    sides: dict[float, tuple[float, float]] = {}
    for line in column[1:]:
        if line.size not in sides:
            alike = _of_size(column, line.size)
            sides[line.size] = (min(one.x0 for one in alike), max(one.x1 for one in alike))
        if _begins(part, line, usual, *sides[line.size]):
            yield tuple(part)
            part = []
        part.append(line)
    yield tuple(part)


def _begins(part: Sequence[Line], line: Line, usual: Measures, left: float, right: float) -> bool:
    """Tell whether a line begins a paragraph behind the lines of another one."""
    before = part[-1]
    size = line.size
    if abs(before.size - size) > 0.08 * size or before.is_bold != line.is_bold:
        return True
    if before.y - line.y > max(1.25 * usual.leading * size, usual.leading * size + 1.5):
        return True
    text, ended = before.text.strip(), _ENDED.search(before.text.strip()) is not None
    if _BULLET.match(line.text) or is_caption(line.text, strictly=not ended):
        return True
    is_short = before.x1 + _first_word(line) + 0.5 * size < right
    if (ended or is_short) and (_NUMBERED.match(line.text) or _is_note(line, usual)):
        return True
    is_indented = line.x0 > before.x0 + 0.8 * size and len(part) > 1
    is_outdented = line.x0 < before.x0 - 0.8 * size and (len(part) > 1 or before.x0 > left + size)
    if len(part) == 1 and is_outdented:
        is_outdented = before.x0 - line.x0 > 4 * size  # else it is a first line's indent
    if is_short:
        is_half = before.x1 - left < 0.5 * (right - left)
        return ended or (is_half and not line.text[:1].islower() and not before.is_bold)
    return bool(_SENTENCE_ENDED.search(text)) and (is_indented or is_outdented)


def _is_note(line: Line, usual: Measures) -> bool:
    return line.size <= _NOTE_SIZE * usual.size and _NOTE.match(line.text) is not None


def _role(lines: Column, usual: Measures) -> Role:
    text = " ".join(line.text.strip() for line in lines)
    first = lines[0]
    if is_caption(text):
        return "caption"
    if _is_note(first, usual) and not _NUMBERED.match(text):
        return "note"
    return "heading" if _is_heading(text, lines, usual) else "text"


def _is_heading(text: str, lines: Column, usual: Measures) -> bool:
    """Tell whether a paragraph is a heading: short, without a full stop, larger or bolder."""
    if sum(map(str.isalpha, text)) < 2 or _BULLET.match(text) or text.endswith((",", ";")):
        return False
    size = min(line.size for line in lines)
    ended = _SENTENCE_ENDED.search(text) is not None and not text.endswith("?")
    if size >= HEADING_SIZE * usual.size:
        return len(text) <= _HEADING_CHARACTERS and (not ended or size >= 1.4 * usual.size)
    is_bold = all(line.is_bold for line in lines) and not usual.is_bold
    return (
        is_bold
        and size >= 0.97 * usual.size
        and len(text) <= _BOLD_HEADING_CHARACTERS
        and not ended
        and not text.endswith(":")
    )


def flow(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Join the paragraphs that go on in another column or on the next page.

    What stood between, such as a note or a table, comes behind it; before it where it stood on the
    page that it began on, so that every text keeps its page.
    """
    flowing: list[Paragraph] = []
    open_at: int | None = None
    for paragraph in paragraphs:
        if paragraph.role not in {"text", "heading"}:
            flowing.append(paragraph)
            continue
        before = None if open_at is None else flowing[open_at]
        if open_at is not None and before is not None and _goes_on(before, paragraph):
            between = flowing[open_at + 1 :]
            first = [other for other in between if other.pages[0] <= before.pages[0]]
            last = [other for other in between if other.pages[0] > before.pages[0]]
            joined = _joined(before, paragraph)
            flowing[open_at:] = [*first, joined, *last]
            open_at += len(first)
        else:
            flowing.append(paragraph)
            open_at = len(flowing) - 1
        if not _is_open(flowing[open_at]):
            open_at = None
    return flowing


def _is_open(paragraph: Paragraph) -> bool:
    """Tell whether a paragraph may break off: it ends no sentence."""
    return paragraph.role == "text" and not _ENDED.search(paragraph.lines[-1].text.strip())


def _goes_on(before: Paragraph, paragraph: Paragraph) -> bool:
    """Tell whether a paragraph goes on with an open one, whose last line must be full."""
    first, last = paragraph.lines[0], before.lines[-1]
    if paragraph.role != "text" or not paragraph.starts_column or first.is_bold != last.is_bold:
        return False
    if abs(first.size - last.size) > 0.06 * last.size or _BULLET.match(first.text):
        return False
    if last.text.strip().endswith((",", "-", "‐", "\xad")):
        return True
    is_full = last.x1 + _first_word(first) + 1.5 * last.size > before.right
    if first.text[:1].islower():
        return is_full or last.x1 > before.right - 8 * last.size
    is_elsewhere = paragraph.pages[0] > before.pages[-1] or first.y > last.y
    is_indented = len(paragraph.lines) > 1 and first.x0 > paragraph.lines[1].x0 + 0.8 * first.size
    return is_full and is_elsewhere and not is_indented


def _first_word(line: Line) -> float:
    """Return the width of a line's first word, in points."""
    words = line.text.split(maxsplit=1)
    return len(words[0]) / max(1, len(line.text)) * (line.x1 - line.x0) if words else 0.0


def _joined(before: Paragraph, paragraph: Paragraph) -> Paragraph:
    return Paragraph(
        "text",
        before.lines + paragraph.lines,
        before.pages + paragraph.pages,
        paragraph.right,
        before.starts_column,
    )
