"""Readers find the answer inside passages; here the baseline, which picks the best sentence."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

import numpy as np

from corpus.sentences import Extent
from index.encoder import Encoder, Vectors
from index.records import Hit
from index.terms import query_terms, terms
from service.expected import expected_kind, holds
from service.records import Span


class Reader(Protocol):
    """Finds spans, best first; its threshold is the least confidence worth giving as an answer.

    ``load`` brings its models into memory, which any other call but ``name`` does as well.
    """

    @property
    def name(self) -> str: ...
    @property
    def threshold(self) -> float: ...
    def load(self) -> None: ...
    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]: ...


@dataclass(frozen=True, slots=True)
class SentenceModel:
    """What the sentence reader learned: weights, calibration and threshold, with their origin.

    weights: of the features, in the order of ``FEATURES``, giving a log-odds. slope, offset: turn
    that into the log-odds that the best sentence holds the answer (Platt, 1999).
    """

    weights: tuple[float, ...]
    bias: float
    slope: float
    offset: float
    threshold: float
    fitted_on: str


FEATURES = ("cosine", "overlap", "context_overlap", "hit", "dense", "expected")
"""Of a sentence: its cosine with the question; the share of the question's terms it holds, rare
ones counting more; the share that its title and heading add; the fused and the dense score of its
passage; whether it holds the kind of thing asked for (1, 0 where that is open, -1)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that was found."""

    hit: Hit
    extent: Extent
    text: str


class SentenceReader:
    """Picks the sentence most likely to hold the answer; the baseline of every later reader.

    Its confidence is the probability that the sentence holds the answer.
    """

    name = "sentence"

    def __init__(self, encoder: Callable[[], Encoder], model: SentenceModel | None = None) -> None:
        """Take the function that gives the index's encoder; the shipped model by default."""
        self._encoder = encoder
        self._model = model or shipped_model()

    def load(self) -> None:
        """Load the index's encoder, all that it needs."""
        self._encoder()

    @property
    def threshold(self) -> float:
        """The least confidence at which a sentence is given as an answer."""
        return self._model.threshold

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        """Return the sentences of the passages as spans, best first, ties by place."""
        candidates = candidates_of(hits)
        if not candidates:
            return []
        rows = features(question, hits, self._encoder())
        scores = rows @ np.asarray(self._model.weights) + self._model.bias
        spans = [
            Span(
                c.hit, c.extent.start, c.extent.end, round(float(score), 6), self._confidence(score)
            )
            for c, score in zip(candidates, scores, strict=True)
        ]
        return sorted(spans, key=lambda s: (-s.score, s.hit.passage_id, s.start))

    def _confidence(self, score: float) -> float:
        return _sigmoid(self._model.slope * float(score) + self._model.offset)


def candidates_of(hits: Sequence[Hit]) -> list[Candidate]:
    """Return every sentence of the hits, in their order."""
    found = []
    for hit in hits:
        passage = hit.passage
        for extent in passage.sentences:
            text = passage.text[extent.start - passage.start : extent.end - passage.start]
            found.append(Candidate(hit, extent, text))
    return found


def features(question: str, hits: Sequence[Hit], encoder: Encoder) -> Vectors:
    """Return the features of each sentence of the hits, shape (sentences, len(FEATURES))."""
    candidates = candidates_of(hits)
    vectors = encoder.encode_passages([candidate.text for candidate in candidates])
    cosines = vectors @ encoder.encode_questions([question])[0]
    wanted = query_terms(question)
    held = [frozenset(terms(candidate.text)) for candidate in candidates]
    rarity = {
        term: math.log(1 + len(held) / (1 + sum(term in words for words in held)))
        for term in wanted
    }
    total = sum(rarity.values()) or 1.0
    kind = expected_kind(question)
    rows = []
    for candidate, words, cosine in zip(candidates, held, cosines, strict=True):
        around = _context_terms(candidate.hit.provenance.title, candidate.hit.passage.context)
        rows.append(
            (
                round(float(cosine), 6),
                sum(rarity[term] for term in wanted if term in words) / total,
                sum(rarity[term] for term in wanted if term in around - words) / total,
                candidate.hit.score,
                candidate.hit.dense,
                holds(kind, candidate.text, question),
            )
        )
    return np.asarray(rows, np.float32)


@cache
def shipped_model() -> SentenceModel:
    """Read the parameters that are shipped with the reader."""
    text = (files("service") / "sentence_reader.json").read_text("utf-8")
    values = json.loads(text)
    values["weights"] = tuple(values["weights"][name] for name in FEATURES)
    return SentenceModel(**values)


def _context_terms(title: str, context: str) -> frozenset[str]:
    return frozenset(terms(f"{title} {context}"))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))
