"""Question files, proofs, systems and fits, on a collection of two notes."""

import json
import math
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder, markdown

from corpus.errors import InvalidSetting
from corpus.sentences import Extent
from eval.examples import Examples, RememberingEncoder, examples_of
from eval.fit import Best, best_threshold, fit_sentence_reader, model_json, right_decisions
from eval.question_sets import InvalidQuestionFile, Question, load_questions
from eval.rankings import RANKINGS, Place, Rankings
from eval.retrieval import Proof, first_rank, proof_of, retrieval_rows
from eval.run import Outcome, Row, run
from eval.squadshifts import drawn, fill, half_of, load_benchmark
from eval.systems import SYSTEMS, make_systems, system_names
from index.index import Index
from service.answerer import Answerer
from service.reader import FEATURES, SentenceModel, SentenceReader

PERU = "Lima built 16 aircraft. The ambassador lives in Lima. Four aircraft came by ship."
LAC = "The forum opened in March. Ministers of eleven countries signed a plan."

BUILT = Question(
    "q1", "How many aircraft were built in Lima?", "number", ("16", "16 aircraft"), "peru",
    "Lima built 16 aircraft.", True, "development",
)  # fmt: skip
SIGNED = Question(
    "q2", "Who signed a plan?", "person", ("Ministers of eleven countries",), "lac",
    "Ministers of eleven countries signed a plan.", True, "reported",
)  # fmt: skip
UNKNOWN = Question(
    "q3", "Which river crosses Bogotá?", "unanswerable", (), None, None, False, "development"
)

MODEL = SentenceModel((4.0, 4.0, 0.0, 0.0, 0.0, 0.0), -2.0, 1.0, 0.0, 0.5, "by hand")


def ignore(done: int, total: int) -> None: ...


@pytest.fixture
def index(tmp_path: Path, encoder: FakeEncoder) -> Iterator[Index]:
    with Index(tmp_path / "index", encoder) as index:
        index.add(markdown(PERU, "peru"))
        index.add(markdown(LAC, "lac"))
        yield index


@pytest.fixture
def rankings(index: Index) -> Iterator[Rankings]:
    with closing(Rankings(index)) as rankings:
        yield rankings


def answerer_of(index: Index) -> Answerer:
    return Answerer(index, SentenceReader(index.encoder, MODEL))


def row_of(index: Index, question: Question, outcome: Outcome) -> Row:
    class Fixed:
        def answer(self, question: str) -> Outcome:
            return outcome

    return run({"fixed": Fixed()}, [question], index, ignore)[0]


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


# Proofs and ranks


def test_a_proof_is_where_the_answer_stands_in_its_sentence() -> None:
    proof = proof_of(BUILT, PERU)
    assert proof is not None
    assert [PERU[e.start : e.end] for e in proof.sentences] == ["Lima built 16 aircraft."]
    assert {PERU[e.start : e.end] for e in proof.answers} == {"16", "16 aircraft"}


def test_a_passage_covers_a_proof_that_it_holds_the_answer_of() -> None:
    proof = Proof("q", "reported", "peru", (Extent(10, 30),), (Extent(20, 22),))
    assert proof.is_covered_by(Place("peru", 20, 22))
    assert not proof.is_covered_by(Place("peru", 0, 21))
    assert not proof.is_covered_by(Place("lac", 0, 50))


def test_without_an_answer_in_the_sentence_touching_it_is_enough() -> None:
    proof = Proof("q", "reported", "peru", (Extent(10, 30),))
    assert proof.is_covered_by(Place("peru", 0, 11))
    assert not proof.is_covered_by(Place("peru", 0, 10))


def test_without_a_sentence_any_passage_of_the_document_proves() -> None:
    proof = Proof("q", "reported", "peru")
    assert first_rank([Place("lac", 0, 5), Place("peru", 0, 5), Place("peru", 5, 9)], proof) == 2
    assert first_rank([Place("lac", 0, 5)], proof) is None


def test_a_proving_sentence_that_does_not_stand_in_its_document_is_refused() -> None:
    with pytest.raises(InvalidQuestionFile, match="question q1 does not stand in the document"):
        proof_of(BUILT, LAC)


