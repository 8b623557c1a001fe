"""The records that the index hands to those above it."""

from dataclasses import dataclass

from corpus.document import Document, Provenance
from corpus.passages import Passage
from index.encoder import EncoderIdentity


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with the scores that the search gave it.

    score: the fused one, 0 to 1. dense: cosine of question and passage. lexical: BM25. pages: the
    offsets at which its document's pages begin, if it has any. copies: ids of other documents that
    hold nearly the same passage, which were left out for it.
    """

    passage_id: int
    passage: Passage
    provenance: Provenance
    document_sha256: str
    score: float
    dense: float
    lexical: float
    pages: tuple[int, ...] = ()
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage's id with its fused, dense and lexical score."""

    passage_id: int
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the index says of itself. passage_tokens: the budget its passages were cut with."""

    id: str
    format: int
    generation: int
    token: str
    encoder: EncoderIdentity
    passage_tokens: int
    collection: str


@dataclass(frozen=True, slots=True)
class Size:
    """How much an index holds."""

    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of one search, all of one generation. Times are milliseconds.

    lacking: where there are none, what the filters want that no document has, in words.
    """

    hits: tuple[Hit, ...]
    manifest: Manifest
    size: Size
    encode_ms: float
    search_ms: float
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as the index holds it; generation: the change that brought it."""

    document: Document
    generation: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of documents."""

    provenance: Provenance
    sha256: str
    characters: int
    passages: int
    generation: int


@dataclass(frozen=True, slots=True)
class Change:
    """What adding or removing did. action: added, replaced, unchanged, removed or rebuilt."""

    action: str
    document_id: str
    passages: int
    generation: int
    warnings: tuple[str, ...] = ()
