"""The SQLite file: opened, created, and every failure of it told in Attaché's words."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import FakeEncoder, markdown

from corpus.errors import (
    IndexBusy,
    IndexDamaged,
    IndexFailure,
    IndexMismatch,
    IndexNotFound,
    IndexNotWritable,
)
from index import schema
from index.filters import Filters
from index.index import Index
from index.schema import APPLICATION_ID, FILE_NAME, FORMAT, connect, create, storage_errors


def execute(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def refusals(folder: Path) -> list[IndexFailure]:
    """What each call on an index raises."""
    index = Index(folder, FakeEncoder())
    caught = []
    for call in (
        index.manifest,
        index.size,
        lambda: index.search("trade"),
        lambda: index.document("one"),
        index.entries,
        index.problems,
        lambda: index.add(markdown("Korea.", "two")),
        lambda: index.remove("one"),
        index.problems,
        index.rebuild,
        index.save_checkpoint,
    ):
        try:
            if call == index.problems and (found := call()):
                raise IndexDamaged(found[0])
            call()
        except IndexFailure as error:
            caught.append(error)
    return caught


@pytest.fixture
def filled(tmp_path):
    with Index(tmp_path, FakeEncoder()) as index:
        index.add(
            markdown("---\ncountries: [PE]\n---\n# Trade\n\nKorea trades with Peru.\n", "one")
        )
    return tmp_path


def test_a_created_file_says_that_it_is_ours(tmp_path):
    create(tmp_path / "a" / "b").close()
    with closing(connect(tmp_path / "a" / "b", writing=False)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    create(tmp_path / "a" / "b").close()


def test_a_folder_may_have_any_name(tmp_path):
    for name in ("a b", "50%41", "a?mode=ro", "#x", "한국", "'; --"):
        with Index(tmp_path / name, FakeEncoder()) as index:
            index.add(markdown("Korea trades.", "one"))
            assert index.search("Korea").hits
        assert (tmp_path / name / FILE_NAME).is_file()


def test_a_connection_to_read_cannot_write(filled):
    with (
        closing(connect(filled, writing=False)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM documents")


def test_a_missing_folder_is_told_with_how_to_make_an_index(tmp_path):
    index = Index(tmp_path / "none", FakeEncoder())
    message = f"There is no index in {tmp_path / 'none'}. Make one with `attache add --index "
    for call in (index.manifest, lambda: index.search("x"), lambda: index.remove("a"),
                 index.rebuild, index.problems):  # fmt: skip
        with pytest.raises(IndexNotFound) as caught:
            call()
        assert str(caught.value).startswith(message)
    assert not (tmp_path / "none").exists(), "asking makes no folder"


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    index = Index(tmp_path / "file", FakeEncoder())
    with pytest.raises(IndexNotFound, match=r"it is a file\. Name a folder"):
        index.search("x")
    with pytest.raises(IndexNotFound, match=r"it is a file\. Name a folder"):
        index.add(markdown("Korea.", "one"))


def test_an_empty_file_is_an_index_to_be_made(tmp_path):
    (tmp_path / FILE_NAME).touch()
    index = Index(tmp_path, FakeEncoder())
    with pytest.raises(IndexNotFound):
        index.search("x")
    assert index.add(markdown("Korea trades.", "one")).action == "added"


def test_a_file_with_tables_and_no_document_yet_is_an_index_to_be_filled(tmp_path):
    create(tmp_path).close()
    index = Index(tmp_path, FakeEncoder())
    with pytest.raises(IndexNotFound):
        index.search("x")
    assert index.add(markdown("Korea trades.", "one")).generation == 1


@pytest.mark.parametrize("content", [b"x", b"not a database" * 1000, b"SQLite format 3\0" * 10])
def test_a_file_that_is_no_database_is_damaged(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    caught = refusals(tmp_path)
    assert len(caught) == 11
    for error in caught:
        assert isinstance(error, IndexDamaged)
        assert "restore it from a copy" in str(error)


def test_another_programs_database_is_never_touched(tmp_path):
    execute(
        tmp_path,
        "CREATE TABLE documents (key INTEGER, provenance TEXT, text TEXT, blocks TEXT)",
        "INSERT INTO documents VALUES (1, '{}', 'mine', '[]')",
    )
    before = (tmp_path / FILE_NAME).read_bytes()
    caught = refusals(tmp_path)
    assert len(caught) == 11
    for error in caught:
        assert isinstance(error, IndexMismatch)
        assert "belongs to another program: name another folder" in str(error)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_newer_format_is_refused_with_the_mend(filled):
    execute(filled, "PRAGMA user_version = 99")
    before = (filled / FILE_NAME).read_bytes()
    caught = refusals(filled)
    assert len(caught) == 11
    for error in caught:
        assert isinstance(error, IndexMismatch)
        assert "has format 99, this Attaché reads format 3. Upgrade Attaché" in str(error)
    assert (filled / FILE_NAME).read_bytes() == before


def test_an_older_format_is_refused_until_it_is_rebuilt(filled):
    execute(filled, "PRAGMA user_version = 0", "ALTER TABLE vectors RENAME TO embeddings")
    index = Index(filled, FakeEncoder())
    with pytest.raises(IndexMismatch, match=r"has format 0.* Run `attache rebuild --index "):
        index.search("trade")
    assert index.rebuild().action == "rebuilt"
    assert index.search("trade").hits[0].provenance.id == "one"
    assert index.problems() == []


def test_bytes_overwritten_anywhere_never_raise_anything_but_our_errors(filled):
    content = (filled / FILE_NAME).read_bytes()
    kinds = set()
    for number, start in enumerate(range(0, len(content), len(content) // 40)):
        damaged = bytearray(content)
        garbage = bytes((number * 37 + place * 101) % 256 for place in range(700))
        damaged[start : start + 700] = garbage
        (filled / FILE_NAME).write_bytes(damaged[: len(content)])
        kinds |= {type(error) for error in refusals(filled)}
    assert IndexDamaged in kinds
    assert kinds <= {IndexDamaged, IndexMismatch, IndexNotFound}


def test_a_file_cut_off_anywhere_never_raises_anything_but_our_errors(filled):
    content = (filled / FILE_NAME).read_bytes()
    for length in range(1, len(content), len(content) // 40):
        (filled / FILE_NAME).write_bytes(content[:length])
        assert any(isinstance(error, IndexDamaged) for error in refusals(filled)), length


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE documents SET provenance = \'{"id": "one"}\'',
        "UPDATE documents SET provenance = '[]'",
        "UPDATE documents SET provenance = '{'",
        "UPDATE documents SET provenance = x'ff'",
        "UPDATE passages SET sentences = '[[1]]'",
        "UPDATE passages SET text = x'ff'",
        "UPDATE passages SET text = CAST(x'ff' AS TEXT)",
        "DELETE FROM passages",
        "UPDATE vectors SET vector = x'00'",
        "UPDATE vectors SET vector = 'words'",
        "DROP TABLE vectors",
        "DROP TABLE labels",
        "DROP TABLE lexicon",
        "DROP TABLE generations",
        "UPDATE manifest SET value = '{}' WHERE key = 'encoder'",
        "UPDATE manifest SET value = 'x' WHERE key = 'encoder'",
        "DELETE FROM manifest WHERE key = 'id'",
    ],
)
def test_a_row_that_is_not_what_was_written_is_damage(filled, statement):
    execute(filled, statement)
    index = Index(filled, FakeEncoder())
    damage = []
    for call in (
        lambda: index.search("trade", Filters(countries=("PE",))) and [],
        lambda: index.document("one") and [],
        index.problems,
    ):
        try:
            damage += call()
        except IndexDamaged as error:
            damage.append(str(error))
    assert damage


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (PermissionError(13, "Permission denied"), IndexNotWritable, "Permission denied"),
        (OSError(28, "No space left on device"), IndexNotWritable, "disk's space"),
        (sqlite3.OperationalError("unheard of"), IndexDamaged, "restore it from a copy"),
    ],
)
def test_lower_errors_are_told_in_our_words(tmp_path, error, kind, words):
    with pytest.raises(kind, match=words) as caught, storage_errors(tmp_path):
        raise error
    assert caught.value.__cause__ is error


def test_a_held_lock_is_told_as_busy_and_leaves_no_open_file(filled, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(filled / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for call in (lambda: create(filled), lambda: connect(filled, writing=False)):
            with pytest.raises(IndexBusy, match="try again when it is done"):
                call()
