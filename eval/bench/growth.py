"""More text than there is: real passages first, then new ones made of their sentences.

A grown passage takes the shape of a real one. Each of its sentences is that one's own or, as often,
one of a passage near it in meaning, so that a grown passage stays on its subject. Words that few
real passages hold get variants, whose number grows with the 0.6th power of the size, as vocabulary
does (Heaps, 1978). Its vector is the mean of its sentences' vectors by their length, plus what a
real passage's vector was found to differ from such a mean. Nothing is left to chance: the same
text grows into the same passages.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex

from corpus.document import Block, Document
from corpus.passages import Passage, cut
from corpus.sentences import Extent
from index.changes import encoded_text, passage_tokens
from index.encoder import Encoder, Vectors, unit_length

SEED = 20_261_122
NEIGHBOURS = 16
OWN_SHARE = 0.5
RARE = 8
"""A word in at most so many real sentences has variants in grown ones."""

HEAPS = 0.6
DOCUMENT_PASSAGES = 8
TAGS = {"half": 2, "twentieth": 20, "two-hundredth": 200}
"""Tags that a filter looks for, and the share of the documents that bears each: one in so many."""

_WORD = regex.compile(r"(\p{L}+)")

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RealText:
    """Real passages and their sentences, encoded.

    titles, passages: a title and a vector each, shape (passages, dimension). sentences: their texts
    in order, vectors of shape (sentences, dimension), lengths in tokens. first: where the sentences
    of each passage begin, and the end, shape (passages + 1,).
    """

    titles: tuple[str, ...]
    passages: Vectors
    sentences: tuple[str, ...]
    vectors: Vectors
    lengths: npt.NDArray[np.float32]
    first: Rows

    def __len__(self) -> int:
        return len(self.titles)


@dataclass(frozen=True, slots=True)
class Grown:
    """A document with its passages and their vectors, shape (passages, dimension)."""

    document: Document
    passages: tuple[Passage, ...]
    vectors: Vectors


def real_text(documents: Sequence[Document], encoder: Encoder, cache: Path) -> RealText:
    """Cut documents and encode their passages, and each sentence alone; kept in a cache folder."""
    titles, texts, sentences, counts = [], [], [], []
    for document in documents:
        for passage in cut(document, encoder, passage_tokens(encoder)).passages:
            if not passage.sentences:
                continue
            titles.append(document.title)
            texts.append(encoded_text(document.title, passage))
            own = [document.text[extent.start : extent.end] for extent in passage.sentences]
            sentences += own
            counts.append(len(own))
    digest = hashlib.sha256("\0".join([str(encoder.identity), *texts]).encode()).hexdigest()
    path = cache / f"real-text-{digest[:32]}.npz"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".tmp").open("wb") as file:
            np.savez(
                file,
                passages=encoder.encode_passages(texts),
                vectors=encoder.encode_passages(sentences),
            )
        path.with_suffix(".tmp").replace(path)
    with np.load(path) as saved:
        passages, vectors = saved["passages"], saved["vectors"]
    lengths = np.array([len(encoder.token_offsets(sentence)) for sentence in sentences], np.float32)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return RealText(tuple(titles), passages, tuple(sentences), vectors, lengths, first)


def part_of(real: RealText, step: int) -> RealText:
    """Return every ``step``-th real passage with its sentences."""
    chosen = range(0, len(real), step)
    rows = [np.arange(real.first[number], real.first[number + 1]) for number in chosen]
    kept = np.concatenate(rows)
    return RealText(
        tuple(real.titles[number] for number in chosen),
        real.passages[::step],
        tuple(real.sentences[row] for row in kept),
        real.vectors[kept],
        real.lengths[kept],
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
    )


def grown_vectors(real: RealText, count: int) -> Iterator[tuple[list[Rows], Vectors]]:
    """Yield the sentences and vectors of so many passages, a copy of the real text at a time."""
    chance = np.random.default_rng(SEED)
    size = len(real)
    near = _neighbours(real.passages)
    own = [np.arange(real.first[number], real.first[number + 1]) for number in range(size)]
    apart = real.passages - np.stack([_mean(real, rows) for rows in own])
    done = min(size, count)
    yield own[:done], real.passages[:done]
    while done < count:
        wanted = min(size, count - done)
        chosen = [_mixed(real, rows, near[number], chance) for number, rows in enumerate(own)]
        means = np.stack([_mean(real, rows) for rows in chosen[:wanted]])
        yield chosen[:wanted], unit_length(means + apart[:wanted])
        done += wanted


def grown(real: RealText, count: int) -> Iterator[Grown]:
    """Yield documents that hold so many passages together."""
    words = _Words(real.sentences)
    number = 0
    for copy, (chosen, vectors) in enumerate(grown_vectors(real, count)):
        for start in range(0, len(chosen), DOCUMENT_PASSAGES):
            rows = chosen[start : start + DOCUMENT_PASSAGES]
            texts = [[words.sentence(int(row), copy) for row in one] for one in rows]
            title = real.titles[start]
            yield _document(number, title, texts, vectors[start : start + DOCUMENT_PASSAGES])
            number += 1


class _Words:
    """The sentences' words, of which the rare ones have variants."""

    def __init__(self, sentences: Sequence[str]) -> None:
        pieces = [_WORD.split(sentence) for sentence in sentences]
        held = Counter(word for one in pieces for word in {w.casefold() for w in one[1::2]})
        rare = {word: number for number, word in enumerate(held) if held[word] <= RARE}
        self._pieces = pieces
        self._rare = [
            [(place, rare[word.casefold()]) for place, word in enumerate(one)
             if place % 2 and word.casefold() in rare]
            for one in pieces
        ]  # fmt: skip

    def sentence(self, row: int, copy: int) -> str:
        """Return a sentence as the n-th copy of the text has it; the first is the real one."""
        variants = int((copy + 1) ** HEAPS)
        pieces = list(self._pieces[row])
        if variants > 1:
            for place, number in self._rare[row]:
                variant = (number * 7919 + copy * 104_729) % variants
                pieces[place] += _letters(variant)
        return "".join(pieces)


