"""The questions on the three relations keep to the documents, to their kinds and to their half."""

from collections import Counter, defaultdict

import pytest
from test_questions import KEYS, ORDINARY, SEEDS, TEXTS, faults, in_file, shared_words

from eval.question_sets import Half, collection_questions

QUESTIONS = in_file("relations.jsonl")
FIRST = {question["document"] for question in SEEDS}


def test_every_question_has_the_documented_keys_and_a_kind():
    for q in QUESTIONS:
        assert list(q) == KEYS, q["id"]
        assert q["kind"] in ORDINARY | {"unanswerable"}, q["id"]
        assert q["answerable"] is (q["kind"] != "unanswerable"), q["id"]
        assert q["question"].strip() == q["question"] != "", q["id"]
        assert q["note"].strip(), q["id"]


def test_every_answer_is_proved_by_one_sentence_of_its_document():
    assert {q["id"]: faults(q) for q in QUESTIONS if faults(q)} == {}


def test_every_document_named_is_one_of_the_collection():
    for q in QUESTIONS:
        assert q["document"] in TEXTS.keys() - FIRST, q["id"]
        assert set(q["also_in"]) <= TEXTS.keys() - {q["document"]}, q["id"]


def test_accepted_answers_stand_once_each_and_shortest_first():
    for q in QUESTIONS:
        assert q["answers"] == sorted(set(q["answers"]), key=q["answers"].index), q["id"]
        assert q["answers"] == sorted(q["answers"], key=len), q["id"]


def test_no_id_and_no_wording_comes_twice_in_all_files():
    everything = [*QUESTIONS, *SEEDS, *in_file("further.jsonl")]
    found = Counter(q["id"] for q in everything)
    found += Counter(" ".join(q["question"].casefold().split()) for q in everything)
    assert [key for key, number in found.items() if number > 1] == []


def test_there_are_enough_of_each_relation_and_kind():
    assert len(QUESTIONS) >= 450
    assert sum(q["kind"] == "unanswerable" for q in QUESTIONS) >= 120
    relations = Counter(q["id"].split("-")[0] for q in QUESTIONS)
    assert relations.keys() == {"uzbekistan", "peru", "lac"}
    assert min(relations.values()) >= 150
    assert Counter(q["kind"] for q in QUESTIONS).keys() == ORDINARY | {"unanswerable"}


def test_a_quarter_of_the_ordinary_questions_share_few_words_with_the_sentence():
    ordinary = [q for q in QUESTIONS if q["answerable"]]
    assert sum(shared_words(q) <= 1 / 3 for q in ordinary) >= len(ordinary) / 4


def test_no_document_serves_both_halves_but_the_first_three():
    halves = defaultdict(set)
    for q in QUESTIONS:
        for document in {q["document"], *q["also_in"]} - FIRST:
            halves[document].add(q["half"])
    assert {document: both for document, both in halves.items() if len(both) > 1} == {}


@pytest.mark.parametrize("half", ["development", "reported"])
def test_each_half_has_about_half_of_each_relation(half: Half):
    asked = {q.id for q in collection_questions(half)}
    for relation in ("uzbekistan", "peru", "lac"):
        own = [q["id"] for q in QUESTIONS if q["id"].startswith(relation)]
        assert 0.4 <= len(asked & set(own)) / len(own) <= 0.6
