"""What the reader learns from: a question with passages, and where in them its answers stand."""

from collections.abc import Iterable
from dataclasses import dataclass

from corpus.sentences import Extent
from service.decoder import SPAN_TOKENS
from service.windows import Window, Windows

ANSWERS = 4
"""Accepted answers of one passage that count."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage as it is read for one question; without answers, it doesn't hold any.

    answers: offsets into ``text``. context: what is read before it, which holds no answer.
    """

    context: str
    text: str
    answers: tuple[Extent, ...] = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question with the passages that are normalised together (Clark and Gardner, 2018)."""

    question: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A reading as the model takes it. answers: positions of first and last token, inclusive."""

    window: Window
    answers: tuple[Extent, ...]


def items_of(exercise: Exercise, windows: Windows) -> tuple[Item, ...]:
    """Return an exercise's readings as tokens, each cut to the window that shows an answer.

    A reading whose answers match no window is left out.
    """
    found = []
    for reading in exercise.readings:
        best = None
        for window in windows.of(exercise.question, reading.context, reading.text):
            answers = tuple(
                dict.fromkeys(
                    placed
                    for answer in reading.answers
                    if (placed := _placed(answer, window)) is not None
                )
            )[:ANSWERS]
            if best is None or len(answers) > len(best.answers):
                best = Item(window, answers)
        if best and (best.answers or not reading.answers):
            found.append(best)
    return tuple(found)


def all_items(exercises: Iterable[Exercise], windows: Windows) -> list[tuple[Item, ...]]:
    """Return the items of every exercise that has any."""
    found = (items_of(exercise, windows) for exercise in exercises)
    return [items for items in found if items]


def _placed(answer: Extent, window: Window) -> Extent | None:
    """Return the positions of the tokens that cover an answer, where the window holds them all.

    None too for an answer longer than any that the reader gives.
    """
    inside = [
        number
        for number, extent in enumerate(window.extents)
        if extent.start < answer.end and answer.start < extent.end
    ]
    if not inside:
        return None
    first, last = window.extents[inside[0]], window.extents[inside[-1]]
    if first.start > answer.start or last.end < answer.end:
        return None
    if inside[-1] - inside[0] >= SPAN_TOKENS:
        return None
    return Extent(window.first + inside[0], window.first + inside[-1])
