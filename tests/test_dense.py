"""Dense search: exact, filtered inside, in a total order, and the same however it came about."""

import faiss
import numpy as np
import pytest
from conftest import FakeEncoder, markdown

from index import store
from index.checkpoint import Checkpoint, Stamp
from index.dense import DenseView, compacted, rebuilt, view_of
from index.encoder import unit_length
from index.index import Index
from index.schema import connect
from index.views import Views, stamp_of

STAMP = Stamp("i", 1, "t", "e", 8)


def view(vectors: np.ndarray, ids: list[int] | None = None) -> DenseView:
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(np.ascontiguousarray(vectors, np.float32))
    positions = np.arange(1, len(vectors) + 1) if ids is None else np.array(ids)
    return view_of(Checkpoint(STAMP, positions.astype(np.int64), flat))


def brute_force(vectors: np.ndarray, question: np.ndarray, limit: int, allowed: set[int]):
    cosines = {
        number: round(float(np.float32(vector @ question)), 6)
        for number, vector in enumerate(vectors, 1)
        if number in allowed
    }
    best = sorted(cosines, key=lambda number: (-cosines[number], number))[:limit]
    return {number: cosines[number] for number in best}


def random_vectors(seed: int, count: int, dimension: int = 8) -> np.ndarray:
    return unit_length(np.random.default_rng(seed).normal(size=(count, dimension)))


@pytest.mark.parametrize("seed", range(20))
def test_it_finds_what_a_look_at_every_vector_finds(seed):
    count = 1 + seed * 7
    # Few different directions, so that there are many ties.
    vectors = np.round(random_vectors(seed, count)) if seed % 2 else random_vectors(seed, count)
    question = random_vectors(seed + 100, 1)[0]
    chance = np.random.default_rng(seed)
    for limit in (1, 5, count, count + 10):
        allowed = {number for number in range(1, count + 1) if chance.random() < 0.5}
        mask = np.array(sorted(allowed), np.int64)
        found = view(vectors).search(question, limit, mask)
        expected = brute_force(vectors, question, limit, allowed)
        assert list(found) == pytest.approx(list(expected))
        assert list(found.values()) == pytest.approx(list(expected.values()), abs=2e-6)
        everything = view(vectors).search(question, limit, None)
        assert len(everything) == min(limit, count)


def test_of_many_equal_vectors_those_with_the_lowest_ids_are_found():
    vectors = np.tile(np.eye(8)[0], (5000, 1))
    found = view(vectors).search(np.eye(8, dtype=np.float32)[0], 10, None)
    assert list(found) == list(range(1, 11))


def test_vectors_that_differ_by_less_than_a_score_shows_are_equal():
    """Their cosines all round to 0.6, so that the ids alone decide, whatever FAISS prefers."""
    tilt = np.linspace(0, 4e-7, 200)
    vectors = np.zeros((200, 8))
    vectors[:, 0] = 0.6 + tilt
    vectors[:, 1] = np.sqrt(1 - vectors[:, 0] ** 2)
    found = view(vectors).search(np.eye(8, dtype=np.float32)[0], 5, None)
    assert found == dict.fromkeys(range(1, 6), 0.6)


def test_a_question_that_is_near_nothing_still_gets_the_first_passages():
    found = view(random_vectors(1, 50)).search(np.zeros(8, np.float32), 3, None)
    assert found == {1: 0.0, 2: 0.0, 3: 0.0}


def test_nothing_is_found_where_nothing_is_allowed_or_nothing_is_there():
    question = np.eye(8, dtype=np.float32)[0]
    assert view(random_vectors(1, 50)).search(question, 3, np.empty(0, np.int64)) == {}
    assert view(random_vectors(1, 50)).search(question, 3, np.array([99], np.int64)) == {}
    assert view(np.empty((0, 8))).search(question, 3, None) == {}


def test_scores_are_those_of_the_search_and_unknown_ids_are_left_out():
    shown = view(random_vectors(3, 40))
    question = random_vectors(4, 1)[0]
    found = shown.search(question, 40, None)
    scores = shown.scores(question, [40, 7, 99, 0])
    assert scores.keys() == {7, 40}
    assert scores == pytest.approx({7: found[7], 40: found[40]}, abs=2e-6)
    assert shown.scores(question, []) == {}


class Table:
    """A SQLite file with a document for each vector, and the view that follows it."""

    def __init__(self, folder):
        self.index = Index(folder, FakeEncoder())
        self.folder = folder
        self.views = Views(folder)

    def add(self, *names: str) -> None:
        for name in names:
            self.index.add(markdown(f"Report {name} on trade.", name))

    def view(self) -> DenseView:
        connection = connect(self.folder, writing=False)
        try:
            return self.views.at(connection, store.read_manifest(connection, self.folder))
        finally:
            connection.close()

    def rebuilt(self) -> DenseView:
        connection = connect(self.folder, writing=False)
        try:
            return rebuilt(connection, stamp_of(store.read_manifest(connection, self.folder)))
        finally:
            connection.close()


def contents(shown: DenseView) -> dict[int, bytes]:
    checkpoint = compacted(shown)
    vectors = checkpoint.vectors.reconstruct_n(0, len(checkpoint.ids))
    assert (np.diff(checkpoint.ids) > 0).all()
    return {int(id_): vector.tobytes() for id_, vector in zip(checkpoint.ids, vectors, strict=True)}


def test_a_replayed_view_is_the_rebuilt_one_after_every_kind_of_change(tmp_path):
    table = Table(tmp_path)
    table.add("a", "b", "c")
    steps = [
        lambda: table.add("d"),
        lambda: table.index.remove("b"),
        lambda: table.index.add(markdown("Another text.", "a")),
        lambda: (table.add("e"), table.index.remove("e")),
        lambda: table.index.remove("d"),
        table.index.rebuild,
        lambda: (table.index.remove("a"), table.index.remove("c")),
        lambda: table.add("a"),
    ]
    for step in steps:
        table.view()
        step()
        assert contents(table.view()) == contents(table.rebuilt())
        assert table.view().stamp == table.rebuilt().stamp


def test_removed_passages_are_never_found_or_scored(tmp_path):
    table = Table(tmp_path)
    table.add(*"abcdefgh")
    table.view()
    table.add("i", "j")
    table.view()
    for name in "aij":
        table.index.remove(name)
    question = FakeEncoder().encode_questions(["Report a i j on trade"])[0]
    assert set(table.view().search(question, 100, None)) == set(range(2, 9))
    assert set(table.view().search(question, 100, np.array([1, 2, 9, 10], np.int64))) == {2}
    assert table.view().scores(question, [1, 2, 9, 10]).keys() == {2}
    assert table.view().count == 7


def test_an_older_view_is_not_changed_by_what_comes_after_it(tmp_path):
    table = Table(tmp_path)
    table.add("a", "b", "c")
    older = table.view()
    before = contents(older)
    table.add("d")
    newer = table.view()
    table.index.remove("a")
    table.view()
    assert contents(older) == before
    assert set(contents(newer)) == {1, 2, 3, 4}
    assert older.count == 3


def test_what_was_added_since_is_merged_when_it_has_grown(tmp_path):
    table = Table(tmp_path)
    table.add("a")
    table.view()
    sections = "\n\n".join(f"## Part {n}\n\nReport {n} on trade." for n in range(1100))
    table.index.add(markdown(sections, "long"))
    shown = table.view()
    assert (len(shown.base.ids), len(shown.recent.ids)) == (1101, 0)
    assert contents(shown) == contents(table.rebuilt())
    table.add("b")
    assert (len(table.view().base.ids), len(table.view().recent.ids)) == (1101, 1)
