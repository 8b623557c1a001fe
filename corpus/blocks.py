"""The structure of a text: its headings, its interviewer's questions and its paragraphs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import regex

from corpus.document import Block
from corpus.sentences import Extent, has_mark, sentences, trim

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

QUESTION_LIMIT = 400
TITLE_LIMIT = 200
HEADING_LIMIT = 100
_INTERVIEW = 3
"""Answered questions that make a text an interview."""

_HEADING_RUN = 8
"""More lines in a row than this that look like headings are a list or a table."""

CONTEXT_CHARACTERS = 400
"""A heading or question longer than this is text: nobody reads it as a heading."""

_WRAP_LIMIT = 120
"""The widest column that anyone wraps lines at."""
_WRAP_LEAST = 40
_RAGGED = 0.8
"""A wrapped line is full where the next word would have made it this much of the widest line."""

_MARKDOWN_LEAVES = frozenset(
    ["heading_open", "paragraph_open", "tr_open", "fence", "code_block", "html_block"]
)
_MARKDOWN_LINE_BREAK = regex.compile(r"\r\n|\r|\n")
_LINE = regex.compile(r"([^\r\n\x0c\x85\u2028\u2029]*+)(?:\r\n|[\r\n\x0c\x85\u2028\u2029]|\Z)")
_ASKS = regex.compile(r"[?？؟][\"'”’»)\]」』*_]*+\Z")
_NOT_A_HEADING_END = regex.compile(r"[.!?…。！？؟,:;，：；][\"'”’»)\]」』]*+\Z")
_SENTENCE_END = regex.compile(r"[.!?…。！？؟:;][\"'”’»)\]」』]*+\Z")
_NUMBER_MARK = regex.compile(r"\(?\d{1,3}[.)]\s")
_UNDERLINE = regex.compile(r"[\r\n][ \t]*+(?:=++|-++)[ \t]*+\Z")
_MARKUP = regex.compile(r"\A(?:\#{1,6}(?=\s|\Z)|[-*+>•](?=\s))|\s\#++\s*+\Z")
_EMPHASISED = regex.compile(r"(?P<mark>[*_`]{1,3})(?P<words>[^*_`]++)(?P=mark)")
_WORD = regex.compile(r"\w")
_TAIL = 16


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive text blocks, and the headings and the question above them."""

    path: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A text as sections; contexts: its headings and questions, and lone marks between them."""

    sections: tuple[Section, ...]
    contexts: tuple[Extent, ...]


def markdown_blocks(text: str) -> tuple[Block, ...]:
    """Find the blocks of a Markdown text: each list item and each table row is one of its own.

    A heading or question inside a list or a quotation is text: it says nothing about what follows.
    """
    breaks = [match.end() for match in _MARKDOWN_LINE_BREAK.finditer(text)]
    line_starts = [0, *breaks, len(text)]
    blocks: list[Block] = []
    position = 0
    for token in _markdown().parse(text):
        if token.type not in _MARKDOWN_LEAVES or token.map is None:
            continue
        start = max(position, line_starts[min(token.map[0], len(line_starts) - 1)])
        position = max(position, line_starts[min(token.map[1], len(line_starts) - 1)])
        extent = trim(text, start, position)
        if extent.start < extent.end:
            blocks.append(_markdown_block(text, extent, token))
    return _settle_questions(text, cover(text, blocks))


@cache
def _markdown() -> "MarkdownIt":
    """Return what finds blocks only: what stands inside a line is never parsed, hostile or not."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  -- a question reads no file

    return MarkdownIt("commonmark").enable("table").disable("inline")


def plain_blocks(text: str) -> tuple[Block, ...]:
    """Find the blocks of a plain text, by the blank lines and by what its lines look like.

    Level 1 is the title: the longest of the headings that the text begins with. Others have 2.
    """
    blocks: list[Block] = []
    for lines in _paragraphs(text):
        if len(lines) == 1 and _looks_like_heading(text, lines[0], is_first=not blocks):
            blocks.append(Block("heading", lines[0].start, lines[0].end, 2))
        else:
            blocks.extend(_plain_block(text, extent) for extent in _joined(text, lines))
    return _settle_questions(text, cover(text, _settle_headings(text, blocks)))


