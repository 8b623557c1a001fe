"""Opening an answerer: a named index must exist, the default one is filled by itself."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader, markdown
from small_readers import bert_reader

from corpus.collection import ORIGIN, shipped_documents
from corpus.errors import IndexMismatch, IndexNotFound, InvalidSetting, ModelError
from eval.opening import named_reader
from index.index import Index
from index.models import DEFAULT_ENCODER
from index.schema import FILE_NAME
from service.answerer import Answerer
from service.opening import DEFAULT_READER, fill_with_collection, open_answerer, open_index
from service.reader import Reader, SentenceReader
from service.settings import read_settings
from service.span_reader import SpanReader


@pytest.fixture
def data_folder(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "attache" / "index"


def open_default() -> Answerer:
    return open_answerer(encoder=FakeEncoder())


def ids(answerer: Answerer) -> set[str]:
    return {entry.provenance.id for entry in answerer.index.all_entries()}


SHIPPED = {document.id for document in shipped_documents()}


def test_a_named_folder_without_an_index_is_not_found_and_not_made(tmp_path) -> None:
    with pytest.raises(IndexNotFound, match="attache add --index"):
        open_answerer(tmp_path / "missing", encoder=FakeEncoder())
    assert not (tmp_path / "missing").exists()


def test_a_folder_named_by_the_environment_is_not_filled_either(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("ATTACHE_INDEX", str(tmp_path / "missing"))
    with pytest.raises(IndexNotFound):
        open_answerer(encoder=FakeEncoder())


def test_a_named_folder_holds_what_was_added_and_nothing_shipped(tmp_path) -> None:
    Index(tmp_path, FakeEncoder()).add(markdown("One."))
    assert ids(open_answerer(str(tmp_path), encoder=FakeEncoder())) == {"note"}


def test_the_default_index_is_filled_with_the_shipped_collection(data_folder) -> None:
    told: list[tuple[str, int, int]] = []
    answerer = open_answerer(
        encoder=FakeEncoder(), progress=lambda name, done, total: told.append((name, done, total))
    )
    assert ids(answerer) == SHIPPED
    assert [done for _, done, _ in told] == list(range(1, len(SHIPPED) + 1))
    assert answerer.index.folder == data_folder
    assert answerer.index.checkpoint_generation() is not None


def test_a_second_opening_changes_nothing_and_reads_no_document(data_folder) -> None:
    generation = open_default().index.manifest().generation
    encoder = FakeEncoder()
    assert open_answerer(encoder=encoder).index.manifest().generation == generation
    assert encoder.encoded == []


def test_a_document_of_the_user_s_in_a_shipped_one_s_place_is_left_alone(data_folder) -> None:
    taken = min(SHIPPED)
    Index(data_folder, FakeEncoder()).add(markdown("My own words.", taken))
    answerer = open_default()
    assert ids(answerer) == SHIPPED
    assert answerer.index.document(taken).document.text == "My own words."


def test_another_state_of_the_collection_is_brought_up_to_date(data_folder) -> None:
    """What changed is replaced, what went is removed, what the user added stays."""
    index = open_default().index
    changed, gone = min(SHIPPED), "no-longer-shipped"
    index.add(markdown("An old text.", changed, f"{ORIGIN}{changed}.md"))
    index.add(markdown("It went.", gone, f"{ORIGIN}{gone}.md"))
    index.add(markdown("Mine.", "mine"))
    index.set_collection("the digest of an older state")
    answerer = open_default()
    assert ids(answerer) == SHIPPED | {"mine"}
    assert answerer.index.document(changed).document.text != "An old text."


def test_what_is_no_longer_shipped_may_be_removed_by_two_processes_at_once(data_folder) -> None:
    index = open_default().index
    index.add(markdown("It went.", "no-longer-shipped", f"{ORIGIN}no-longer-shipped.md"))
    index.set_collection("the digest of an older state")

    def other_process(_name: str, done: int, total: int) -> None:
        if done == total:
            index.remove("no-longer-shipped")

    fill_with_collection(Index(data_folder, FakeEncoder()), other_process)
    assert ids(open_default()) == SHIPPED


def test_a_shipped_document_that_was_removed_stays_so_while_the_collection_is_the_same(
    data_folder,
) -> None:
    open_default().index.remove(min(SHIPPED))
    assert ids(open_default()) == SHIPPED - {min(SHIPPED)}


def test_an_interrupted_filling_is_finished_by_the_next_opening(data_folder) -> None:
    def interrupt(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_with_collection(Index(data_folder, FakeEncoder()), interrupt)
    assert ids(open_default()) == SHIPPED


def opened(folder: Path, reader: Reader | str | None = None) -> Reader:
    """Open an index with one note; give the reader."""
    Index(folder, FakeEncoder()).add(markdown("One."))
    return open_answerer(folder, encoder=FakeEncoder(), reader=reader).reader


def test_the_reader_is_the_shipped_one_unless_another_is_given(tmp_path) -> None:
    reader = opened(tmp_path)
    assert isinstance(reader, SpanReader)
    assert reader.name == "span"
    other = FakeReader({})
    assert opened(tmp_path, other) is other


def test_the_evaluation_reads_with_the_shipped_reader_too(tmp_path) -> None:
    index = Index(tmp_path, FakeEncoder())
    assert named_reader(None, False, index).name == DEFAULT_READER == "span"


def test_a_reader_of_ours_is_taken_by_its_name(tmp_path, monkeypatch) -> None:
    assert isinstance(opened(tmp_path, "sentence"), SentenceReader)
    monkeypatch.setenv("ATTACHE_READER", "sentence")
    assert isinstance(opened(tmp_path), SentenceReader)
    assert isinstance(opened(tmp_path, "span"), SpanReader)


def test_a_reader_is_loaded_once_and_is_named_by_its_folder(tmp_path) -> None:
    small = bert_reader(tmp_path / "reader")
    reader = opened(tmp_path / "index", str(small))
    assert (reader.name, reader.threshold) == (str(small), 0.5)
    (small / "model.safetensors").unlink()  # it was loaded as it was named
    reader.load()
    assert reader.read("How many?", []) == []


@pytest.mark.parametrize("name", ["no/such-model", "a b", "x" * 300, "a\0b", "~a\0b", "~\udcff"])
def test_an_unknown_reader_is_refused_before_a_question_is_asked(tmp_path, name) -> None:
    with pytest.raises(ModelError, match="is neither a folder nor a model on this machine"):
        opened(tmp_path, name)


@pytest.mark.parametrize("by", ["argument", "variable"])
def test_an_unknown_reader_is_refused_before_the_collection_is_read(
    data_folder, monkeypatch, by
) -> None:
    if by == "variable":
        monkeypatch.setenv("ATTACHE_READER", "no/such-model")
    with pytest.raises(ModelError, match="no/such-model is neither a folder nor a model"):
        open_answerer(encoder=FakeEncoder(), reader="no/such-model" if by == "argument" else None)
    assert not data_folder.exists()


def test_an_index_that_is_missing_is_told_before_its_reader_is_looked_for(tmp_path) -> None:
    with pytest.raises(IndexNotFound):
        open_answerer(tmp_path / "missing", reader="no/such-model")


@pytest.mark.parametrize("name", ["", " \n"])
def test_a_blank_reader_is_refused(tmp_path, name) -> None:
    with pytest.raises(InvalidSetting, match="reader's name is empty"):
        opened(tmp_path, name)


def test_another_encoder_than_the_index_s_is_refused_with_what_mends_it(tmp_path) -> None:
    Index(tmp_path, FakeEncoder()).add(markdown("One."))
    with pytest.raises(IndexMismatch, match="attache rebuild"):
        open_answerer(tmp_path, encoder=FakeEncoder("other"), reader="sentence").ask("Which one?")


def test_a_blank_encoder_is_refused(tmp_path) -> None:
    with pytest.raises(InvalidSetting):
        open_answerer(tmp_path, encoder="")


def test_an_index_for_the_command_line_is_opened_the_same_way(data_folder, tmp_path) -> None:
    assert open_index(read_settings(), encoder=FakeEncoder()).size().documents == len(SHIPPED)
    with pytest.raises(IndexNotFound):
        open_index(read_settings(tmp_path / "missing"))


def test_a_default_index_of_the_time_of_pytorch_is_built_anew(
    data_folder,
) -> None:
    """Its vectors are of another precision: nobody has to know, and what was added stays."""
    old = FakeEncoder(DEFAULT_ENCODER)
    Index(data_folder, old).add(markdown("Mine.", "mine"))
    assert Index(data_folder).manifest().encoder.precision == ""
    new = FakeEncoder(DEFAULT_ENCODER)
    new.identity = replace(new.identity, precision="int8")
    answerer = open_answerer(encoder=new)
    assert answerer.index.manifest().encoder.precision == "int8"
    assert ids(answerer) == SHIPPED | {"mine"}
    generation = answerer.index.manifest().generation
    assert open_answerer(encoder=new).index.manifest().generation == generation


def test_an_index_that_a_user_names_is_never_built_anew_by_itself(tmp_path) -> None:
    Index(tmp_path, FakeEncoder(DEFAULT_ENCODER)).add(markdown("Mine.", "mine"))
    new = FakeEncoder(DEFAULT_ENCODER)
    new.identity = replace(new.identity, precision="int8")
    with pytest.raises(IndexMismatch, match=r"in int8 of 64\. Run `attache rebuild`"):
        open_answerer(tmp_path, encoder=new, reader="sentence").ask("Whose?")


def test_a_default_index_of_an_older_format_is_built_anew_and_a_later_one_refused(
    data_folder,
) -> None:
    index = open_default().index
    index.add(markdown("Mine.", "mine"))
    for version, kept in ((1, SHIPPED | {"mine"}), (99, None)):
        with closing(sqlite3.connect(data_folder / FILE_NAME)) as connection, connection:
            connection.execute(f"PRAGMA user_version = {version}")
        if kept is None:
            with pytest.raises(IndexMismatch, match="Upgrade Attaché"):
                open_default()
        else:
            assert ids(open_default()) == kept
            assert index.problems() == []
