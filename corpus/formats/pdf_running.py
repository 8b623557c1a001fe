"""Running heads and feet: what stands at the same height of three pages or more, but for numbers.

Up to three lines at the top and at the bottom of a page are looked at, from the edge inwards. On a
page of another size, such as one across, the same words in letters of the same size are enough.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from corpus.formats.pdf_fragments import Fragment, PageGlyphs

_PAGES = 3
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


def without_running_lines(pages: Sequence[PageGlyphs]) -> list[PageGlyphs]:
    """Return the pages without their running heads and feet; fewer than three have none."""
    if len(pages) < _PAGES:
        return list(pages)
    edges = [_edges(page.fragments) for page in pages]
    heights: dict[str, list[float]] = defaultdict(list)
    for lines in edges:
        for line in {id(line): line for side in lines for line in side}.values():
            heights[line.words].append(line.y)
    for found in heights.values():
        found.sort()
    running = [[list(_running(side, heights)) for side in lines] for lines in edges]
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
    return _EdgeLine(tuple(fragments), words, fragments[0].y, size)


def _running(side: Sequence[_EdgeLine], heights: dict[str, list[float]]) -> Iterator[_EdgeLine]:
    """Yield the lines from an edge that stand at one height of enough pages."""
    for line in side:
        found = heights[line.words]
        first = bisect_left(found, line.y - _TOLERANCE)
        if bisect_right(found, line.y + _TOLERANCE) - first < _PAGES:
            break
        yield line


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
