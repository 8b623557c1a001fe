"""The face of the index: one generation to a question, the right encoder, and lists by id."""

import shutil
import threading

import pytest
from conftest import FakeEncoder, markdown

from corpus.errors import GenerationNotReached, IndexMismatch, IndexNotFound, ModelError
from index.filters import Filters
from index.index import Index
from index.records import Size
from index.schema import FILE_NAME


def note(name: str, text: str = "Korea trades with Peru."):
    return markdown(f"# Note {name}\n\n{text}\n", name)


def ids(index: Index, question: str = "trade") -> set[str]:
    return {hit.provenance.id for hit in index.search(question, limit=100).hits}


def test_a_hit_is_ready_to_be_cited(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    document = markdown(
        "---\nlanguage: en\ntitle: T\npublisher: P\n---\n# Trade\r\n\r\nPeru. Cafe\u0301 한글.\r\n",
        "a",
    )
    index.add(document)
    (hit,) = index.search("Peru").hits
    assert hit.passage.text == "Peru. Cafe\u0301 한글."
    assert document.text[hit.passage.start : hit.passage.end] == hit.passage.text
    assert hit.passage.context == "Trade"
    assert hit.document_sha256 == document.sha256
    assert (hit.provenance.title, hit.provenance.publisher) == ("T", "P")
    sentences = [document.text[part.start : part.end] for part in hit.passage.sentences]
    assert sentences == ["Peru.", "Cafe\u0301 한글."]


def test_a_search_tells_the_state_that_it_saw(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(note("a"))
    index.add(note("b"))
    found = index.search("trade")
    assert (found.manifest.generation, found.size) == (2, Size(documents=2, passages=2))
    assert found.manifest.encoder == FakeEncoder().identity
    assert index.manifest() == found.manifest


def test_two_objects_on_a_folder_see_each_others_changes_at_once(tmp_path):
    one, two = Index(tmp_path, FakeEncoder()), Index(tmp_path, FakeEncoder())
    one.add(note("a"))
    assert ids(two) == {"a"}
    two.add(note("b"))
    assert ids(one) == {"a", "b"}
    one.remove("a")
    assert ids(two) == {"b"}
    two.rebuild()
    assert ids(one) == {"b"}
    one.remove("b")
    assert ids(two) == set()


def test_a_generation_that_is_asked_for_is_waited_for_by_the_caller(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(note("a"))
    assert index.search("trade", min_generation=1).hits
    with pytest.raises(GenerationNotReached, match="reached generation 1, not 2 yet"):
        index.search("trade", min_generation=2)


def test_an_open_index_goes_on_where_a_copy_of_its_file_was_restored(tmp_path):
    folder = tmp_path / "index"
    index = Index(folder, FakeEncoder())
    for name in "abc":
        index.add(note(name))
    shutil.copy(folder / FILE_NAME, tmp_path / "copy")
    index.add(note("d"))
    index.remove("a")
    assert ids(index) == {"b", "c", "d"}
    shutil.copy(tmp_path / "copy", folder / FILE_NAME)
    assert ids(index) == {"a", "b", "c"}
    assert index.manifest().generation == 3
    index.add(note("x"))
    index.add(note("y"))
    assert ids(index) == {"a", "b", "c", "x", "y"}
    assert ids(Index(folder, FakeEncoder())) == ids(index)


def test_another_index_in_the_same_folder_is_another_index(tmp_path):
    folder = tmp_path / "index"
    index = Index(folder, FakeEncoder())
    index.add(note("a"))
    index.save_checkpoint(always=True)
    assert ids(index) == {"a"}
    (folder / FILE_NAME).unlink()
    with pytest.raises(IndexNotFound):
        index.search("trade")
    index.add(note("b"))
    assert index.manifest().generation == 1
    assert ids(index) == {"b"}


def test_threads_search_while_others_change(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(note("stays"))
    failures: list[str] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            try:
                found = index.search("trade", limit=100)
                names = [hit.provenance.id for hit in found.hits]
                if len(names) != found.size.passages or "stays" not in names:
                    failures.append(f"{names} of {found.size}")
            except Exception as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(8):
        index.add(note(f"n{number}"))
        index.remove(f"n{number}")
        if number % 3 == 0:
            index.rebuild()
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ids(index) == {"stays"}


def test_documents_are_listed_by_id_a_page_at_a_time(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    for name in ("c", "a", "b"):
        index.add(note(name))
    assert [entry.provenance.id for entry in index.entries(limit=2)] == ["a", "b"]
    (last,) = index.entries(after="b")
    assert (last.provenance.title, last.passages, last.generation) == ("Note c", 1, 1)
    assert last.characters == len(note("c").text)
    assert last.sha256 == note("c").sha256
    assert [entry.provenance.id for entry in index.all_entries()] == ["a", "b", "c"]


def test_the_collections_digest_is_remembered_through_a_rebuild(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(note("a"))
    index.set_collection("abc")
    known = index.manifest()
    assert known.collection == "abc"
    index.rebuild()
    assert (index.manifest().id, index.manifest().collection) == (known.id, "abc")


def test_another_encoder_is_refused_with_both_names_and_the_mend(tmp_path):
    Index(tmp_path, FakeEncoder("one")).add(note("a"))
    other = Index(tmp_path, FakeEncoder("two"))
    for call in (lambda: other.search("trade"), lambda: other.add(note("b")), other.encoder):
        with pytest.raises(IndexMismatch) as caught:
            call()
        for words in ("encoder one@", "two@", "Run `attache rebuild`"):
            assert words in str(caught.value)
    assert Index(tmp_path, FakeEncoder("one")).size().documents == 1


def test_an_encoder_of_the_same_name_with_other_files_is_refused(tmp_path):
    from dataclasses import replace

    Index(tmp_path, FakeEncoder()).add(note("a"))
    for changed in ({"checksum": "0" * 8}, {"dimension": 32}):
        encoder = FakeEncoder()
        encoder.identity = replace(encoder.identity, **changed)
        with pytest.raises(IndexMismatch, match="built with encoder fake@"):
            Index(tmp_path, encoder).search("trade")


def test_an_encoder_named_in_the_settings_must_be_the_indexs_own(tmp_path):
    Index(tmp_path, FakeEncoder("one")).add(note("a"))
    with pytest.raises(IndexMismatch) as caught:
        Index(tmp_path, "two").search("trade")
    assert "built with encoder one@" in str(caught.value)
    assert "Run `attache rebuild --encoder two`, or leave the encoder out." in str(caught.value)


def test_an_index_whose_encoder_is_not_here_says_so(tmp_path):
    Index(tmp_path, FakeEncoder("nobody/no-such-model")).add(note("a"))
    index = Index(tmp_path)
    with pytest.raises(ModelError, match="nobody/no-such-model is neither a folder nor a model"):
        index.search("trade")
    assert index.document("a").document == note("a"), "the text needs no encoder"
    index.remove("a")


def test_a_rebuild_with_another_encoder_never_mixes_the_two(tmp_path):
    old = Index(tmp_path, FakeEncoder("old"))
    old.add(note("a"))
    old.save_checkpoint(always=True)
    assert ids(old) == {"a"}
    new = Index(tmp_path, FakeEncoder("new"))
    assert new.rebuild().action == "rebuilt"
    assert ids(new) == {"a"}
    assert new.checkpoint_generation() == 2
    for call in (lambda: old.search("trade"), lambda: old.add(note("b"))):
        with pytest.raises(IndexMismatch, match=r"encoder new@.*not with old@"):
            call()
    old.rebuild()
    assert ids(old) == {"a"}


def test_a_rebuild_without_an_encoder_named_keeps_the_one_it_was_built_with(tmp_path, tiny_model):
    Index(tmp_path, str(tiny_model)).add(note("a"))
    index = Index(tmp_path)
    assert index.search("trade").manifest.encoder.name == str(tiny_model)
    index.rebuild()
    assert index.manifest().encoder.name == str(tiny_model)
    assert ids(index) == {"a"}


def test_a_closed_index_opens_itself_again(tmp_path):
    with Index(tmp_path, FakeEncoder()) as index:
        index.add(note("a"))
        assert ids(index) == {"a"}
    assert ids(index) == {"a"}


def test_an_index_exists_where_its_file_does(tmp_path):
    index = Index(tmp_path / "x", FakeEncoder())
    assert not index.exists
    index.add(note("a"))
    assert index.exists


def test_an_index_that_was_emptied_answers_with_nothing(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    index.add(note("a"))
    index.remove("a")
    assert index.search("trade").hits == ()
    assert index.search("trade", Filters(countries=("PE",))).hits == ()
    assert index.save_checkpoint(always=True)
    assert ids(Index(tmp_path, FakeEncoder())) == set()
    assert index.rebuild().passages == 0
    assert index.add(note("a")).generation == 4
    assert ids(index) == {"a"}
