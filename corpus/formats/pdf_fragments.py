"""Glyphs put together to fragments: runs on one line without a wide gap."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import pypdfium2.raw as pdfium

from corpus.formats.pdf_glyphs import UNREADABLE, Glyph, read_runs
from corpus.formats.pdf_rules import NO_RULES, Rule, Rules, is_ruled, read_rules

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

CELL_GAP = 0.7
"""Ems of a gap inside a line that may part two cells; justified words may be as far apart."""

RULED_GAP = 0.25
"""Ems of a gap that part two cells where a vertical rule stands in it."""

_COMPATIBILITY = re.compile("[\u2e80-\u2fdf\ufb00-\ufdff\ufe70-\ufefc]+")
"""Ligatures, Arabic presentation forms and CJK radicals: glyphs, where letters are meant."""

_WIDE = re.compile(r"[가-힣\u3040-\u30ff\u3400-\u9fff]")
_SCRIPT_GAP = 0.4
_STRETCHED_PAIRS = 4
_STOPS = frozenset(".,!?")
_WORD_GAP = 1.6
"""Times the usual gap between syllables: a wider one parts words."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of glyphs on one line; x0, x1: its extent along the line, y: its baseline, in points.

    Text that runs down, up or upside down has its coordinates turned, so that it reads to the
    right. size: of the letters, in points. blank: its widest gap between words.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    is_bold: bool
    blank: float = 0.0


@dataclass(frozen=True, slots=True)
class PageGlyphs:
    """A page's fragments as the file orders them, its rules, and how many glyphs have no letter."""

    fragments: tuple[Fragment, ...]
    rules: Rules = NO_RULES
    glyphs: int = 0
    unreadable: int = 0
    is_damaged: bool = False
    is_blank: bool = False


def read_page(page: "PdfPage", textpage: "PdfTextPage") -> PageGlyphs:
    """Read a page. Slanted text, a stamp or a watermark, is left out."""
    rules = read_rules(page)
    runs = list(read_runs(textpage))
    writes_blanks = any(glyph.text == " " for run in runs for glyph in run)
    if writes_blanks:
        runs = [_without_script_gaps(run) for run in runs]
    ways = [_way(run) for run in runs]
    usual = max(["right", *filter(None, ways)], key=ways.count)
    fragments: list[Fragment] = []
    for run, way in zip(runs, ways, strict=True):
        turned = [_turned(glyph, way or usual) for glyph in run]
        is_level = (way or usual) == "right"
        fragments.extend(_fragments(turned, rules.down if is_level else (), is_level=is_level))
    glyphs = [glyph.text for run in runs for glyph in run if glyph.text != " "]
    return PageGlyphs(
        tuple(fragments),
        rules if usual == "right" else NO_RULES,
        len(glyphs),
        glyphs.count(UNREADABLE),
        is_blank=pdfium.FPDFPage_CountObjects(page) == 0,
    )


def _without_script_gaps(run: list[Glyph]) -> list[Glyph]:
    """Take back blanks that PDFium saw where a program only set glyphs a little apart.

    It does so between scripts, as in «1992년», and between all syllables of a justified line.
    """
    if not any(_WIDE.match(glyph.text) for glyph in run):
        return run
    stretch = _stretch(run)
    kept = [*run[:1]]
    for before, glyph in pairwise(run):
        gap = glyph.left - before.right
        is_between = _changes_script(before.text, glyph.text) and (
            gap < _SCRIPT_GAP * glyph.style.size
        )
        is_stop = glyph.text in _STOPS and _WIDE.match(before.text) is not None
        is_gap = glyph.follows_blank and (is_between or is_stop or gap < stretch)
        kept.append(glyph._replace(follows_blank=False) if is_gap else glyph)
    return kept


def _stretch(run: Sequence[Glyph]) -> float:
    """Return the gap between two glyphs that parts no words: a justified line has wider ones."""
    gaps = [
        glyph.left - before.right
        for before, glyph in pairwise(run)
        if _WIDE.match(before.text) and _WIDE.match(glyph.text)
    ]
    return _WORD_GAP * median(gaps) if len(gaps) >= _STRETCHED_PAIRS else 0.0