def _letters(number: int) -> str:
    """Write a number in letters, 0 as nothing."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 20)
        text += "bcdfghjklmnpqrstvwxz"[rest]
    return text


def _document(number: int, title: str, texts: Sequence[Sequence[str]], vectors: Vectors) -> Grown:
    id_ = f"grown-{number:07}"
    passages: list[Passage] = []
    parts: list[str] = []
    end = 0
    for sentences in texts:
        start = end + 2 if parts else 0
        extents, place = [], start
        for sentence in sentences:
            extents.append(Extent(place, place + len(sentence)))
            place += len(sentence) + 1
        text = " ".join(sentences)
        end = start + len(text)
        parts.append(text)
        passages.append(Passage(id_, start, end, text, "", tuple(extents)))
    tags = tuple(tag for tag, share in TAGS.items() if number % share == share // 2)
    document = Document(
        id=id_, title=title, origin=f"grown:{id_}", language="en", tags=tags,
        text="\n\n".join(parts),
        blocks=tuple(Block("text", passage.start, passage.end) for passage in passages),
    )  # fmt: skip
    return Grown(document, tuple(passages), vectors)


def _mean(real: RealText, rows: Rows) -> Vectors:
    summed = (real.vectors[rows] * real.lengths[rows, None]).sum(axis=0, dtype=np.float32)
    return np.asarray(unit_length(summed[None])[0])


def _mixed(real: RealText, rows: Rows, near: Rows, chance: np.random.Generator) -> Rows:
    """Return as many sentences, each the passage's own or one of a passage near it."""
    others = near[chance.integers(0, len(near), len(rows))]
    sizes = real.first[others + 1] - real.first[others]
    other_rows = real.first[others] + (chance.random(len(rows)) * sizes).astype(np.int64)
    return np.where(chance.random(len(rows)) < OWN_SHARE, rows, other_rows)


def _neighbours(vectors: Vectors) -> Rows:
    """Return the nearest passages of each, itself left out, shape (passages, up to 16)."""
    count = min(NEIGHBOURS, len(vectors) - 1)
    found = np.empty((len(vectors), count), np.int64)
    for start in range(0, len(vectors), 1024):
        block = vectors[start : start + 1024] @ vectors.T
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -2
        found[start : start + 1024] = np.argpartition(-block, count - 1, axis=1)[:, :count]
    return found
