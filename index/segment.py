"""Segments: runs of passages as they are searched, made from the rows of the SQLite file."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index import store
from index.dense import EXACT_LIMIT, Mask, faiss_index
from index.encoder import Vectors
from index.lexical import Lexicon, lexicon_of, merged
from index.rows import reading

_BLOCK = 50_000

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """Passages by their position in it, from 0; never changed, so threads may share it.

    ids: of the passages, ascending. documents: the key of each one's document. alive: which are
    still in the index. All of shape (passages,). vectors, lexicon: what finds a position.
    """

    ids: Ids
    documents: Ids
    alive: Mask
    vectors: faiss.Index
    lexicon: Lexicon

    @property
    def is_exact(self) -> bool:
        """Whether FAISS holds the vectors as they are."""
        return isinstance(self.vectors, faiss.IndexFlat)

    def without(self, removed: Ids) -> "Segment":
        """Return the segment with these passages no longer alive."""
        if not np.isin(removed, self.ids, assume_unique=True).any():
            return self
        return replace(self, alive=self.alive & ~np.isin(self.ids, removed, assume_unique=True))

    def positions(self, wanted: Ids) -> Ids:
        """Return where these passages stand, those that are alive here."""
        if not len(self.ids):
            return np.empty(0, np.int64)
        places = np.searchsorted(self.ids, wanted).clip(max=len(self.ids) - 1)
        return np.asarray(places[(self.ids[places] == wanted) & self.alive[places]])


def empty_segment(dimension: int) -> Segment:
    """Return a segment without passages."""
    none = np.empty(0, np.int64)
    flat = faiss.IndexFlatIP(dimension)
    return Segment(none, none, np.empty(0, np.bool_), flat, lexicon_of(()))


def read_segment(connection: sqlite3.Connection, dimension: int, since: int = 0) -> Segment:
    """Make a segment of the passages that came after a generation, all of them by default.

    It is exact while it is small, and always where it is a part only.
    Raises sqlite3.DatabaseError where a passage lacks its vector or its terms.
    """
    chosen = f"IN (SELECT id FROM passages WHERE generation > {since:d})" if since else "NOT NULL"

    def vectors() -> Iterator[Vectors]:
        rows = connection.execute(
            f"SELECT vector FROM vectors WHERE passage {chosen} ORDER BY passage"
        )
        for block in _blocks(rows):
            yield store.stacked([row[0] for row in block], dimension)

    rows = connection.execute(f"SELECT id, document FROM passages WHERE id {chosen} ORDER BY id")
    keys = np.fromiter((key for row in rows for key in row), np.int64).reshape(-1, 2)
    rows = connection.execute(f"SELECT terms FROM lexicon WHERE passage {chosen} ORDER BY passage")
    with reading("the terms of a passage"):
        parts = [lexicon_of(row[0] for row in block) for block in _blocks(rows)]
    everything = [(part, np.ones(len(part.lengths), np.bool_)) for part in parts]
    lexicon = parts[0] if len(parts) == 1 else merged(everything)
    exact = since > 0 or len(keys) <= EXACT_LIMIT
    index = faiss_index(vectors, len(keys), dimension, exact=exact)
    if not len(keys) == len(lexicon.lengths) == index.ntotal:
        raise sqlite3.DatabaseError("a passage has no vector or no terms")
    alive = np.ones(len(keys), np.bool_)
    return Segment(keys[:, 0].copy(), keys[:, 1].copy(), alive, index, lexicon)


def joined(segments: Sequence[Segment]) -> Segment:
    """Return one exact segment of the passages alive in several exact ones in a row."""
    flat = faiss.IndexFlatIP(segments[0].vectors.d)
    for segment in segments:
        flat.add(segment.vectors.reconstruct_n(0, len(segment.ids))[segment.alive])
    ids = np.concatenate([segment.ids[segment.alive] for segment in segments])
    documents = np.concatenate([segment.documents[segment.alive] for segment in segments])
    lexicon = merged([(segment.lexicon, segment.alive) for segment in segments])
    return Segment(ids, documents, np.ones(len(ids), np.bool_), flat, lexicon)


def can_be_joined(segments: Sequence[Segment]) -> bool:
    """Tell whether one exact segment may hold what is alive in all of these."""
    count = sum(int(segment.alive.sum()) for segment in segments)
    return count <= EXACT_LIMIT and all(segment.is_exact for segment in segments)


def _blocks(rows: sqlite3.Cursor) -> Iterator[list[Any]]:
    while block := rows.fetchmany(_BLOCK):
        yield block
