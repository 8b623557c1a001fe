"""The body of a Word document as pieces of text: headings, paragraphs, rows, notes, boxes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from corpus.formats.docx_text import Fields, Spoken, W, read_paragraph

CELL_SEPARATOR = " | "
TITLE_LEVEL = 0
_BODY_LEVEL = 9
_DEPTH = 20
"""Tables in tables, boxes in boxes; what lies deeper is left out."""

_CONTAINERS = frozenset(
    f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A block to be; level: 0 for the title, 1 and more for a heading, None for text."""

    text: str
    level: int | None = None
    is_row: bool = False
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """Reads pieces. levels: of each style's id. notes: elements by their ids, «footnote 2»."""

    levels: Mapping[str, int]
    notes: Mapping[str, Any]
    fields: Fields

    def pieces(self, container: Any, depth: int = 0) -> Iterator[Piece]:
        """Yield the pieces of an element, in order."""
        for element in self._blocks(container) if depth < _DEPTH else ():
            if element.tag == f"{W}p":
                yield from self._paragraph(element, depth)
            else:
                yield from self._table(element, depth)

    def _blocks(self, container: Any) -> Iterator[Any]:
        """Yield the paragraphs and tables of an element; those of its wrappers too."""
        waiting = list(reversed(container))
        while waiting:
            element = waiting.pop()
            if element.tag in {f"{W}p", f"{W}tbl"}:
                yield element
            elif element.tag in _CONTAINERS:
                waiting.extend(reversed(element))

    def _paragraph(self, element: Any, depth: int) -> Iterator[Piece]:
        spoken = read_paragraph(element, self.fields)
        if spoken.text:
            yield Piece(spoken.text, self._level(element), is_bold=spoken.is_bold)
        yield from self._beside(spoken, depth)

    def _beside(self, spoken: Spoken, depth: int) -> Iterator[Piece]:
        """Yield the text boxes and footnotes of a paragraph; endnotes stand at the end."""
        for box in spoken.boxes:
            yield from self.pieces(box, depth + 1)
        for name in spoken.notes:
            if name.startswith("footnote") and name in self.notes:
                yield from self.note(name, depth)

    def note(self, name: str, depth: int = 0) -> Iterator[Piece]:
        """Yield a note, as one piece a paragraph; a heading in it is text."""
        for piece in Body(self.levels, {}, Fields()).pieces(self.notes[name], depth + 1):
            yield Piece(piece.text, is_row=piece.is_row)

    def _level(self, element: Any) -> int | None:
        own = element.find(f"{W}pPr/{W}outlineLvl")
        if own is not None:
            level = _number(own)
            return level + 1 if level is not None and level < _BODY_LEVEL else None
        style = element.find(f"{W}pPr/{W}pStyle")
        return self.levels.get(style.get(f"{W}val", "")) if style is not None else None

    def _table(self, table: Any, depth: int) -> Iterator[Piece]:
        for row in self._rows(table):
            cells = [cell for cell in self._cells(row) if not _continues_merge(cell)]
            if len(cells) == 1:  # a frame around text
                yield from self.pieces(cells[0], depth + 1)
                continue
            inside = [list(self._cell(cell, depth)) for cell in cells]
            texts = [
                " ".join(" ".join(piece.text.split()) for piece in pieces if not piece.is_row)
                for pieces in inside
            ]
            line = CELL_SEPARATOR.join(text for text in texts if text)
            if line:
                yield Piece(line, is_row=True)
            for pieces in inside:
                yield from (piece for piece in pieces if piece.is_row)

    def _cell(self, cell: Any, depth: int) -> Iterator[Piece]:
        """Yield a cell's pieces; the rows of a table inside stand for themselves."""
        yield from self.pieces(cell, depth + 1)

    def _rows(self, table: Any) -> Iterator[Any]:
        for row in _children(table, f"{W}tr"):
            if row.find(f"{W}trPr/{W}del") is None:
                yield row

    def _cells(self, row: Any) -> Iterator[Any]:
        return _children(row, f"{W}tc")


def _children(element: Any, tag: str) -> Iterator[Any]:
    """Yield the children of a tag, those in content controls too."""
    waiting = list(reversed(element))
    while waiting:
        child = waiting.pop()
        if child.tag == tag:
            yield child
        elif child.tag in _CONTAINERS:
            waiting.extend(reversed(child))


def _continues_merge(cell: Any) -> bool:
    """Tell whether a cell is the lower part of one that is merged downwards."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"


def _number(element: Any) -> int | None:
    value = element.get(f"{W}val", "")
    return int(value) if value.isdecimal() and len(value) < 3 else None


def levels_of(styles: Any) -> dict[str, int]:
    """Return the heading level of each style's id: by outline level, else by its English name.

    Word keeps the English name of its own styles in every language; the id is translated.
    """
    elements = {style.get(f"{W}styleId", ""): style for style in styles.iter(f"{W}style")}
    levels = {}
    for style_id in elements:
        level = _style_level(style_id, elements)
        if level is not None:
            levels[style_id] = level
    return levels


def _style_level(style_id: str, elements: Mapping[str, Any]) -> int | None:
    seen: set[str] = set()
    while style_id in elements and style_id not in seen:
        seen.add(style_id)
        style = elements[style_id]
        name = style.find(f"{W}name")
        words = name.get(f"{W}val", "").casefold() if name is not None else ""
        if words == "title":
            return TITLE_LEVEL
        outline = style.find(f"{W}pPr/{W}outlineLvl")
        level = _number(outline) if outline is not None else None
        if level is not None:
            return level + 1 if level < _BODY_LEVEL else None
        if words.startswith("heading ") and words[8:] in set("123456789"):
            return int(words[8:])
        based = style.find(f"{W}basedOn")
        style_id = based.get(f"{W}val", "") if based is not None else ""
    return None
