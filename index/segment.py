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


def is_small(passages: int) -> bool:
    """Tell whether so many vectors are compared one by one."""
    return passages <= EXACT_LIMIT


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

    keys = read_keys(connection, chosen)
    rows = connection.execute(f"SELECT terms FROM lexicon WHERE passage {chosen} ORDER BY passage")
    with reading("the terms of a passage"):
        parts = [lexicon_of(row[0] for row in block) for block in _blocks(rows)]
    exact = since > 0 or is_small(len(keys))
    return _segment(keys, faiss_index(vectors, len(keys), dimension, exact=exact), parts)


def read_keys(connection: sqlite3.Connection, chosen: str = "NOT NULL") -> Ids:
    """Return the ids of passages, ascending, and of their documents, shape (passages, 2).

    chosen: the condition that an id meets, in SQL.
    """
    rows = connection.execute(f"SELECT id, document FROM passages WHERE id {chosen} ORDER BY id")
    return np.fromiter((key for row in rows for key in row), np.int64).reshape(-1, 2)


def read_apart(connection: sqlite3.Connection, keys: Ids, dimension: int) -> Segment:
    """Make a compressed segment of passages, one block of them read after another.

    The file is locked for no longer than a block takes, so that others may change it: what they
    remove meanwhile is dead. keys: as `read_keys` gives them. connection: in no transaction.
    Raises sqlite3.DatabaseError where a passage that was not removed lacks its vector or terms.
    """
    missing: set[int] = set()
    blocks = [keys[first : first + _BLOCK, 0] for first in range(0, len(keys), _BLOCK)]

    def columns(name: str, table: str, ids: Ids, absent: bytes | str) -> list[Any]:
        """Return a column of these passages, something else where a passage is not there."""
        rows = connection.execute(
            f"SELECT passage, {name} FROM {table} WHERE passage BETWEEN ? AND ?",
            (int(ids[0]), int(ids[-1])),
        )
        found = dict(rows.fetchall())
        missing.update(set(ids.tolist()) - found.keys())
        return [found.get(passage, absent) for passage in ids.tolist()]

    def vectors() -> Iterator[Vectors]:
        for ids in blocks:
            yield store.stacked(columns("vector", "vectors", ids, bytes(4 * dimension)), dimension)

    with reading("the terms of a passage"):
        parts = [lexicon_of(columns("terms", "lexicon", ids, "")) for ids in blocks]
    segment = _segment(keys, faiss_index(vectors, len(keys), dimension, exact=False), parts)
    if missing:
        removed = {row[0] for row in connection.execute("SELECT passage FROM removals")}
        if not missing <= removed:
            raise sqlite3.DatabaseError("a passage has no vector or no terms")
    return segment.without(np.array(sorted(missing), np.int64))


def _segment(keys: Ids, vectors: faiss.Index, parts: Sequence[Lexicon]) -> Segment:
    """Put together what finds passages, all of them alive; parts: the terms of runs in a row."""
    everything = [(part, np.ones(len(part.lengths), np.bool_)) for part in parts]
    lexicon = parts[0] if len(parts) == 1 else merged(everything)
    if not len(keys) == len(lexicon.lengths) == vectors.ntotal:
        raise sqlite3.DatabaseError("a passage has no vector or no terms")
    alive = np.ones(len(keys), np.bool_)
    return Segment(keys[:, 0].copy(), keys[:, 1].copy(), alive, vectors, lexicon)


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
    return is_small(count) and all(segment.is_exact for segment in segments)


def _blocks(rows: sqlite3.Cursor) -> Iterator[list[Any]]:
    while block := rows.fetchmany(_BLOCK):
        yield block