def test_every_ranking_has_a_row_for_every_question(rankings: Rankings) -> None:
    proofs = [proof_of(BUILT, PERU), proof_of(SIGNED, LAC)]
    asked = [BUILT.question, SIGNED.question]
    rows = retrieval_rows(rankings, asked, [p for p in proofs if p], ignore)
    assert [(r.question_id, r.ranking) for r in rows] == [
        (id_, name) for id_ in ("q1", "q2") for name in RANKINGS
    ]
    assert {row.rank for row in rows} == {1}


def test_rankings_find_what_the_index_finds(index: Index, rankings: Rankings) -> None:
    found = rankings.found(BUILT.question, RANKINGS["weighted sum"], 10)
    assert found.hits == index.search(BUILT.question).hits
    assert found.size == index.size()


# Running


def test_a_right_answer_is_worth_its_f1_and_its_citation_is_exact(index: Index) -> None:
    reply = answerer_of(index).ask(BUILT.question)
    assert reply.answer is not None
    row = row_of(index, BUILT, Outcome(True, reply.answer, (Place("peru", 0, len(PERU)),)))
    # «Lima built 16 aircraft.»: 4 tokens, shared 2 with «16 aircraft».
    assert row.text == row.quoted == "Lima built 16 aircraft."
    assert row.f1 == pytest.approx(2 * 2 / (4 + 2))
    assert (row.exact_match, row.holds, row.is_right, row.cites_proof) == (0, True, True, True)
    assert row.citation_exact is True


def test_abstaining_is_nothing_where_there_is_an_answer_and_all_where_there_is_none(
    index: Index,
) -> None:
    abstained = Outcome(False, None)
    assert row_of(index, BUILT, abstained).score == 0
    assert row_of(index, UNKNOWN, abstained).score == 1


def test_answering_an_unanswerable_question_is_worth_nothing(index: Index) -> None:
    answer = answerer_of(index).ask(BUILT.question).answer
    assert row_of(index, UNKNOWN, Outcome(True, answer)).score == 0


def test_a_rejected_candidate_keeps_its_confidence_and_earns_no_f1(index: Index) -> None:
    answer = answerer_of(index).ask(BUILT.question).answer
    assert answer is not None
    row = row_of(index, BUILT, Outcome(False, answer))
    assert (row.f1, row.holds, row.confidence) == (0, True, answer.confidence)


def test_a_moved_citation_is_not_exact(index: Index) -> None:
    answer = answerer_of(index).ask(BUILT.question).answer
    assert answer is not None
    citation = replace(answer.citation, start=answer.citation.start + 1)
    assert (
        row_of(index, BUILT, Outcome(True, replace(answer, citation=citation))).citation_exact
        is False
    )
    gone = replace(answer.citation, document_id="gone")
    assert (
        row_of(index, BUILT, Outcome(True, replace(answer, citation=gone))).citation_exact is False
    )


def test_a_crash_is_a_row_with_the_worst_values(index: Index) -> None:
    class Broken:
        def answer(self, question: str) -> Outcome:
            if question == BUILT.question:
                raise RuntimeError("out of order")
            return Outcome(True, None)

    rows = run({"broken": Broken()}, [BUILT, UNKNOWN], index, ignore)
    assert [row.id for row in rows] == ["q1", "q3"]
    assert rows[0].failure == "RuntimeError: out of order"
    assert rows[1].failure.startswith("It says that it answered")
    for row in rows:
        assert (row.score, row.abstained, row.confidence, row.citation_exact) == (
            0,
            False,
            1,
            False,
        )
        assert math.isinf(row.milliseconds)


def test_every_system_has_a_row_for_every_question(index: Index, rankings: Rankings) -> None:
    systems = make_systems(SYSTEMS, answerer_of(index), rankings)
    rows = run(systems, [BUILT, SIGNED, UNKNOWN], index, ignore)
    assert [(r.system, r.id) for r in rows] == [
        (name, id_) for name in SYSTEMS for id_ in ("q1", "q2", "q3")
    ]
    assert not any(row.failure for row in rows)
    assert {row.citation_exact for row in rows} == {True, None}


def test_the_shuffled_system_reads_the_same_passages_at_each_run(
    index: Index, rankings: Rankings
) -> None:
    system = make_systems(["shuffled"], answerer_of(index), rankings)["shuffled"]
    assert system.answer(BUILT.question).passages == system.answer(BUILT.question).passages


def test_an_unknown_system_is_refused() -> None:
    assert system_names(None) == tuple(SYSTEMS)
    assert system_names("attache, shuffled") == ("attache", "shuffled")
    with pytest.raises(InvalidSetting, match="no system 'best': use attache"):
        system_names("attache,best")


