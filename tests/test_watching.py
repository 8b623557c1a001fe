"""Looks at a folder: what two of them found the same is acted on, and what can't be seen is kept."""

from pathlib import Path

import pytest
from conftest import FakeEncoder

from corpus.formats.bounded import BoundedReader
from index.index import Index
from service.adding import Adding, Changed
from service.watching import FolderWatch


@pytest.fixture(scope="module")
def reader():
    with BoundedReader() as reader:
        yield reader


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "note.md").write_text("It was 16.", "utf-8")
    return folder


@pytest.fixture
def following(folder, reader, tmp_path) -> FolderWatch:
    return FolderWatch(folder, Adding(Index(tmp_path / "index", FakeEncoder()), reader))


def look(following: FolderWatch) -> list[str]:
    return [
        f"{outcome.change.action} {outcome.change.document_id}"
        if isinstance(outcome, Changed)
        else outcome.reason
        for outcome in following.look()
    ]


def test_the_second_look_adds_and_the_third_finds_nothing_to_do(following):
    assert look(following) == []
    assert not following.is_in_step
    assert look(following) == ["added note"]
    assert following.is_in_step
    assert look(following) == []


def test_a_file_that_changed_between_two_looks_waits(following, folder):
    look(following)
    (folder / "note.md").write_text("It was 16 or more.", "utf-8")
    assert look(following) == []
    assert following.unsettled() == [folder / "note.md"]
    assert look(following) == ["added note"]
    assert following.unsettled() == []


def test_what_is_gone_is_removed_when_two_looks_missed_it(following, folder):
    (folder / "other.md").write_text("It was 17.", "utf-8")
    look(following)
    look(following)
    (folder / "note.md").unlink()
    assert look(following) == []
    assert not following.is_in_step
    assert look(following) == ["removed note"]
    assert following.is_in_step


def test_a_file_that_takes_the_place_of_a_removed_one_takes_its_id(following, folder):
    look(following)
    look(following)
    (folder / "2024").mkdir()
    (folder / "note.md").rename(folder / "2024" / "note.md")
    look(following)
    assert look(following) == ["removed note", "added note"]


def test_a_folder_that_is_not_there_is_told_once_and_loses_nothing(following, folder):
    look(following)
    look(following)
    folder.rename(folder.with_name("elsewhere"))
    assert look(following) == [f"{folder} can't be read: nothing is removed meanwhile."]
    assert look(following) == []
    assert not following.is_in_step
    folder.with_name("elsewhere").rename(folder)
    assert [look(following), look(following)] == [[], ["unchanged note"]]
    assert following.is_in_step


def test_another_folder_in_its_place_that_is_empty_loses_nothing(following, folder):
    look(following)
    look(following)
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    assert look(following) == []
    assert not following.is_in_step
    (told,) = look(following)
    assert told.startswith(f"{folder} is empty, as where nothing is mounted: the documents")
    assert following.is_in_step


def test_a_folder_that_was_emptied_loses_its_documents(following, folder):
    look(following)
    look(following)
    (folder / "note.md").unlink()
    look(following)
    assert look(following) == ["removed note"]


def test_an_id_that_a_file_no_longer_states_is_removed(following, folder):
    (folder / "note.md").write_text("---\nid: one\n---\nIt was 16.", "utf-8")
    look(following)
    assert look(following) == ["added one"]
    (folder / "note.md").write_text("---\nid: another\n---\nIt was 16.", "utf-8")
    look(following)
    assert look(following) == ["added another", "removed one"]


def test_a_record_that_is_no_longer_in_its_file_is_removed(following, folder):
    (folder / "note.md").unlink()
    records = folder / "log.jsonl"
    records.write_text('{"id": "one", "text": "It was 1."}\n{"text": "It was 2."}\n', "utf-8")
    look(following)
    assert look(following) == ["added one", "added log-2"]
    records.write_text('{"id": "one", "text": "It was 1."}\n', "utf-8")
    look(following)
    assert look(following) == ["unchanged one", "removed log-2"]
    records.write_text('{"id": "two", "text": "It was 2."}\n{"text": 7}\n', "utf-8")
    look(following)
    added, told = look(following)  # one of them may be the record that was «one»: it stays
    assert added == "added two"
    assert told.startswith(f"{records}: line 2: ")


def test_a_sidecar_without_its_file_is_told_once(following, folder):
    (folder / "gone.md.yaml").write_text("title: T", "utf-8")
    assert look(following) == [f"{folder}/gone.md.yaml is a sidecar, but there is no gone.md."]
    assert look(following) == ["added note"]


def test_links_are_left_aside(following, folder):
    (folder.parent / "outside.md").write_text("It was 17.", "utf-8")
    (folder / "link.md").symlink_to(folder.parent / "outside.md")
    look(following)
    assert look(following) == ["added note"]
