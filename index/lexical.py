"""Lexical search: BM25 over an inverted index, whose arrays may lie in a memory map."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate, chain

import numpy as np
import numpy.typing as npt

K1 = 1.2
B = 0.75
_LEAST_IDF = 1e-6
"""What a term of most passages counts for: next to nothing, and never less than nothing."""

_COUNT_LIMIT = 255
_BLOCK = 1 << 22

Positions = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The inverted index of a run of passages, which are told by their position in it, from 0.

    vocabulary: the terms in UTF-8, ascending by their bytes, without anything between them.
    term_ends: where each one ends, shape (terms,). postings: the positions of the passages that
    hold a term, ascending, term by term; counts: how often it stands in each, at most 255; both of
    shape (postings,). posting_ends: where the run of each term ends, shape (terms,). lengths: the
    terms of each passage, shape (passages,).
    """

    vocabulary: Counts
    term_ends: Offsets
    posting_ends: Offsets
    postings: Positions
    counts: Counts
    lengths: Positions

    def find(self, term: str) -> tuple[Positions, Counts]:
        """Return the positions of the passages that hold a term, and how often each does."""
        wanted = term.encode()
        number = bisect_left(range(len(self.term_ends)), wanted, key=self.term)
        if number == len(self.term_ends) or self.term(number) != wanted:
            return self.postings[:0], self.counts[:0]
        run = slice(_start(self.posting_ends, number), int(self.posting_ends[number]))
        return self.postings[run], self.counts[run]

    def term(self, number: int) -> bytes:
        """Return the bytes of a term by its number in the vocabulary."""
        return self.vocabulary[
            _start(self.term_ends, number) : int(self.term_ends[number])
        ].tobytes()


ARRAYS = tuple(field.name for field in fields(Lexicon))


def lexicon_of(texts: Iterable[str]) -> Lexicon:
    """Return the inverted index of passages, each given as its terms with spaces between them."""
    numbers: dict[str, int] = {}
    lengths: list[int] = []
    found: list[int] = []
    held: list[int] = []
    counts: list[int] = []
    for text in texts:
        terms = text.split()
        lengths.append(len(terms))
        tally = Counter(terms)
        held.append(len(tally))
        found += [numbers.setdefault(term, len(numbers)) for term in tally]
        counts += tally.values()
    vocabulary = sorted(term.encode() for term in numbers)
    place = np.empty(len(numbers), np.int64)
    for new, term in enumerate(vocabulary):
        place[numbers[term.decode()]] = new
    terms_found = place[np.array(found, np.int64)]
    order = np.argsort(terms_found, kind="stable")  # of one term, the positions stay ascending
    positions = np.repeat(np.arange(len(held), dtype=np.int32), held)
    return Lexicon(
        vocabulary=np.frombuffer(b"".join(vocabulary), np.uint8),
        term_ends=np.cumsum([len(term) for term in vocabulary], dtype=np.int64),
        posting_ends=np.cumsum(np.bincount(terms_found, minlength=len(numbers)), dtype=np.int64),
        postings=positions[order],
        counts=np.minimum(np.array(counts, np.int64), _COUNT_LIMIT).astype(np.uint8)[order],
        lengths=np.array(lengths, np.int32),
    )


def merged(parts: Sequence[tuple[Lexicon, Mask]]) -> Lexicon:
    """Return the inverted index of runs in a row, without the passages that a mask drops."""
    kept = [_without_dropped(lexicon, mask) for lexicon, mask in parts]
    words = [[lexicon.term(number) for number in range(len(lexicon.term_ends))] for lexicon in kept]
    vocabulary = sorted(set(chain.from_iterable(words)))
    number_of = {term: number for number, term in enumerate(vocabulary)}
    places = [np.array([number_of[term] for term in own], np.int64) for own in words]
    sizes = [np.diff(lexicon.posting_ends, prepend=0) for lexicon in kept]
    total = np.zeros(len(vocabulary), np.int64)
    for place, size in zip(places, sizes, strict=True):
        total[place] += size
    posting_ends = np.cumsum(total)
    free = posting_ends - total
    postings = np.empty(int(total.sum()), np.int32)
    counts = np.empty(len(postings), np.uint8)
    first = 0
    for lexicon, place, size in zip(kept, places, sizes, strict=True):
        shift = free[place] - (lexicon.posting_ends - size)
        for block in _blocks(lexicon.posting_ends):
            run = slice(_start(lexicon.posting_ends, block.start),
                        _start(lexicon.posting_ends, block.stop))  # fmt: skip
            target = np.arange(run.start, run.stop) + np.repeat(shift[block], size[block])
            postings[target] = lexicon.postings[run] + np.int32(first)
            counts[target] = lexicon.counts[run]
        free[place] += size
        first += len(lexicon.lengths)
    return Lexicon(
        vocabulary=np.frombuffer(b"".join(vocabulary), np.uint8),
        term_ends=np.cumsum([len(term) for term in vocabulary], dtype=np.int64),
        posting_ends=posting_ends,
        postings=postings,
        counts=counts,
        lengths=np.concatenate([np.empty(0, np.int32), *(lexicon.lengths for lexicon in kept)]),
    )


