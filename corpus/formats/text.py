"""Plain text: the stored text is the file, character for character."""

from corpus.blocks import plain_blocks
from corpus.document import check_text
from corpus.formats.metadata import NO_METADATA, Metadata
from corpus.formats.raw import Parsed, RawFile, document_of, one_line

_TITLE_LIMIT = 200


def read_text(raw: RawFile) -> Parsed:
    """Read plain text; the title is the one its first headings give, else the file's name."""
    return text_document(raw, raw.text, warnings=raw.decoded.warnings)


def text_document(
    raw: RawFile, text: str, found: Metadata = NO_METADATA, *, warnings: tuple[str, ...] = ()
) -> Parsed:
    """Make a document of plain text."""
    check_text(text)
    blocks = plain_blocks(text)
    titles = (one_line(text[block.start : block.end]) for block in blocks if block.level == 1)
    title = next((line for line in titles if 0 < len(line) <= _TITLE_LIMIT), None)
    return document_of(raw, text, blocks, found, fallback_title=title, warnings=warnings)