def _changes_script(before: str, after: str) -> bool:
    is_wide = [_WIDE.match(text) is not None for text in (before, after)]
    return is_wide[0] != is_wide[1] and before.isalnum() and after.isalnum()


def _way(run: Sequence[Glyph]) -> str | None:
    """Return where a run of glyphs goes; None where one glyph can't show it."""
    first, last = run[0], run[-1]
    along = (last.left + last.right - first.left - first.right) / 2
    up = (last.bottom + last.top - first.bottom - first.top) / 2
    if len(run) == 1:
        return None
    if abs(up) > 2 * abs(along):
        return "up" if up > 0 else "down"
    return "left" if first.style.is_upside_down else "right"


def _turned(glyph: Glyph, way: str) -> Glyph:
    """Turn a glyph's coordinates, so that it is read to the right; off the level, y is its middle.

    Text that runs down has its next line to the left, as upright Korean and turned Latin have.
    """
    left, right, bottom, top = glyph.left, glyph.right, glyph.bottom, glyph.top
    middle = (left + right) / 2
    if way == "down":
        return glyph._replace(left=-top, right=-bottom, y=middle)
    if way == "up":
        return glyph._replace(left=bottom, right=top, y=-middle)
    if way == "left":
        return glyph._replace(left=-right, right=-left, y=-glyph.y)
    return glyph


def _fragments(run: Sequence[Glyph], down: Sequence[Rule], *, is_level: bool) -> Iterator[Fragment]:
    part: list[Glyph] = []
    text, blank, has_blank = "", 0.0, False
    for glyph in run:
        if glyph.text == " ":
            has_blank = True
            continue
        gap = glyph.left - part[-1].right if part else 0.0
        # Off the level PDFium misses blanks, and sets some where a digit follows.
        has_blank |= glyph.follows_blank if is_level else gap > 0.15 * glyph.style.size
        if part and _parts(part[-1], glyph, down, is_level=is_level):
            yield _fragment(part, text + " " * has_blank, blank)
            part, text, blank = [], "", 0.0
        elif has_blank and part:
            text += " "
            blank = max(blank, gap)
        text += glyph.text
        part.append(glyph)
        has_blank = False
    if part:
        yield _fragment(part, text + " " * has_blank, blank)


def _parts(before: Glyph, glyph: Glyph, down: Sequence[Rule], *, is_level: bool) -> bool:
    """Tell whether a glyph begins another fragment than the one before it."""
    size = max(before.style.size, glyph.style.size)
    gap, shift = glyph.left - before.right, abs(glyph.y - before.y)
    if shift > (0.3 if is_level else 0.6) * size or gap > CELL_GAP * size:
        return True
    if gap < -0.7 * size and glyph.left < before.left:  # the letters of a ligature share its box
        return True
    if shift > 0.1 * size and min(before.style.size, glyph.style.size) < 0.85 * size:
        return True  # a raised or lowered mark
    if before.style.is_bold != glyph.style.is_bold:
        return True
    return gap > RULED_GAP * size and is_ruled(before.right, glyph.left, glyph.y, down)


def _fragment(part: Sequence[Glyph], text: str, blank: float) -> Fragment:
    letters = _COMPATIBILITY.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    # A blank at the end stays: it tells that the line broke between two words.
    clean = unicodedata.normalize("NFC", letters)
    if clean.startswith(f"{UNREADABLE} "):
        clean = "•" + clean[1:]
    size = max(glyph.style.size for glyph in part)
    baseline = sorted(glyph.y for glyph in part)[len(part) // 2]
    is_bold = all(glyph.style.is_bold for glyph in part if glyph.text.isalnum())
    return Fragment(clean, part[0].left, part[-1].right, baseline, size, is_bold, blank)


def raised(text: str) -> str:
    """Write a raised number as one, so that a note's mark is no part of the word before it."""
    return text.translate(_RAISED)
