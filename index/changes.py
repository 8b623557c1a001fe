"""Changing an index: a document is cut and encoded first, then written in one transaction."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.document import Document, Provenance
from corpus.errors import DocumentConflict, DocumentNotFound, IndexNotFound
from corpus.passages import Passage, cut
from index import store
from index.encoder import Encoder, Vectors
from index.records import Change, Manifest
from index.rows import read_document_row, reading, same_document
from index.schema import FORMAT, create_tables

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
    with store.transaction(connection, "IMMEDIATE"):
        manifest = _manifest_or_none(connection, folder)
        if manifest is None:
            store.write_manifest(connection, encoder.identity, passage_tokens(encoder))
        else:
            encoder.identity.check_built(manifest.encoder)
        stored = store.read_document(connection, document.id)
        if stored and is_unchanged(stored.document, document, replace=replace):
            generation = manifest.generation if manifest else 0
            return Change("unchanged", document.id, 0, generation)
        generation = store.next_generation(connection)
        if stored:
            store.delete_document(connection, document.id, generation)
        store.insert_document(connection, document, encoded.passages, encoded.vectors, generation)
    return Change(
        "replaced" if stored else "added",
        document.id,
        len(encoded.passages),
        generation,
        _warnings(document, encoder),
    )


def remove(connection: sqlite3.Connection, folder: Path, document_id: str) -> Change:
    """Remove a document in one transaction. Raises DocumentNotFound."""
    with store.transaction(connection, "IMMEDIATE"):
        store.read_manifest(connection, folder)
        if store.read_document(connection, document_id) is None:
            raise DocumentNotFound(
                f"There is no document {document_id!r:.140} in {folder}: "
                "`attache list` shows those that are."
            )
        generation = store.next_generation(connection)
        passages = store.delete_document(connection, document_id, generation)
    return Change("removed", document_id, passages, generation)


def rebuild(
    connection: sqlite3.Connection,
    folder: Path,
    encoder: Encoder,
    progress: Progress | None = None,
) -> Change:
    """Cut and encode every document again in one transaction, whatever encoder it had before.

    An older format keeps its documents; everything else is made anew.
    """
    with store.transaction(connection, "IMMEDIATE"):
        kept = _documents_of_older_format(connection, folder)
        store.write_manifest(connection, encoder.identity, passage_tokens(encoder))
        generation = store.next_generation(connection)
        ids = list(kept) or store.document_ids(connection)
        passages = 0
        for number, document_id in enumerate(ids, 1):
            stored = None if kept else store.read_document(connection, document_id)
            with reading(f"the document {document_id!r:.140}"):
                document = stored.document if stored else kept[document_id]
            encoded = encode_document(document, encoder)
            if stored:
                store.delete_document(connection, document_id, generation)
            store.insert_document(
                connection, document, encoded.passages, encoded.vectors, generation
            )
            passages += len(encoded.passages)
            if progress:
                progress(number, len(ids))
    return Change("rebuilt", "", passages, generation)


def _documents_of_older_format(connection: sqlite3.Connection, folder: Path) -> dict[str, Document]:
    """Take the documents out of a file of an older format and put our tables in its place."""
    store.check_program(connection, folder)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version >= FORMAT:
        store.check_format(connection, folder)
        return {}
    rows = connection.execute("SELECT provenance, text, blocks FROM documents ORDER BY key")
    documents = [read_document_row(*row) for row in rows]
    for name in ("lexicon", "removals", "vectors", "passages", "labels", "documents",
                 "generations", "manifest"):  # fmt: skip
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    create_tables(connection)
    return {document.id: document for document in documents}


def _manifest_or_none(connection: sqlite3.Connection, folder: Path) -> Manifest | None:
    store.check_format(connection, folder)
    try:
        return store.read_manifest(connection, folder)
    except IndexNotFound:
        return None


def _shortened(title: str, encoder: Encoder) -> str:
    tokens = encoder.token_offsets(title)
    return title if len(tokens) <= TITLE_TOKENS else title[: tokens[TITLE_TOKENS - 1].end]


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
