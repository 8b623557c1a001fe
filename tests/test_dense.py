"""Dense search: filtered inside, scored by the stored vectors, exact while there are few."""

import warnings

import faiss
import numpy as np
import pytest
from passages_by_hand import brute_force, only, random_vectors, stored, view_over

from index.dense import candidates, cosines, faiss_index
from index.encoder import unit_length
from index.search import View

ALONG = np.eye(8, dtype=np.float32)[0]


def found(vectors, question, limit: int, allowed=None) -> dict[int, float]:
    """Search vectors that are numbered from 1, with a question that has no words."""
    connection = stored(vectors)
    where = () if allowed is None else only(allowed)
    view = view_over(connection, vectors.shape[1])
    return view.search(connection, "", question.astype(np.float32), where, limit).dense


@pytest.mark.parametrize("seed", range(20))
def test_it_finds_what_a_look_at_every_vector_finds(seed):
    count = 1 + seed * 7
    # Few different directions, so that there are many ties.
    vectors = np.round(random_vectors(seed, count)) if seed % 2 else random_vectors(seed, count)
    question = random_vectors(seed + 100, 1)[0]
    chance = np.random.default_rng(seed)
    for limit in (1, 5, count, count + 10):
        allowed = {number for number in range(1, count + 1) if chance.random() < 0.5}
        shown = found(vectors, question, limit, allowed)
        expected = brute_force(vectors, question, limit, allowed)
        assert list(shown) == pytest.approx(list(expected))
        assert list(shown.values()) == pytest.approx(list(expected.values()), abs=2e-6)
        assert len(found(vectors, question, limit)) == min(limit, count)


def test_of_many_equal_vectors_those_with_the_lowest_ids_are_found():
    shown = found(np.tile(ALONG, (5000, 1)), ALONG, 10)
    assert list(shown) == list(range(1, 11))


def test_vectors_that_differ_by_less_than_a_score_shows_are_equal():
    """Their cosines all round to 0.6, so that the ids alone decide, whatever FAISS prefers."""
    tilt = np.linspace(0, 4e-7, 200)
    vectors = np.zeros((200, 8))
    vectors[:, 0] = 0.6 + tilt
    vectors[:, 1] = np.sqrt(1 - vectors[:, 0] ** 2)
    assert found(vectors, ALONG, 5) == dict.fromkeys(range(1, 6), 0.6)


def test_a_question_that_is_near_nothing_still_gets_the_first_passages():
    assert found(random_vectors(1, 50), np.zeros(8), 3) == {1: 0.0, 2: 0.0, 3: 0.0}


def test_nothing_is_found_where_nothing_is_allowed_or_nothing_is_there():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found(random_vectors(1, 50), ALONG, 3, []) == {}
        assert found(random_vectors(1, 50), ALONG, 3, [99]) == {}
        assert found(np.empty((0, 8)), ALONG, 3) == {}


def test_a_cosine_does_not_depend_on_those_beside_it():
    vectors = random_vectors(3, 400, 384)
    question = random_vectors(4, 1, 384)[0]
    together = cosines(vectors, question)
    assert [cosines(vectors[i : i + 1], question)[0] for i in range(400)] == together
    assert cosines(vectors[::-1][7:], question) == together[::-1][7:]
    assert together == pytest.approx((vectors @ question).tolist(), abs=2e-6)
    assert all(score == round(score, 6) for score in together)
    assert cosines(vectors[:0], question) == []


# Compressed vectors: 3,000 around 60 centres, and questions beside some of them.

