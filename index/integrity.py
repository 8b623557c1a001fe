"""Checking an index: what its rows say of each other, against the rows themselves."""

import json
import sqlite3
from collections.abc import Iterator

import numpy as np

from corpus.blocks import cover, outline
from corpus.document import Provenance
from index import state, store
from index.records import Manifest
from index.rows import reading

_TOLERANCE = 1e-3


def problems(connection: sqlite3.Connection, manifest: Manifest) -> list[str]:
    """Return a sentence for each promise that does not hold.

    Checked: SQLite's own integrity; each text against its SHA-256; each passage against its
    document, its sentences inside it; each non-blank character in one passage or heading; for each
    passage a vector of the right width and of length 1 or 0, and its own terms; the counts.
    """
    found = [
        f"SQLite reports: {row[0]}."
        for row in connection.execute("PRAGMA integrity_check(20)")
        if row[0] != "ok"
    ]
    found += _rows_without_partner(connection, manifest)
    found += _wrong_lengths(connection)
    found += _wrong_counts(connection)
    for document_id in store.document_ids(connection):
        with reading(f"the document {document_id!r:.140}"):
            found += _document_problems(connection, document_id)
    return found


def _rows_without_partner(connection: sqlite3.Connection, manifest: Manifest) -> Iterator[str]:
    width = 4 * manifest.encoder.dimension
    for what, sql in (
        ("passages without a vector", "id NOT IN (SELECT passage FROM vectors)"),
        ("passages without terms", "id NOT IN (SELECT passage FROM lexicon)"),
        ("passages that were removed", "id IN (SELECT passage FROM removals)"),
    ):
        count = connection.execute(f"SELECT count(*) FROM passages WHERE {sql}").fetchone()[0]
        if count:
            yield f"There are {count} {what}."
    for table, sql in (
        ("vectors", f"length(vector) != {width} OR passage NOT IN (SELECT id FROM passages)"),
        ("lexicon", "passage NOT IN (SELECT id FROM passages)"),
    ):
        count = connection.execute(f"SELECT count(*) FROM {table} WHERE {sql}").fetchone()[0]
        if count:
            yield f"There are {count} rows of {table} that belong to no passage or are damaged."


def _wrong_counts(connection: sqlite3.Connection) -> Iterator[str]:
    counted = state.size(connection)
    for table, told in (("documents", counted.documents), ("passages", counted.passages)):
        there = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if there != told:
            yield f"There are {there} {table}, and {told} were counted."


def _wrong_lengths(connection: sqlite3.Connection) -> Iterator[str]:
    for passage, blob in connection.execute("SELECT passage, vector FROM vectors"):
        if not isinstance(blob, bytes):
            continue  # told as a damaged row already
        vector = np.frombuffer(blob[: len(blob) // 4 * 4], "<f4")
        length = float(vector @ vector)
        if not (abs(length - 1) < _TOLERANCE or length == 0):
            yield f"The vector of passage {passage} is not of length 1."


def _document_problems(connection: sqlite3.Connection, document_id: str) -> Iterator[str]:
    stored = store.read_document(connection, document_id)
    if stored is None:
        yield f"The document {document_id!r:.140} is listed, but not found by its id."
        return
    text = stored.document.text
    key, sha256 = connection.execute(
        "SELECT key, sha256 FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    if stored.document.sha256 != sha256:
        yield f"The text of {document_id} does not have its SHA-256."
    yield from _terms_problems(connection, key, stored.document)
    covered = bytearray(len(text))
    for start, end, passage, sentences in connection.execute(
        "SELECT start, end, text, sentences FROM passages WHERE document = ? ORDER BY start", (key,)
    ):
        if text[start:end] != passage:
            yield f"A passage of {document_id} at {start}–{end} is not its document's text."
        if not all(start <= s <= e <= end for s, e in json.loads(sentences)):
            yield f"A sentence of {document_id} stands outside its passage at {start}–{end}."
        if any(covered[start:end]):
            yield f"Two passages of {document_id} overlap at {start}–{end}."
        covered[start:end] = b"\1" * len(covered[start:end])
    for context in outline(text, cover(text, stored.document.blocks)).contexts:
        if any(covered[context.start : context.end]):
            yield f"The heading of {document_id} at {context.start} stands in a passage too."
        covered[context.start : context.end] = b"\1" * (context.end - context.start)
    lost = sum(not seen and not char.isspace() for seen, char in zip(covered, text, strict=True))
    if lost:
        yield f"{lost} characters of {document_id} stand in no passage and no heading."


def _terms_problems(connection: sqlite3.Connection, key: int, known: Provenance) -> Iterator[str]:
    for start, end, context, text, found in connection.execute(
        "SELECT start, end, context, text, terms FROM passages "
        "JOIN lexicon ON lexicon.passage = passages.id WHERE document = ? ORDER BY start", (key,)
    ):  # fmt: skip
        if found != store.passage_terms(known.title, context, text):
            yield f"The terms of {known.id} at {start}–{end} are not those of its passage."
