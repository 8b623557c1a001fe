"""Both searches, fused: dense and lexical scores of one set of candidates become one score."""

import sqlite3
from collections.abc import Iterable, Mapping

import numpy as np

from index import lexical
from index.checkpoint import Ids
from index.dense import DenseView
from index.encoder import Vectors
from index.filters import Condition
from index.records import Scored

CANDIDATES = 100
"""Passages that each search brings in before fusing."""

_RANK_CONSTANT = 60


def search_both(
    connection: sqlite3.Connection,
    view: DenseView,
    question: str,
    vector: Vectors,
    where: Condition,
    limit: int,
) -> tuple[Scored, ...]:
    """Return the best ``limit`` passages by the fused score, ties by passage id.

    The filter works inside each search, so that a passage is never lost to one that it excludes.
    """
    wanted = max(limit, CANDIDATES)
    dense = view.search(vector, wanted, _allowed(connection, where))
    found = lexical.search(connection, question, where, wanted)
    dense |= view.scores(vector, [id_ for id_ in found if id_ not in dense])
    found |= lexical.scores(connection, question, [id_ for id_ in dense if id_ not in found])
    fused = weighted_sum(dense, found)
    return tuple(
        Scored(id_, fused[id_], dense.get(id_, 0.0), found.get(id_, 0.0))
        for id_ in ranked(fused)[:limit]
    )


def weighted_sum(
    dense: Mapping[int, float], found: Mapping[int, float], dense_weight: float = 0.5
) -> dict[int, float]:
    """Add both scores, each scaled to 0–1 over the candidates (min–max), with their weights."""
    return _combined(_scaled(dense), _scaled(found), dense_weight)


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


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    width = (high - low) or 1.0
    return {id_: (score - low) / width for id_, score in scores.items()}


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
