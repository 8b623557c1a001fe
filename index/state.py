"""What an index says of itself: its format, its manifest, its generations and what they hold."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from corpus.errors import IndexDamaged, IndexMismatch, IndexNotFound
from index.encoder import EncoderIdentity
from index.records import Manifest, Size
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


def encoder_name(connection: sqlite3.Connection) -> str | None:
    """Return the name of the encoder that a file of any format was built with, where it says."""
    try:
        row = connection.execute("SELECT value FROM manifest WHERE key = 'encoder'").fetchone()
        return str(json.loads(row[0])["name"])
    except (sqlite3.OperationalError, ValueError, LookupError, TypeError):
        return None


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
    held = size(connection)
    connection.execute(
        "INSERT INTO generations VALUES (?, ?, ?, ?)",
        (generation, secrets.token_hex(8), held.documents, held.passages),
    )
    return generation


def generation_token(connection: sqlite3.Connection, generation: int) -> str | None:
    """Return the token of a generation of this history, or None where it never was."""
    row = connection.execute(
        "SELECT token FROM generations WHERE generation = ?", (generation,)
    ).fetchone()
    return str(row[0]) if row else None


def size(connection: sqlite3.Connection) -> Size:
    """Return how many documents and passages the last generation has, as it was written."""
    row = connection.execute(
        "SELECT documents, passages FROM generations ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    return Size(*row) if row else Size(0, 0)


def count(connection: sqlite3.Connection, generation: int, documents: int, passages: int) -> None:
    """Add to the numbers that a generation counts."""
    connection.execute(
        "UPDATE generations SET documents = documents + ?, passages = passages + ? "
        "WHERE generation = ?",
        (documents, passages, generation),
    )


def _last_generation(connection: sqlite3.Connection) -> tuple[int, str]:
    row = connection.execute(
        "SELECT generation, token FROM generations ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    return (row[0], row[1]) if row else (0, "")
