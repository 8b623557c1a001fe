"""Plain text: the stored text is the file, character for character."""

from corpus.blocks import plain_blocks
from corpus.document import check_text
from corpus.formats.raw import Parsed, RawFile, document_of, one_line

_TITLE_LIMIT = 200


def read_text(raw: RawFile) -> Parsed:
    """Read plain text; the title is the one its first headings give, else the file's name."""
    check_text(raw.text)
    blocks = plain_blocks(raw.text)
    titles = (one_line(raw.text[b.start : b.end]) for b in blocks if b.level == 1)
    title = next((found for found in titles if 0 < len(found) <= _TITLE_LIMIT), None)
    return document_of(raw, raw.text, blocks, fallback_title=title, warnings=raw.decoded.warnings)
