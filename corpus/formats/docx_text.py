"""The words of one paragraph of a Word document, as a reader sees them.

Insertions are kept and deletions are not; a field shows its result; hidden text is left out.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_LEFT_OUT = frozenset(
    f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "rt", "instrText", "delText", "tbl")
)
_BREAKS = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": " ", f"{W}ptab": " "}
_HYPHENS = {f"{W}noBreakHyphen": "-", f"{W}softHyphen": ""}
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_ALONE = frozenset({f"{W}txbxContent", f"{W}fldChar", *_NOTES})
"""Elements that are looked at as a whole, whatever they hold."""

_UNREAD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\ufeff\ufffe\uffff\xad\ue000-\uf8ff]")
_BLANKS = re.compile(r"[^\S\n]+")
_OFF = frozenset({"0", "false", "off", "none"})


@dataclass(slots=True)
class Fields:
    """The fields that are open: for each, whether its result has begun. They span paragraphs."""

    open: list[bool] = field(default_factory=list)

    def meet(self, kind: str | None) -> None:
        """Take in the beginning of a field, of its result, or its end."""
        if kind == "begin":
            self.open.append(False)
        elif self.open and kind == "separate":
            self.open[-1] = True
        elif self.open and kind == "end":
            self.open.pop()

    @property
    def shows(self) -> bool:
        """Tell whether text that is met now is shown."""
        return all(self.open)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The text of a paragraph; notes: ids, as «footnote 2»; boxes: contents of its text boxes."""

    text: str
    notes: tuple[str, ...]
    boxes: tuple[Any, ...]
    is_bold: bool


def read_paragraph(paragraph: Any, fields: Fields) -> Spoken:
    """Read a ``w:p`` element."""
    words: list[str] = []
    notes: list[str] = []
    boxes: list[Any] = []
    bold: list[bool] = []
    for element in _walk(paragraph):
        if element.tag == f"{W}fldChar":
            fields.meet(element.get(f"{W}fldCharType"))
        elif element.tag == f"{W}txbxContent":
            boxes.append(element)
        elif element.tag in _NOTES:
            notes.append(f"{_NOTES[element.tag]} {element.get(f'{W}id')}")
        elif fields.shows:
            said = _said(element)
            words.append(said)
            if said.strip():
                bold.append(_is_bold(element))
    return Spoken(clean("".join(words)), tuple(notes), tuple(boxes), bool(bold) and all(bold))


def _walk(element: Any) -> Iterator[Any]:
    """Yield the elements of a paragraph that say something, in order."""
    waiting = list(reversed(element))
    while waiting:
        child = waiting.pop()
        if not isinstance(child.tag, str) or child.tag in _LEFT_OUT:
            continue
        if child.tag == f"{_COMPATIBILITY}AlternateContent":
            waiting.extend(list(child)[:1])  # the others say the same for older programs
        elif child.tag == f"{W}r" and _is_on(child, "vanish"):
            # A field may begin or end in hidden text.
            yield from child.iter(f"{W}fldChar")
        elif child.tag in _ALONE or len(child) == 0:
            yield child
        else:
            waiting.extend(reversed(child))


def _said(element: Any) -> str:
    if element.tag in {f"{W}t", f"{_MATH}t"}:
        return str(element.text or "")
    if element.tag == f"{W}br" and element.get(f"{W}type") in {"page", "column"}:
        return " "
    return _BREAKS.get(element.tag, "") or _HYPHENS.get(element.tag, "")


def _is_bold(element: Any) -> bool:
    run = element.getparent()
    return run is not None and run.tag == f"{W}r" and _is_on(run, "b")


def _is_on(run: Any, name: str) -> bool:
    """Tell whether a run's own formatting switches something on."""
    found = run.find(f"{W}rPr/{W}{name}")
    return found is not None and found.get(f"{W}val", "1").lower() not in _OFF


def clean(text: str) -> str:
    """Drop what can't be read, and blanks that are too many; line breaks stay."""
    composed = unicodedata.normalize("NFC", _UNREAD.sub("", text))
    lines = (_BLANKS.sub(" ", line).strip() for line in composed.split("\n"))
    return "\n".join(line for line in lines if line)