class Bm25:
    """BM25 (Robertson and Zaragoza, 2009; k1 1.2, b 0.75) over the passages of several parts.

    Only the passages that a part's mask keeps count for how rare a term is and how long passages
    are: their scores are those of one index made of them alone, however it is divided.
    """

    def __init__(self, parts: Sequence[tuple[Lexicon, Mask]]) -> None:
        """Count what does not depend on a question."""
        self._parts = parts
        self._whole = [bool(mask.all()) for _, mask in parts]
        self._passages = sum(int(mask.sum()) for _, mask in parts)
        length = sum(int(lexicon.lengths[mask].sum(dtype=np.int64)) for lexicon, mask in parts)
        average = length / self._passages if length else 1.0
        self._norms = [
            (K1 * (1 - B + B * lexicon.lengths / average)).astype(np.float32)
            for lexicon, _ in parts
        ]

    def scores(self, terms: Iterable[str]) -> list[Scores]:
        """Return a score for every passage of each part, shape (passages,) each.

        Those of passages that a mask leaves out mean nothing.
        """
        scores = [np.zeros(len(lexicon.lengths), np.float32) for lexicon, _ in self._parts]
        for term in terms:
            runs = [lexicon.find(term) for lexicon, _ in self._parts]
            idf = self._idf(positions for positions, _ in runs)
            for (positions, counts), norm, score in zip(runs, self._norms, scores, strict=True):
                often = counts.astype(np.float32)
                score[positions] += np.float32(idf * (K1 + 1)) * often / (often + norm[positions])
        return scores

    def _idf(self, runs: Iterable[Positions]) -> float:
        holding = sum(
            len(positions) if whole else int(mask[positions].sum())
            for positions, (_, mask), whole in zip(runs, self._parts, self._whole, strict=True)
        )
        return max(_LEAST_IDF, math.log((self._passages - holding + 0.5) / (holding + 0.5)))


def _without_dropped(lexicon: Lexicon, mask: Mask) -> Lexicon:
    if mask.all():
        return lexicon
    kept = mask[lexicon.postings]
    renumbered = np.cumsum(mask, dtype=np.int32) - 1
    sizes = np.diff(lexicon.posting_ends, prepend=0)
    terms = np.repeat(np.arange(len(sizes)), sizes)[kept]
    left = np.bincount(terms, minlength=len(sizes))
    words = [lexicon.term(int(number)) for number in np.flatnonzero(left)]
    return Lexicon(
        vocabulary=np.frombuffer(b"".join(words), np.uint8),
        term_ends=np.array(list(accumulate(map(len, words))), np.int64),
        posting_ends=np.cumsum(left[left > 0]),
        postings=renumbered[lexicon.postings[kept]],
        counts=lexicon.counts[kept],
        lengths=lexicon.lengths[mask],
    )


def _blocks(posting_ends: Offsets) -> Iterable[slice]:
    """Yield runs of terms that have about four million postings together."""
    start = 0
    while start < len(posting_ends):
        stop = int(np.searchsorted(posting_ends, _start(posting_ends, start) + _BLOCK))
        yield slice(start, max(start + 1, stop))
        start = max(start + 1, stop)


def _start(ends: Offsets, number: int) -> int:
    return int(ends[number - 1]) if number else 0
