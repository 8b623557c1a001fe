"""Near copies: kept in the index, and never twice in what a question gets."""

import pytest
from conftest import FakeEncoder, FakeReader, markdown

from index.copies import LEAST_WORDS, read_distinct
from index.index import Index
from index.records import Scored
from service.answerer import Answerer

STORY = (
    "The port of Chancay in Peru was opened in November 2024 in the presence of both presidents. "
    "It lies 70 kilometres north of Lima and takes ships of up to 18,000 containers. Ships from "
    "Chancay reach Asia in 23 days instead of 35, the ministry of transport of Peru says."
)
OTHER = "The port of Callao near Lima in Peru is older, and lies in the middle of the city."


def filled(folder, documents) -> Index:
    index = Index(folder, FakeEncoder())
    for document_id, text in documents.items():
        index.add(markdown(text, document_id))
    return index


def found(index: Index, question: str = "port of Chancay in Peru", limit: int = 10):
    return {hit.provenance.id: hit.copies for hit in index.search(question, limit=limit).hits}


def test_a_story_in_two_papers_is_found_once_and_names_the_other(tmp_path):
    index = filled(tmp_path, {"one": STORY, "two": STORY, "other": OTHER})
    assert found(index) == {"one": ("two",), "other": ()}
    assert index.size().documents == 3, "both are kept"


def test_the_place_of_a_copy_goes_to_the_next_passage(tmp_path):
    titled = f"---\ntitle: Port\nlanguage: en\n---\n{STORY}"
    documents = {f"copy-{number:02}": titled for number in range(25)}
    index = filled(tmp_path, {**documents, "other": OTHER})
    assert set(found(index, limit=2)) == {"copy-00", "other"}
    assert len(found(index, limit=2)["copy-00"]) >= 2
    (hit,) = index.search("port of Chancay", limit=1).hits
    assert hit.provenance.id == "copy-00"


def test_a_few_words_changed_leave_a_copy_and_a_number_changed_does_not(tmp_path):
    edited = STORY.replace("the ministry of transport of Peru says", "the ministry says")
    corrected = STORY.replace("18,000", "24,000")
    index = filled(tmp_path, {"one": STORY, "edited": edited, "corrected": corrected})
    assert sorted(found(index)) == ["corrected", "one"]
    assert found(index)["one"] == ("edited",)


def test_a_longer_story_is_not_dropped_for_its_first_half(tmp_path):
    more = "Korea builds a second terminal there, says the mayor, and hopes for 500 jobs. " * 2
    index = filled(tmp_path, {"short": STORY, "long": f"{STORY} {more}"})
    ids = {hit.provenance.id for hit in index.search("port of Chancay", limit=10).hits}
    assert ids >= {"long"}
    texts = " ".join(hit.passage.text for hit in index.search("port terminal", limit=10).hits)
    assert "500 jobs" in texts


def test_short_passages_and_those_of_one_document_are_never_copies(tmp_path):
    few = " ".join(["word"] * (LEAST_WORDS - 1))
    twice = f"# January\n\n{STORY}\n\n# February\n\n{STORY}"
    index = filled(tmp_path, {"a": few, "b": few, "months": twice})
    hits = index.search("word port Chancay", limit=10).hits
    assert sorted(hit.provenance.id for hit in hits) == ["a", "b", "months", "months"]


def test_only_as_many_rows_are_read_as_it_takes():
    read = []

    def read_rows(scored):
        read.append(len(scored))
        return filled_hits[: len(scored)]

    filled_hits = ()
    ranked = [Scored(number, 1.0, 1.0, 1.0) for number in range(6)]
    assert read_distinct(ranked, 3, read_rows) == ()
    assert read == [3, 3], "where rows give nothing it goes on to the end, and no further"


def test_an_answer_in_a_copied_passage_is_given_once_with_its_other_place(tmp_path):
    index = filled(tmp_path, {"one": STORY, "two": STORY})
    reply = Answerer(index, FakeReader({"23 days": 0.9, "23": 0.6})).ask("How long does it take?")
    assert reply.answer.text == "23 days"
    assert reply.answer.citation.document_id == "one"
    assert reply.answer.citation.copies == ("two",)
    assert reply.alternatives == ()
    assert reply.passages[0].copies == ("two",)


def test_the_same_sentence_elsewhere_gives_no_second_answer(tmp_path):
    sentence = "Ships from Chancay reach Asia in 23 days instead of 35."
    one = f"{sentence} Copper goes to Korea, and cars come back, the harbour master says."
    two = f"{sentence} Grapes and avocados are what the farmers of Ica hope to sell."
    index = filled(tmp_path, {"one": one, "two": two})
    reply = Answerer(index, FakeReader({"23 days": 0.9, "in 23 days instead": 0.6})).ask(
        "How long?"
    )
    assert reply.answer.text == "23 days"
    assert [support.document_id for support in reply.answer.support] == ["two"]
    assert reply.alternatives == (), "another part of the same words is the same answer"


@pytest.mark.parametrize("name", ["two", "copy"])
def test_the_same_text_under_another_name_is_told(tmp_path, name):
    index = filled(tmp_path, {"one": STORY})
    change = index.add(markdown(STORY, name))
    assert change.action == "added"
    assert change.warnings == (
        f"{name} has the same text as one: both are kept, and an answer cites one of them and "
        "names the other.",
    )
    assert index.add(markdown(STORY, name)).warnings == (), "unchanged"
    assert index.add(markdown(STORY + " More.", name)).warnings == ()
