"""Fragments of a page put together: lines, columns of lines, and rows of cells.

The order is the file's, which programs that write PDF keep to the order of reading; what stands
side by side in it is a table's row or two columns of text.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from corpus.formats.pdf_cells import (
    Column,
    Line,
    Row,
    are_aligned,
    are_cells,
    ends_of_whole,
    is_justified,
)
from corpus.formats.pdf_fragments import CELL_GAP, Fragment, PageGlyphs, raised
from corpus.formats.pdf_rules import Rule, is_ruled

_PITCH = 2.2
"""Ems between two baselines, over which a line begins something else."""

_PROSE_LINES = 5
"""Two cells of as many lines side by side are columns of text, unless rules part them."""

_MARK_ALONE = re.compile(r"[•‣◦·▪▫■□▶▷►●○◆◇–—*-]|\(?\w{1,3}[.)]")
_REACH = 3
"""Lines before and behind, among which the rows of one table are looked for."""


def lay_out(page: PageGlyphs) -> list[Column | Row]:
    """Return the columns of lines and the rows of a page, in the order of reading."""
    columns = list(_columns(_glued(_in_order(page.fragments), page.rules.down), page))
    groups = list(_side_by_side(columns))
    kept: list[Column | Row] = []
    for place, group in enumerate(groups):
        around = [*groups[max(0, place - 1) : place], *groups[place + 1 : place + 2]]
        if len(group) == 1:
            kept.append(group[0])
        elif _is_row(group, around, page.rules.down):
            kept.append(Row(tuple(group)))
        elif all(len(column) == 1 for column in group):
            kept.append((_one_line([column[0] for column in group]),))
        else:
            kept.extend(group)
    return list(_rejoined(kept, page.rules.across))


def _in_order(fragments: Sequence[Fragment]) -> Sequence[Fragment]:
    """Return fragments in the file's order, or from the top down where that jumps about."""
    if len(fragments) < 8:
        return fragments
    jumps = sum(
        after.y > before.y + before.size and after.x0 < before.x1
        for before, after in pairwise(fragments)
    )
    if jumps < 0.3 * len(fragments):
        return fragments
    return sorted(fragments, key=lambda fragment: (-round(fragment.y / 3), fragment.x0))


def _glued(fragments: Sequence[Fragment], down: Sequence[Rule]) -> list[Line]:
    """Return the lines, and the cells of lines, that fragments side by side make up."""
    rows = list(_on_one_line(fragments, down))
    whole = ends_of_whole(rows)
    glued: list[Line] = []
    for place, row in enumerate(rows):
        around = [*rows[max(0, place - _REACH) : place], *rows[place + 1 : place + 1 + _REACH]]
        are_parted = len(row) == 1 or (
            any(are_cells(row, other) for other in around if len(other) > 1)
            and not is_justified(row, whole)
        )
        glued.extend(row if are_parted else [_one_line(row)])
    return glued


def _on_one_line(fragments: Sequence[Fragment], down: Sequence[Rule]) -> Iterator[list[Line]]:
    """Yield the parts of each line that wide gaps leave; a part between rules stands alone."""
    row: list[Line] = []
    part: list[Fragment] = []
    for before, fragment in pairwise([None, *fragments]):
        assert fragment is not None
        if before is not None and (
            not _are_level(part, fragment) or is_ruled(before.x1, fragment.x0, fragment.y, down)
        ):
            yield [*row, _line(part)]
            row, part = [], []
        elif before is not None and _is_wide(part, fragment):
            row.append(_line(part))
            part = []
        part.append(fragment)
    if part:
        yield [*row, _line(part)]


def _are_level(part: Sequence[Fragment], fragment: Fragment) -> bool:
    """Tell whether a fragment goes on a line: raised and lowered marks do."""
    base = max(part, key=lambda other: other.size)
    size = max(base.size, fragment.size)
    return abs(fragment.y - base.y) <= 0.5 * size and fragment.x0 > part[-1].x1 - 0.7 * size


def _is_wide(part: Sequence[Fragment], fragment: Fragment) -> bool:
    size = max(part[-1].size, fragment.size)
    if len(part) == 1 and _MARK_ALONE.fullmatch(part[0].text.strip()):
        return fragment.x0 - part[0].x1 > 4 * size
    return fragment.x0 - part[-1].x1 > CELL_GAP * size


def _columns(lines: Sequence[Line], page: PageGlyphs) -> Iterator[Column]:
    """Yield runs of lines of which each stands beneath the one before."""
    column: list[Line] = []
    for line in lines:
        if column and not _is_beneath(column, line, page.rules.across):
            yield tuple(column)
            column = []
        column.append(line)
    if column:
        yield tuple(column)


