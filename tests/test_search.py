"""Both searches fused: the score can be computed by hand, the order is total."""

import numpy as np
import pytest
from conftest import FakeEncoder, markdown

from index.index import Index
from index.search import (
    _STRIDE,
    CANDIDATES,
    DENSE_WEIGHT,
    highest,
    ranked,
    reciprocal_rank,
    weighted_sum,
)


def test_the_weighted_sum_is_the_cosine_and_the_share_of_the_best_bm25():
    fused = weighted_sum({1: 0.8, 2: 0.4, 3: -0.2}, {2: 6.0, 3: 3.0}, 0.75)
    assert fused == {1: 0.6, 2: 0.55, 3: 0.125}


def test_one_kind_of_score_alone_is_enough():
    assert weighted_sum({1: 1.0}, {}, 0.5) == {1: 0.5}
    assert weighted_sum({}, {1: 4.0, 2: 1.0}, 0.5) == {1: 0.5, 2: 0.125}
    assert weighted_sum({}, {}) == {}
    assert weighted_sum({1: 0.5}, {1: 0.0}, 0.5) == {1: 0.25}


def test_reciprocal_ranks_are_added():
    fused = reciprocal_rank({1: 0.9, 2: 0.1}, {2: 5.0})
    assert fused == {1: round(0.5 / 61, 6), 2: round(0.5 / 62 + 0.5 / 61, 6)}


def test_the_order_is_by_score_then_by_id():
    assert ranked({3: 0.5, 1: 0.5, 2: 0.9}) == [2, 1, 3]


@pytest.mark.parametrize("count", [0, 1, 7, _STRIDE, 3 * _STRIDE + 1, 40 * _STRIDE - 1])
@pytest.mark.parametrize("different", [1, 2, 50, 10**9])
def test_the_highest_scores_are_those_of_a_sort_ties_by_position(count, different):
    """A limit of 3 is passed by the number of runs that are looked at first, one of 100 never."""
    chance = np.random.default_rng(count + different)
    scores = chance.integers(0, different, count, endpoint=True).astype(np.float32)
    scores[chance.random(count) < 0.3] = 0
    plain = [(-score, place) for place, score in enumerate(scores.tolist()) if score > 0]
    expected = [place for _, place in sorted(plain)]
    for limit in (1, 3, 39, 40, 41, 100, 10_000):
        assert highest(scores, limit).tolist() == expected[:limit], limit


def test_the_highest_scores_are_found_where_all_stand_in_one_run():
    scores = np.zeros(20 * _STRIDE, np.float32)
    scores[5 * _STRIDE : 5 * _STRIDE + 9] = [1, 9, 2, 8, 3, 7, 4, 6, 5]
    expected = [5 * _STRIDE + place for place in (1, 3, 5, 7, 8, 6, 4, 2, 0)]
    for limit in (1, 4, 9, 12):
        assert highest(scores, limit).tolist() == expected[:limit]


def test_no_score_of_nothing_or_less_is_among_the_highest():
    assert highest(np.zeros(5 * _STRIDE, np.float32), 3).tolist() == []
    assert highest(np.full(5 * _STRIDE, -1, np.float32), 3).tolist() == []
    assert highest(np.empty(0, np.float32), 3).tolist() == []


def test_a_hit_carries_the_scores_that_it_is_made_of(tmp_path):
    """The question's two words stand alone in the passage, whose title adds nothing new to them."""
    index = Index(tmp_path, FakeEncoder())
    index.add(markdown("---\nlanguage: en\ntitle: Trade\n---\nTrade aircraft\n", "a"))
    index.add(markdown("---\nlanguage: en\ntitle: Gas\n---\nGas\n", "b"))
    hits = index.search("aircraft").hits
    assert [hit.provenance.id for hit in hits] == ["a", "b"]
    # a: "Trade", "Trade aircraft" is (2, 1) of length √5, the question (0, 1).
    assert hits[0].dense == pytest.approx(1 / 5**0.5, abs=1e-6)
    assert hits[0].lexical > 0
    assert hits[0].score == pytest.approx(DENSE_WEIGHT / 5**0.5 + (1 - DENSE_WEIGHT), abs=1e-6)
    assert (hits[1].dense, hits[1].lexical, hits[1].score) == (0.0, 0.0, 0.0)


def test_a_passage_that_one_search_finds_late_gets_its_score_from_both(tmp_path):
    """150 passages repeat the question's words; the rare word stands in the last one alone."""
    index = Index(tmp_path, FakeEncoder())
    crowd = "\n\n".join(["## Trade\n\nTrade trade trade."] * (CANDIDATES + 50))
    index.add(markdown(crowd, "crowd"))
    index.add(markdown("A very long report about many other things, and once on Zyxquon.", "rare"))
    hit = next(
        hit for hit in index.search("trade Zyxquon", limit=CANDIDATES).hits
        if hit.provenance.id == "rare"
    )  # fmt: skip
    assert hit.lexical > 0
    assert hit.dense > 0


def test_equal_passages_come_in_the_order_they_were_added_whatever_the_limit(tmp_path):
    index = Index(tmp_path, FakeEncoder())
    for number in range(40):
        index.add(markdown("---\nlanguage: en\ntitle: Same\n---\nSame words.\n", f"d{number}"))
    everything = [hit.passage_id for hit in index.search("same words", limit=40).hits]
    assert everything == sorted(everything)
    for limit in (1, 7, 39):
        hits = index.search("same words", limit=limit).hits
        assert [hit.passage_id for hit in hits] == everything[:limit]


@pytest.mark.parametrize("limit", [1, 3, 100, 40_000])
def test_more_than_there_is_gives_what_there_is(tmp_path, limit):
    index = Index(tmp_path, FakeEncoder())
    for name in "abc":
        index.add(markdown(f"Report {name} on trade.", name))
    assert len(index.search("trade", limit=limit).hits) == min(3, limit)


@pytest.mark.parametrize(
    "question",
    ["?", "the of and", "한국의 무역은?", "Какова торговля?", '"trade" OR', "a" * 5000, "🙂", "'; --",
     " ".join(f"w{number}" for number in range(300)), "NEAR(a b)", "trade:gas*"],
)  # fmt: skip
def test_any_question_gets_an_order(tmp_path, question):
    index = Index(tmp_path, FakeEncoder())
    for name in "abc":
        index.add(markdown(f"Report {name} on trade.", name))
    found = index.search(question)
    assert len(found.hits) == 3
    assert index.search(question).hits == found.hits
