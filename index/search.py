"""Both searches, fused: dense and lexical scores of one set of candidates become one score."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index import store
from index.checkpoint import Stamp
from index.dense import Mask, candidates, cosines
from index.encoder import Vectors
from index.filters import Condition
from index.lexical import Bm25, Scores
from index.records import Scored
from index.segment import Ids, Segment
from index.terms import query_terms

Fuse = Callable[[Mapping[int, float], Mapping[int, float]], dict[int, float]]
"""Makes one score of the dense and the lexical scores of the candidates, by passage id."""

CANDIDATES = 100
"""Passages that each search brings in before fusing."""

DENSE_WEIGHT = 0.6
"""What the cosine counts for, BM25 the rest: chosen on the articles of SQuADShifts' new_wiki that
are for choosing, by `attache eval retrieval`."""

_MASKS_KEPT = 8
_RANK_CONSTANT = 60
_STRIDE = 1024
"""Scores of which the highest is looked at first."""


@dataclass(frozen=True, slots=True)
class Both:
    """Dense and lexical scores by passage id; each search brought in its own candidates."""

    dense: dict[int, float]
    lexical: dict[int, float]


@dataclass(frozen=True, eq=False)
class View:
    """The passages of exactly one generation; never changed, so threads may share it.

    base: the checkpoint's passages. recent: those added since.
    """

    stamp: Stamp
    base: Segment
    recent: Segment

    @property
    def segments(self) -> tuple[Segment, Segment]:
        """Both segments, in the order of their passages' ids."""
        return self.base, self.recent

    @property
    def count(self) -> int:
        """The number of passages in this view."""
        return sum(int(segment.alive.sum()) for segment in self.segments)

    @cached_property
    def bm25(self) -> Bm25:
        """BM25 over the passages of this generation."""
        return Bm25([(segment.lexicon, segment.alive) for segment in self.segments])

    def search(
        self,
        connection: sqlite3.Connection,
        question: str,
        vector: Vectors,
        where: Sequence[Condition],
        limit: int,
    ) -> Both:
        """Return both scores of the best ``limit`` passages of either search, ties by passage id.

        connection: to the same generation. vector: the question's, shape (dimension,).

        The filter works inside each search, so that a passage is never lost to one that it
        excludes. A passage that shares no term with the question has no lexical score.
        """
        masks = self.allowed(connection, where)
        terms = self.bm25.scores(query_terms(question))
        near, matching = [], []
        for segment, mask, scores in zip(self.segments, masks, terms, strict=True):
            near.append(segment.ids[candidates(segment.vectors, vector, limit, mask)])
            among = scores if mask.all() else np.where(mask, scores, np.float32(0))
            matching.append(segment.ids[highest(among, limit)])
        lexical = self._lexical(terms, np.concatenate(matching))
        lexical = {id_: lexical[id_] for id_ in ranked(lexical)[:limit]}
        dense = _cosines(connection, vector, np.concatenate(near))
        dense = {id_: dense[id_] for id_ in ranked(dense)[:limit]}
        missing = [id_ for id_ in dense if id_ not in lexical]
        dense |= _cosines(connection, vector, [id_ for id_ in lexical if id_ not in dense])
        return Both(dense, lexical | self._lexical(terms, missing))

    def allowed(
        self, connection: sqlite3.Connection, where: Sequence[Condition]
    ) -> tuple[Mask, ...]:
        """Return which passages of each segment the filters let through, shape (passages,) each.

        Those of the last filters are kept.
        """
        key = tuple(where)
        masks = self._masks.get(key)
        if masks is None:
            if len(self._masks) >= _MASKS_KEPT:
                self._masks.clear()
            masks = self._masks[key] = self._read_masks(connection, where)
        return masks

    @cached_property
    def _masks(self) -> dict[tuple[Condition, ...], tuple[Mask, ...]]:
        return {}

    def _read_masks(
        self, connection: sqlite3.Connection, where: Sequence[Condition]
    ) -> tuple[Mask, ...]:
        masks = tuple(segment.alive for segment in self.segments)
        for condition in where:
            # One text: a row for each of a hundred thousand documents would take its time.
            row = connection.execute(
                f"SELECT group_concat(key) FROM ({condition.sql})", condition.parameters
            ).fetchone()
            keys = np.fromstring(row[0] or "", np.int64, sep=",")
            masks = tuple(
                mask & np.isin(segment.documents, keys)
                for mask, segment in zip(masks, self.segments, strict=True)
            )
        return masks

    def _lexical(self, terms: Sequence[Scores], ids: Sequence[int] | Ids) -> dict[int, float]:
        """Return the lexical score of those of these passages that have one."""
        wanted = np.sort(np.array(ids, np.int64))
        found: dict[int, float] = {}
        for segment, scores in zip(self.segments, terms, strict=True):
            positions = segment.positions(wanted)
            values = scores[positions].tolist()
            found |= dict(zip(segment.ids[positions].tolist(), values, strict=True))
        return {id_: score for id_, score in found.items() if score > 0}


def search_both(
    connection: sqlite3.Connection,
    view: View,
    question: str,
    vector: Vectors,
    where: Sequence[Condition],
    limit: int,
    fuse: Fuse,
) -> tuple[Scored, ...]:
    """Return passages by the fused score, best first, ties by passage id.

    They are all that either search brought in, of which the first ``limit`` are the best there are.
    """
    both = view.search(connection, question, vector, where, max(limit, CANDIDATES))
    fused = fuse(both.dense, both.lexical)
    return tuple(
        Scored(id_, fused[id_], both.dense.get(id_, 0.0), both.lexical.get(id_, 0.0))
        for id_ in ranked(fused)
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


def _cosines(
    connection: sqlite3.Connection, vector: Vectors, ids: Sequence[int] | Ids
) -> dict[int, float]:
    found, vectors = store.read_vectors(connection, ids, len(vector))
    return dict(zip(found, cosines(vectors, vector), strict=True))


def highest(scores: Scores, limit: int) -> Ids:
    """Return the positions of the highest scores above 0, ties by position; at most ``limit``."""
    starts = np.arange(0, len(scores), _STRIDE)
    least = np.float32(0)
    if len(starts) > limit:  # so many runs have a score this high: no lower one is among the best
        tops = np.maximum.reduceat(scores, starts)
        least = np.partition(tops, len(tops) - limit)[len(tops) - limit]
    positions = np.flatnonzero(scores >= least) if least > 0 else np.flatnonzero(scores > 0)
    return np.asarray(positions[np.lexsort((positions, -scores[positions]))[:limit]])
