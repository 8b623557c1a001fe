"""The tables of the SQLite file, and SQLite's errors told in Attaché's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

from corpus.errors import (
    IndexBusy,
    IndexDamaged,
    IndexFailure,
    IndexNotFound,
    IndexNotWritable,
)

FILE_NAME = "index.sqlite"
FORMAT = 3
APPLICATION_ID = 0x41747463
"""«Attc», so that another program's database is never taken for an index."""

BUSY_SECONDS = 15.0

_SMALLEST = 512
"""Bytes of the smallest page that SQLite knows."""

_DAMAGES = tuple(
    f"SQLITE_{name}" for name in ("CORRUPT", "NOTADB", "FORMAT", "ERROR", "CONSTRAINT", "MISMATCH")
)

TABLES = (
    "CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # A row a change. The token tells two histories apart that share a number (a restored copy).
    # What a generation holds is counted as it is written: at a million it is not counted anew.
    """CREATE TABLE generations (
        generation INTEGER PRIMARY KEY,
        token TEXT NOT NULL,
        documents INTEGER NOT NULL,
        passages INTEGER NOT NULL
    )""",
    """CREATE TABLE documents (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL,
        provenance TEXT NOT NULL,
        blocks TEXT NOT NULL,
        pages TEXT NOT NULL,
        text TEXT NOT NULL,
        language TEXT,
        first_day TEXT,
        last_day TEXT,
        generation INTEGER NOT NULL
    )""",
    "CREATE INDEX documents_by_sha256 ON documents (sha256)",
    # A filter is answered from one of these alone, without the documents' texts.
    "CREATE INDEX documents_by_language ON documents (language)",
    "CREATE INDEX documents_by_first_day ON documents (first_day)",
    "CREATE INDEX documents_by_last_day ON documents (last_day)",
    """CREATE TABLE labels (
        kind TEXT NOT NULL, value TEXT NOT NULL,
        document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
        PRIMARY KEY (kind, value, document)
    ) WITHOUT ROWID""",
    "CREATE INDEX labels_of_document ON labels (document)",
    """CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        context TEXT NOT NULL,
        sentences TEXT NOT NULL,
        text TEXT NOT NULL,
        generation INTEGER NOT NULL
    )""",
    "CREATE INDEX passages_of_document ON passages (document)",
    "CREATE INDEX passages_of_generation ON passages (generation)",
    "CREATE TABLE vectors (passage INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
    "CREATE TABLE removals (passage INTEGER PRIMARY KEY, generation INTEGER NOT NULL)",
    "CREATE INDEX removals_of_generation ON removals (generation)",
    "CREATE TABLE lexicon (passage INTEGER PRIMARY KEY, terms TEXT NOT NULL)",
)


def connect(folder: Path, *, writing: bool) -> sqlite3.Connection:
    """Open the file of an index. Raises IndexNotFound where there is none."""
    path = folder / FILE_NAME
    with storage_errors(folder):
        if not path.is_file() or path.stat().st_size == 0:
            raise IndexNotFound(not_found_message(folder))
        return _connection(path, writing=writing)


def create(folder: Path) -> sqlite3.Connection:
    """Open the file of an index for writing, with its folder and empty tables if need be."""
    if folder.exists() and not folder.is_dir():
        raise IndexNotFound(not_found_message(folder))
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).touch()
        connection = _connection(folder / FILE_NAME, writing=True)
        try:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
                create_tables(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection


def connect_to(path: Path, *, new: bool = False) -> sqlite3.Connection:
    """Open a file beside that of an index for writing; a new one is made first."""
    if new:
        path.touch()
    return _connection(path, writing=True)


def create_tables(connection: sqlite3.Connection) -> None:
    """Create every table inside the transaction that is open."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    for statement in TABLES:
        connection.execute(statement)


def not_found_message(folder: Path) -> str:
    """Say that there is no index in a folder, and how to make one."""
    if folder.exists() and not folder.is_dir():
        return f"There is no index in {folder}: it is a file. Name a folder."
    return f"There is no index in {folder}. Make one with `attache add --index {folder} FILE`."


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn errors of SQLite and the file system into IndexFailure, with what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, folder) from error
    except UnicodeDecodeError as error:  # SQLite names the damaged part in its own message
        raise IndexDamaged(_damaged_message(error, folder)) from error
    except OSError as error:
        raise IndexNotWritable(
            f"The index in {folder} can't be opened or changed: {error.strerror or error}. "
            "Check the folder's rights and the disk's space."
        ) from error


class _Connection(sqlite3.Connection):
    """Closes its cursors with itself: one that an error left open would go on locking the file."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement, and remember its cursor."""
        cursor = super().execute(*arguments)
        self._cursors.add(cursor)
        return cursor

    def close(self) -> None:
        """Close the cursors that are left, then the connection."""
        for cursor in list(self._cursors):
            cursor.close()
        super().close()


def _connection(path: Path, *, writing: bool) -> sqlite3.Connection:
    if 0 < path.stat().st_size < _SMALLEST:
        raise sqlite3.DatabaseError("file is not a database")  # SQLite would take it for empty
    # A rollback journal, not WAL: a reader then needs no right to write in the folder.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    # EXTRA also syncs the folder when the journal goes: what was acknowledged outlives a power cut.
    settings = ["synchronous = EXTRA", "foreign_keys = ON", "trusted_schema = OFF"]
    # A change that spilled out of the cache would lock readers out until it ends.
    settings.append("cache_spill = OFF" if writing else "query_only = ON")
    try:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _translated(error: sqlite3.Error, folder: Path) -> IndexFailure:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return IndexBusy(
            f"Another process is changing the index in {folder}: try again when it is done."
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE")):
        return IndexNotWritable(
            f"There is no space left to change the index in {folder}; it is what it was before. "
            "Free some space and run the command again."
        )
    if name.startswith("SQLITE_READONLY_ROLLBACK") or name == "SQLITE_READONLY_RECOVERY":
        return IndexNotWritable(
            f"The index in {folder} was left in the middle of a change and can't be mended without "
            "the right to write: run `attache status` once as a user who may write there."
        )
    if name == "SQLITE_READONLY_DBMOVED":
        return IndexBusy(f"The index in {folder} was built anew in this very moment: try again.")
    if name.startswith("SQLITE_READONLY"):
        return IndexNotWritable(
            f"The index in {folder} may not be changed: you have no right to write there."
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return IndexNotWritable(
            f"The index in {folder} can't be opened or changed: check the folder's rights."
        )
    if name.startswith("SQLITE_IOERR"):
        return IndexFailure(
            f"The disk failed under the index in {folder} ({name}): check the disk, then run "
            "`attache status --check`."
        )
    # Our own statements fail only on tables that aren't ours any more; a row that can't be read
    # gives an error without a name.
    if not name or name.startswith(_DAMAGES):
        return IndexDamaged(_damaged_message(error, folder))
    return IndexFailure(f"The index in {folder} failed ({name}: {error}).")


def _damaged_message(error: Exception, folder: Path) -> str:
    return (
        f"The index in {folder} is damaged ({str(error)[:200]}): restore it from a copy, "
        "or remove the folder and add the documents again."
    )