def settled_blocks(text: str, blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Settle blocks that a format's own structure gives; its questions are those that ask."""
    asking = (
        _plain_block(text, Extent(block.start, block.end)) if block.kind == "question" else block
        for block in blocks
    )
    return _settle_questions(text, cover(text, asking))


def cover(text: str, blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Add a text block for each run of non-blank characters that ordered blocks leave out."""
    covering: list[Block] = []
    position = 0
    for block in [*blocks, Block("text", len(text), len(text))]:
        missed = trim(text, position, block.start)
        if missed.start < missed.end:
            covering.append(Block("text", missed.start, missed.end))
        covering.append(block)
        position = block.end
    return tuple(covering[:-1])


def outline(text: str, blocks: Sequence[Block]) -> Outline:
    """Divide blocks into sections; where that leaves no text at all, every block is text."""
    sections: list[Section] = []
    contexts: list[Extent] = []
    headings: dict[int, str] = {}
    question = ""
    body: list[Block] = []
    for block in [*blocks, Block("heading", len(text), len(text), 1)]:
        if block.kind == "text" or block.end - block.start > CONTEXT_CHARACTERS:
            body.append(block)
            continue
        if any(_WORD.search(text, part.start, part.end) for part in body):
            path = (*headings.values(), question)
            sections.append(Section(tuple(part for part in path if part), tuple(body)))
        else:
            contexts.extend(Extent(part.start, part.end) for part in body)
        body = []
        contexts.append(Extent(block.start, block.end))
        question = words_of(text, block)
        if block.kind == "heading":
            headings = {level: name for level, name in headings.items() if level < block.level}
            headings[block.level] = question
            question = ""
    if not sections:
        return Outline((Section((), tuple(blocks)),), ())
    return Outline(tuple(sections), tuple(contexts[:-1]))


def words_of(text: str, block: Block) -> str:
    """Return the words of a heading or question, without its markup, on one line."""
    words = _UNDERLINE.sub("", text[block.start : block.end])
    line = " ".join(_MARKUP.sub("", words).split())
    emphasised = _EMPHASISED.fullmatch(line)
    return emphasised["words"] if emphasised else line


def _markdown_block(text: str, extent: Extent, token: "Token") -> Block:
    if token.level == 0 and token.type == "heading_open":
        return Block("heading", extent.start, extent.end, int(token.tag[1:]))
    if token.level == 0 and token.type == "paragraph_open":
        return _plain_block(text, extent)
    return Block("text", extent.start, extent.end)


def _plain_block(text: str, extent: Extent) -> Block:
    is_short = extent.end - extent.start <= QUESTION_LIMIT
    kind = "question" if is_short and _ends_with(_ASKS, text, extent) else "text"
    return Block(kind, extent.start, extent.end)  # type: ignore[arg-type]


def _ends_with(pattern: regex.Pattern[str], text: str, extent: Extent | Block) -> bool:
    return pattern.search(text[max(extent.start, extent.end - _TAIL) : extent.end]) is not None


def _settle_questions(text: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Keep a question where an answer follows: a text that doesn't itself end by asking.

    One that also states something is kept in an interview only: elsewhere its facts may be asked.
    """
    settled = list(blocks)
    for place, (block, following) in enumerate(pairwise([*blocks, Block("heading", 0, 0)])):
        is_answered = following.kind == "text" and not _ends_with(_ASKS, text, following)
        if block.kind == "question" and not is_answered:
            settled[place] = replace(block, kind="text")
    is_interview = sum(block.kind == "question" for block in settled) >= _INTERVIEW
    return tuple(
        replace(block, kind="text")
        if block.kind == "question" and not is_interview and not _only_asks(text, block)
        else block
        for block in settled
    )


def _only_asks(text: str, block: Block) -> bool:
    found = sentences(text, block.start, block.end)
    return all(_ends_with(_ASKS, text, sentence) for sentence in found)


def _paragraphs(text: str) -> Iterator[list[Extent]]:
    """Yield the trimmed lines of each paragraph; a line of blanks ends one."""
    lines: list[Extent] = []
    for match in _LINE.finditer(text):
        line = trim(text, match.start(1), match.end(1))
        if line.start < line.end:
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _joined(text: str, lines: Sequence[Extent]) -> Iterator[Extent]:
    """Yield the blocks of one paragraph: wrapped lines together, any other line alone."""
    widest = max(line.end - line.start for line in lines)
    start = lines[0].start
    for before, line in pairwise(lines):
        if not _continues(text, before, line, widest):
            yield Extent(start, before.end)
            start = line.start
    yield Extent(start, lines[-1].end)


def _continues(text: str, before: Extent, line: Extent, widest: int) -> bool:
    """Tell whether a line goes on with the one before it, in a paragraph of this widest line.

    Whoever wraps lines fills them: the first word of the next line would not have fitted.
    """
    if widest > _WRAP_LIMIT:
        return False
    ended = _ends_with(_SENTENCE_END, text, before)
    words = text[line.start : line.end].split(maxsplit=1)
    would_be = before.end - before.start + 1 + len(words[0])
    is_full = widest >= _WRAP_LEAST and would_be > _RAGGED * widest
    if has_mark(text, line):
        is_number = _NUMBER_MARK.match(text, line.start, line.end) is not None
        return is_number and is_full and not ended
    return is_full or (not ended and text[line.start].islower())


def _looks_like_heading(text: str, line: Extent, *, is_first: bool) -> bool:
    content = text[line.start : line.end]
    if len(content) > (TITLE_LIMIT if is_first else HEADING_LIMIT):
        return False
    if content[0] in ">*" or (has_mark(text, line) and not _NUMBER_MARK.match(content)):
        return False
    if _NOT_A_HEADING_END.search(content) or "://" in content or "@" in content:
        return False
    if not any(character.isalpha() for character in content):
        return False
    return len(sentences(text, line.start, line.end)) == 1


def _settle_headings(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Take back the headings that turn out to be a signature, a list or a table."""
    settled: list[Block] = []
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        run = list(group)
        if kind != "heading":
            settled.extend(run)
            continue
        is_last = run[-1] is blocks[-1]
        kept = [] if is_last else _headings_of(text, run)
        if kept and not settled:
            title = max(kept, key=lambda block: block.end - block.start)
            kept = [replace(block, level=1) if block is title else block for block in kept]
        starts = {block.start: block for block in kept}
        settled.extend(
            starts.get(block.start, Block("text", block.start, block.end)) for block in run
        )
    return settled


def _headings_of(text: str, run: Sequence[Block]) -> list[Block]:
    """Return those of consecutive heading-like lines that are headings."""
    if len(run) > _HEADING_RUN:
        return [run[-1]]
    numbered = [_NUMBER_MARK.match(text, block.start, block.end) is not None for block in run]
    around = zip(run, numbered, [False, *numbered], [*numbered[1:], False], strict=False)
    return [block for block, own, before, after in around if not (own and (before or after))]
