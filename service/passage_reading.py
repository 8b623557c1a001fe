"""What a span model marks in one passage: its best spans, at exact places of the document."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus.passages import CONTEXT_SEPARATOR
from corpus.sentences import Extent
from index.records import Hit
from service.boundaries import answer_extent
from service.decoder import Logits, Scores, TokenSpan, span_scores, spread_spans
from service.span_model import SpanModel, WindowLogits
from service.windows import Window, closed

SPANS = 3
"""Spans of one passage that are kept."""

_TITLE = 160
"""The most characters of a title that are read, in whole words where it has any."""

_LOOKED_AT = 40
"""Spans that are looked at for them: most of the best ones share their words."""

_Read = tuple[Window, WindowLogits, Scores]
"""A window, its logits, and the scores of its spans."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A span of a passage.

    start, end: code point offsets into the document. text: what stands there. sentence: the one
    that it stands in. score: its logit. start_share, end_share: the logs of the shares that
    its start and its end have among the window's tokens. tokens: how many it has.
    """

    start: int
    end: int
    text: str
    sentence: str
    score: float
    start_share: float
    end_share: float
    tokens: int


@dataclass(frozen=True, slots=True)
class PassageReading:
    """The best spans of a passage, each in one sentence, best first, none overlapping another.

    null: the logit of «no answer»; of several windows, the least. log_total: the log of the summed
    exponentials of all its spans' logits.
    """

    hit: Hit
    spans: tuple[Marked, ...]
    null: float
    log_total: float


def read_passage(model: SpanModel, question: str, hit: Hit) -> PassageReading:
    """Read one passage, in several windows where it is long."""
    windows = model.windows(question, context_of(hit), hit.passage.text)
    read = []
    for window in windows:
        logits = model.logits(window)
        scores = span_scores(logits.start, logits.end, _sentence_numbers(hit, window))
        read.append((window, logits, scores))
    if not read:
        return PassageReading(hit, (), 0.0, -np.inf)
    reached = [0, *(window.extents[-1].end for window in windows)]
    totals = [
        _log_total(scores, sum(extent.end <= before for extent in window.extents))
        for (window, _, scores), before in zip(read, reached, strict=False)
    ]
    return PassageReading(
        hit=hit,
        spans=_marked(hit, read),
        null=min(logits.null for _, logits, _ in read),
        log_total=float(np.logaddexp.reduce(totals)),
    )


def context_of(hit: Hit) -> str:
    """Return what is read before a passage: its document's title, and the heading it stands under.

    Without the title, a reader can't tell that a passage is about another country than asked for. A
    title that is a heading of the document too is read once.
    """
    title, heading = hit.provenance.title, hit.passage.context
    if heading == title or heading.startswith(title + CONTEXT_SEPARATOR):
        return heading
    return closed(title_of(title)) + heading if heading else title_of(title)


def title_of(title: str) -> str:
    """Return a title as it is read: without underscores, and cut to whole words if it is long."""
    words = " ".join(title.replace("_", " ").split())
    if len(words) <= _TITLE:
        return words
    return words[: _TITLE + 1].rpartition(" ")[0] or words[:_TITLE]


def _marked(hit: Hit, read: Sequence[_Read]) -> tuple[Marked, ...]:
    """Return the best spans of all windows, brought to whole words, up to SPANS that lie apart."""
    found = [
        (span, number, span.extent(window.extents))
        for number, (window, logits, scores) in enumerate(read)
        for span in spread_spans(logits.start, logits.end, scores, SPANS, _LOOKED_AT)
    ]
    found.sort(key=lambda one: (-one[0].score, one[2].start, one[2].end))
    shares = [(_log_shares(logits.start), _log_shares(logits.end)) for _, logits, _ in read]
    text, first = hit.passage.text, hit.passage.start
    kept: list[Marked] = []
    for span, number, place in found:
        if any(
            _share_a_letter(text, place, Extent(one.start - first, one.end - first)) for one in kept
        ):
            continue  # most of them: no need to look for their words' ends
        extent = answer_extent(text, place)
        if extent is None:
            continue
        starts, ends = shares[number]
        marked = _at(hit, extent, span, float(starts[span.start]), float(ends[span.end]))
        if not any(marked.start < one.end and one.start < marked.end for one in kept):
            kept.append(marked)
            if len(kept) == SPANS:
                break
    return tuple(kept)


def _share_a_letter(text: str, one: Extent, other: Extent) -> bool:
    """Tell whether two extents share a letter or digit, which no bringing to words takes away."""
    shared = text[max(one.start, other.start) : min(one.end, other.end)]
    return any(character.isalnum() for character in shared)


def _at(hit: Hit, extent: Extent, span: TokenSpan, start_share: float, end_share: float) -> Marked:
    passage = hit.passage
    start, end = passage.start + extent.start, passage.start + extent.end
    touched = [s for s in passage.sentences if s.start < end and start < s.end]
    first = min([start, *(s.start for s in touched)]) - passage.start
    last = max([end, *(s.end for s in touched)]) - passage.start
    return Marked(
        start=start,
        end=end,
        text=passage.text[extent.start : extent.end],
        sentence=passage.text[first:last],
        score=span.score,
        start_share=start_share,
        end_share=end_share,
        tokens=span.end - span.start + 1,
    )


def _sentence_numbers(hit: Hit, window: Window) -> list[int]:
    """Return which sentence each token of a window ends in; what stands between two is apart.

    By its last character, for some tokenizers give a token the space before it.
    """
    edges = [
        edge - hit.passage.start for one in hit.passage.sentences for edge in (one.start, one.end)
    ]
    return [bisect(edges, extent.end - 1) for extent in window.extents]


def _log_total(scores: Scores, shared: int) -> float:
    """Sum over the spans that don't lie in the tokens shared with the window before."""
    last = np.add.outer(*map(np.arange, scores.shape))
    return float(np.logaddexp.reduce(scores[last >= shared]))


def _log_shares(logits: Logits) -> npt.NDArray[np.float64]:
    return np.asarray(logits - np.logaddexp.reduce(logits.astype(np.float64)))
