"""Dense search: FAISS over the vectors of one generation, exact, with filters inside it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace

import faiss
import numpy as np
import numpy.typing as npt

from index.checkpoint import Checkpoint, Ids, Stamp
from index.encoder import Vectors
from index.rows import reading

_EXTRA = 16
_BLOCK = 65_536
_DECIMALS = 6
"""Scores are rounded here, so that the last bits of a sum, which differ by the size of the block
it was computed in, never decide the order."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of vectors: ids ascending, and which of them are still in the index."""

    ids: Ids
    vectors: faiss.Index
    alive: Mask


@dataclass(frozen=True, slots=True)
class DenseView:
    """The vectors of exactly one generation; never changed, so threads may share it.

    base: the checkpoint's vectors. recent: those added since.
    """

    stamp: Stamp
    base: Segment
    recent: Segment

    def search(self, question: Vectors, limit: int, allowed: Ids | None) -> dict[int, float]:
        """Return the cosine of the best ``limit`` passages, by passage id.

        question: shape (dimension,). allowed: ids to choose among, or None for all.
        """
        found: dict[int, float] = {}
        for segment in (self.base, self.recent):
            found |= _search_segment(segment, question, limit, allowed)
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return dict(best[:limit])

    def scores(self, question: Vectors, ids: list[int]) -> dict[int, float]:
        """Return the cosine of these passages, by passage id; unknown ids are left out."""
        found: dict[int, float] = {}
        wanted = np.array(sorted(ids), np.int64)
        for segment in (self.base, self.recent):
            positions = np.flatnonzero(_among(segment.ids, wanted) & segment.alive)
            for position in positions.tolist():
                vector = segment.vectors.reconstruct(position)
                found[int(segment.ids[position])] = round(float(vector @ question), _DECIMALS)
        return found

    @property
    def count(self) -> int:
        """The number of passages in this view."""
        return int(self.base.alive.sum() + self.recent.alive.sum())


def view_of(checkpoint: Checkpoint) -> DenseView:
    """Return the view that shows a checkpoint as it was saved."""
    base = Segment(checkpoint.ids, checkpoint.vectors, np.ones(len(checkpoint.ids), np.bool_))
    return DenseView(checkpoint.stamp, base, _empty(checkpoint.stamp.dimension))


def replayed(view: DenseView, connection: sqlite3.Connection, stamp: Stamp) -> DenseView:
    """Return the view brought to a later generation by the rows added and removed since."""
    since = (view.stamp.generation,)
    removed = np.fromiter(
        (row[0] for row in connection.execute(
            "SELECT passage FROM removals WHERE generation > ? ORDER BY passage", since
        )),
        np.int64,
    )  # fmt: skip
    rows = connection.execute(
        "SELECT vectors.passage, vectors.vector FROM vectors "
        "JOIN passages ON passages.id = vectors.passage "
        "WHERE passages.generation > ? ORDER BY vectors.passage",
        since,
    )
    recent = _extended(_without(view.recent, removed), rows, stamp.dimension)
    return replace(view, stamp=stamp, base=_without(view.base, removed), recent=recent)


def rebuilt(connection: sqlite3.Connection, stamp: Stamp) -> DenseView:
    """Return the view of every vector in the SQLite file, made without a checkpoint."""
    rows = connection.execute("SELECT passage, vector FROM vectors ORDER BY passage")
    base = _extended(_empty(stamp.dimension), rows, stamp.dimension)
    return DenseView(stamp, base, _empty(stamp.dimension))


def compacted(view: DenseView) -> Checkpoint:
    """Return a view's vectors as a checkpoint, the removed ones gone."""
    vectors = faiss.IndexFlatIP(view.stamp.dimension)
    for segment in (view.base, view.recent):
        for start in range(0, len(segment.ids), _BLOCK):
            alive = segment.alive[start : start + _BLOCK]
            vectors.add(segment.vectors.reconstruct_n(start, len(alive))[alive])
    ids = np.concatenate([s.ids[s.alive] for s in (view.base, view.recent)])
    return Checkpoint(view.stamp, ids, vectors)


def _search_segment(
    segment: Segment, question: Vectors, limit: int, allowed: Ids | None
) -> dict[int, float]:
    mask = segment.alive if allowed is None else segment.alive & _among(segment.ids, allowed)
    available = int(mask.sum())
    if not available:
        return {}
    bits = np.packbits(mask, bitorder="little")
    selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
    parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
    fetch = min(limit + _EXTRA, available)
    while True:
        found, positions = segment.vectors.search(question[None], fetch, params=parameters)
        cosines = [round(cosine, _DECIMALS) for cosine in found[0].tolist()]
        # Of equal vectors FAISS keeps any: fetch on until the last one is below the limit's.
        if fetch == available or cosines[-1] < cosines[min(limit, fetch) - 1]:
            break
        fetch = min(2 * fetch, available)
    return {
        int(segment.ids[position]): cosine
        for cosine, position in zip(cosines, positions[0], strict=True)
        if position >= 0
    }


def _extended(segment: Segment, rows: Iterator[tuple[int, bytes]], dimension: int) -> Segment:
    """Return a new segment with rows added; the old one's vectors are copied, not changed."""
    added = list(rows)
    if not added:
        return segment
    vectors = faiss.IndexFlatIP(dimension)
    if len(segment.ids):
        vectors.add(segment.vectors.reconstruct_n(0, len(segment.ids)))
    with reading("a vector"):
        stack = np.stack([np.frombuffer(blob, "<f4") for _, blob in added])
        vectors.add(stack.reshape(len(added), dimension).astype(np.float32))
    ids = np.concatenate([segment.ids, np.array([row[0] for row in added], np.int64)])
    alive = np.concatenate([segment.alive, np.ones(len(added), np.bool_)])
    return Segment(ids, vectors, alive)


def _without(segment: Segment, removed: Ids) -> Segment:
    if not len(removed):
        return segment
    return replace(segment, alive=segment.alive & ~_among(segment.ids, removed))


def _among(ids: Ids, wanted: Ids) -> Mask:
    """Tell for each id whether it stands in ``wanted``, which is ascending."""
    if not len(wanted):
        return np.zeros(len(ids), np.bool_)
    places = np.searchsorted(wanted, ids).clip(max=len(wanted) - 1)
    return np.asarray(wanted[places] == ids)


def _empty(dimension: int) -> Segment:
    return Segment(np.empty(0, np.int64), faiss.IndexFlatIP(dimension), np.empty(0, np.bool_))
