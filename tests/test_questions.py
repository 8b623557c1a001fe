"""The evaluation questions keep to the documents and to the rules of their README."""

import json
import re
import zlib
from collections import Counter, defaultdict
from importlib.resources import files
from itertools import cycle
from typing import Any

from corpus.collection import shipped_documents
from eval.question_sets import collection_questions

Question = dict[str, Any]

KEYS = [
    "id", "question", "kind", "answers", "document", "also_in", "sentence", "answerable", "half",
    "note",
]  # fmt: skip
PREFIXES = {
    "korea-peru-ambassador-interview-2023": "peru",
    "korea-lac-digital-forum-2021": "lac",
    "korea-uzbekistan-high-tech-2024": "uzbekistan",
}
ORDINARY = {
    "number",
    "money",
    "date",
    "person",
    "place",
    "organisation",
    "list",
    "reason",
    "definition",
    "statement",
}
APART = {"yes-no", "several-places"}
FUNCTION_WORDS = """
    a an and are as at be been by can could did do does for from had has have he her his how in into
    is it its of on or so than that the their they this to was were what when where which who whom
    whose why will with
"""

FOLDER = files("eval") / "questions"


def in_file(name: str) -> list[Question]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


SEEDS = in_file("seeds.jsonl")
FURTHER = in_file("further.jsonl")
QUESTIONS = SEEDS + FURTHER
TEXTS = {document.id: document.text for document in shipped_documents()}


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower())) - set(FUNCTION_WORDS.split())


def shared_words(question: Question) -> float:
    asked = words(question["question"])
    return len(asked & words(question["sentence"])) / len(asked)


def faults(question: Question) -> list[str]:
    """Return what keeps a question from being one that the documents can judge."""
    sentence = question["sentence"]
    if not question["answerable"]:
        return ["proof of nothing"] if question["answers"] or sentence is not None else []
    found = []
    if bool(question["answers"]) != (question["kind"] in ORDINARY):
        found.append("only an ordinary question has accepted answers, and at least one")
    if TEXTS[question["document"]].count(sentence) != 1:
        found.append("the sentence does not stand exactly once in the document")
    if "\n" in sentence or sentence.startswith("#"):
        found.append("the sentence is no run of one paragraph")
    proofs = [sentence, *(TEXTS[document] for document in question["also_in"])]
    return found + [
        f"not in the sentence: {answer}"
        for answer in question["answers"]
        if not any(answer in proof for proof in proofs)
    ]


def test_every_question_has_exactly_the_documented_keys() -> None:
    assert [q["id"] for q in QUESTIONS if list(q) != KEYS] == []


def test_every_value_is_one_that_the_readme_allows() -> None:
    for q in QUESTIONS:
        assert q["kind"] in ORDINARY | APART | {"unanswerable"}, q["id"]
        assert q["answerable"] is (q["kind"] != "unanswerable"), q["id"]
        assert q["half"] in {"development", "reported"}, q["id"]
        assert q["question"].strip(), q["id"]
        assert q["note"].strip(), q["id"]


def test_the_readme_names_every_key_and_every_kind() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    missing = {*KEYS, *(q["kind"] for q in QUESTIONS)} - set(re.findall(r"`([\w-]+)`", readme))
    assert missing == set()


def test_an_id_is_the_documents_short_name_and_a_number() -> None:
    for q in QUESTIONS:
        assert re.fullmatch(PREFIXES[q["document"]] + r"-\d{3}", q["id"]), q["id"]


def test_no_id_and_no_question_comes_twice() -> None:
    ids = Counter(q["id"] for q in QUESTIONS)
    wordings = Counter(" ".join(q["question"].casefold().split()) for q in QUESTIONS)

    assert [key for key, number in (ids + wordings).items() if number > 1] == []


def test_every_question_names_shipped_documents() -> None:
    for q in QUESTIONS:
        assert {q["document"], *q["also_in"]} <= TEXTS.keys(), q["id"]


def test_every_answer_is_proved_by_one_sentence_of_its_document() -> None:
    assert {q["id"]: faults(q) for q in QUESTIONS if faults(q)} == {}


def test_accepted_answers_stand_once_each_and_shortest_first() -> None:
    for q in QUESTIONS:
        assert len(q["answers"]) == len(set(q["answers"])), q["id"]
        assert q["answers"] == sorted(q["answers"], key=len), q["id"]
        assert all(answer.strip() == answer != "" for answer in q["answers"]), q["id"]


def test_there_are_enough_questions_of_each_sort() -> None:
    assert len(SEEDS) >= 120
    assert sum(q["kind"] in ORDINARY for q in SEEDS) >= 100
    assert sum(q["kind"] == "unanswerable" for q in SEEDS) >= 30


def test_a_quarter_of_the_ordinary_questions_share_few_words_with_the_sentence() -> None:
    for questions in (SEEDS, FURTHER):
        ordinary = [q for q in questions if q["kind"] in ORDINARY]

        assert sum(shared_words(q) <= 1 / 3 for q in ordinary) >= len(ordinary) / 4


def test_the_halves_are_drawn_by_turns_in_the_order_of_kind_and_crc() -> None:
    by_document: dict[str, list[Question]] = defaultdict(list)
    for q in SEEDS:
        by_document[q["document"]].append(q)

    for questions in by_document.values():
        questions.sort(key=lambda q: (q["kind"], zlib.crc32(q["id"].encode())))
        turns = cycle(["development", "reported"])
        assert [q["half"] for q in questions] == [next(turns) for _ in questions]


def test_the_halves_of_a_document_differ_by_two_questions_at_most() -> None:
    halves = Counter((q["document"], q["half"]) for q in SEEDS)

    for document in TEXTS:
        assert abs(halves[document, "development"] - halves[document, "reported"]) <= 2


def test_a_further_question_is_of_the_development_half() -> None:
    assert {q["half"] for q in FURTHER} == {"development"}


def test_the_reported_half_holds_none_of_the_further_questions() -> None:
    further = {q["id"] for q in FURTHER}

    assert {q.id for q in collection_questions("development")} >= further
    assert further.isdisjoint(q.id for q in collection_questions("reported"))
    assert len(collection_questions()) == len(QUESTIONS) + len(in_file("relations.jsonl"))


def test_no_further_question_asks_for_what_a_reported_one_asks_for() -> None:
    """The same fact: its sentence proves both, and an answer of one is accepted for the other."""
    reported = [q for q in SEEDS if q["half"] == "reported" and q["answerable"]]
    facts = {(q["sentence"], answer.casefold()) for q in reported for answer in q["answers"]}
    assert len(facts) > len(reported) > 60
    for q in FURTHER:
        asked = {(q["sentence"], answer.casefold()) for answer in q["answers"]}
        assert not asked & facts, q["id"]
