"""Was the passage that proves the answer found, and at which rank?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import regex

from corpus.sentences import Extent
from eval.question_sets import InvalidQuestionFile, Question
from eval.rankings import Place, Rankings, rankings_of

Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a question's answer is proved. Without a sentence, any passage of the document is it.

    sentences: wherever the proving sentence stands. answers: the accepted answers inside them,
    none where they are worded otherwise.
    """

    question_id: str
    half: str
    document_id: str
    sentences: tuple[Extent, ...] = ()
    answers: tuple[Extent, ...] = ()

    def is_covered_by(self, place: Place) -> bool:
        """Tell whether a passage holds an accepted answer in its sentence, or else touches it."""
        if place.document_id != self.document_id:
            return False
        if self.answers:
            return any(place.start <= a.start and a.end <= place.end for a in self.answers)
        return not self.sentences or self.is_touched_by(place)

    def is_touched_by(self, place: Place) -> bool:
        """Tell whether an extent of the document overlaps the proving sentence."""
        return place.document_id == self.document_id and any(
            place.start < sentence.end and sentence.start < place.end for sentence in self.sentences
        )


@dataclass(frozen=True, slots=True)
class RetrievalRow:
    """The rank, from 1, at which one ranking found a question's proof; None where it did not."""

    ranking: str
    question_id: str
    half: str
    rank: int | None


def proof_of(question: Question, text: str) -> Proof | None:
    """Find a question's proving sentence in the text of its document; None where it names none.

    Raises InvalidQuestionFile where the sentence does not stand there.
    """
    if question.sentence is None or question.document is None:
        return None
    sentences = _extents(regex.escape(question.sentence), text, Extent(0, len(text)))
    if not sentences:
        raise InvalidQuestionFile(
            f"The proving sentence of question {question.id} does not stand in the document "
            f"{question.document}: copy it from the stored text."
        )
    patterns = [rf"(?i)(?<!\w){regex.escape(answer)}(?!\w)" for answer in question.answers]
    answers = [
        extent
        for sentence in sentences
        for pattern in patterns
        for extent in _extents(pattern, text, sentence)
    ]
    return Proof(question.id, question.half, question.document, sentences, tuple(answers))


def retrieval_rows(
    rankings: Rankings, questions: Sequence[str], proofs: Sequence[Proof], progress: Progress
) -> tuple[RetrievalRow, ...]:
    """Return a row for each question and ranking, from one pair of searches a question."""
    rows: list[RetrievalRow] = []
    vectors = rankings.encode(questions)
    for number, (question, proof) in enumerate(zip(questions, proofs, strict=True)):
        both = rankings.search(question, vectors[number])
        for name, ids in rankings_of(both).items():
            rank = first_rank([rankings.places[id_] for id_ in ids], proof)
            rows.append(RetrievalRow(name, proof.question_id, proof.half, rank))
        progress(number + 1, len(questions))
    return tuple(rows)


def first_rank(places: Sequence[Place], proof: Proof) -> int | None:
    """Return the rank, from 1, of the first passage that covers the proof."""
    ranks = (rank for rank, place in enumerate(places, 1) if proof.is_covered_by(place))
    return next(ranks, None)


def _extents(pattern: str, text: str, within: Extent) -> tuple[Extent, ...]:
    found = regex.finditer(pattern, text, pos=within.start, endpos=within.end)
    return tuple(Extent(match.start(), match.end()) for match in found)
