"""Exercises as the reader meets questions later: with passages that the search finds for them."""

import random
from collections.abc import Sequence

from eval.question_sets import Question
from eval.retrieval import Progress
from index.index import Index
from index.records import Hit
from service.answerer import READ_PASSAGES
from service.passage_reading import context_of
from training.exercises import Exercise, Reading
from training.sources import holds_any, places

BESIDE = 0.7
"""Of the questions with an answer, those that also get a passage without it."""


def searched_exercises(
    index: Index, questions: Sequence[Question], seed: int, told: Progress
) -> list[Exercise]:
    """Return the questions, each with passages that the index finds for it.

    An answer counts in the best passage of its document that holds it, for elsewhere the same words
    may say something else; a question whose answer isn't found is left out. One without an answer
    gets two passages.
    """
    chance = random.Random(seed)
    exercises = []
    for number, question in enumerate(questions, 1):
        hits = index.search(question.question, limit=READ_PASSAGES).hits
        readings = _readings(question, hits, chance)
        if readings:
            exercises.append(Exercise(question.question, readings))
        told(number, len(questions))
    return exercises


def _readings(
    question: Question, hits: Sequence[Hit], chance: random.Random
) -> tuple[Reading, ...]:
    if not question.answerable:
        return tuple(_reading(hit, ()) for hit in hits[:2])
    others = [hit for hit in hits if not holds_any(hit.passage.text, question.answers)]
    for hit in hits:
        of_document = hit.passage.document_id == question.document
        if of_document and places(hit.passage.text, question.answers):
            beside = [chance.choice(others[:3])] if others and chance.random() < BESIDE else []
            return tuple(_reading(one, question.answers) for one in (hit, *beside))
    return ()


def _reading(hit: Hit, answers: Sequence[str]) -> Reading:
    return Reading(context_of(hit), hit.passage.text, places(hit.passage.text, answers))
