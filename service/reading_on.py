"""Which of the passages found are read: the first ones, the others where they may still matter."""

from collections.abc import Callable, Sequence

import numpy as np

from index.records import Hit
from service.citations import answer_key
from service.confidence import Confidence, features
from service.passage_reading import PassageReading

FIRST = 2
"""Passages that are always read: so many at a time keep two cores busy."""

Read = Callable[[Sequence[Hit]], Sequence[PassageReading]]


def read_hits(
    question: str, hits: Sequence[Hit], read: Read, confidence: Confidence
) -> list[PassageReading]:
    """Read the first passages; read on where their best span is not sure enough to stand.

    Where it is, only passages of other documents that hold the same words are read, for they may
    support it. hits: best first. read: reads several passages, in their order.
    """
    readings = list(read(hits[:FIRST]))
    rest = hits[FIRST:]
    spans = [(one.hit, span) for one in readings for span in one.spans]
    if rest and spans:
        confidences = confidence.confidences(features(question, readings))
        best = int(np.argmax(confidences))
        if confidences[best] >= confidence.sure:
            hit, span = spans[best]
            rest = [one for one in rest if _may_support(one, hit, span.text)]
    return [*readings, *read(rest)]


def _may_support(hit: Hit, answered: Hit, text: str) -> bool:
    """Tell whether a passage is of another document than the answer's and holds its words."""
    if hit.provenance.id == answered.provenance.id:
        return False
    return f" {answer_key(text)} " in f" {answer_key(hit.passage.text)} "
