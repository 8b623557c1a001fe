"""Question files, and sets in SQuAD's format."""

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import FakeEncoder
from two_notes import BUILT, ignore

from eval.question_sets import InvalidQuestionFile, load_questions
from eval.squadshifts import drawn, fill, half_of, load_benchmark
from index.index import Index


def line(**changes: object) -> str:
    values = {
        "id": "q1", "question": "Who?", "kind": "person", "answers": ["Kim"], "document": "peru",
        "sentence": "Kim.", "answerable": True, "half": "reported", "note": "",
    }  # fmt: skip
    return json.dumps({**values, **changes}) + "\n"


# Question files


def test_a_question_file_is_read_and_its_halves_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(line() + "\n" + line(id="q2", half="development"), "utf-8")
    assert [q.id for q in load_questions(path)] == ["q1", "q2"]
    assert [q.id for q in load_questions(path, "development")] == ["q2"]
    assert load_questions(path)[0].answers == ("Kim",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (line(colour="red"), "line 1: the key 'colour' is unknown"),
        (line() + line(), "line 2: the id 'q1' stands there twice"),
        (line(half="both"), "line 1: 'half' must be development or reported"),
        (line(answers="Kim"), "line 1: 'answers' must be a list"),
        (line(answers=[]), "line 1: a question of kind 'person' needs 'answers'"),
        (line(answerable=False), "line 1: the question is unanswerable, yet"),
        (line(document=None), "line 1: 'sentence' is given without"),
        (line(question=" "), "line 1: 'question' must be text"),
        ("{}\n", "line 1: the key 'id' is missing"),
        ("[]\n", "line 1: not a JSON object"),
        ("{\n", "line 1: "),
        ("\n", "holds no question"),
    ],
)
def test_a_fault_in_a_question_file_is_told_with_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidQuestionFile) as caught:
        load_questions(path)
    assert str(path) in str(caught.value)
    assert problem in str(caught.value)


def test_a_missing_question_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidQuestionFile, match=r"none\.jsonl can't be read"):
        load_questions(tmp_path / "none.jsonl")


def test_kinds_apart_need_no_answer_and_are_not_scored(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(line(kind="yes-no", answers=[]), "utf-8")
    assert not load_questions(path)[0].is_scored


# SQuAD's format


def squad(tmp_path: Path) -> Path:
    paragraph = {
        "context": "Lima lies by the sea.\n",
        "qas": [{"id": "s1", "question": "What lies by the sea?",
                 "answers": [{"text": "Lima", "answer_start": 0}] * 2}],
    }  # fmt: skip
    second = {**paragraph, "context": "Lima is a port.\n"}
    path = tmp_path / "set.json"
    path.write_text(
        json.dumps({"data": [{"title": "Lima", "paragraphs": [paragraph, second, paragraph]}]}),
        "utf-8",
    )
    return path


def test_each_paragraph_becomes_a_document_without_a_heading(tmp_path: Path) -> None:
    benchmark = load_benchmark(squad(tmp_path))
    assert [d.id for d in benchmark.documents] == ["set-000-000", "set-000-001"]
    assert benchmark.documents[0].text == "Lima lies by the sea.\n"
    assert [(b.kind, b.start, b.end) for b in benchmark.documents[0].blocks] == [("text", 0, 21)]
    assert benchmark.questions[0].answers == ("Lima",)
    assert benchmark.questions[0].document == "set-000-000"


def test_a_paragraph_that_stands_twice_is_one_document(tmp_path: Path) -> None:
    questions = load_benchmark(squad(tmp_path)).questions
    assert [q.document for q in questions] == ["set-000-000", "set-000-001", "set-000-000"]


def test_the_half_of_an_article_is_the_parity_of_its_titles_crc() -> None:
    for title in ("Lima", "Seoul", "Tashkent", "Bogotá"):
        reported = zlib.crc32(title.encode()) % 2 == 1
        assert half_of(title) == ("reported" if reported else "development")


def test_a_draw_is_the_same_at_each_run_and_keeps_the_order() -> None:
    asked = [replace(BUILT, id=f"{number:02}") for number in range(20)]
    ids = [question.id for question in drawn(asked, 5)]
    assert len(ids) == 5
    assert ids == sorted(ids) == [question.id for question in drawn(asked, 5)]
    assert len(drawn(asked, None)) == len(drawn(asked, 99)) == 20


def test_filling_an_index_again_encodes_nothing(tmp_path: Path, encoder: FakeEncoder) -> None:
    documents = load_benchmark(squad(tmp_path)).documents
    with Index(tmp_path / "index", encoder) as index:
        fill(index, documents, ignore)
        before = len(encoder.encoded)
        fill(index, documents, ignore)
        assert (before, len(encoder.encoded)) == (2, 2)


def test_a_file_in_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    for text in ('{"data": [{"title": "x"}]}', "{}", "no"):
        path.write_text(text, "utf-8")
        with pytest.raises(InvalidQuestionFile, match="not in SQuAD's format"):
            load_benchmark(path)
