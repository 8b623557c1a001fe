"""What every format's reader is given, and what it gives back."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from corpus.document import Block, Document
from corpus.formats.decoding import Decoded, decode
from corpus.formats.metadata import NO_METADATA, Metadata
from corpus.language import detect_language


@dataclass(frozen=True)
class RawFile:
    """A file's bytes, what its name says, and what whoever adds it says of it.

    document_id: the id to use; id_is_given: the user chose it, so that a file's own must not win.
    given: metadata that wins over the file's own. encoding: of its text, None to recognise it.
    """

    data: bytes
    name: str
    stem: str
    origin: str
    document_id: str
    id_is_given: bool
    given: Metadata = NO_METADATA
    encoding: str | None = None

    @cached_property
    def decoded(self) -> Decoded:
        """The bytes as text, for formats that are text. Raises InvalidDocument."""
        return decode(self.data, self.encoding)

    @property
    def text(self) -> str:
        """The decoded text, without a byte-order mark."""
        return self.decoded.text


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, and what its reader had to leave out, as sentences for the user.

    id_is_derived: nobody chose its id, it was made from the file's name.
    """

    document: Document
    warnings: tuple[str, ...] = ()
    id_is_derived: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of a file that can't become a document; place: such as «record 3»."""

    place: str
    reason: str


Reading = tuple[Parsed | Refused, ...]
"""What a file holds: most formats one document, some a document a record."""


def document_of(
    raw: RawFile,
    text: str,
    blocks: tuple[Block, ...],
    found: Metadata = NO_METADATA,
    *,
    fallback_title: str | None = None,
    pages: tuple[int, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Parsed:
    """Make a document of what a format's reader found; what the user gave wins over it.

    fallback_title: where nobody gives one; without it too, the file's name. Raises InvalidDocument.
    """
    said = raw.given.over(found)
    kind: Any = said.kind or "source"  # checked by Document
    document = Document(
        id=raw.document_id if raw.id_is_given else said.id or raw.document_id,
        text=text,
        title=said.title or fallback_title or one_line(raw.stem) or raw.document_id,
        origin=raw.origin,
        blocks=blocks,
        pages=pages,
        kind=kind,
        publisher=said.publisher,
        author=said.author,
        published=said.published,
        url=said.url,
        language=said.language or detect_language(text),
        licence=said.licence,
        countries=said.countries or (),
        tags=said.tags or (),
        sources=said.sources or (),
    )
    unknown = (f"the key {key[:60]!r} is unknown and was left out." for key in said.unknown)
    return Parsed(
        document, (*warnings, *unknown), id_is_derived=not raw.id_is_given and said.id is None
    )


def one_line(heading: str) -> str:
    """Return a heading's words with single blanks between them, without control characters."""
    return " ".join(re.sub(r"[\x00-\x1f]", " ", heading).split())
