"""Building an index anew: a step at a time, gone on with after an interruption, and of any format."""

import sqlite3
from contextlib import closing

import pytest
from conftest import FakeEncoder, markdown

from corpus.errors import IndexBusy, IndexDamaged
from index import changes
from index.index import Index
from index.rebuilding import REBUILT_NAME
from index.schema import FILE_NAME, connect

LONG = "\n\n".join(f"## Part {number}\n\nKorea grew." for number in range(600))
"""More passages than are written in one step."""


def fill(folder, names: str, encoder: FakeEncoder | None = None) -> Index:
    index = Index(folder, encoder or FakeEncoder())
    for name in names:
        index.add(markdown(LONG, name))
    return index


def stop_at(number: int):
    def progress(done: int, total: int) -> None:
        if done == number:
            raise KeyboardInterrupt

    return progress


def interrupted(folder, encoder: FakeEncoder, number: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        Index(folder, encoder).rebuild(progress=stop_at(number))


def parts(texts: list[str]) -> int:
    return len(texts) // 600


def test_an_interrupted_rebuild_is_gone_on_with(tmp_path):
    fill(tmp_path, "abcd")
    before = (tmp_path / FILE_NAME).read_bytes()
    interrupted(tmp_path, FakeEncoder("other"), 3)
    assert (tmp_path / FILE_NAME).read_bytes() == before
    encoder = FakeEncoder("other")
    told = []
    index = Index(tmp_path, encoder)
    change = index.rebuild(progress=lambda done, total: told.append((done, total)))
    assert parts(encoder.encoded) == 2, "the first two were written, the third was not"
    assert told == [(2, 4), (3, 4), (4, 4)]
    assert (change.passages, change.generation) == (2400, 5)
    assert [entry.provenance.id for entry in index.entries()] == list("abcd")
    assert index.problems() == []
    assert not (tmp_path / REBUILT_NAME).exists()


@pytest.mark.parametrize("change", ["document", "encoder"])
def test_what_was_interrupted_is_begun_anew_where_something_changed(tmp_path, change):
    index = fill(tmp_path, "abc")
    interrupted(tmp_path, FakeEncoder("other"), 3)
    if change == "document":
        index.remove("a")
    encoder = FakeEncoder("other" if change == "document" else "third")
    rebuilt = Index(tmp_path, encoder)
    rebuilt.rebuild()
    assert parts(encoder.encoded) == rebuilt.size().documents
    assert rebuilt.problems() == []


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_left_of_something_else_is_thrown_away(tmp_path, content):
    index = fill(tmp_path, "a")
    (tmp_path / REBUILT_NAME).write_bytes(content)
    assert index.rebuild().passages == 600
    assert index.problems() == []


def test_the_journal_of_what_is_thrown_away_goes_with_it(tmp_path):
    """SQLite would play it back into the new file of that name."""
    index = fill(tmp_path, "a")
    journal = tmp_path / f"{REBUILT_NAME}-journal"
    for left in (None, b"x"):
        journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"x" * 9000)
        if left is not None:
            (tmp_path / REBUILT_NAME).write_bytes(left)
        assert index.rebuild().passages == 600
        assert index.problems() == []
        assert not journal.exists()


def test_a_change_on_the_file_that_was_replaced_is_refused_and_not_lost(tmp_path):
    index = fill(tmp_path, "ab")
    encoder = FakeEncoder()
    encoded = changes.encode_document(markdown("Late.", "late"), encoder)
    with closing(connect(tmp_path, writing=True)) as connection:
        connection.execute("SELECT count(*) FROM documents").fetchall()
        index.rebuild()
        with pytest.raises(sqlite3.OperationalError) as caught:
            changes.write(connection, tmp_path, encoded, encoder, replace=False)
    assert caught.value.sqlite_errorname == "SQLITE_READONLY_DBMOVED"
    assert [entry.provenance.id for entry in index.entries()] == ["a", "b"]
    assert index.add(markdown("Late.", "late")).action == "added"


def test_nobody_changes_an_index_while_it_is_built_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("index.schema.BUSY_SECONDS", 0.05)
    index = fill(tmp_path, "a")
    refused = []

    def progress(done: int, total: int) -> None:
        with pytest.raises(IndexBusy) as caught:
            Index(tmp_path, FakeEncoder()).add(markdown("Late.", "late"))
        refused.append(str(caught.value))

    index.rebuild(progress=progress)
    assert len(refused) == 1


def test_a_damaged_document_is_named_and_the_index_is_what_it_was(tmp_path):
    index = fill(tmp_path, "ab")
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE documents SET blocks = '[' WHERE id = 'b'")
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(IndexDamaged, match="the document b"):
        index.rebuild()
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert not (tmp_path / REBUILT_NAME).exists()


FORMAT_1 = (
    "CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE generations (generation INTEGER PRIMARY KEY, token TEXT NOT NULL)",
    """CREATE TABLE documents (key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
       sha256 TEXT NOT NULL, provenance TEXT NOT NULL, blocks TEXT NOT NULL, text TEXT NOT NULL,
       language TEXT, first_day TEXT, last_day TEXT, generation INTEGER NOT NULL)""",
    """CREATE TABLE passages (id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL,
       start INTEGER NOT NULL, end INTEGER NOT NULL, context TEXT NOT NULL,
       sentences TEXT NOT NULL, text TEXT NOT NULL, generation INTEGER NOT NULL)""",
    "CREATE VIRTUAL TABLE lexicon USING fts5 (terms)",
    "PRAGMA application_id = 1098151011",
    "PRAGMA user_version = 1",
)


def test_an_index_of_the_first_format_keeps_its_documents_its_encoder_and_its_past(
    tmp_path, tiny_model
):
    made = Index(tmp_path / "new", str(tiny_model))
    made.add(markdown("---\nlanguage: en\ncountries: [PE]\n---\n# Trade\n\nKorea trades.\n", "a"))
    made.set_collection("abc")
    (tmp_path / "old").mkdir()
    with closing(sqlite3.connect(tmp_path / "old" / FILE_NAME)) as old, old:
        for statement in FORMAT_1:
            old.execute(statement)
        old.execute("ATTACH ? AS new", (str(tmp_path / "new" / FILE_NAME),))
        for table in ("manifest", "documents", "passages"):
            columns = ", ".join(row[1] for row in old.execute(f"PRAGMA main.table_info({table})"))
            old.execute(f"INSERT INTO {table} SELECT {columns} FROM new.{table}")
        old.execute("INSERT INTO generations VALUES (7, 't')")
        old.execute("UPDATE sqlite_sequence SET seq = 41 WHERE name = 'passages'")
    index = Index(tmp_path / "old")
    change = index.rebuild()
    assert (change.passages, change.generation) == (1, 8)
    assert index.document("a").document == made.document("a").document
    assert index.manifest().id == made.manifest().id
    assert index.manifest().collection == "abc"
    assert index.manifest().encoder.name == str(tiny_model)
    assert index.search("trade").hits[0].passage_id == 42, "ids are never used again"
    assert index.problems() == []
