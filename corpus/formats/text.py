"""Plain text: the stored text is the file, character for character."""

from corpus.blocks import plain_blocks
from corpus.document import Document, check_text
from corpus.formats.raw import Parsed, RawFile, one_line
from corpus.language import detect_language

_TITLE_LIMIT = 200


def read_text(raw: RawFile) -> Parsed:
    """Read plain text; the title is a heading on its first line, else the file's name."""
    check_text(raw.text)
    blocks = plain_blocks(raw.text)
    title = raw.stem
    if blocks[0].kind == "heading":
        first = one_line(raw.text[blocks[0].start : blocks[0].end])
        title = first if 0 < len(first) <= _TITLE_LIMIT else raw.stem
    return Parsed(
        Document(
            id=raw.document_id,
            text=raw.text,
            title=title,
            origin=raw.origin,
            blocks=blocks,
            language=detect_language(raw.text),
        )
    )
