"""Near copies: passages of several documents that say the same words, such as a wire story's."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import regex

from index.records import Hit, Scored

SHINGLE = 5
"""Words of the runs that two texts are compared by (Broder, 1997)."""

ALIKE = 0.8
"""The share of a passage's runs that stand in earlier ones, from which on it adds nothing."""

LEAST_WORDS = 25
"""Shorter passages are too easily alike: «Yes.» under two headings is two facts."""

_WORD = regex.compile(r"[\p{L}\p{M}]+|\p{N}+(?:[.,:/-]\p{N}+)*")

Shingles = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Words:
    """What a passage is compared by: its runs of words, and its numbers."""

    count: int
    shingles: Shingles
    numbers: frozenset[str]


@dataclass(slots=True)
class _Kept:
    """A passage that is kept, and the documents of its copies so far."""

    hit: Hit
    words: _Words
    copies: list[str] = field(default_factory=list)


def read_distinct(
    ranked: Sequence[Scored], limit: int, read: Callable[[Sequence[Scored]], tuple[Hit, ...]]
) -> tuple[Hit, ...]:
    """Read the best ``limit`` passages that are not near copies of better ones.

    ranked: best first, more than ``limit``. read: turns some of them into hits. A passage is a near
    copy where it adds nothing to those of other documents above it: four in five of its runs of
    five words and all its numbers stand there. It is dropped, and its document named in the
    ``copies`` of the one that says the same. A correction, which has another number, is kept.
    """
    kept: list[_Kept] = []
    for start in range(0, len(ranked), limit):
        for hit in read(ranked[start : start + limit]):
            words = _words(hit.passage.text)
            original = _original(hit, words, kept)
            if original is not None:
                original.copies.append(hit.provenance.id)
            elif len(kept) < limit:
                kept.append(_Kept(hit, words))
        if len(kept) == limit:
            break
    return tuple(replace(one.hit, copies=tuple(dict.fromkeys(one.copies))) for one in kept)


def _words(text: str) -> _Words:
    words = _WORD.findall(text.casefold())
    runs = zip(*(words[place:] for place in range(SHINGLE)), strict=False)
    return _Words(len(words), frozenset(runs), frozenset(w for w in words if w[0].isnumeric()))


def _original(hit: Hit, words: _Words, kept: Iterable[_Kept]) -> _Kept | None:
    """Return the passage above of which this is a near copy, None where it says something new."""
    if words.count < LEAST_WORDS:
        return None
    others = [one for one in kept if one.hit.provenance.id != hit.provenance.id]
    if not others:
        return None
    shared = [len(words.shingles & one.words.shingles) for one in others]
    together = words.shingles & frozenset().union(*(one.words.shingles for one in others))
    if len(together) < ALIKE * len(words.shingles):
        return None
    if not words.numbers <= frozenset().union(*(one.words.numbers for one in others)):
        return None
    return others[shared.index(max(shared))]
