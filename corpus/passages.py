"""Cut a document into passages: runs of whole sentences, small enough for the models.

Each non-blank character of the document stands in exactly one passage or one context.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import regex

from corpus.blocks import cover, outline
from corpus.document import Block, Document
from corpus.sentences import Extent, sentences, stop_before, trim, without_mark

CONTEXT_LIMIT = 48
"""Tokens of a passage's context."""

CONTEXT_SEPARATOR = " › "
_CHARACTERS_PER_TOKEN = 16
"""Bounds a passage's characters: a word of over 100 letters is a single token to some models."""

_TOKENS_PER_CHARACTER = 4
"""The most that a character can be, to models that see bytes."""

_BATCH_CHARACTERS = 20_000

_PLAIN_BLANKS = " \n\r\t"
"""Blanks that part words to every tokenizer, and are tokens to none."""

_NON_BLANK = regex.compile(r"[^\s\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document: ``document.text[start:end] == text``.

    context: what it stands under, in words, or empty. sentences: offsets into the document's text,
    without list marks; a sentence over the budget is cut, and each part is one of its own.
    """

    document_id: str
    start: int
    end: int
    text: str
    context: str
    sentences: tuple[Extent, ...]


class Tokenizer(Protocol):
    """What counts the tokens of a model."""

    def token_offsets(self, text: str) -> Sequence[Extent]:
        """Return where the tokens of a text stand, in order, without special tokens."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The passages of a document, and the extents that stand in none of them.

    contexts: the headings and questions, and marks without a word that stand alone between them.
    """

    passages: tuple[Passage, ...]
    contexts: tuple[Extent, ...]


def cut(document: Document, tokenizer: Tokenizer, budget: int) -> Cut:
    """Cut a document into passages of at most ``budget`` tokens each, contexts not counted.

    A single character that is more tokens than the budget is still a passage.
    """
    if budget < 1:
        raise ValueError(f"The budget of a passage must be 1 token or more, not {budget}.")
    structure = outline(document.text, cover(document.text, document.blocks))
    cutter = _Cutter(document.text, tokenizer, budget)
    passages = [
        _passage(document, run, context)
        for section in structure.sections
        for context in [_context(section.path, tokenizer)]
        for run in cutter.runs(section.blocks)
    ]
    return Cut(tuple(passages), structure.contexts)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or as much of one as the budget allows.

    block: the block that it begins, None where it stands further inside one.
    """

    extent: Extent
    tokens: int
    block: "_Piece | None" = None


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The tokens of a batch of blocks, in offsets of the document's text."""

    starts: Sequence[int]
    ends: Sequence[int]

    def count(self, extent: Extent) -> int:
        return bisect_left(self.starts, extent.end) - bisect_left(self.starts, extent.start)

    def reach(self, start: int, budget: int, end: int) -> int:
        """Return where the last token ends that a budget allows from ``start`` on, or ``end``."""
        last = bisect_left(self.starts, start) + budget - 1
        return max(start + 1, self.ends[last]) if last < len(self.ends) else end


@dataclass(frozen=True, slots=True)
class _Cutter:
    text: str
    tokenizer: Tokenizer
    budget: int

    @property
    def characters(self) -> int:
        return self.budget * _CHARACTERS_PER_TOKEN

    def runs(self, blocks: Iterable[Block]) -> Iterator[Sequence[_Piece]]:
        """Yield the pieces of each passage."""
        run: list[_Piece] = []
        tokens = 0
        for piece in self._pieces(blocks):
            if run and not self._joins(run[0].extent.start, tokens, piece):
                yield from self._checked(run)
                run, tokens = [], 0
            run.append(piece)
            tokens += piece.tokens
        if run:
            yield from self._checked(run)

    def _joins(self, start: int, tokens: int, piece: _Piece) -> bool:
        """Tell whether a piece goes into the passage that begins at ``start`` with these tokens."""
        if not self._fits(start, piece.extent.end, tokens + piece.tokens):
            return False
        block = piece.block
        if block is None or self._fits(start, block.extent.end, tokens + block.tokens):
            return True
        fits_alone = self._fits(block.extent.start, block.extent.end, block.tokens)
        return not (fits_alone and tokens * 2 >= self.budget)

    def _fits(self, start: int, end: int, tokens: int) -> bool:
        return tokens <= self.budget and end - start <= self.characters

    def _checked(self, run: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
        """Yield a run, in halves where its tokens turn out to be more than those of its pieces."""
        whole = Extent(run[0].extent.start, run[-1].extent.end)
        if self._is_exact(run) or self._count(whole) <= self.budget:
            yield run
            return
        middle = len(run) // 2
        yield from self._checked(run[:middle])
        yield from self._checked(run[middle:])

    def _is_exact(self, run: Sequence[_Piece]) -> bool:
        """Tell whether a run has the tokens of its pieces: plain blanks part them, nothing else."""
        if len(run) == 1:
            return True
        if not (self._is_apart(run[0].extent.start) and self._is_apart(run[-1].extent.end)):
            return False
        extents = pairwise(piece.extent for piece in run)
        gaps = (self.text[extent.end : following.start] for extent, following in extents)
        return all(gap and not gap.strip(_PLAIN_BLANKS) for gap in gaps)

    def _pieces(self, blocks: Iterable[Block]) -> Iterator[_Piece]:
        for batch in self._batches(blocks):
            start = batch[0].start
            found = self.tokenizer.token_offsets(self.text[start : batch[-1].end])
            tokens = _Tokens(
                [start + token.start for token in found], [start + token.end for token in found]
            )
            for block in batch:
                yield from self._pieces_of(block, tokens)

    def _batches(self, blocks: Iterable[Block]) -> Iterator[list[Block]]:
        """Yield blocks that are tokenised together, so that short ones cost one call, not each."""
        batch: list[Block] = []
        for block in blocks:
            if batch and block.end - batch[0].start > _BATCH_CHARACTERS:
                yield batch
                batch = []
            batch.append(block)
        yield batch

    def _pieces_of(self, block: Block, tokens: _Tokens) -> Iterator[_Piece]:
        extent = Extent(block.start, block.end)
        whole: _Piece | None = _Piece(extent, tokens.count(extent))
        for sentence in sentences(self.text, block.start, block.end):
            rest: Extent | None = sentence
            while rest is not None:
                piece = self._fitting(rest, tokens)
                yield replace(piece, block=whole)
                whole = None
                following = _NON_BLANK.search(self.text, piece.extent.end, sentence.end)
                rest = Extent(following.start(), sentence.end) if following else None

    def _fitting(self, rest: Extent, tokens: _Tokens) -> _Piece:
        """Return as much of what remains of a sentence as the budget allows."""
        reach = min(
            rest.end,
            rest.start + self.characters,
            tokens.reach(rest.start, self.budget, rest.end),
        )
        while True:
            stop = reach if reach == rest.end else stop_before(self.text, rest.start, reach)
            extent = trim(self.text, rest.start, stop)
            count = self._tokens_in(extent, tokens)
            if count <= self.budget or extent.end - extent.start == 1:
                return _Piece(extent, count)
            reach = rest.start + max(1, (stop - rest.start) * self.budget * 9 // (count * 10))

    def _tokens_in(self, extent: Extent, tokens: _Tokens) -> int:
        """Count the tokens of an extent.

        Where a word is cut, those of its block don't hold. A few characters can't be over the
        budget even so, and a passage made of them is counted again as a whole.
        """
        is_short = (extent.end - extent.start) * _TOKENS_PER_CHARACTER <= self.budget
        if is_short or (self._is_apart(extent.start) and self._is_apart(extent.end)):
            return tokens.count(extent)
        return self._count(extent)

    def _count(self, extent: Extent) -> int:
        return len(self.tokenizer.token_offsets(self.text[extent.start : extent.end]))

    def _is_apart(self, position: int) -> bool:
        """Tell whether a plain blank, or an end of the text, is at a position."""
        around = self.text[max(0, position - 1) : position + 1]
        return len(around) < 2 or any(character in _PLAIN_BLANKS for character in around)


def _passage(document: Document, run: Sequence[_Piece], context: str) -> Passage:
    start, end = run[0].extent.start, run[-1].extent.end
    found = tuple(without_mark(document.text, piece.extent) for piece in run)
    return Passage(document.id, start, end, document.text[start:end], context, found)


def _context(path: Sequence[str], tokenizer: Tokenizer) -> str:
    """Return the words of a path, from the outside in; over the limit, the outermost go first."""
    context = ""
    for place in range(len(path)):
        context = CONTEXT_SEPARATOR.join(path[place:])
        if len(tokenizer.token_offsets(context)) <= CONTEXT_LIMIT:
            return context
    tokens = tokenizer.token_offsets(context)
    keep = min(CONTEXT_LIMIT, len(tokens)) - 1
    while keep > 0:
        words = context[: tokens[keep - 1].end + 1].rsplit(" ", 1)[0]
        shortened = f"{words.rstrip(' ,;:')}…"
        if len(tokenizer.token_offsets(shortened)) <= CONTEXT_LIMIT:
            return shortened
        keep //= 2
    return ""
