"""Measures of confidence: does it say how often an answer is right, and does it rank well?

``confidences`` and ``rights`` stand in the same order: a probability, and what came true.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

BINS = 10
_LEAST_PER_BIN = 5


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the questions is answered above one confidence, and how much of that is wrong."""

    answered: int
    wrong: int

    @property
    def risk(self) -> float:
        """The share of the answers that is wrong."""
        return self.wrong / self.answered


def calibration_error(
    confidences: Sequence[float], rights: Sequence[bool], bins: int = BINS
) -> float | None:
    """Return the expected calibration error over bins of equal mass (Guo et al., 2017).

    Fewer than five values a bin make fewer bins. Values are parted in order of confidence, equal
    ones in order of outcome, so that the result does not depend on the order given.
    """
    if not confidences:
        return None
    pairs = sorted(zip(confidences, rights, strict=True))
    count = max(1, min(bins, len(pairs) // _LEAST_PER_BIN))
    edges = [round(number * len(pairs) / count) for number in range(count + 1)]
    gaps = [
        abs(math.fsum(c for c, _ in part) - sum(right for _, right in part))
        for part in (pairs[edges[i] : edges[i + 1]] for i in range(count))
    ]
    return math.fsum(gaps) / len(pairs)


def auroc(confidences: Sequence[float], rights: Sequence[bool]) -> float | None:
    """Return the chance that a right answer has more confidence than a wrong one, ties half.

    None where there are none of either.
    """
    good = [c for c, right in zip(confidences, rights, strict=True) if right]
    bad = [c for c, right in zip(confidences, rights, strict=True) if not right]
    if not good or not bad:
        return None
    wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    return wins / (len(good) * len(bad))


def risk_coverage_area(confidences: Sequence[float], rights: Sequence[bool]) -> float | None:
    """Return the mean risk over all coverages (Geifman and El-Yaniv, 2017); 0 is best.

    Equal confidences can't be told apart: each of them bears the risk of all down to them.
    """
    if not confidences:
        return None
    area, covered = 0.0, 0
    for step in _curve(confidences, rights):
        area += step.risk * (step.answered - covered)
        covered = step.answered
    return area / len(confidences)


def coverage_at(confidences: Sequence[float], rights: Sequence[bool], risk: float) -> Coverage:
    """Return the most that can be answered, by a threshold, with at most this risk.

    Geifman and El-Yaniv, 2017, on the questions themselves, without their bound.
    """
    kept = [step for step in _curve(confidences, rights) if step.risk <= risk]
    return kept[-1] if kept else Coverage(0, 0)


def _curve(confidences: Sequence[float], rights: Sequence[bool]) -> Iterator[Coverage]:
    """Yield what each threshold covers, from the highest confidence down."""
    pairs = sorted(zip(confidences, rights, strict=True), reverse=True)
    answered = wrong = 0
    for _, group in groupby(pairs, key=lambda pair: pair[0]):
        outcomes = [right for _, right in group]
        answered += len(outcomes)
        wrong += outcomes.count(False)
        yield Coverage(answered, wrong)
