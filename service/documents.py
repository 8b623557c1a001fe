"""Documents as CLI and HTTP show them."""

from dataclasses import dataclass
from typing import Any

from corpus.document import DOCUMENT_ID, Kind, Provenance, Source
from corpus.errors import DocumentNotFound
from index.records import Entry, StoredDocument


@dataclass(frozen=True, kw_only=True)
class DocumentSummary:
    """A document without its text. generation: the change that brought it."""

    id: str
    title: str
    kind: Kind
    publisher: str | None
    author: str | None
    published: str | None
    url: str | None
    language: str | None
    licence: str | None
    countries: tuple[str, ...]
    tags: tuple[str, ...]
    sources: tuple[Source, ...]
    origin: str
    sha256: str
    characters: int
    generation: int


@dataclass(frozen=True, kw_only=True)
class DocumentText(DocumentSummary):
    """A document with its exact text: every offset of a citation counts its code points.

    pages: the offset at which each of its pages begins; empty where it has none.
    """

    text: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Some documents by id. next: the cursor of those that follow, null at the end."""

    documents: tuple[DocumentSummary, ...]
    next: str | None


def check_id(document_id: str) -> str:
    """Return an id that a document may have. DocumentNotFound otherwise: none can have it."""
    if not DOCUMENT_ID.fullmatch(document_id):
        raise DocumentNotFound(
            f"There is no document {document_id[:140]!a}: "
            "an id has 1 to 128 of the characters a-z 0-9 . _ -."
        )
    return document_id


def summary_of(entry: Entry) -> DocumentSummary:
    """Show a line of the index's list."""
    return DocumentSummary(
        **_provenance(entry.provenance),
        sha256=entry.sha256,
        characters=entry.characters,
        generation=entry.generation,
    )


def text_of(stored: StoredDocument) -> DocumentText:
    """Show a document with its text."""
    return DocumentText(
        **_provenance(stored.document),
        sha256=stored.document.sha256,
        characters=len(stored.document.text),
        generation=stored.generation,
        text=stored.document.text,
        pages=stored.document.pages,
    )


def _provenance(provenance: Provenance) -> dict[str, Any]:
    names = DocumentSummary.__dataclass_fields__.keys() & provenance.__dataclass_fields__.keys()
    return {name: getattr(provenance, name) for name in names}
