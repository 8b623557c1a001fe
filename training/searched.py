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

FOUND = 8
"""Passages of a question's document that are looked at."""


def searched_exercises(
    index: Index, documents: Sequence[OwnPassage], seed: int, told: Progress
) -> list[Exercise]:
    """Return the questions on some documents, each with passages that the search finds in its own.

    For whether another document answers it, nobody has looked. A question without an answer gets
    the two best passages. One whose answer stands in several passages is left out, for in all but
    one its words may say something else; so is one whose answer isn't found.
    """
    chance = random.Random(seed)
    exercises = []
    for number, document in enumerate(documents, 1):
        own = Filters(document_ids=(document.id,))
        for question, answers in document.questions:
            hits = index.search(question, own, limit=FOUND).hits
            readings = _readings(answers, hits, chance)
            if readings:
                exercises.append(Exercise(question, readings))
        told(number, len(documents))
    return exercises


def _readings(
    answers: Sequence[str], hits: Sequence[Hit], chance: random.Random
) -> tuple[Reading, ...]:
    if not answers:
        return tuple(_reading(hit, ()) for hit in hits[:2])
    holding = [hit for hit in hits if places(hit.passage.text, answers)]
    if len(holding) != 1:
        return ()
    others = [hit for hit in hits if not holds_any(hit.passage.text, answers)]
    beside = [chance.choice(others[:2])] if others and chance.random() < BESIDE else []
    return tuple(_reading(hit, answers) for hit in (*holding, *beside))


def _reading(hit: Hit, answers: Sequence[str]) -> Reading:
    return Reading(context_of(hit), hit.passage.text, places(hit.passage.text, answers))
