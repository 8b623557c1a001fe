"""Adding files: what is said of them, which id each gets, and what is told of those that fail."""

from pathlib import Path

import pytest
from conftest import FakeEncoder

from corpus.formats.bounded import BoundedReader
from corpus.formats.metadata import Metadata
from index.index import Index
from service.adding import Adding, Changed, Failed, unique_id


@pytest.fixture(scope="module")
def reader():
    with BoundedReader() as reader:
        yield reader


@pytest.fixture
def index(tmp_path) -> Index:
    return Index(tmp_path / "index", FakeEncoder())


@pytest.fixture
def adding(index, reader) -> Adding:
    return Adding(index, reader)


def written(folder: Path, name: str, text: str = "It was 16.") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def done(outcomes) -> list[str]:
    return [
        f"{outcome.change.action} {outcome.change.document_id}"
        if isinstance(outcome, Changed)
        else outcome.reason
        for outcome in outcomes
    ]


def test_what_is_given_wins_over_the_sidecar_and_that_over_the_file(index, reader, tmp_path):
    note = written(tmp_path, "note.md", "---\ntitle: F\nauthor: F\ntags: [f]\n---\nIt was 16.")
    written(tmp_path, "note.md.yaml", "title: S\nauthor: S\npublisher: S\ncolour: red")
    adding = Adding(index, reader, given=Metadata(title="G", countries=("PE",)))
    (outcome,) = adding.add_file(note)
    assert isinstance(outcome, Changed)
    assert outcome.warnings[0] == "the key 'colour' is unknown and was left out."
    stored = index.document("note").document
    assert (stored.title, stored.author, stored.publisher) == ("G", "S", "S")
    assert (stored.countries, stored.tags) == (("PE",), ("f",))


def test_a_warning_names_the_file_that_was_found_in_a_folder(adding, tmp_path):
    note = written(tmp_path, "note.md", "---\nlanguage: en\ncolour: red\n---\nIt was 16.")
    (outcome,) = adding.add_file(note, is_named=False)
    assert isinstance(outcome, Changed)
    assert outcome.warnings == (f"{note}: the key 'colour' is unknown and was left out.",)


def test_a_sidecar_names_the_id(adding, tmp_path):
    note = written(tmp_path, "note.txt")
    written(tmp_path, "note.txt.json", '{"id": "minutes"}')
    assert done(adding.add_file(note)) == ["added minutes"]


def test_a_sidecar_that_changed_replaces_the_document(adding, index, tmp_path):
    note = written(tmp_path, "note.txt")
    assert done(adding.add_file(note)) == ["added note"]
    written(tmp_path, "note.txt.yaml", "tags: [trade]")
    assert done(adding.add_file(note)) == ["replaced note"]
    assert done(adding.add_file(note)) == ["unchanged note"]
    assert index.document("note").document.tags == ("trade",)


def test_what_fails_is_told_by_its_path(adding, tmp_path):
    bad = written(tmp_path, "a/bad.md", "")
    assert done(adding.add_file(bad)) == [
        f"{bad}: The document is empty: there is no text to index."
    ]
    worse = written(tmp_path, "worse.md")
    sidecar = written(tmp_path, "worse.md.yaml", "published: soon")
    assert done(adding.add_file(worse)) == [
        f"{worse}: `published`: 'soon' is not a date: write YYYY, YYYY-MM or YYYY-MM-DD."
    ]
    sidecar.write_text("[", "utf-8")
    assert done(adding.add_file(worse))[0].startswith(f"{sidecar}: the sidecar is not YAML")


def test_files_of_one_name_in_a_folder_get_an_id_each_that_stays(adding, index, tmp_path):
    first, second, third = (
        written(tmp_path, name, f"It was {name}.")
        for name in ("2023/minutes.md", "2024/minutes.md", "2024/minutes.txt")
    )
    ids = [unique_id("minutes", path.as_uri()) for path in (first, second, third)]

    def add(path: Path) -> list[str]:
        return done(adding.add_file(path, is_named=False))

    assert add(first) == ["added minutes"]
    assert add(second) == [f"added {ids[1]}"]
    assert add(third) == [f"added {ids[2]}"]
    adding.remove("minutes")
    assert add(second) == [f"unchanged {ids[1]}"]
    assert add(first) == ["added minutes"]
    adding.remove("minutes")
    adding.forget()
    second.write_text("It was 17.", "utf-8")
    assert add(second) == [f"replaced {ids[1]}"]
    assert index.document(ids[1]).document.text == "It was 17."


def test_a_file_that_the_user_names_is_refused_where_its_id_is_taken(index, reader, tmp_path):
    first, second = written(tmp_path, "a/note.md"), written(tmp_path, "b/note.md", "It was 17.")
    adding = Adding(index, reader)
    assert done(adding.add_file(first)) == ["added note"]
    (told,) = done(adding.add_file(second))
    assert told.startswith(f"{second}: The id note belongs to a document from {first.as_uri()}")
    assert done(adding.add_file(second, "other")) == ["added other"]
    assert done(adding.add_file(second)) == ["unchanged other"]
    assert done(Adding(index, reader, replace=True).add_file(second)) == ["replaced note"]


def test_an_id_that_a_file_states_is_never_changed(adding, tmp_path):
    text = "---\nid: minutes\n---\nIt was 16."
    first, second = written(tmp_path, "a.md", text), written(tmp_path, "b.md", text)
    assert done(adding.add_file(first, is_named=False)) == ["added minutes"]
    (told,) = done(adding.add_file(second, is_named=False))
    assert told.startswith(f"{second}: The id minutes belongs to a document from")


def test_a_long_id_stays_within_what_an_id_may_have():
    assert unique_id("x" * 128, "file:///a") == "x" * 119 + "-1a839859"
    assert len(unique_id("x" * 128, "file:///a")) == 128


def test_a_file_that_changes_while_it_is_read_is_not_added(adding, index, tmp_path):
    note = written(tmp_path, "note.md")
    assert list(adding.add_file(note, is_still=lambda: False)) == []
    assert not index.exists
    assert done(adding.add_file(note, is_still=lambda: True)) == ["added note"]


def test_bytes_without_a_file_are_added_under_the_id_given(adding, index):
    assert done(adding.add_bytes(b"# It was 16.", "input.txt", "stdin:", "piped")) == [
        "added piped"
    ]
    assert index.document("piped").document.text == "# It was 16."
    (outcome,) = adding.add_bytes(b"\0", "input.txt", "stdin:", "piped")
    assert isinstance(outcome, Failed)


def test_bytes_without_an_id_must_state_one(adding):
    text = b"---\nid: own\n---\nIt was 16."
    assert done(adding.add_bytes(text, "input.md", "stdin:", None)) == ["added own"]
    assert done(adding.add_bytes(b"It was 16.", "input.md", "stdin:", None)) == [
        "input.md: document 1: it has no `id`: where standard input has none, each needs one."
    ]
