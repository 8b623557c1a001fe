"""How the lines of a printed paragraph are put together again: with a blank, or without.

A hyphen at the end of a line is either the typesetter's, who broke a word, or the writer's, as in
«long-term». A soft hyphen is always the typesetter's. Any other one goes only where the document
shows that it must: it writes the word elsewhere in one, or it breaks words all along and never
writes this one with a hyphen. Else it stays, as the page shows it.

Korean breaks lines between any two syllables in some programs, between words only in others: it is
put together without a blank where a particle or an ending begins the line, or where the document
has the word in one piece elsewhere.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_LAST_WORD = re.compile(r"[^\W\d_]+\Z")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_LOWER_BREAK = re.compile(r"[^\W\d_][-‐]\Z")
_AND = re.compile(r"(?:and|or|to|und|oder|y|e|o|u|и|или)\b")
_HANGUL = re.compile(r"[가-힣]")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uff60、。]")
_ENDING = re.compile(
    r"(?:은|는|이|가|을|를|의|에|에서|에게|에는|에도|으로|로|와|과|도|만|까지|부터|보다|처럼|이나"
    r"|다|이다|이며|이고|였다|하[가-힣]{1,3}|하여|했[가-힣]{1,3}|한다|한|할|되[가-힣]{1,3}"
    r"|된다|된|될|됐[가-힣]{1,3}|입니다|습니다|합니다|[었았였겠][가-힣]{1,3}"
    r"|으며|으면|지만|면서|어서|아서|도록|들[은이을의]|적인|적으로)(?![가-힣])"
)
"""Particles and verb endings of Korean, which never stand as a word of their own."""

_HYPHENATED_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Typesetting:
    """What a document shows of how its lines were broken.

    words: those inside its lines, folded. hyphenates: it breaks words at the ends of lines.
    """

    words: frozenset[str]
    hyphenates: bool


def typesetting(columns: Iterable[Sequence[str]]) -> Typesetting:
    """Learn from the lines of a document, column by column."""
    words: set[str] = set()
    lines = breaks = 0
    for column in columns:
        for before, after in pairwise([*column, ""]):
            lines += 1
            whole = before.strip().casefold()
            is_broken = whole.endswith(("-", "‐", "\xad"))
            found = _WORD.findall(whole)
            words.update(found[:-1] if is_broken else found)
            breaks += bool(_LOWER_BREAK.search(before.strip())) and after[:1].islower()
    hyphenates = breaks >= 3 and breaks >= _HYPHENATED_SHARE * lines
    return Typesetting(frozenset(words), hyphenates)


def before_next(text: str, line: str, known: Typesetting) -> str:
    """Return a text as it must end for the next line to be put behind it."""
    end = text.rstrip()
    if end.endswith("\xad"):
        return end[:-1]
    if not end or not line:
        return end
    if end[-1] in "-‐" and end[-2:-1].isalnum():
        return _behind_hyphen(end, line, known)
    if end[-1] in "–—" and end[-2:-1].isalnum():
        return end  # «Latin America–Asia»; a dash between clauses has a blank before it
    if _UNSPACED.match(end[-1]) and _UNSPACED.match(line):
        return end
    if _HANGUL.match(end[-1]) and _HANGUL.match(line):
        return end if _is_inside_word(text, line, known) else f"{end} "
    return f"{end} "


def _behind_hyphen(end: str, line: str, known: Typesetting) -> str:
    if _AND.match(line):
        return f"{end} "  # «pre- and post-war»
    first, second = _LAST_WORD.search(end[:-1]), _FIRST_WORD.match(line)
    if first is None or second is None or not second[0][0].islower():
        return end
    one, two = first[0].casefold(), second[0].casefold()
    if f"{one}-{two}" in known.words or f"{one}‐{two}" in known.words:
        return end
    return end[:-1] if one + two in known.words or known.hyphenates else end


def _is_inside_word(text: str, line: str, known: Typesetting) -> bool:
    """Tell whether a line broke between the syllables of a Korean word."""
    if text.endswith(" "):
        return False
    if _ENDING.match(line):
        return True
    first, second = _LAST_WORD.search(text.rstrip()), _FIRST_WORD.match(line)
    if first is None or second is None or len(first[0]) < 2:
        return False
    return f"{first[0]}{second[0]}" in known.words
