"""Reading on: the first passages, then the rest unless it can't matter any more."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from conftest import FakeEncoder, markdown

from index.index import Index
from index.records import Hit
from service.confidence import FEATURES
from service.passage_reading import Marked, PassageReading
from service.reading_on import FIRST, read_hits

TEXTS = {
    "one": "It was 16 in Peru.",
    "two": "It was 4 in Korea.",
    "three": "Some say it was 16, and others 20.",
    "four": "Nobody knows what it was in 1650.",
    "five": "It was never told.",
}


class ByScore:
    """Takes a span's odds for its confidence."""

    threshold = 0.5

    def __init__(self, sure: float) -> None:
        self.sure = sure

    def confidences(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, FEATURES.index("odds")]


@pytest.fixture
def hits(tmp_path) -> list[Hit]:
    """A passage of each text, in their order."""
    with Index(tmp_path, FakeEncoder()) as index:
        for name, text in TEXTS.items():
            index.add(markdown(text, name))
        found = {hit.provenance.id: hit for hit in index.search("It was", limit=5).hits}
    return [found[name] for name in TEXTS]


def reading(hit: Hit, text: str, score: float) -> PassageReading:
    start = hit.passage.start + hit.passage.text.index(text)
    span = Marked(start, start + len(text), text, hit.passage.text, score, 0.0, 0.0, 1)
    return PassageReading(hit, (span,), 0.0, score)


class Reader:
    """Reads the first word after «was», where there is one, with these scores; notes the passages."""

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores
        self.read: list[str] = []

    def __call__(self, hits: Sequence[Hit]) -> list[PassageReading]:
        self.read += [hit.provenance.id for hit in hits]
        return [self.one(hit) for hit in hits]

    def one(self, hit: Hit) -> PassageReading:
        score = self.scores.get(hit.provenance.id)
        if score is None:
            return PassageReading(hit, (), 0.0, -math.inf)
        return reading(
            hit, hit.passage.text.rstrip(".").split("was ")[-1].split(" ")[0].strip(","), score
        )


def read_with(hits: list[Hit], scores: dict[str, float], sure: float = 0.65) -> list[str]:
    reader = Reader(scores)
    found = read_hits("What was it?", hits, reader, ByScore(sure))
    assert [one.hit.provenance.id for one in found] == reader.read, "in the order they were read"
    return reader.read


def test_all_are_read_where_the_first_are_not_sure_enough(hits):
    assert read_with(hits, {"one": 0.64, "two": 0.1}) == list(TEXTS)


def test_a_sure_answer_ends_the_reading_but_for_what_may_support_it(hits):
    """«16» stands in the third passage as a number of its own, in the fourth inside another."""
    assert read_with(hits, {"one": 0.65, "two": 0.1}) == ["one", "two", "three"]
    assert read_with(hits, {"one": 0.1, "two": 0.9}) == ["one", "two"]


def test_a_passage_of_the_answer_s_own_document_supports_nothing(tmp_path):
    with Index(tmp_path, FakeEncoder()) as index:
        index.add(markdown("# A\n\nIt was 16.\n\n# B\n\nIt was 4.\n\n# C\n\nIt was 16.", "one"))
        found = index.search("It was", limit=3).hits
    in_order = sorted(found, key=lambda hit: hit.passage.start)
    reader = Reader({"one": 0.9})
    read_hits("What was it?", in_order, reader, ByScore(0.65))
    assert len(reader.read) == FIRST


def test_a_model_that_brings_no_confidence_reads_all(hits):
    assert read_with(hits, {"one": 1.0}, sure=math.inf) == list(TEXTS)


def test_nothing_is_read_where_nothing_was_found_and_all_where_nothing_is_marked(hits):
    assert read_with([], {}) == []
    assert read_with(hits[:1], {"one": 0.9}) == ["one"]
    assert read_with(hits, {}) == list(TEXTS)
