"""Proofs, rankings and systems, on a collection of two notes."""

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from conftest import FakeReader
from two_notes import BUILT, LAC, PERU, SIGNED, UNKNOWN, ignore

from corpus.errors import InvalidSetting
from corpus.sentences import Extent, sentences
from eval.question_sets import InvalidQuestionFile, Question
from eval.rankings import RANKINGS, Place, Rankings
from eval.retrieval import Proof, first_rank, proof_of, retrieval_rows
from eval.run import Outcome, Row, run
from eval.systems import SYSTEMS, make_systems, system_names
from index.index import Index
from service.answerer import Answerer
from service.reader import SentenceModel, SentenceReader

MODEL = SentenceModel((4.0, 4.0, 0.0, 0.0, 0.0, 0.0), -2.0, 1.0, 0.0, 0.5, "by hand")


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


def test_the_sentence_reader_answers_with_sentences_whatever_the_answerer_reads_with(
    index: Index, rankings: Rankings
) -> None:
    made = make_systems(["sentence-reader"], Answerer(index, FakeReader({})), rankings)
    answer = made["sentence-reader"].answer(BUILT.question).answer
    assert answer is not None
    assert answer.text in {PERU[s.start : s.end] for s in sentences(PERU, 0, len(PERU))}


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
