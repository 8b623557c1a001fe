"""The probability that a span is right, from what the model, the search and the passages say.

The features follow PrimeQA's confidence scorer (Sil et al., 2023): the scores of span, start, end
and «no answer», margins to the next spans, agreement among passages, retrieval; and how much of the
question the passage names at all. A logistic regression on them, fitted on held-out questions.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import regex

from index.records import Hit
from index.terms import query_terms, terms
from service.citations import answer_key
from service.expected import expected_kind, holds
from service.passage_reading import Marked, PassageReading

Rows = npt.NDArray[np.float64]

_OF_SPAN = (
    "odds",
    "share_in_passage",
    "share_in_all",
    "margin",
    "margin_elsewhere",
    "start_share",
    "end_share",
    "first",
    "hit",
    "dense",
    "hit_behind_best",
    "agreement",
    "sentence_overlap",
    "passage_overlap",
    "unnamed",
    "expected",
    "length",
)
"""Of a span: its logit less the one of «no answer»; the log of its share among all spans of its
passage with «no answer», and among those of all passages; its logit less the next span's of its
passage, and less the best of another passage that says something else; the logs of the shares of
its start and its end; whether it is its passage's first; the fused and the dense score of its hit,
and how far that lies behind the best hit; other passages whose first span says the same; the share
of the question's terms, rare ones counting more, that its sentence holds, and that its passage with
context and title holds; the share of the question's names and numbers that these lack; whether it
is the kind of thing asked for (1, 0 where that is open, -1); the log of its tokens."""

FEATURES = (*_OF_SPAN, "headed")
"""Those, and whether the passage stands under a heading."""

_UNDER_HEADING = (
    "odds", "share_in_all", "hit", "dense", "hit_behind_best", "passage_overlap",
)  # fmt: skip
"""Those that count of a span in a passage under a heading: what a score is worth differs there, and
the others mislead more than they help."""

WEIGHED = (*_OF_SPAN, "headed", *(f"{name} headed" for name in _UNDER_HEADING))
"""What has a weight: the features of a span without a heading, which are 0 for one under it; and
those that count under a heading, which are 0 for the former."""

_BOUND = 20.0
_LETTER = r"[\p{L}\p{M}\p{N}--\p{Hangul}]"
_NAMED = regex.compile(
    rf"(?<!(?:\A|[.?!]\s)\p{{P}}*)(?<!{_LETTER}){_LETTER}*\p{{Lu}}(?:{_LETTER}|['’-](?!s\b))+"
    rf"|(?<!{_LETTER})\p{{N}}+(?:[.,]\p{{N}}+)*{_LETTER}*",
    regex.V1,
)


class Confidence(Protocol):
    """Turns features into probabilities; ``threshold`` is the least one worth giving an answer.

    sure: from here on the first passages' best span stands, whatever the others would say.
    """

    @property
    def threshold(self) -> float: ...  # noqa: D102
    @property
    def sure(self) -> float: ...  # noqa: D102
    def confidences(self, rows: Rows) -> Rows: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """What was learned about when a span is right.

    weights: in the order of ``WEIGHED``, giving log-odds. threshold: the least confidence worth
    giving as an answer.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    fitted_on: str

    sure: ClassVar[float] = 0.65

    def confidences(self, rows: Rows) -> Rows:
        """Return the probability that each span is right, shape (spans,)."""
        odds = np.clip(weighed(rows) @ np.asarray(self.weights) + self.bias, -30, 30)
        return np.asarray(1 / (1 + np.exp(-odds)))


class OwnShare:
    """For a model that brings no confidence model: the share of the span in its passage.

    It says what the model thinks, «no answer» being one of its choices; nobody has checked that it
    is right as often as that.
    """

    threshold = 0.5
    sure = math.inf

    def confidences(self, rows: Rows) -> Rows:
        """Return the share of each span, shape (spans,)."""
        return np.asarray(np.exp(rows[:, FEATURES.index("share_in_passage")]))


