"""The decoder: start and end are chosen together, best first, ties by place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sentences import Extent
from service.decoder import SPAN_TOKENS, Logits, TokenSpan, best_spans, span_scores, spread_spans


def logits(*values: float) -> Logits:
    return np.asarray(values, np.float32)


def places(spans: list[TokenSpan]) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in spans]


def test_start_and_end_are_chosen_together_and_the_end_is_never_before_the_start() -> None:
    spans = best_spans(logits(0, 5, 1), logits(9, 1, 3), 4)
    assert places(spans) == [(0, 0), (1, 2), (1, 1), (2, 2)]
    assert [span.score for span in spans] == [9, 8, 6, 4]


def test_a_span_keeps_the_logits_of_its_own_start_and_end() -> None:
    (best,) = best_spans(logits(0, 5, 1), logits(2, 1, 3), 1)
    assert best == TokenSpan(start=1, end=2, start_logit=5, end_logit=3)


def test_equal_scores_come_in_the_order_of_the_text() -> None:
    spans = best_spans(logits(0, 0, 0), logits(0, 0, 0), 6)
    assert places(spans) == [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]


def by_brute_force(start: Logits, end: Logits, count: int) -> list[TokenSpan]:
    spans = [
        TokenSpan(first, last, float(start[first]), float(end[last]))
        for first in range(len(start))
        for last in range(first, min(len(start), first + SPAN_TOKENS))
    ]
    return sorted(spans, key=lambda span: (-span.score, span.start, span.end))[:count]


QUARTERS = st.integers(-200, 200).map(lambda number: number / 4)
"""Logits that float32 holds exactly, with many ties."""


@given(st.lists(st.tuples(QUARTERS, QUARTERS), max_size=70), st.integers(0, 60))
def test_the_best_spans_are_those_of_a_list_of_all_spans(
    pairs: list[tuple[float, float]], count: int
) -> None:
    start, end = logits(*(pair[0] for pair in pairs)), logits(*(pair[1] for pair in pairs))
    assert best_spans(start, end, count) == by_brute_force(start, end, count)


def test_scores_that_differ_by_less_than_a_float32_can_tell_are_still_in_order() -> None:
    """2**24 + 1 is no float32: added up in that type, both spans of the first token are equal."""
    spans = best_spans(logits(2**24, 0), logits(0, 1), 2)
    assert places(spans) == [(0, 1), (0, 0)]


def test_the_longest_span_has_span_tokens() -> None:
    start, end = np.zeros(SPAN_TOKENS + 1, np.float32), np.zeros(SPAN_TOKENS + 1, np.float32)
    start[0], end[SPAN_TOKENS - 1] = 5, 5
    assert places(best_spans(start, end, 1)) == [(0, SPAN_TOKENS - 1)]
    end[SPAN_TOKENS - 1], end[SPAN_TOKENS] = 0, 9
    assert places(best_spans(start, end, 1)) == [(1, SPAN_TOKENS)]


@pytest.mark.parametrize(("tokens", "spans"), [(0, 0), (1, 1), (4, 10), (30, 465), (31, 495)])
def test_no_more_spans_are_given_than_there_are(tokens: int, spans: int) -> None:
    zeros = np.zeros(tokens, np.float32)
    found = best_spans(zeros, zeros, 10_000)
    assert len(found) == len(set(places(found))) == spans


def test_scores_stand_by_start_and_length_and_are_minus_infinity_past_the_end() -> None:
    nowhere = -np.inf
    assert span_scores(logits(1, 2, 3), logits(10, 20, 30)).tolist() == [
        [11, 21, 31],
        [22, 32, nowhere],
        [33, nowhere, nowhere],
    ]


def test_no_span_runs_from_one_sentence_into_the_next() -> None:
    nowhere = -np.inf
    assert span_scores(logits(1, 2, 3), logits(10, 20, 30), [4, 4, 5]).tolist() == [
        [11, 21, nowhere],
        [22, nowhere, nowhere],
        [33, nowhere, nowhere],
    ]
    start, end = logits(9, 0, 0), logits(0, 0, 9)
    spans = spread_spans(start, end, span_scores(start, end, [1, 1, 2]), 1, 10)
    assert places(spans) == [(0, 0), (0, 1), (2, 2), (1, 1)]


def test_a_span_covers_the_characters_from_its_first_token_to_its_last() -> None:
    extents = [Extent(0, 4), Extent(5, 10), Extent(11, 13)]
    assert TokenSpan(1, 2, 0, 0).extent(extents) == Extent(5, 13)
    assert TokenSpan(1, 1, 0, 0).extent(extents) == Extent(5, 10)
