"""Word documents: paragraphs, headings, rows of tables, notes and text boxes.

Headers and footers are left out, as is what was deleted with changes tracked.
"""

import io
import zlib
from collections.abc import Iterator, Sequence
from typing import Any
from zipfile import BadZipFile

import docx
from docx.document import Document as WordDocument
from docx.exceptions import PythonDocxError
from docx.opc.parts.coreprops import CorePropertiesPart
from lxml import etree

from corpus.blocks import settled_blocks
from corpus.document import Block, BlockKind, check_text, is_language
from corpus.errors import InvalidDocument
from corpus.formats.docx_archive import check_archive
from corpus.formats.docx_body import TITLE_LEVEL, Body, Piece, levels_of
from corpus.formats.docx_text import Fields, W
from corpus.formats.metadata import NO_METADATA, Metadata
from corpus.formats.properties import author_from, title_from
from corpus.formats.raw import Parsed, RawFile, document_of, one_line
from corpus.language import detect_language

_TITLE_LIMIT = 200
_BOLD_HEADING = 150
_NOTE_PARTS = ("footnote", "endnote")
_DAMAGE = (
    BadZipFile,
    zlib.error,
    etree.LxmlError,
    PythonDocxError,
    KeyError,
    ValueError,
    AttributeError,
    TypeError,
    IndexError,
    NotImplementedError,
    OSError,
    EOFError,
)
"""What zipfile, lxml and python-docx raise where a document's parts don't fit together."""


def read_docx(raw: RawFile) -> Parsed:
    """Read a Word document. Raises InvalidDocument where it is none, damaged, or inflates."""
    check_archive(raw.data)
    try:
        word = docx.Document(io.BytesIO(raw.data))
        pieces = list(_pieces(word))
        found = _found(word)
    except _DAMAGE as error:
        raise InvalidDocument(
            f"the Word document is damaged ({type(error).__name__}): "
            "open it in a word processor and save it again."
        ) from None
    text, blocks = _written(_headed(pieces))
    check_text(text)
    return document_of(
        raw, text, blocks, _with_language(found, text), fallback_title=_first_heading(text, blocks)
    )


def _pieces(word: WordDocument) -> Iterator[Piece]:
    notes = dict(_notes(word))
    body = Body(levels_of(word.styles.element), notes, Fields())
    yield from body.pieces(word.element.body)
    for name in notes:
        if name.startswith("endnote"):
            yield from body.note(name)


def _notes(word: WordDocument) -> Iterator[tuple[str, Any]]:
    """Yield each note with its name, «footnote 2»; python-docx doesn't read their parts."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    for relation in word.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1].removesuffix("s")
        if kind not in _NOTE_PARTS or relation.is_external:
            continue
        for note in etree.fromstring(relation.target_part.blob, parser).iter(f"{W}{kind}"):
            if note.get(f"{W}type", "normal") == "normal":
                yield f"{kind} {note.get(f'{W}id')}", note


def _found(word: WordDocument) -> Metadata:
    """Return what the core properties say; the dates in them are the file's, not the document's."""
    package = word.part.package
    parts = (
        relation.target_part
        for relation in (package.rels.values() if package else ())
        if relation.reltype.endswith("/core-properties") and not relation.is_external
    )
    part = next((part for part in parts if isinstance(part, CorePropertiesPart)), None)
    if part is None:
        return NO_METADATA  # python-docx would make some up
    properties = part.core_properties
    return Metadata(
        title=title_from(properties.title),
        author=author_from(properties.author),
        language=properties.language or None,
    )


def _with_language(found: Metadata, text: str) -> Metadata:
    """Keep the language that is said where the text doesn't speak against it.

    Programs write the language of their own menus there.
    """
    said = (found.language or "").split("-")[0].strip()
    detected = detect_language(text)
    is_kept = is_language(said) and detected in {None, said}
    return Metadata(title=found.title, author=found.author, language=said if is_kept else detected)


def _headed(pieces: Sequence[Piece]) -> list[Piece]:
    """Settle the levels: below a title, headings are one deeper.

    Where no paragraph has a heading's style, a short one all in bold is one.
    """
    if not any(piece.level for piece in pieces):
        pieces = [Piece(piece.text, 2) if _is_bold_heading(piece) else piece for piece in pieces]
    has_title = any(piece.level == TITLE_LEVEL for piece in pieces)
    return [
        piece if piece.level is None else Piece(piece.text, min(6, piece.level + has_title))
        for piece in pieces
    ]


def _is_bold_heading(piece: Piece) -> bool:
    return (
        piece.is_bold
        and piece.level is None
        and len(piece.text) <= _BOLD_HEADING
        and not piece.text.endswith((".", ":", ";", ",", "!"))
    )


def _written(pieces: Sequence[Piece]) -> tuple[str, tuple[Block, ...]]:
    parts: list[str] = []
    blocks: list[Block] = []
    length = 0
    before: Piece | None = None
    for piece in pieces:
        if before is not None:
            parts.append("\n" if before.is_row and piece.is_row else "\n\n")
            length += len(parts[-1])
        end = length + len(piece.text)
        blocks.append(Block(_kind(piece), length, end, piece.level or 0))
        parts.append(piece.text)
        length, before = end, piece
    text = "".join(parts)
    return text, settled_blocks(text, blocks)


def _kind(piece: Piece) -> BlockKind:
    """Return what a piece may be: any text may be an interviewer's question, if it asks."""
    if piece.level:
        return "heading"
    return "text" if piece.is_row else "question"


def _first_heading(text: str, blocks: Sequence[Block]) -> str | None:
    """Return the first of the highest headings."""
    headings = [block for block in blocks if block.kind == "heading"]
    if not headings:
        return None
    highest = min(headings, key=lambda block: block.level)
    return one_line(text[highest.start : highest.end])[:_TITLE_LIMIT] or None
