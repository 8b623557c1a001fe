"""Reading and writing the rows of an index; every change is one transaction."""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from corpus.document import DOCUMENT_ID, Document, Provenance, date_span
from corpus.errors import IndexDamaged, IndexMismatch, IndexNotFound
from corpus.passages import Passage
from corpus.sentences import Extent
from index import lexical
from index.encoder import EncoderIdentity, Vectors
from index.records import Entry, Hit, Manifest, Scored, Size, StoredDocument
from index.rows import (
    blocks_json,
    provenance_json,
    read_document_row,
    read_provenance,
    reading,
)
from index.schema import APPLICATION_ID, FORMAT, not_found_message


@contextmanager
def transaction(connection: sqlite3.Connection, mode: str) -> Iterator[None]:
    """Run a block as one transaction (DEFERRED to read, IMMEDIATE to write), or not at all."""
    connection.execute(f"BEGIN {mode}")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def read_manifest(connection: sqlite3.Connection, folder: Path) -> Manifest:
    """Read what the index says of itself.

    Raises IndexNotFound where nothing was ever added, IndexMismatch where the file is of another
    program or format, IndexDamaged where the manifest can't be read.
    """
    check_format(connection, folder)
    rows = dict(connection.execute("SELECT key, value FROM manifest"))
    if not rows:
        raise IndexNotFound(not_found_message(folder))
    generation, token = _last_generation(connection)
    try:
        encoder = json.loads(rows["encoder"])
        encoder["languages"] = tuple(encoder["languages"])
        return Manifest(
            id=rows["id"],
            format=FORMAT,
            generation=generation,
            token=token,
            encoder=EncoderIdentity(**encoder),
            passage_tokens=int(rows["passage_tokens"]),
            collection=rows["collection"],
        )
    except (KeyError, ValueError, TypeError) as error:
        raise IndexDamaged(
            f"The manifest of the index in {folder} can't be read ({error!r}): "
            "restore it from a copy, or remove the folder and add the documents again."
        ) from error


def check_program(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a file that is empty or of another program."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application == 0 and tables == 0:
        raise IndexNotFound(not_found_message(folder))
    if application != APPLICATION_ID:
        raise IndexMismatch(
            f"The file index.sqlite in {folder} belongs to another program: name another folder."
        )


def check_format(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a file that is empty, of another program, or of another format than ours."""
    check_program(connection, folder)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != FORMAT:
        mend = (
            f"Run `attache rebuild --index {folder}`."
            if version < FORMAT
            else "Upgrade Attaché, or name another folder."
        )
        raise IndexMismatch(
            f"The index in {folder} has format {version}, "
            f"this Attaché reads format {FORMAT}. {mend}"
        )


def write_manifest(
    connection: sqlite3.Connection, encoder: EncoderIdentity, passage_tokens: int
) -> None:
    """Write a new index's manifest, or an old one's new encoder; its id and collection stay."""
    values = {
        "encoder": json.dumps(asdict(encoder)),
        "passage_tokens": str(passage_tokens),
    }
    connection.executemany(
        "INSERT OR IGNORE INTO manifest (key, value) VALUES (?, ?)",
        (("id", secrets.token_hex(8)), ("collection", "")),
    )
    connection.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", values.items())


def write_collection(connection: sqlite3.Connection, digest: str) -> None:
    """Remember which state of the shipped collection the index holds."""
    connection.execute("UPDATE manifest SET value = ? WHERE key = 'collection'", (digest,))


def next_generation(connection: sqlite3.Connection) -> int:
    """Open the next generation, inside the transaction that is open."""
    generation = _last_generation(connection)[0] + 1
    connection.execute("INSERT INTO generations VALUES (?, ?)", (generation, secrets.token_hex(8)))
    return generation


def generation_token(connection: sqlite3.Connection, generation: int) -> str | None:
    """Return the token of a generation of this history, or None where it never was."""
    row = connection.execute(
        "SELECT token FROM generations WHERE generation = ?", (generation,)
    ).fetchone()
    return str(row[0]) if row else None


def size(connection: sqlite3.Connection) -> Size:
    """Count the documents and passages."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)"
    ).fetchone()
    return Size(*row)


def insert_document(
    connection: sqlite3.Connection,
    document: Document,
    passages: Sequence[Passage],
    vectors: Vectors,
    generation: int,
) -> None:
    """Write a document, its passages, vectors and terms, inside the transaction that is open."""
    span = date_span(document.published) if document.published else None
    key = connection.execute(
        "INSERT INTO documents (id, sha256, provenance, blocks, text, language, first_day, "
        "last_day, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.sha256,
            provenance_json(document),
            blocks_json(document),
            document.text,
            document.language,
            span.first.isoformat() if span else None,
            span.last.isoformat() if span else None,
            generation,
        ),
    ).lastrowid
    labels = [("country", code) for code in document.countries]
    labels += [("tag", tag) for tag in document.tags]
    connection.executemany(
        "INSERT OR IGNORE INTO labels VALUES (?, ?, ?)", ((*label, key) for label in labels)
    )
    for passage, vector in zip(passages, vectors, strict=True):
        passage_id = connection.execute(
            "INSERT INTO passages (document, start, end, context, sentences, text, generation) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                passage.start,
                passage.end,
                passage.context,
                json.dumps([(extent.start, extent.end) for extent in passage.sentences]),
                passage.text,
                generation,
            ),
        ).lastrowid
        assert passage_id is not None
        blob = np.asarray(vector, "<f4").tobytes()
        connection.execute("INSERT INTO vectors VALUES (?, ?)", (passage_id, blob))
        lexical.add(connection, passage_id, lexical_text(document, passage))


