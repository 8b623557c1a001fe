"""Changing an index: a document is cut and encoded first, then written in one transaction."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.document import Document, Provenance
from corpus.errors import DocumentConflict, DocumentNotFound, IndexNotFound
from corpus.passages import Passage, cut
from index import state, store
from index.encoder import Encoder, Vectors
from index.records import Change, Manifest
from index.rows import same_document

Progress = Callable[[int, int], None]
"""Called with the passages encoded so far and their total."""

PASSAGE_TOKENS = 128
"""Tokens of the longest passage, where the encoder's window allows as many."""

TITLE_TOKENS = 32
"""Tokens of a title that are encoded with each passage."""

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document cut into passages, with a vector for each."""

    document: Document
    passages: tuple[Passage, ...]
    vectors: Vectors


def encode_document(
    document: Document, encoder: Encoder, progress: Progress | None = None
) -> Encoded:
    """Cut a document and encode its passages, each with its title and context."""
    passages = cut(document, encoder, passage_tokens(encoder)).passages
    title = _shortened(document.title, encoder)
    texts = [encoded_text(title, passage) for passage in passages]
    blocks = [np.empty((0, encoder.identity.dimension), np.float32)]
    for start in range(0, len(texts), _BATCH):
        blocks.append(encoder.encode_passages(texts[start : start + _BATCH]))
        if progress:
            progress(min(start + _BATCH, len(texts)), len(texts))
    return Encoded(document, passages, np.concatenate(blocks))


def passage_tokens(encoder: Encoder) -> int:
    """Return the budget of a passage: 128 tokens, or half of a smaller encoder's window."""
    return min(PASSAGE_TOKENS, max(8, encoder.identity.window // 2))


def encoded_text(title: str, passage: Passage) -> str:
    """Return what is encoded for a passage: the title, its context, and the passage."""
    return "\n".join(part for part in (title, passage.context, passage.text) if part)


def is_unchanged(known: Document, document: Document, *, replace: bool) -> bool:
    """Tell whether adding would change nothing.

    Raises DocumentConflict where the id belongs to another origin and ``replace`` is false.
    """
    if known.origin != document.origin and not replace:
        raise DocumentConflict(
            f"The id {document.id} belongs to a document from {known.origin}, this one is from "
            f"{document.origin}. Replace it with --replace, or give this one another id with --id."
        )
    return same_document(known, document)


def write(
    connection: sqlite3.Connection,
    folder: Path,
    encoded: Encoded,
    encoder: Encoder,
    *,
    replace: bool,
) -> Change:
    """Write a document in one transaction, durable when this returns."""
    document = encoded.document
    with state.transaction(connection, "IMMEDIATE"):
        manifest = _manifest_or_none(connection, folder)
        if manifest is None:
            state.write_manifest(connection, encoder.identity, passage_tokens(encoder))
        else:
            encoder.identity.check_built(manifest.encoder)
        stored = store.read_document(connection, document.id)
        if stored and is_unchanged(stored.document, document, replace=replace):
            generation = manifest.generation if manifest else 0
            return Change("unchanged", document.id, 0, generation)
        generation = state.next_generation(connection)
        if stored:
            store.delete_document(connection, document.id, generation)
        twin = store.same_text(connection, document)
        store.insert_document(connection, document, encoded.passages, encoded.vectors, generation)
    return Change(
        "replaced" if stored else "added",
        document.id,
        len(encoded.passages),
        generation,
        (*_warnings(document, encoder), *_twin_warnings(document, twin)),
    )


def remove(connection: sqlite3.Connection, folder: Path, document_id: str) -> Change:
    """Remove a document in one transaction. Raises DocumentNotFound."""
    with state.transaction(connection, "IMMEDIATE"):
        state.read_manifest(connection, folder)
        if store.read_document(connection, document_id) is None:
            raise DocumentNotFound(
                f"There is no document {document_id!r:.140} in this index: "
                "`attache list` shows those that are."
            )
        generation = state.next_generation(connection)
        passages = store.delete_document(connection, document_id, generation)
    return Change("removed", document_id, passages, generation)


def _manifest_or_none(connection: sqlite3.Connection, folder: Path) -> Manifest | None:
    state.check_format(connection, folder)
    try:
        return state.read_manifest(connection, folder)
    except IndexNotFound:
        return None


def _shortened(title: str, encoder: Encoder) -> str:
    tokens = encoder.token_offsets(title)
    return title if len(tokens) <= TITLE_TOKENS else title[: tokens[TITLE_TOKENS - 1].end]


def _twin_warnings(document: Document, twin: str | None) -> tuple[str, ...]:
    if twin is None:
        return ()
    return (
        f"{document.id} has the same text as {twin}: both are kept, and an answer cites one of "
        "them and names the other.",
    )


def _warnings(provenance: Provenance, encoder: Encoder) -> tuple[str, ...]:
    known = encoder.identity.languages
    language = (provenance.language or "").split("-")[0]
    if not language or not known or language in known:
        return ()
    return (
        f"{provenance.id} is in {provenance.language}, but the encoder "
        f"{encoder.identity.name} knows {', '.join(known)} only: "
        "questions may not find what it says.",
    )
