"""Saved web pages: their main text, piece by piece, with what the page says of itself."""

from collections.abc import Sequence

from corpus.blocks import settled_blocks
from corpus.document import Block, check_text
from corpus.errors import InvalidDocument
from corpus.formats.html_main import main_pieces
from corpus.formats.html_metadata import page_metadata
from corpus.formats.html_pieces import Piece, pieces_of
from corpus.formats.html_tree import decoded_page, page_tree, remove_unseen
from corpus.formats.raw import Parsed, RawFile, document_of

_BETWEEN = "\n\n"


def read_html(raw: RawFile) -> Parsed:
    """Read a page's main text: a heading, paragraph, list item, table row or caption a block.

    Menus, notices, comments and what is hidden are left out. Raises InvalidDocument where nothing
    is left.
    """
    decoded = decoded_page(raw)
    root = page_tree(decoded.text)
    found = page_metadata(root, decoded.text)
    remove_unseen(root)
    pieces = pieces_of(root.find("body"))
    title = raw.given.title or found.title
    chosen = _without_title(main_pieces(root, pieces), title)
    if not any(piece.kind != "heading" for piece in chosen):
        raise InvalidDocument(_without_text(pieces))
    text = _BETWEEN.join(piece.text for piece in chosen)
    check_text(text)
    return document_of(raw, text, _blocks(text, chosen), found, warnings=decoded.warnings)


def _without_title(pieces: Sequence[Piece], title: str | None) -> list[Piece]:
    """Leave out the title where it stands above the text: it is kept as the document's title."""
    return [
        piece
        for place, piece in enumerate(pieces)
        if piece.text != title or not (piece.kind == "heading" or place == 0)
    ]


def _blocks(text: str, pieces: Sequence[Piece]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    start = 0
    for piece in pieces:
        end = start + len(piece.text)
        if piece.kind == "heading":
            blocks.append(Block("heading", start, end, piece.level))
        else:
            kind = "question" if piece.kind == "paragraph" else "text"
            blocks.append(Block(kind, start, end))  # type: ignore[arg-type]
        start = end + len(_BETWEEN)
    return settled_blocks(text, blocks)


def _without_text(pieces: Sequence[Piece]) -> str:
    letters = sum(len(piece.text) for piece in pieces)
    held = f"{letters} characters of menus and the like" if letters else "no text at all"
    return (
        f"it has no main text, it holds {held}. Where a script fills the page, save it from the "
        "browser once it shows."
    )
