"""Which kind of thing a question asks for, and whether a sentence holds one that it didn't name."""

import regex

_HOW_MUCH = r"how (many|much|long|old|often|far|large|big|high)"
_AMOUNT = r"(number|share|percentage|percent|amount|sum|volume|rank|position|place)"
_TIME = r"(year|date|day|month|time)"
_KINDS = (
    ("number", regex.compile(rf"\b({_HOW_MUCH}|(what|which) {_AMOUNT})\b")),
    ("date", regex.compile(rf"\b(when|(what|which) {_TIME})\b")),
    ("name", regex.compile(r"\b(who|whom|whose|where|which|what (is|was|are|were) the names?)\b")),
)
"""The kinds with the words that ask for them, the first match counts."""

_NUMBER = regex.compile(
    r"\p{N}+|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|"
    r"hundred|thousand|million|billion|dozen|half|third|fourth|fifth|double|doubled|twice)\b"
)
_DATE = regex.compile(
    r"\b\p{N}{4}\b|\b(january|february|march|april|may|june|july|august|september|october|"
    r"november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
)
_NAME = regex.compile(r"(?<=\S\s+)\p{Lu}['’]?[\p{L}\p{M}]+|\p{Hangul}+")
_WORD = regex.compile(r"\p{N}+|[\p{L}\p{M}]+")


def expected_kind(question: str) -> str:
    """Return number, date, name, or nothing where the question leaves it open."""
    folded = question.casefold()
    for kind, pattern in _KINDS:
        if pattern.search(folded):
            return kind
    return ""


def holds(kind: str, sentence: str, question: str) -> int:
    """Tell whether a sentence holds such a thing that the question doesn't: 1, 0 (open) or -1."""
    if not kind:
        return 0
    asked = set(_WORD.findall(question.casefold()))  # whole words: 16 is not named by 2016
    if kind == "name":
        names = " ".join(match.group() for match in _NAME.finditer(sentence))
        found = set(_WORD.findall(names.casefold()))
    else:
        pattern = _DATE if kind == "date" else _NUMBER
        found = {match.group() for match in pattern.finditer(sentence.casefold())}
    return 1 if any(thing not in asked for thing in found) else -1
