"""A page's tree as pieces of text in the order of reading, each with what it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import regex
from lxml import etree
from lxml.html import HtmlElement

from corpus.formats.html_tree import names

PieceKind = Literal["heading", "paragraph", "item", "row", "caption"]

_BLANKS = regex.compile(r"[ \t\r\n\f\v\xa0\u2028\u2029]++")
_UNWRITTEN = regex.compile(r"[\xad\u200b\u2060\ufeff]")
_PARAGRAPH_BREAK = regex.compile(r"\n\s*\n")
_AROUND_BREAK = regex.compile(r" *\n *")
_BLOCKS = names(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "ol p pre search section summary table tbody thead tfoot tr td th caption ul"
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_IN_LAYOUT_CELLS = names("p h1 h2 h3 h4 h5 h6 ul ol blockquote article section div")
_LAYOUT_CELL = 400
"""Characters of a table's cell that make the table a page's layout."""

_CAPTION_CLASS = regex.compile(r"(?:^|[\s_-])(?:wp-)?(?:photo|image|img|pic|thumb)?[_-]?caption")
_EDITING = regex.compile(r"mw-editsection|noprint|(?:^|\s)reference(?:\s|$)")


@dataclass(slots=True)
class Piece:
    """A run of text that stands by itself on the page.

    links: how many of its characters are links' words. element: where it stands.
    """

    kind: PieceKind
    text: str
    element: HtmlElement
    level: int = 0
    links: int = 0


@dataclass(slots=True)
class _Line:
    """The text that is being gathered for the next piece."""

    parts: list[str] = field(default_factory=list)
    links: int = 0


def pieces_of(body: HtmlElement) -> list[Piece]:
    """Return what is written on the page, from top to bottom."""
    pieces: list[Piece] = []
    line = _Line()
    open_links = 0
    owner = body
    for element, is_start in _walk(body):
        is_block = element.tag in _BLOCKS
        if is_block:
            pieces.extend(_finished(line, owner))
            line = _Line()
            owner = element if is_start else element.getparent()
        if is_start and element.tag == "table" and _is_data(element):
            pieces.extend(_rows(element))
        elif is_start:
            open_links += element.tag == "a"
            line.parts.append("\n" if element.tag == "br" else _written(element, element.text))
        else:
            open_links -= element.tag == "a"
        if open_links and is_start:
            line.links += len(line.parts[-1]) if line.parts else 0
        if not is_start and element is not body:
            line.parts.append(_written(element.getparent(), element.tail))
            line.links += len(line.parts[-1]) if open_links else 0
    pieces.extend(_finished(line, owner))
    return pieces


def _walk(body: HtmlElement) -> Iterator[tuple[HtmlElement, bool]]:
    """Yield each element at its start and at its end; a table of data is entered by nobody."""
    stack = [(body, True)]
    while stack:
        element, is_start = stack.pop()
        if not is_start:
            yield element, False
            continue
        stack.append((element, False))
        if _is_editing(element):
            continue
        yield element, True
        if not (element.tag == "table" and _is_data(element)):
            stack.extend((child, True) for child in reversed(element))


def _is_editing(element: HtmlElement) -> bool:
    """Tell whether an element is a note's mark or an «edit» link, which is no text of the page."""
    if element.tag == "sup":
        inside = element.find(".//a")
        return inside is not None and (inside.get("href") or "").find("#") >= 0
    return element.tag == "span" and _EDITING.search(element.get("class", "")) is not None


def _written(element: HtmlElement, text: str | None) -> str:
    """Return text as it shows: blanks run together, but not in what is set as it was typed."""
    if not text:
        return ""
    text = _UNWRITTEN.sub("", text)
    if element.tag == "pre":
        return text.replace("\xa0", " ")
    return _BLANKS.sub(" ", text)


def _finished(line: _Line, owner: HtmlElement) -> Iterator[Piece]:
    """Yield the gathered text as pieces: two line breaks in a row end a paragraph."""
    text = "".join(line.parts)
    if not text.strip():
        return
    kind, level = _kind_of(owner)
    for part in _PARAGRAPH_BREAK.split(text) if kind != "heading" else [text]:
        written = regex.sub(" {2,}", " ", _AROUND_BREAK.sub("\n", part)).strip()
        if kind == "heading":
            written = " ".join(written.split())
        if written:
            yield Piece(kind, written, owner, level, min(line.links, len(written)))


def _kind_of(owner: HtmlElement) -> tuple[PieceKind, int]:
    """Return what the nearest elements around a text say that it is, and a heading's level."""
    element: HtmlElement | None = owner
    for _ in range(3):
        if element is None:
            break
        if element.tag in _HEADINGS:
            return "heading", _HEADINGS[element.tag]
        if element.tag in {"figcaption", "caption"} or _CAPTION_CLASS.search(
            element.get("class", "").lower()
        ):
            return "caption", 0
        if element.tag in {"li", "dt", "dd"}:
            return "item", 0
        element = element.getparent()
    return "paragraph", 0


def _is_data(table: HtmlElement) -> bool:
    """Tell whether a table holds data, and not the layout of the page."""
    known = table.get("data-attache-kind")
    if known is None:
        known = "data" if _looks_like_data(table) else "layout"
        table.set("data-attache-kind", known)
    return bool(known == "data")


def _looks_like_data(table: HtmlElement) -> bool:
    if table.get("role") == "presentation" or table.find(".//table") is not None:
        return False
    widest = rows = 0
    for row in table.iter("tr"):
        rows += 1
        widest = max(widest, sum(1 for cell in row if cell.tag in {"td", "th"}))
    if widest < 2 or rows < 2:
        return False
    return all(not _is_layout(cell) for cell in table.iter("td", "th"))


def _is_layout(cell: HtmlElement) -> bool:
    length = 0
    for text in cell.itertext():
        length += len(text)
        if length > _LAYOUT_CELL:
            return True
    return sum(1 for _ in islice(cell.iter(*_IN_LAYOUT_CELLS), 2)) > 1


def _rows(table: HtmlElement) -> Iterator[Piece]:
    for element in table.iter("caption", "tr"):
        if element.tag == "caption":
            text = _inside(element)
            if text:
                yield Piece("caption", text, element)
            continue
        cells = [_inside(cell) for cell in element if cell.tag in {"td", "th"}]
        while cells and not cells[-1]:
            cells.pop()
        if any(cells):
            linked = sum(len(_inside(link)) for link in element.iter("a"))
            yield Piece("row", regex.sub(" {2,}", " ", " | ".join(cells)), element, links=linked)


def _inside(element: HtmlElement) -> str:
    """Return an element's text on one line; what stands in blocks of its own is set apart."""
    parts: list[str] = []
    for inside, is_start in _walk(element):
        if inside.tag in _BLOCKS or inside.tag == "br":
            parts.append(" ")
        if is_start:
            parts.append(_written(inside, inside.text))
        elif inside is not element:
            parts.append(_written(inside, inside.tail))
    return " ".join("".join(parts).split())


def depth_of(element: HtmlElement) -> int:
    """Return how many elements stand around this one."""
    return sum(1 for _ in element.iterancestors(etree.Element))
