"""Building an index anew: in a file beside it, a step at a time, which then takes its place.

Until then the old file answers, and nobody changes it. What a step wrote outlives an interruption:
the next rebuild goes on from there, if nothing was changed meanwhile. Memory holds one step.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from corpus.document import Document
from index import state, store
from index.changes import encode_document, passage_tokens
from index.durable import sync
from index.encoder import Encoder
from index.records import Change
from index.rows import read_document_row, reading
from index.schema import FILE_NAME, FORMAT, connect_to, create_tables

REBUILT_NAME = "rebuilt.sqlite"

_STEP = 512
"""Passages that are written together, at least."""

Progress = Callable[[int, int], None]


def rebuild(
    connection: sqlite3.Connection,
    folder: Path,
    encoder: Encoder,
    progress: Progress | None = None,
) -> Change:
    """Cut and encode every document again, whatever encoder and older format it had before.

    progress: called with the documents done so far and their total.
    """
    path = folder / REBUILT_NAME
    with state.transaction(connection, "IMMEDIATE"):
        state.check_program(connection, folder)
        if connection.execute("PRAGMA user_version").fetchone()[0] >= FORMAT:
            state.check_format(connection, folder)
        try:
            with closing(_begun(connection, path, encoder)) as target:
                generation = _generation(target)
                for done, total in _steps(connection, target, encoder, generation):
                    if progress:
                        progress(done, total)
                passages = state.size(target).passages
                target.execute("DELETE FROM manifest WHERE key = 'rebuilding'")
        except (sqlite3.Error, OSError):
            _discard(path)  # it may be what fills the disk
            raise
        path.replace(folder / FILE_NAME)
        sync(folder)
    return Change("rebuilt", "", passages, generation)


def _begun(source: sqlite3.Connection, path: Path, encoder: Encoder) -> sqlite3.Connection:
    """Open the new file: what an interrupted rebuild of the same state left, or an empty one."""
    cause = _cause(source, encoder)
    target = _interrupted(path, cause)
    if target is not None:
        return target
    _discard(path)
    target = connect_to(path, new=True)
    try:
        with state.transaction(target, "IMMEDIATE"):
            create_tables(target)
            _begin(source, target, encoder, cause)
    except BaseException:
        target.close()
        raise
    return target


def _interrupted(path: Path, cause: str) -> sqlite3.Connection | None:
    """Open what an interrupted rebuild with the same cause left, if that is what lies there."""
    if not path.is_file():
        return None
    connection = None
    try:
        connection = connect_to(path)
        row = connection.execute("SELECT value FROM manifest WHERE key = 'rebuilding'").fetchone()
        if row and json.loads(row[0])["cause"] == cause:
            return connection
    except (sqlite3.Error, ValueError, LookupError, TypeError):
        pass  # damaged, or of something else
    if connection is not None:
        connection.close()
    return None


def _discard(path: Path) -> None:
    """Remove a file of SQLite's with its journal, which would be played back into the next one."""
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


def _begin(
    source: sqlite3.Connection, target: sqlite3.Connection, encoder: Encoder, cause: str
) -> None:
    """Write what the new file has of the old one: its id, its place in time, its row ids."""
    kept = source.execute("SELECT key, value FROM manifest WHERE key IN ('id', 'collection')")
    target.executemany("INSERT INTO manifest VALUES (?, ?)", kept)
    state.write_manifest(target, encoder.identity, passage_tokens(encoder))
    rebuilding = json.dumps({"cause": cause, "done": 0})
    target.execute("INSERT INTO manifest VALUES ('rebuilding', ?)", (rebuilding,))
    last = source.execute("SELECT max(generation) FROM generations").fetchone()[0] or 0
    target.execute("INSERT INTO generations VALUES (?, ?, 0, 0)", (last + 1, secrets.token_hex(8)))
    target.executemany(
        "INSERT INTO sqlite_sequence VALUES (?, ?)",
        source.execute("SELECT name, seq FROM sqlite_sequence"),
    )


def _steps(
    source: sqlite3.Connection, target: sqlite3.Connection, encoder: Encoder, generation: int
) -> Iterator[tuple[int, int]]:
    """Write document after document; yield how many are done, and of how many, at each one."""
    row = target.execute("SELECT value FROM manifest WHERE key = 'rebuilding'").fetchone()
    begun = json.loads(row[0])
    total = source.execute("SELECT count(*) FROM documents").fetchone()[0]
    done = state.size(target).documents
    if done:
        yield done, total
    documents = _documents(source, after=begun["done"])
    key, document = next(documents, (0, None))
    while document is not None:
        with state.transaction(target, "IMMEDIATE"):
            passages = 0
            while document is not None and passages < _STEP:
                encoded = encode_document(document, encoder)
                store.insert_document(
                    target, document, encoded.passages, encoded.vectors, generation
                )
                passages += len(encoded.passages)
                done += 1
                begun["done"] = key
                yield done, total
                key, document = next(documents, (0, None))
            target.execute(
                "UPDATE manifest SET value = ? WHERE key = 'rebuilding'", (json.dumps(begun),)
            )


def _documents(source: sqlite3.Connection, after: int) -> Iterator[tuple[int, Document]]:
    """Yield the documents of a file of any format that we ever had, by their keys."""
    columns = {row[1] for row in source.execute("PRAGMA table_info(documents)")}
    pages = "pages" if "pages" in columns else "'[]'"  # which formats 1 and 2 don't have
    rows = source.execute(
        f"SELECT key, id, provenance, text, blocks, {pages} FROM documents "
        "WHERE key > ? ORDER BY key",
        (after,),
    )
    for key, id_, *row in rows:
        with reading(f"the document {id_!r:.140}"):
            yield key, read_document_row(*row)


def _cause(source: sqlite3.Connection, encoder: Encoder) -> str:
    """Return what has to be the same for an interrupted rebuild to go on."""
    last = source.execute(
        "SELECT generation, token FROM generations ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    return json.dumps([FORMAT, last, asdict(encoder.identity), passage_tokens(encoder)])


def _generation(target: sqlite3.Connection) -> int:
    return int(target.execute("SELECT max(generation) FROM generations").fetchone()[0])