def confidence_model(settings: Mapping[str, Any]) -> Confidence:
    """Return the confidence model among a reader's settings, its own share where there is none.

    Raises KeyError where it lacks a feature.
    """
    values = settings.get("confidence")
    if values is None:
        return OwnShare()
    model = ConfidenceModel(
        weights=tuple(float(values["weights"][name]) for name in WEIGHED),
        bias=float(values["bias"]),
        threshold=float(values["threshold"]),
        fitted_on=str(values["fitted_on"]),
    )
    if not all(map(math.isfinite, (*model.weights, model.bias, model.threshold))):
        raise ValueError("a number in it is not finite")
    return model


def features(question: str, readings: Sequence[PassageReading]) -> Rows:
    """Return the features of every span of the readings, shape (spans, len(FEATURES))."""
    asked = _Asked(question, [frozenset(terms(_whole(one.hit))) for one in readings])
    rows = [
        _features(asked, readings, number, marked)
        for number, reading in enumerate(readings)
        for marked in reading.spans
    ]
    return np.asarray(rows, np.float64).reshape(len(rows), len(FEATURES))


def weighed(rows: Rows) -> Rows:
    """Return what has a weight of features, shape (spans, len(WEIGHED))."""
    headed = rows[:, [FEATURES.index("headed")]]
    under = rows[:, [FEATURES.index(name) for name in _UNDER_HEADING]]
    return np.hstack([(1 - headed) * rows[:, : len(_OF_SPAN)], headed, headed * under])


class _Asked:
    """A question's terms, beside those of each passage with its title and context."""

    def __init__(self, question: str, held: Sequence[frozenset[str]]) -> None:
        self.question = question
        self.held = held
        self.kind = expected_kind(question)
        self._rarity = {
            term: math.log(1 + len(held) / (1 + sum(term in words for words in held)))
            for term in query_terms(question)
        }
        self._total = sum(self._rarity.values()) or 1.0
        named = [frozenset(terms(name)) for name in _NAMED.findall(question)]
        self._named = [words for words in named if words]

    def overlap(self, words: frozenset[str]) -> float:
        """Return the share of the question's terms among these, rare ones counting more."""
        return sum(rarity for term, rarity in self._rarity.items() if term in words) / self._total

    def unnamed(self, words: frozenset[str]) -> float:
        """Return the share of the question's names and numbers that are not among these."""
        if not self._named:
            return 0.0
        return sum(not name <= words for name in self._named) / len(self._named)


def _features(
    asked: _Asked, readings: Sequence[PassageReading], number: int, marked: Marked
) -> tuple[float, ...]:
    reading = readings[number]
    key = answer_key(marked.text)
    others = [other for at, other in enumerate(readings) if at != number and other.spans]
    elsewhere = [
        span.score for other in others for span in other.spans if answer_key(span.text) != key
    ]
    next_best = [span.score for span in reading.spans if span is not marked]
    every = [other.log_total for other in readings if other.spans]
    total = max(every) + math.log(math.fsum(math.exp(one - max(every)) for one in every))
    return (
        _bounded(marked.score - reading.null),
        _bounded(marked.score - float(np.logaddexp(reading.log_total, reading.null))),
        _bounded(marked.score - total),
        _bounded(marked.score - max(next_best)) if next_best else _BOUND / 2,
        _bounded(marked.score - max(elsewhere)) if elsewhere else _BOUND / 2,
        _bounded(marked.start_share),
        _bounded(marked.end_share),
        float(marked is reading.spans[0]),
        reading.hit.score,
        reading.hit.dense,
        max(other.hit.score for other in readings) - reading.hit.score,
        float(sum(answer_key(other.spans[0].text) == key for other in others)),
        asked.overlap(frozenset(terms(marked.sentence))),
        asked.overlap(asked.held[number]),
        asked.unnamed(asked.held[number]),
        float(holds(asked.kind, f"· {marked.text}", asked.question)),
        math.log(max(1, marked.tokens)),
        float(bool(reading.hit.passage.context)),
    )


def _whole(hit: Hit) -> str:
    return f"{hit.provenance.title} {hit.passage.context} {hit.passage.text}"


def _bounded(value: float) -> float:
    return max(-_BOUND, min(_BOUND, value))
