"""Tables of results, as Markdown and as JSON values."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.metrics import Interval

Style = Literal["text", "count", "percent", "ratio", "milliseconds", "interval"]
Value = str | int | float | Interval | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and how its values are shown; a percent is kept as a share of 1."""

    name: str
    style: Style = "percent"


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the columns, and a value a column in each row. note: what to know to read it."""

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def markdown(tables: Iterable[Table]) -> str:
    """Return tables in GitHub's Markdown."""
    return "\n\n".join(_markdown(table) for table in tables)


def json_text(tables: Iterable[Table]) -> str:
    """Return tables as one JSON object; a value without bound or meaning is null."""
    listed = [
        {
            "title": table.title,
            "note": table.note,
            "rows": [
                {
                    column.name: _plain(value)
                    for column, value in zip(table.columns, row, strict=True)
                }
                for row in table.rows
            ],
        }
        for table in tables
    ]
    return json.dumps({"tables": listed}, ensure_ascii=False, allow_nan=False, indent=2)


def shown(value: Value, style: Style) -> str:
    """Return a value as it stands in a table."""
    if isinstance(value, Interval):
        return f"{100 * value.low:.1f}–{100 * value.high:.1f}"
    if value is None:
        return "–"
    if isinstance(value, str):
        return value.replace("|", r"\|")
    if math.isinf(value):
        return "∞"
    decimals = {"percent": 1, "ratio": 3, "milliseconds": 1}.get(style, 0)
    return f"{100 * value if style == 'percent' else value:.{decimals}f}"


def _markdown(table: Table) -> str:
    lines = [_line(column.name for column in table.columns)]
    lines.append(_line("---" if c.style == "text" else "---:" for c in table.columns))
    lines += [_cells(table.columns, row) for row in table.rows]
    return f"**{table.title}**\n\n{table.note}\n\n" + "\n".join(lines)


def _cells(columns: Sequence[Column], row: Sequence[Value]) -> str:
    return _line(shown(value, c.style) for c, value in zip(columns, row, strict=True))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(value: Value) -> object:
    if isinstance(value, Interval):
        return [value.low, value.high]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
