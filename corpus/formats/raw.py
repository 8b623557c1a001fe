"""What every format's reader is given, and what it gives back."""

import re
from dataclasses import dataclass

from corpus.document import Document


@dataclass(frozen=True, slots=True)
class RawFile:
    """A decoded file: its text without a byte-order mark, and what its name says.

    document_id: the id to use; id_is_given: the user chose it, so that a file's own must not win.
    """

    text: str
    stem: str
    origin: str
    document_id: str
    id_is_given: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, and what its reader had to leave out, as sentences for the user."""

    document: Document
    warnings: tuple[str, ...] = ()


def one_line(heading: str) -> str:
    """Return a heading's words with single blanks between them, without control characters."""
    return " ".join(re.sub(r"[\x00-\x1f]", " ", heading).split())
