"""Both searches, fused: dense and lexical scores of one set of candidates become one score."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from index import lexical
from index.checkpoint import Ids
from index.dense import DenseView
from index.encoder import Vectors
from index.filters import Condition
from index.records import Scored

Fuse = Callable[[Mapping[int, float], Mapping[int, float]], dict[int, float]]
"""Makes one score of the dense and the lexical scores of the candidates, by passage id."""

CANDIDATES = 100
"""Passages that each search brings in before fusing."""

DENSE_WEIGHT = 0.6
"""What the cosine counts for, BM25 the rest: chosen on the articles of SQuADShifts' new_wiki that
are for choosing, by `attache eval retrieval`."""

_RANK_CONSTANT = 60


def search_both(
    connection: sqlite3.Connection,
    view: DenseView,
    question: str,
    vector: Vectors,
    where: Condition,
    limit: int,
    fuse: Fuse,
) -> tuple[Scored, ...]:
    """Return the best ``limit`` passages by the fused score, ties by passage id.

    The filter works inside each search, so that a passage is never lost to one that it excludes.
    """
    wanted = max(limit, CANDIDATES)
    dense = view.search(vector, wanted, _allowed(connection, where))
    found = lexical.search(connection, question, where, wanted)
    dense |= view.scores(vector, [id_ for id_ in found if id_ not in dense])
    found |= lexical.scores(connection, question, [id_ for id_ in dense if id_ not in found])
    fused = fuse(dense, found)
    return tuple(
        Scored(id_, fused[id_], dense.get(id_, 0.0), found.get(id_, 0.0))
        for id_ in ranked(fused)[:limit]
    )


def weighted_sum(
    dense: Mapping[int, float], found: Mapping[int, float], dense_weight: float = DENSE_WEIGHT
) -> dict[int, float]:
    """Add both scores, each on a scale of 0 to 1, with their weights.

    The cosine is on such a scale by itself, less than 0 counting as 0; BM25 is divided by the best.
    """
    cosines = {id_: max(0.0, score) for id_, score in dense.items()}
    best = max(found.values(), default=0.0)
    return _combined(cosines, {id_: s / best for id_, s in found.items() if best > 0}, dense_weight)


def reciprocal_rank(dense: Mapping[int, float], found: Mapping[int, float]) -> dict[int, float]:
    """Add 1 / (60 + rank) over both rankings (Cormack, Clarke and Büttcher, 2009)."""
    return _combined(_reciprocal(dense), _reciprocal(found), 0.5)


def ranked(scores: Mapping[int, float]) -> list[int]:
    """Order ids by (-score, id)."""
    return sorted(scores, key=lambda id_: (-scores[id_], id_))


def _combined(
    dense: Mapping[int, float], found: Mapping[int, float], dense_weight: float
) -> dict[int, float]:
    return {
        id_: round(dense_weight * dense.get(id_, 0.0) + (1 - dense_weight) * found.get(id_, 0.0), 6)
        for id_ in sorted(dense.keys() | found.keys())
    }


def _reciprocal(scores: Mapping[int, float]) -> dict[int, float]:
    return {id_: 1 / (_RANK_CONSTANT + rank) for rank, id_ in enumerate(ranked(scores), 1)}


def _allowed(connection: sqlite3.Connection, where: Condition) -> Ids | None:
    if where.sql == "1":
        return None
    rows: Iterable[tuple[int]] = connection.execute(
        "SELECT passages.id FROM passages JOIN documents ON documents.key = passages.document "
        f"WHERE {where.sql} ORDER BY passages.id",
        where.parameters,
    )
    return np.fromiter((row[0] for row in rows), np.int64)
