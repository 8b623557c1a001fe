"""The glyphs of a PDF page as PDFium reads them: each a character, a place and a style."""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pypdfium2.raw as pdfium

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

UNREADABLE = "\ufffd"
_BULLETS = frozenset(map(chr, (0xF0B7, 0xF0A7, 0xF0D8, 0xF0FC, 0xF076, 0xF06C, 0xF06E, 0xE00C)))
"""What Symbol, Wingdings and OpenSymbol call their bullets, in the private use area."""

_BOLD = re.compile("bold|black|heavy|demi", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Style:
    """How the glyphs of one text object look; size: of the letters, in points."""

    size: float
    is_bold: bool
    is_slanted: bool
    is_upside_down: bool


class Glyph(NamedTuple):
    """A character, the box it takes, and the place on the baseline where it begins."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    y: float
    style: Style
    follows_blank: bool


def read_runs(textpage: "PdfTextPage") -> Iterator[list[Glyph]]:
    """Yield the glyphs between two line breaks of PDFium's."""
    raw = textpage.raw
    reader = _Reader(raw)
    run: list[Glyph] = []
    follows_blank = False
    for place in range(pdfium.FPDFText_CountChars(raw)):
        code = pdfium.FPDFText_GetUnicode(raw, place)
        if code in {10, 13}:
            if run:
                yield run
            run, follows_blank = [], False
            continue
        if code == 32 and pdfium.FPDFText_IsGenerated(raw, place) == 1:
            follows_blank = True
            continue
        glyph = reader.read(place, code, follows_blank=follows_blank)
        if glyph is not None:
            run.append(glyph)
            follows_blank = False
    if run:
        yield run


class _Reader:
    """Reads glyphs one by one; the style is asked for once a text object."""

    def __init__(self, textpage: Any) -> None:
        self.textpage = textpage
        self.box = pdfium.FS_RECTF()
        self.x = ctypes.c_double()
        self.y = ctypes.c_double()
        self.matrix = pdfium.FS_MATRIX()
        self.styles: dict[int, Style] = {}
        self.fonts: dict[int, bool] = {}

    def read(self, place: int, code: int, *, follows_blank: bool) -> Glyph | None:
        text = _letter(code)
        if not text:
            return None
        style = self._style(place)
        if style.is_slanted:
            return None
        box = self.box
        if not pdfium.FPDFText_GetLooseCharBox(self.textpage, place, box):
            return None
        pdfium.FPDFText_GetCharOrigin(self.textpage, place, self.x, self.y)
        sides = (box.left, box.right, box.bottom, box.top, self.y.value)
        if not all(map(math.isfinite, sides)):
            return None
        return Glyph(text, *sides, style, follows_blank)

    def _style(self, place: int) -> Style:
        found = pdfium.FPDFText_GetTextObject(self.textpage, place)
        key = _address(found)
        if key not in self.styles:
            self.styles[key] = self._read_style(place, found)
        return self.styles[key]

    def _read_style(self, place: int, found: object) -> Style:
        matrix = self.matrix
        size = pdfium.FPDFText_GetFontSize(self.textpage, place)
        if not pdfium.FPDFText_GetMatrix(self.textpage, place, matrix):
            return Style(max(size, 1.0), False, False, False)
        scale = math.hypot(matrix.c, matrix.d)
        angle = math.degrees(math.atan2(matrix.b, matrix.a))
        return Style(
            max(size * scale, 1.0) if math.isfinite(size * scale) else 1.0,
            self._is_bold(found),
            10 < angle % 90 < 80,
            abs(angle) > 170,
        )

    def _is_bold(self, found: object) -> bool:
        """Tell by the font's name: the weight that PDFium gives is guessed from its stems."""
        font = pdfium.FPDFTextObj_GetFont(found) if found else None
        if not font:
            return False
        key = _address(font)
        if key not in self.fonts:
            length = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
            name = ctypes.create_string_buffer(max(1, min(length, 1_000)))
            pdfium.FPDFFont_GetBaseFontName(font, name, len(name))
            self.fonts[key] = _BOLD.search(name.value.decode("latin-1")) is not None
        return self.fonts[key]


def _address(pointer: Any) -> int:
    return ctypes.addressof(pointer.contents) if pointer else 0


@cache
def _letter(code: int) -> str:
    """Return what a code point stands for in a text that is read; empty where for nothing."""
    if code in {2, 0xFFFE}:  # PDFium's sign for a hyphen at the end of a line
        return "-"
    letter = chr(code) if 0 < code < 0x110000 else UNREADABLE
    kind = unicodedata.category(letter)
    if kind == "Zs" or letter == "\t":
        return " "
    if letter in _BULLETS:
        return "•"
    if kind in {"Co", "Cn", "Cs", "Cc"}:
        return UNREADABLE
    return "" if kind == "Cf" and letter not in "\xad\u200c\u200d" else letter
