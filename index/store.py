"""Reading and writing the rows of an index, inside the transaction that is open."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus.document import DOCUMENT_ID, Document, date_span
from corpus.passages import Passage
from corpus.sentences import Extent
from index import state
from index.encoder import Vectors
from index.records import Entry, Hit, Scored, StoredDocument
from index.rows import (
    blocks_json,
    provenance_json,
    read_document_row,
    read_pages,
    read_provenance,
    reading,
)
from index.terms import terms


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
        "INSERT INTO documents (id, sha256, provenance, blocks, pages, text, language, first_day, "
        "last_day, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.sha256,
            provenance_json(document),
            blocks_json(document),
            json.dumps(document.pages),
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
        found = passage_terms(document.title, passage.context, passage.text)
        connection.execute("INSERT INTO lexicon VALUES (?, ?)", (passage_id, found))
    state.count(connection, generation, 1, len(passages))


def passage_terms(title: str, context: str, text: str) -> str:
    """Return the terms that find a passage, of its title and context too, with spaces between."""
    return " ".join(terms(f"{title}\n{context}\n{text}"))


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
    connection.executemany("DELETE FROM lexicon WHERE passage = ?", ((id_,) for id_ in ids))
    connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))
    state.count(connection, generation, -1, -len(ids))
    return len(ids)


def read_vectors(
    connection: sqlite3.Connection, ids: Sequence[int] | npt.NDArray[np.int64], dimension: int
) -> tuple[list[int], Vectors]:
    """Read the stored vectors of these passages, shape (passages, dimension), and whose each is.

    Raises sqlite3.DatabaseError where one has none.
    """
    wanted = [int(id_) for id_ in ids]
    rows = connection.execute(
        "SELECT passage, vector FROM vectors WHERE passage IN (SELECT value FROM json_each(?))",
        (json.dumps(wanted),),
    ).fetchall()
    if len(rows) != len(set(wanted)):
        raise sqlite3.DatabaseError("a passage has no vector")
    return [row[0] for row in rows], stacked([row[1] for row in rows], dimension)


def stacked(blobs: Sequence[bytes], dimension: int) -> Vectors:
    """Return stored vectors as an array, shape (len(blobs), dimension)."""
    with reading("a vector"):
        if any(len(blob) != 4 * dimension for blob in blobs):
            raise ValueError("a vector of another width")
        return np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), dimension)


def read_document(connection: sqlite3.Connection, document_id: str) -> StoredDocument | None:
    """Read one document with its text, or None where there is none."""
    if not DOCUMENT_ID.fullmatch(document_id):
        return None
    row = connection.execute(
        "SELECT provenance, text, blocks, pages, generation FROM documents WHERE id = ?",
        (document_id,),
    ).fetchone()
    return StoredDocument(read_document_row(*row[:-1]), row[-1]) if row else None


def same_text(connection: sqlite3.Connection, document: Document) -> str | None:
    """Return the id of another document with the very same text, the first added, if there is."""
    row = connection.execute(
        "SELECT id FROM documents WHERE sha256 = ? AND id != ? ORDER BY key LIMIT 1",
        (document.sha256, document.id),
    ).fetchone()
    return str(row[0]) if row else None


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


def read_origins(connection: sqlite3.Connection) -> dict[str, str]:
    """Read the origin of every document, by id."""
    return dict(
        connection.execute("SELECT id, json_extract(provenance, '$.origin') FROM documents")
    )


def read_hits(connection: sqlite3.Connection, ranked: Sequence[Scored]) -> tuple[Hit, ...]:
    """Read the passages that a search ranked, in its order, with their documents' provenance."""
    rows = connection.execute(
        "SELECT passages.id, passages.start, passages.end, passages.text, passages.context, "
        "passages.sentences, documents.provenance, documents.sha256, "
        "documents.pages FROM passages "
        "JOIN documents ON documents.key = passages.document "
        f"WHERE passages.id IN ({', '.join('?' * len(ranked))})",
        tuple(scored.passage_id for scored in ranked),
    )
    by_id = {row[0]: row[1:] for row in rows}
    with reading("a passage"):
        return tuple(_hit(scored, by_id[scored.passage_id]) for scored in ranked)


def _hit(scored: Scored, row: tuple[Any, ...]) -> Hit:
    start, end, text, context, sentences, provenance_text, sha256, pages = row
    provenance = read_provenance(provenance_text)
    extents = tuple(Extent(*pair) for pair in json.loads(sentences))
    if not all(start <= extent.start <= extent.end <= end for extent in extents):
        raise ValueError(f"a sentence outside its passage at {start}")
    if not (isinstance(text, str) and isinstance(context, str)):
        raise ValueError(f"a passage that is no text at {start}")
    return Hit(
        passage_id=scored.passage_id,
        passage=Passage(provenance.id, start, end, text, context, extents),
        provenance=provenance,
        document_sha256=sha256,
        score=scored.score,
        dense=scored.dense,
        lexical=scored.lexical,
        pages=read_pages(pages),
    )
