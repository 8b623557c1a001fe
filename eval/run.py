"""Run systems over questions: the expected rows are listed first, and none is ever left out."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from corpus.errors import AttacheError
from eval.metrics import exact_match, holds_answer, is_right, token_f1
from eval.question_sets import KINDS_APART, InvalidQuestionFile, Question
from eval.rankings import Place
from eval.retrieval import Progress, Proof, first_rank, proof_of
from index.index import Index
from service.records import Answer, Citation


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system made of a question.

    answer: the one given or, where it abstained, the best one it rejected. passages: what it read.
    """

    answered: bool
    answer: Answer | None
    passages: tuple[Place, ...] = ()


class System(Protocol):
    """Whatever answers questions."""

    def answer(self, question: str) -> Outcome:
        """Answer one question, or abstain."""


@dataclass(frozen=True, slots=True)
class Row:
    """One system's values for one question.

    failure: why there is no outcome, or empty. text, quoted, citation: of the answer given or,
    where it abstained, of the best one rejected; ``holds`` and ``is_right`` are about the same
    text. exact_match, f1: of an answer given, else 0. citation_exact: None where nothing is cited.
    proof_rank: of the first passage read that proves the answer.
    """

    system: str
    id: str
    kind: str
    half: str
    answerable: bool
    answered: bool
    failure: str
    text: str
    quoted: str
    document: str | None
    start: int | None
    end: int | None
    confidence: float
    exact_match: float
    f1: float
    holds: bool
    is_right: bool
    cites_proof: bool
    citation_exact: bool | None
    proof_rank: int | None
    milliseconds: float

    @property
    def is_scored(self) -> bool:
        """Whether the question counts in the averages."""
        return self.kind not in KINDS_APART

    @property
    def abstained(self) -> bool:
        """Whether the system chose to give no answer; failing is not choosing."""
        return not self.answered and not self.failure

    @property
    def score(self) -> float:
        """The token F1; of an unanswerable question 1 for abstaining, else 0."""
        return self.f1 if self.answerable else float(self.abstained)


@dataclass(frozen=True, slots=True)
class Timed:
    """An outcome and how long it took."""

    outcome: Outcome
    milliseconds: float


def run(
    systems: Mapping[str, System], questions: Sequence[Question], index: Index, progress: Progress
) -> tuple[Row, ...]:
    """Return a row for each system and question; one that fails has the worst values."""
    proofs = proofs_of(questions, index)
    expected = [(name, question) for name in systems for question in questions]
    rows = []
    for number, (name, question) in enumerate(expected, 1):
        proof = proofs.get(question.id)
        try:
            timed = _timed(systems[name], question.question)
            rows.append(judged(name, question, proof, timed, index))
        except Exception as error:  # whatever a system raises is its result
            rows.append(failed(name, question, f"{type(error).__name__}: {error}"))
        progress(number, len(expected))
    return tuple(rows)


def proofs_of(questions: Sequence[Question], index: Index) -> dict[str, Proof]:
    """Return the proofs of the questions that have one, by question id.

    Raises InvalidQuestionFile where a document or its sentence is not in the index.
    """
    proofs: dict[str, Proof] = {}
    for question in questions:
        if question.document is None:
            continue
        try:
            text = index.document(question.document).document.text
        except AttacheError as error:
            raise InvalidQuestionFile(f"Question {question.id}: {error}") from error
        proof = proof_of(question, text)
        if proof is not None:
            proofs[question.id] = proof
    return proofs


def judged(
    system: str,
    question: Question,
    proof: Proof | None,
    timed: Timed,
    index: Index,
) -> Row:
    """Return the values of one outcome."""
    outcome = timed.outcome
    answer = outcome.answer
    if answer is None and outcome.answered:
        return failed(system, question, "It says that it answered, and gives no answer.")
    citation = answer.citation if answer else None
    text = answer.text if answer else ""
    quoted = quoted_sentence(citation) if citation else ""
    cited = citation.document_id if citation else None
    given, accepted = outcome.answered, question.answers
    return Row(
        system=system,
        id=question.id,
        kind=question.kind,
        half=question.half,
        answerable=question.answerable,
        answered=given,
        failure="",
        text=text,
        quoted=quoted,
        document=cited,
        start=citation.start if citation else None,
        end=citation.end if citation else None,
        confidence=answer.confidence if answer else 0.0,
        exact_match=exact_match(text, accepted) if given else 0.0,
        f1=token_f1(text, accepted) if given else 0.0,
        holds=cited in question.documents and holds_answer(quoted, accepted),
        is_right=is_right(text, accepted, cited, question.documents),
        cites_proof=bool(proof and citation and proof.is_touched_by(_place(citation))),
        citation_exact=is_exact(answer, index) if answer else None,
        proof_rank=first_rank(outcome.passages, proof) if proof else None,
        milliseconds=timed.milliseconds,
    )


def failed(system: str, question: Question, reason: str) -> Row:
    """Return the worst values: sure, wrong, wrongly cited, and that after an endless wait."""
    return Row(
        system=system,
        id=question.id,
        kind=question.kind,
        half=question.half,
        answerable=question.answerable,
        answered=False,
        failure=reason,
        text="",
        quoted="",
        document=None,
        start=None,
        end=None,
        confidence=1.0,
        exact_match=0.0,
        f1=0.0,
        holds=False,
        is_right=False,
        cites_proof=False,
        citation_exact=False,
        proof_rank=None,
        milliseconds=math.inf,
    )


def is_exact(answer: Answer, index: Index) -> bool:
    """Tell whether answer and passage stand in the stored document exactly where cited."""
    citation = answer.citation
    try:
        document = index.document(citation.document_id).document
    except AttacheError:
        return False
    passage = citation.passage
    return (
        document.sha256 == citation.document_sha256
        and document.text[citation.start : citation.end] == answer.text
        and document.text[passage.start : passage.end] == passage.text
        and passage.start <= citation.start < citation.end <= passage.end
    )


def quoted_sentence(citation: Citation) -> str:
    """Return the answer in its sentence, as it is shown."""
    return citation.quote.before + citation.quote.text + citation.quote.after


def _timed(system: System, question: str) -> Timed:
    started = time.perf_counter()
    outcome = system.answer(question)
    return Timed(outcome, (time.perf_counter() - started) * 1000)


def _place(citation: Citation) -> Place:
    return Place(citation.document_id, citation.start, citation.end)
