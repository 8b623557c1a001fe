"""Passages with the vectors and words that a test gives them, in SQLite as the index keeps them."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np

from index.checkpoint import Stamp
from index.encoder import Vectors, unit_length
from index.filters import Condition
from index.schema import TABLES
from index.search import View
from index.segment import Segment, empty_segment, read_segment

STAMP = Stamp(index="i", generation=1, token="t", encoder="e", dimension=8)


def stored(vectors: Vectors, texts: Sequence[str] = ()) -> sqlite3.Connection:
    """Keep passages 1, 2, 3 …, each of a document with the same number, all of generation 1."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in TABLES:
        connection.execute(statement)
    extend(connection, vectors, texts, generation=1)
    return connection


def extend(
    connection: sqlite3.Connection, vectors: Vectors, texts: Sequence[str] = (), *, generation: int
) -> None:
    """Add passages in another generation, counted on from the last one."""
    first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM passages").fetchone()[0]
    words = texts or [""] * len(vectors)
    for id_, (vector, text) in enumerate(zip(vectors, words, strict=True), first):
        connection.execute(
            "INSERT INTO passages VALUES (?, ?, 0, 0, '', '', '', ?)", (id_, id_, generation)
        )
        blob = np.asarray(vector, "<f4").tobytes()
        connection.execute("INSERT INTO vectors VALUES (?, ?)", (id_, blob))
        connection.execute("INSERT INTO lexicon VALUES (?, ?)", (id_, text))


def view_over(connection: sqlite3.Connection, dimension: int = 8) -> View:
    """See everything in one base."""
    return View(STAMP, read_segment(connection, dimension), empty_segment(dimension))


def only(documents: Iterable[int]) -> tuple[Condition, ...]:
    """Let these documents through and no other."""
    return (Condition("SELECT value AS key FROM json_each(?)", (json.dumps(sorted(documents)),)),)


def brute_force(
    vectors: Vectors, question: Vectors, limit: int, allowed: Iterable[int]
) -> dict[int, float]:
    """Look at every vector; they are numbered from 1."""
    cosines = {
        number: round(float(vectors[number - 1] @ question.astype(np.float64)), 6)
        for number in allowed
    }
    best = sorted(cosines, key=lambda number: (-cosines[number], number))[:limit]
    return {number: cosines[number] for number in best}


def random_vectors(seed: int, count: int, dimension: int = 8) -> Vectors:
    return unit_length(np.random.default_rng(seed).normal(size=(count, dimension)))


def ones(segment: Segment) -> np.ndarray:
    return np.ones(len(segment.ids), np.bool_)