COUNT = 3000
CENTRES = random_vectors(0, 60, 64)
CENTRE_OF = np.random.default_rng(1).integers(0, 60, COUNT)
VECTORS = unit_length(CENTRES[CENTRE_OF] + 0.6 * random_vectors(2, COUNT, 64))
QUESTIONS = unit_length(VECTORS[::60] + 0.5 * random_vectors(3, 50, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def connection():
    return stored(VECTORS)


@pytest.fixture(scope="module")
def compressed(connection) -> View:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.segment.EXACT_LIMIT", COUNT - 1)
        view = view_over(connection, 64)
    assert not view.base.is_exact
    return view


def recall(view: View, connection, limit: int, allowed_for) -> float:
    """Return the share of the ten best that is among the ``limit`` found, over all questions."""
    right = wanted = 0
    for number, question in enumerate(QUESTIONS):
        allowed = allowed_for(number)
        best = brute_force(VECTORS, question, 10, allowed)
        shown = view.search(connection, "", question, only(allowed), limit).dense
        assert set(shown) <= set(allowed)
        assert len(shown) <= limit
        right += len(best.keys() & shown.keys())
        wanted += len(best)
    return right / wanted


def by_chance(share: float):
    """Let a share of the passages through, others for each question."""
    return lambda number: (
        np.random.default_rng(number).permutation(COUNT)[: int(COUNT * share)] + 1
    ).tolist()


@pytest.mark.parametrize("limit", [10, 100])
@pytest.mark.parametrize("share", [1, 0.5, 0.05])
def test_of_compressed_vectors_the_best_are_found_whatever_share_a_filter_allows(
    compressed, connection, share, limit
):
    assert recall(compressed, connection, limit, by_chance(share)) >= 0.95


def test_where_a_filter_leaves_few_compressed_vectors_none_is_missed(compressed, connection):
    """15 of 3,000 are allowed, fewer than the 4 · 10 + 16 that are fetched."""
    assert recall(compressed, connection, 10, by_chance(0.005)) == 1.0


def test_without_a_filter_the_compressed_search_finds_the_same_as_with_one_that_allows_all(
    compressed, connection
):
    for question in QUESTIONS[:10]:
        everything = compressed.search(connection, "", question, only(range(1, COUNT + 1)), 10)
        assert compressed.search(connection, "", question, (), 10) == everything


@pytest.mark.parametrize("share", [0.5, 0.3, 0.1])
def test_a_filter_that_excludes_what_lies_near_still_finds_what_it_allows(
    compressed, connection, share
):
    """Only passages around the centres that are farthest from the question are allowed.

    A country is such a filter: the cells near a question on Korea may hold nothing of Peru.
    """
    fewest = COUNT

    def far(number: int) -> list[int]:
        centres = np.argsort(CENTRES @ QUESTIONS[number])[: int(len(CENTRES) * share)]
        return (np.flatnonzero(np.isin(CENTRE_OF, centres)) + 1).tolist()

    for number, question in enumerate(QUESTIONS):
        shown = compressed.search(connection, "", question, only(far(number)), 10).dense
        fewest = min(fewest, len(shown))
    assert fewest == 10
    assert recall(compressed, connection, 100, far) >= 0.9


def test_scores_of_compressed_vectors_are_those_of_the_stored_ones(compressed, connection):
    for question in QUESTIONS:
        shown = compressed.search(connection, "", question, (), 10).dense
        stored_cosines = brute_force(VECTORS, question, COUNT, shown)
        assert list(shown.values()) == pytest.approx(list(stored_cosines.values()), abs=2e-6)
        assert sorted(shown, key=lambda id_: (-shown[id_], id_)) == list(shown)


def test_of_compressed_vectors_nothing_is_found_where_nothing_is_allowed(compressed, connection):
    assert compressed.search(connection, "", QUESTIONS[0], only([]), 10).dense == {}
    assert compressed.search(connection, "", QUESTIONS[0], only([COUNT + 1]), 10).dense == {}


def test_a_question_near_nothing_gets_as_many_compressed_passages_as_are_wanted(
    compressed, connection
):
    shown = compressed.search(connection, "", np.zeros(64, np.float32), (), 10).dense
    assert list(shown.values()) == [0.0] * 10


def test_more_compressed_passages_than_there_are_gives_what_there_is(compressed, connection):
    allowed = range(100, 130)
    shown = compressed.search(connection, "", QUESTIONS[0], only(allowed), COUNT + 1).dense
    assert shown.keys() == set(allowed)


@pytest.mark.parametrize("exact", [True, False])
def test_an_index_of_the_same_vectors_is_the_same_however_they_come(exact):
    """The bytes are equal, so that a checkpoint's name tells what it holds."""

    def blocks(size: int):
        return lambda: (
            VECTORS[i : i + size].astype(np.float32) for i in range(0, len(VECTORS), size)
        )

    made = [faiss_index(blocks(size), COUNT, 64, exact=exact) for size in (COUNT, COUNT, 640)]
    content = [faiss.serialize_index(one).tobytes() for one in made]
    assert content[0] == content[1] == content[2]


def test_candidates_are_positions_and_hold_the_best(compressed):
    question = QUESTIONS[0]
    everyone = np.ones(COUNT, np.bool_)
    best = [id_ - 1 for id_ in brute_force(VECTORS, question, 3, range(1, COUNT + 1))]
    exact = faiss_index(lambda: iter([VECTORS.astype(np.float32)]), COUNT, 64, exact=True)
    for index in (exact, compressed.base.vectors):
        positions = candidates(index, question, 3, everyone).tolist()
        assert set(best) <= set(positions)
        assert len(set(positions)) == len(positions)
        without = everyone.copy()
        without[best] = False
        assert not set(best) & set(candidates(index, question, 3, without).tolist())
