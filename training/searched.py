"""Exercises as the reader meets questions later: with passages as the search finds them."""

import random
from collections.abc import Sequence

from eval.retrieval import Progress
from index.filters import Filters
from index.index import Index
from index.records import Hit
from service.passage_reading import context_of
from training.exercises import Exercise, Reading
from training.own_questions import OwnPassage
from training.sources import holds_any, places

BESIDE = 0.7
"""Of the questions with an answer, those that also get a passage without it."""

ELSEWHERE = 0.35
"""Of those passages, the ones that are looked for in other documents."""

FOUND = 8
"""Passages that are looked at, of a question's document or of all."""


def searched_exercises(
    index: Index, documents: Sequence[OwnPassage], seed: int, told: Progress
) -> list[Exercise]:
    """Return the questions on some documents, each with passages that the search finds.

    A question without an answer gets the two best passages of its document, for whether another one
    answers it, nobody has looked. One with an answer mostly gets a passage without it too, of its
    document or of another, which now and then may answer it otherwise. One whose answer stands in
    several passages is left out, for in all but one its words may say something else; so is one
    whose answer isn't found.
    """
    chance = random.Random(seed)
    exercises = []
    for number, document in enumerate(documents, 1):
        own = Filters(document_ids=(document.id,))
        for question, answers in document.questions:
            hits: Sequence[Hit] = index.search(question, own, limit=FOUND).hits
            readings = _readings(answers, hits)
            if answers and readings and chance.random() < BESIDE:
                if chance.random() < ELSEWHERE:
                    hits = _of_others(index.search(question, limit=FOUND).hits, document.id)
                readings += _beside(answers, hits, chance)
            if readings:
                exercises.append(Exercise(question, readings))
        told(number, len(documents))
    return exercises


def _readings(answers: Sequence[str], hits: Sequence[Hit]) -> tuple[Reading, ...]:
    if not answers:
        return tuple(_reading(hit, ()) for hit in hits[:2])
    holding = [hit for hit in hits if places(hit.passage.text, answers)]
    return (_reading(holding[0], answers),) if len(holding) == 1 else ()


def _of_others(hits: Sequence[Hit], id_: str) -> list[Hit]:
    return [hit for hit in hits if hit.provenance.id != id_]


def _beside(
    answers: Sequence[str], hits: Sequence[Hit], chance: random.Random
) -> tuple[Reading, ...]:
    """Return one of the two best passages that lack the answers, if there is any."""
    others = [hit for hit in hits if not holds_any(hit.passage.text, answers)][:2]
    return (_reading(chance.choice(others), answers),) if others else ()


def _reading(hit: Hit, answers: Sequence[str]) -> Reading:
    return Reading(context_of(hit), hit.passage.text, places(hit.passage.text, answers))
