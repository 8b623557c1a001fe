"""Running heads and feet: what stands at the same height of three pages or more, but for numbers.

Of a document of few pages two are enough for what is set in small letters or counts the pages.

Up to three lines at the top and at the bottom of a page are looked at, from the edge inwards. On a
page of another size, such as one across, the same words in letters of the same size are enough.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from corpus.formats.pdf_fragments import Fragment, PageGlyphs

_PAGES = 3
_FEW_PAGES = 4
_SMALL = 0.93
"""Of the usual size: what is set smaller stands beside the text."""

_LINES = 3
_TOLERANCE = 3.0
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_WORD = re.compile(r"[^\W\d_]{2}")

_Look = tuple[str, int]
"""The words of a line, and the size of its letters in half points."""


@dataclass(frozen=True, slots=True)
class _EdgeLine:
    fragments: tuple[Fragment, ...]
    words: str
    y: float
    size: float
    numbers: frozenset[int]


def without_running_lines(pages: Sequence[PageGlyphs]) -> list[PageGlyphs]:
    """Return the pages without their running heads and feet; one page has none."""
    if len(pages) < 2:
        return list(pages)
    usual = _usual_size(pages)
    edges = [_edges(page.fragments) for page in pages]
    heights: dict[str, list[float]] = defaultdict(list)
    for lines in edges:
        for line in {id(line): line for side in lines for line in side}.values():
            heights[line.words].append(line.y)
    for found in heights.values():
        found.sort()
    few = usual if len(pages) <= _FEW_PAGES else 0.0
    running = [
        [list(_running(side, heights, number, few)) for side in lines]
        for number, lines in enumerate(edges, 1)
    ]
    looks = [{_look(line) for sides in running for line in sides[end]} for end in (0, 1)]
    return [
        _without(page, list(chain.from_iterable(map(_left_out, lines, found, looks))))
        for page, lines, found in zip(pages, edges, running, strict=True)
    ]


def _edges(fragments: Sequence[Fragment]) -> tuple[Sequence[_EdgeLine], Sequence[_EdgeLine]]:
    """Return the first lines from the top, and the last ones from the bottom."""
    lines: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda part: -part.y):
        if lines and abs(lines[-1][0].y - fragment.y) < 0.4 * fragment.size:
            lines[-1].append(fragment)
        else:
            lines.append([fragment])
    found = [_edge_line(line) for line in lines]
    return found[:_LINES], found[: -_LINES - 1 : -1]


def _edge_line(fragments: Sequence[Fragment]) -> _EdgeLine:
    text = " ".join(part.text for part in sorted(fragments, key=lambda part: part.x0))
    words = " ".join(_NUMBER.sub("#", text.casefold()).split())
    size = max(part.size for part in fragments)
    numbers = frozenset(int(found) for found in re.findall(r"\b[0-9]{1,4}\b", text))
    return _EdgeLine(tuple(fragments), words, fragments[0].y, size, numbers)


def _running(
    side: Sequence[_EdgeLine], heights: dict[str, list[float]], number: int, few: float
) -> Iterator[_EdgeLine]:
    """Yield the lines from an edge that stand at one height of enough pages.

    number: the page's. few: the usual size of letters in a document of few pages, else 0.
    """
    for line in side:
        found = heights[line.words]
        first = bisect_left(found, line.y - _TOLERANCE)
        is_set_apart = line.size < _SMALL * few or (few and number in line.numbers)
        if bisect_right(found, line.y + _TOLERANCE) - first < (2 if is_set_apart else _PAGES):
            break
        yield line


def _usual_size(pages: Sequence[PageGlyphs]) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for part in page.fragments:
            sizes[part.size] += len(part.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _left_out(
    side: Sequence[_EdgeLine], running: Sequence[_EdgeLine], looks: set[_Look]
) -> Iterator[_EdgeLine]:
    """Yield the lines from an edge that run, and words that look as those of other pages."""
    for place, line in enumerate(side):
        if place >= len(running) and not (_WORD.search(line.words) and _look(line) in looks):
            break
        yield line


def _look(line: _EdgeLine) -> _Look:
    return line.words, round(2 * line.size)


def _without(page: PageGlyphs, running: Sequence[_EdgeLine]) -> PageGlyphs:
    left_out = {id(fragment) for line in running for fragment in line.fragments}
    kept = tuple(part for part in page.fragments if id(part) not in left_out)
    return replace(page, fragments=kept)
