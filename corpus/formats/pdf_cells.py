"""What a page's lines are, and when the parts of a line are the cells of a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_JUSTIFIED_GAP = 3.0
"""Ems of the widest gap in a justified line."""

_EVEN = 0.1
"""Ems by which the gaps of a justified line may differ."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one column; the extents are its fragments', in points; blank: the
    widest gap between its words.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    is_bold: bool
    blank: float = 0.0


Column = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row of a table, from the left."""

    cells: tuple[Column, ...]


def are_cells(row: Sequence[Line], other: Sequence[Line]) -> bool:
    """Tell whether the parts of a line stand in columns with those of another.

    Where the gaps within parts are as wide as those between them, as in a justified line, all parts
    must, one by one: some words stand under others by chance.
    """
    reach = 0.3 * row[0].size
    gap = min(after.x0 - before.x1 for before, after in pairwise(row))
    blank = max(part.blank for part in row)
    if blank and gap > 1.6 * blank:
        return any(are_aligned((part,), (cell,), reach) for part in row[1:] for cell in other[1:])
    if len(row) != len(other):
        return False
    shifts = zip(*(map(_shifts, row[1:], other[1:])), strict=True)
    return any(all(shift < reach for shift in of_one_kind) for of_one_kind in shifts)


def _shifts(part: Line, cell: Line) -> tuple[float, float, float]:
    """Return how far apart two cells begin, end and have their middles."""
    places = zip(_places((part,)), _places((cell,)), strict=True)
    first, last, middle = (abs(one - two) for one, two in places)
    return first, last, middle


def ends_of_whole(rows: Iterable[Sequence[Line]]) -> frozenset[tuple[int, int]]:
    """Return where the lines without a wide gap begin and end, in whole points."""
    return frozenset((round(row[0].x0), round(row[0].x1)) for row in rows if len(row) == 1)


def is_justified(row: Sequence[Line], whole: frozenset[tuple[int, int]]) -> bool:
    """Tell whether the parts of a line are words that a narrow column set far apart.

    Its gaps are all as wide, and it begins and ends where a line without one does.
    """
    size = row[0].size
    gaps = [after.x0 - before.x1 for before, after in pairwise(row)]
    gaps += [part.blank for part in row if part.blank]
    if max(gaps) > _JUSTIFIED_GAP * size or max(gaps) - min(gaps) > _EVEN * size:
        return False
    left, right = round(row[0].x0), round(row[-1].x1)
    nearby = (-1, 0, 1)
    return any((left + one, right + two) in whole for one in nearby for two in nearby)


def are_aligned(column: Column, other: Column, reach: float) -> bool:
    """Tell whether two cells begin, end or are centred at one place."""
    return any(
        abs(one - two) < reach for one, two in zip(_places(column), _places(other), strict=True)
    )


def _places(column: Column) -> tuple[float, float, float]:
    left, right = min(line.x0 for line in column), max(line.x1 for line in column)
    return left, right, (left + right) / 2