def _is_beneath(column: Sequence[Line], line: Line, across: Sequence[Rule]) -> bool:
    last = column[-1]
    size = max(last.size, line.size)
    drop = last.y - line.y
    if not 0.5 * min(last.size, line.size) < drop < _PITCH * size:
        return False
    left = min(other.x0 for other in column[-3:])
    right = max(other.x1 for other in column[-3:])
    if line.x0 > right or line.x1 < left:
        return False
    return not any(
        line.y + 0.3 * line.size < rule.place < last.y
        and rule.start <= line.x0 + 1
        and rule.end >= min(line.x1, last.x1) - 1
        for rule in across
    )


def _line(fragments: Sequence[Fragment]) -> Line:
    base = max(fragments, key=lambda part: (part.size * min(len(part.text), 4), part.size))
    text = ""
    for before, part in pairwise([None, *fragments]):
        assert part is not None
        is_raised = part.size < 0.85 * base.size and part.y > base.y + 0.1 * base.size
        words = raised(part.text) if is_raised and part.text.strip().isdigit() else part.text
        if before is not None and part.x0 - before.x1 > 0.15 * base.size and text[-1:] != " ":
            text += " "
        text += words
    letters = [part for part in fragments if any(map(str.isalnum, part.text))]
    is_bold = bool(letters) and all(part.is_bold for part in letters if part.size == base.size)
    ends = min(part.x0 for part in fragments), max(part.x1 for part in fragments)
    blank = max(part.blank for part in fragments)
    return Line(text, *ends, base.y, base.size, is_bold, blank)


def _one_line(lines: Sequence[Line]) -> Line:
    first = lines[0]
    text = " ".join(line.text.strip() for line in lines)
    ends = min(line.x0 for line in lines), max(line.x1 for line in lines)
    return Line(text, *ends, first.y, first.size, all(line.is_bold for line in lines))


def _side_by_side(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Yield columns that follow each other to the right at one height, others alone."""
    group: list[Column] = []
    for column in columns:
        if group and _is_beside(group[-1], column):
            if len(group) == 1:
                above, level = _split_at(group[0], column)
                if above:
                    yield [above]
                group = [level]
            group.append(column)
            continue
        if group:
            yield group
        group = [column]
    if group:
        yield group


def _is_beside(before: Column, column: Column) -> bool:
    size = min(before[-1].size, column[0].size)
    top, bottom = column[0].y + 0.5 * size, column[-1].y - 0.5 * size
    level = [line for line in before if bottom <= line.y <= top]
    return bool(level) and column[0].x0 >= max(line.x1 for line in level) - 0.2 * size


def _split_at(before: Column, column: Column) -> tuple[Column, Column]:
    """Part the lines that stand above a row from those in it; a cell may be set in its middle."""
    size = before[0].size
    middle = (before[0].y + before[-1].y) / 2
    if abs(middle - (column[0].y + column[-1].y) / 2) < 0.6 * size:
        return (), before
    start = next(
        place for place, line in enumerate(before) if line.y <= column[0].y + 0.6 * size
    )  # fmt: skip
    return before[:start], before[start:]


def _is_row(
    group: Sequence[Column], around: Sequence[Sequence[Column]], down: Sequence[Rule]
) -> bool:
    """Tell whether columns side by side are a table's row: by rules, else by rows around it."""
    if all(
        is_ruled(max(line.x1 for line in left), right[0].x0, right[0].y, down)
        for left, right in pairwise(group)
    ):
        return True
    if sum(len(column) >= _PROSE_LINES for column in group) >= 2:
        return False
    reach = 0.6 * group[0][0].size
    return any(
        are_aligned(column, cell, reach)
        for other in around
        for column in group[1:]
        for cell in other[1:]
    )


def _spans(held: Column, item: Column, after: Column | Row | None) -> bool:
    """Tell whether lines above two columns of text are as wide as both."""
    if after is None or isinstance(after, Row) or not _is_beside(item, after):
        return False
    return any(line.x1 > after[0].x0 for line in held)


def _rejoined(items: Sequence[Column | Row], across: Sequence[Rule]) -> Iterator[Column | Row]:
    """Yield items with a lone line put back into the column that it interrupted."""
    held: Column = ()
    for item, after in pairwise([*items, None]):
        if isinstance(item, Row):
            if held:
                yield held
            held = ()
            yield item
            continue
        assert item is not None
        if held and _is_beneath(held, item[0], across) and not _spans(held, item, after):
            held += item
            continue
        if held:
            yield held
        held = item
    if held:
        yield held
