"""The lines that a PDF page draws between the cells of a table, and above its notes."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2.raw as pdfium

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_THICKNESS = 2.5
_SEGMENTS = 12
"""A drawing of more is no rule and no box."""

_OBJECTS = 5_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn line: from ``start`` to ``end``, at the height, or from the left, ``place``."""

    place: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a page that run across it, and those that run down."""

    across: tuple[Rule, ...] = ()
    down: tuple[Rule, ...] = ()


NO_RULES = Rules()


def read_rules(page: "PdfPage") -> Rules:
    """Return the horizontal and the vertical lines of a page: strokes, and edges of boxes."""
    across: list[Rule] = []
    down: list[Rule] = []
    sides = [ctypes.c_float() for _ in range(4)]
    for place in range(min(pdfium.FPDFPage_CountObjects(page), _OBJECTS)):
        drawn = pdfium.FPDFPage_GetObject(page, place)
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        if pdfium.FPDFPath_CountSegments(drawn) > _SEGMENTS:
            continue
        if not pdfium.FPDFPageObj_GetBounds(drawn, *sides):
            continue
        left, bottom, right, top = (side.value for side in sides)
        if top - bottom <= _THICKNESS < right - left:
            across.append(Rule((top + bottom) / 2, left, right))
        elif right - left <= _THICKNESS < top - bottom:
            down.append(Rule((left + right) / 2, bottom, top))
        elif right - left > _THICKNESS:
            across.extend(Rule(height, left, right) for height in (bottom, top))
            down.extend(Rule(side, bottom, top) for side in (left, right))
    return Rules(tuple(across), tuple(down))


def is_ruled(left: float, right: float, height: float, down: Sequence[Rule]) -> bool:
    """Tell whether a vertical rule stands between two places at a height."""
    return any(
        left - 1 <= rule.place <= right + 1 and rule.start - 1 <= height <= rule.end + 1
        for rule in down
    )
