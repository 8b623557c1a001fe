"""From a model's logits to spans: start and end chosen together, among a passage's own tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus.sentences import Extent

Logits = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]

SPAN_TOKENS = 30
"""Tokens of the longest answer."""


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """A run of tokens; start, end: their positions among the passage's own, both inclusive.

    score: the sum of the start's and the end's logit, in the model's own units.
    """

    start: int
    end: int
    start_logit: float
    end_logit: float

    @property
    def score(self) -> float:
        """The logit of the span."""
        return self.start_logit + self.end_logit

    def extent(self, extents: Sequence[Extent]) -> Extent:
        """Return the characters it covers, of the text that the extents belong to."""
        return Extent(extents[self.start].start, extents[self.end].end)


def best_spans(start: Logits, end: Logits, count: int) -> list[TokenSpan]:
    """Return the spans with the highest scores, best first, ties by place.

    start, end: the logits of the passage's own tokens, shape (tokens,). A span ends where it
    starts or later, within SPAN_TOKENS.
    """
    return _best(start, end, span_scores(start, end), count)


def spread_spans(
    start: Logits, end: Logits, scores: Scores, rounds: int, count: int
) -> list[TokenSpan]:
    """Return the best spans; then, in each further round, those apart from the best before.

    scores: what ``span_scores`` gives for these logits; it is left as it is.
    """
    scores = scores.copy()
    first = np.arange(scores.shape[0])[:, None]
    last = first + np.arange(scores.shape[1])
    found: list[TokenSpan] = []
    for _ in range(rounds):
        spans = _best(start, end, scores, count)
        if not spans:
            break
        found.extend(spans)
        scores[(first <= spans[0].end) & (last >= spans[0].start)] = -np.inf
    return found


def _best(start: Logits, end: Logits, scores: Scores, count: int) -> list[TokenSpan]:
    flat = scores.ravel()
    most = min(count, int(np.isfinite(flat).sum()))
    order = np.argsort(-flat, kind="stable")[:most]
    width = scores.shape[1]
    return [
        TokenSpan(int(p // width), int(p // width + p % width), *_parts(start, end, int(p), width))
        for p in order
    ]


def span_scores(start: Logits, end: Logits, sentences: Sequence[int] | None = None) -> Scores:
    """Return the score of each span, shape (tokens, lengths), -inf where there can be none.

    That is past the last token, and from one sentence into the next. sentences: the number of each
    token's sentence, shape (tokens,); None: all are one.
    """
    start, end = start.astype(np.float64), end.astype(np.float64)
    tokens = len(start)
    lengths = max(1, min(SPAN_TOKENS, tokens))
    scores = np.full((tokens, lengths), -np.inf)
    of = np.zeros(tokens) if sentences is None else np.asarray(sentences)
    for length in range(lengths):
        sums = start[: tokens - length] + end[length:]
        within = of[: tokens - length] == of[length:]
        scores[: tokens - length, length] = np.where(within, sums, -np.inf)
    return scores


def _parts(start: Logits, end: Logits, place: int, width: int) -> tuple[float, float]:
    first, length = divmod(place, width)
    return float(start[first]), float(end[first + length])