def test_a_question_on_a_document_that_the_index_lacks_is_refused(index: Index) -> None:
    with pytest.raises(InvalidQuestionFile, match="Question q1: There is no document 'gone'"):
        run({}, [replace(BUILT, document="gone")], index, ignore)


# SQuAD's format


def squad(tmp_path: Path) -> Path:
    paragraph = {
        "context": "Lima lies by the sea.\n",
        "qas": [{"id": "s1", "question": "What lies by the sea?",
                 "answers": [{"text": "Lima", "answer_start": 0}] * 2}],
    }  # fmt: skip
    path = tmp_path / "set.json"
    path.write_text(
        json.dumps({"data": [{"title": "Lima", "paragraphs": [paragraph] * 2}]}), "utf-8"
    )
    return path


def test_each_paragraph_becomes_a_document_without_a_heading(tmp_path: Path) -> None:
    benchmark = load_benchmark(squad(tmp_path))
    assert [d.id for d in benchmark.documents] == ["set-000-000", "set-000-001"]
    assert benchmark.documents[0].text == "Lima lies by the sea.\n"
    assert [(b.kind, b.start, b.end) for b in benchmark.documents[0].blocks] == [("text", 0, 21)]
    assert benchmark.questions[0].answers == ("Lima",)
    assert benchmark.questions[0].document == "set-000-000"


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


# Fitting


def example(number: int, *, answerable: bool = True) -> Examples:
    """Three sentences; the one that holds the answer has the highest first feature."""
    rows = np.zeros((3, len(FEATURES)))
    rows[:, 0] = (0.1, 0.2, 0.9 if answerable else 0.3)
    rows[:, 1] = number % 3
    return Examples(f"q{number}", answerable, rows, np.array([False, False, answerable]))


def test_a_fit_learns_which_feature_tells_and_when_to_abstain() -> None:
    examples = [example(number, answerable=number % 4 != 0) for number in range(20)]
    fitted = fit_sentence_reader(examples, examples[:4], "a test")
    assert fitted.questions == fitted.decisions == 20
    assert fitted.model.weights[0] > 0
    assert fitted.model.slope > 0
    assert 0 < fitted.model.threshold < 1
    assert fitted.model.fitted_on.startswith("a test; weights on")
    assert list(model_json(fitted.model)["weights"]) == list(FEATURES)  # type: ignore[call-overload]


def test_the_same_examples_give_the_same_model() -> None:
    examples = [example(number, answerable=number % 4 != 0) for number in range(12)]
    assert fit_sentence_reader(examples, (), "a") == fit_sentence_reader(examples, (), "a")


def test_a_fit_refuses_examples_without_any_answer() -> None:
    with pytest.raises(InvalidSetting, match="No development question"):
        fit_sentence_reader([example(1, answerable=False)], (), "a")


def test_a_reported_question_never_gives_an_example(index: Index) -> None:
    with pytest.raises(InvalidSetting, match="q2 is of the reported half"):
        examples_of(index, [BUILT, SIGNED], ignore)


def test_a_sentence_is_an_example_of_the_question_that_it_answers(index: Index) -> None:
    one, none = examples_of(index, [BUILT, UNKNOWN], ignore)
    assert one.rows.shape == (5, len(FEATURES))
    assert one.holds.sum() == 1
    assert not none.holds.any()


def test_a_sentence_is_encoded_once_however_often_it_is_found(encoder: FakeEncoder) -> None:
    remembering = RememberingEncoder(encoder)
    first = remembering.encode_passages(["Lima", "Seoul", "Lima"])
    assert (remembering.encode_passages(["Lima"]) == first[2:]).all()
    assert encoder.encoded == ["Lima", "Seoul"]


def test_the_threshold_makes_the_most_right_decisions_and_ties_go_to_the_higher() -> None:
    bests = [
        Best(0.9, True, True), Best(0.6, True, True), Best(0.4, False, False),
        Best(0.2, False, True),
    ]  # fmt: skip
    # At 0.5: two right answers and one right abstention.
    assert best_threshold(bests) == 0.5
    assert right_decisions(bests, 0.5) == 3
    # The wrong candidate at 0.4 earns nothing either way, so 0.3 and 0.5 are equal.
    bests[2:] = [Best(0.4, False, True), Best(0.2, False, False)]
    assert best_threshold(bests) == 0.5
