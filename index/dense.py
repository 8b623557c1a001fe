"""Dense search: FAISS proposes passages, their stored vectors decide.

While there are few, FAISS compares the question with every vector. Past that it looks into the
nearest cells of an inverted file (Jégou, Douze and Schmid, 2011) at vectors of one bit a dimension
(RaBitQ: Gao and Long, 2024), from which more are fetched than are wanted. Either way the cosines
are those of the stored vectors, so that a score never depends on how it was found.
"""

from collections.abc import Callable, Iterator

import faiss
import numpy as np
import numpy.typing as npt

from index.encoder import Vectors

EXACT_LIMIT = 30_000
"""So many vectors are compared one by one; more are compressed."""

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]
Blocks = Callable[[], Iterator[Vectors]]
"""Goes through every vector from the first to the last, in arrays of shape (some, dimension)."""

_EXTRA = 16
_DECIMALS = 6
"""Scores are rounded here, so that the last bits of a sum never decide the order."""

_CELLS_TO_ROOT = 2
_TRAINING_SHARE = 64
"""Vectors a cell that its centre is learned from."""

_CELLS_READ = 8
"""One cell in so many is read where nothing is filtered; more, the less a filter lets through."""

_FETCHED = 4
"""Compressed vectors that are fetched for each passage wanted."""


def faiss_index(blocks: Blocks, count: int, dimension: int, *, exact: bool) -> faiss.Index:
    """Return a FAISS index of vectors of unit length, as they are or compressed."""
    if exact:
        index: faiss.Index = faiss.IndexFlatIP(dimension)
    else:
        cells = _CELLS_TO_ROOT * int(count**0.5)
        index = faiss.IndexIVFRaBitQ(
            faiss.IndexFlatIP(dimension), dimension, cells, faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = 8
        index.cp.spherical = True
        index.cp.max_points_per_centroid = _TRAINING_SHARE
        index.train(_sample(blocks, count, cells * _TRAINING_SHARE))
    for block in blocks():
        index.add(block)
    return index


def candidates(index: faiss.Index, question: Vectors, limit: int, mask: Mask) -> Positions:
    """Return the positions of passages among which the best ``limit`` are looked for.

    question: shape (dimension,). mask: which may be found, shape (passages,).
    """
    available = int(mask.sum())
    if not available:
        return np.empty(0, np.int64)
    if available <= _FETCHED * limit + _EXTRA:
        return np.flatnonzero(mask)
    bits = np.packbits(mask, bitorder="little")
    selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
    if isinstance(index, faiss.IndexIVF):
        return _near_cells(index, question, limit, available / len(mask), selector)
    return _nearest(index, question, limit, available, selector)


def cosines(vectors: Vectors, question: Vectors) -> list[float]:
    """Return the cosines of vectors of unit length with a question's, rounded.

    Each one is summed by itself, so that it does not depend on those beside it.
    """
    return [round(one, _DECIMALS) for one in np.einsum("ij,j->i", vectors, question).tolist()]


def _near_cells(
    index: faiss.IndexIVF, question: Vectors, limit: int, share: float, selector: faiss.IDSelector
) -> Positions:
    fetch = _FETCHED * limit + _EXTRA
    cells = int(index.nlist / _CELLS_READ / share**0.5) + 1
    while True:
        cells = min(cells, index.nlist)
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=cells)  # type: ignore[call-arg]
        positions = index.search(question[None], fetch, params=parameters)[1][0]
        # What a filter lets through may all lie far from the question: look further for it.
        if cells == index.nlist or positions[-1] >= 0:
            return np.asarray(positions[positions >= 0])
        cells *= 2


def _nearest(
    index: faiss.Index, question: Vectors, limit: int, available: int, selector: faiss.IDSelector
) -> Positions:
    parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
    fetch = min(limit + _EXTRA, available)
    while True:
        found, positions = index.search(question[None], fetch, params=parameters)
        cosines = [round(one, _DECIMALS) for one in found[0].tolist()]
        # Of equal vectors FAISS keeps any: fetch on until the last one is below the limit's.
        if fetch == available or cosines[-1] < cosines[min(limit, fetch) - 1]:
            return np.asarray(positions[0][positions[0] >= 0])
        fetch = min(2 * fetch, available)


def _sample(blocks: Blocks, count: int, wanted: int) -> Vectors:
    """Return vectors from all over, the same ones each time, shape (about wanted, dimension)."""
    step = max(1, count // wanted)
    return np.concatenate([block[::step].copy() for block in blocks()])  # lets go of each block