def lexical_text(provenance: Provenance, passage: Passage) -> str:
    """Return the text whose terms find a passage: title, context and the passage itself."""
    return f"{provenance.title}\n{passage.context}\n{passage.text}"


def delete_document(connection: sqlite3.Connection, document_id: str, generation: int) -> int:
    """Delete a document with all that came from it; return how many passages that were."""
    ids = [
        row[0]
        for row in connection.execute(
            "SELECT passages.id FROM passages JOIN documents ON documents.key = passages.document "
            "WHERE documents.id = ?",
            (document_id,),
        )
    ]
    connection.executemany(
        "INSERT INTO removals VALUES (?, ?)", ((passage_id, generation) for passage_id in ids)
    )
    connection.executemany("DELETE FROM vectors WHERE passage = ?", ((id_,) for id_ in ids))
    lexical.remove(connection, ids)
    connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))
    return len(ids)


def read_document(connection: sqlite3.Connection, document_id: str) -> StoredDocument | None:
    """Read one document with its text, or None where there is none."""
    if not DOCUMENT_ID.fullmatch(document_id):
        return None
    row = connection.execute(
        "SELECT provenance, text, blocks, generation FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    return StoredDocument(read_document_row(*row[:3]), row[3]) if row else None


def document_ids(connection: sqlite3.Connection) -> list[str]:
    """List the ids of all documents in the order they were added."""
    return [str(row[0]) for row in connection.execute("SELECT id FROM documents ORDER BY key")]


def read_entries(connection: sqlite3.Connection, after: str, limit: int) -> tuple[Entry, ...]:
    """List documents by id, from the first one after ``after``."""
    rows = connection.execute(
        "SELECT provenance, sha256, length(text), "
        "(SELECT count(*) FROM passages WHERE passages.document = documents.key), generation "
        "FROM documents WHERE id > ? ORDER BY id LIMIT ?",
        (after, limit),
    )
    return tuple(Entry(read_provenance(row[0]), *row[1:]) for row in rows)


def read_hits(connection: sqlite3.Connection, ranked: Sequence[Scored]) -> tuple[Hit, ...]:
    """Read the passages that a search ranked, in its order, with their documents' provenance."""
    rows = connection.execute(
        "SELECT passages.id, passages.start, passages.end, passages.text, passages.context, "
        "passages.sentences, documents.provenance, documents.sha256 FROM passages "
        "JOIN documents ON documents.key = passages.document "
        f"WHERE passages.id IN ({', '.join('?' * len(ranked))})",
        tuple(scored.passage_id for scored in ranked),
    )
    by_id = {row[0]: row[1:] for row in rows}
    with reading("a passage"):
        return tuple(_hit(scored, by_id[scored.passage_id]) for scored in ranked)


def _hit(scored: Scored, row: tuple[Any, ...]) -> Hit:
    start, end, text, context, sentences, provenance_text, sha256 = row
    provenance = read_provenance(provenance_text)
    extents = tuple(Extent(*pair) for pair in json.loads(sentences))
    if not all(start <= extent.start <= extent.end <= end for extent in extents):
        raise ValueError(f"a sentence outside its passage at {start}")
    return Hit(
        passage_id=scored.passage_id,
        passage=Passage(provenance.id, start, end, text, context, extents),
        provenance=provenance,
        document_sha256=sha256,
        score=scored.score,
        dense=scored.dense,
        lexical=scored.lexical,
    )


def _last_generation(connection: sqlite3.Connection) -> tuple[int, str]:
    row = connection.execute(
        "SELECT generation, token FROM generations ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    return (row[0], row[1]) if row else (0, "")
