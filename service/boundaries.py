"""Where an answer begins and ends in its passage: whole words, whole amounts, no loose punctuation.

A model marks tokens, and a token may be half a word or leave the currency outside. These rules move
both ends by a few characters; they never look beyond the passage.
"""

import regex

from corpus.sentences import Extent

_WORD = r"\p{L}\p{M}\p{N}"
_INSIDE = regex.compile(
    rf"[{_WORD}_]|(?<=\p{{N}})[.,:/](?=\p{{N}})|(?<=[{_WORD}])['’·‑-](?=[{_WORD}])"
    r"|(?<=(?<!\p{L})\p{L})\.(?=\p{L}\.)"
)
"""A character that has a word on both sides of it, or is part of one."""

_PARTICLES = regex.compile(
    "(?:은|는|이|가|을|를|에|의|와|과|도|로|만|으로|에서|에게|께서|까지|부터|이나|보다|처럼|이며|이다|입니다){1,2}"
)
"""Korean particles, which are written on to the word that they follow."""

_POSSESSIVE = regex.compile("['’]s")
"""Written on to the name that it follows as well: «Mexico's partner»."""

_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
"""Letters of scripts that put no blank between words."""

_ADDRESS = regex.compile(
    rf"(?<![{_WORD}.+-])[{_WORD}_.+-]{{1,64}}@[{_WORD}-]+(?:\.[{_WORD}-]+)+"
    rf"|(?<![{_WORD}])(?:https?://|www\.)[^\s<>\"«»“”]*[{_WORD}/=]"
)
"""An e-mail address, or one on the web: one word, whatever stands in it."""

_AMOUNT_BEFORE = regex.compile(
    r"(?:(?:US|A|C|NZ|HK|S|R)?[$]|[\p{Sc}]|(?:USD|EUR|KRW|GBP|PEN|UZS|S/)\s?|[~≈<≤≥±]|(?<!(?:\A|\n))>|"
    r"(?<![\p{L}\p{M}\p{N}])[+−-](?!\s))+\s?\Z"
)
_MAGNITUDE = r"(?:thousand|million|billion|trillion|hundred|bn|tn|mn)"
_COUNTED = (
    r"[\s-](?:per\s?cent|percentage points?|percent)\b|"
    rf"[\s-]{_MAGNITUDE}\b(?:[\s-](?:[UuAa]\.?[Ss]\.?\s)?(?:dollars?|euros?|won|soles|pounds?|yen|yuan)\b)?"
)
_COUNTED_AFTER = regex.compile(_COUNTED)
_AMOUNT_AFTER = regex.compile(
    rf"\s?(?:%|‰|\p{{Sc}}(?!\s?\p{{N}})|°[CF]?)|{_COUNTED}|"
    r"\s(?:[Uu]\.?[Ss]\.?\s)?(?:dollars?|euros?|won|soles|pounds|yen|yuan)\b|"
    r"\s?(?:km|m|cm|mm|kg|g|t|ha|kW|MW|GW|TW|MWh|GWh|kWh)(?:[²³]|/h)?(?![\p{L}\p{M}\p{N}])"
)
_WORDED = (
    r"\b(?i:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|half|several|hundred)"
)
"""Numbers in words, such as stand before a magnitude: «four billion US dollars»."""

_NUMBER_BEFORE = regex.compile(rf"(?:\p{{N}}+(?:[.,]\p{{N}}+)*[\s-]?|{_WORDED}[\s-])\Z")
_OPENS_WITH_MAGNITUDE = regex.compile(rf"(?:%|per\s?cent\b|percent\b|{_MAGNITUDE}\b)")
_NUMBER_AT_END = regex.compile(r"(?<!\p{L})\p{N}+(?:[.,]\p{N}+)*\Z")

_WORDED_AT_END = regex.compile(rf"{_WORDED}\Z")
_MAGNITUDE_AT_END = regex.compile(rf"(?:\p{{N}}[\s-]?|{_WORDED}[\s-]){_MAGNITUDE}\Z")
_MONEY = regex.compile(
    r"[\s-](?:[Uu]\.?[Ss]\.?\s)?(?:dollars?|euros?|won|soles|pounds?|yen|yuan)\b"
)
_YEAR_AND_VERB = regex.compile(r"\b(?:19|20)\d\d\s(?:won|ha)\b")

_PAIRS = {
    ")": "(",
    "]": "[",
    "}": "{",
    "”": "“",
    "’": "‘",
    "»": "«",
    "」": "「",
    "』": "『",
    "》": "《",
}
_LOOSE = regex.compile(r"[\s\p{P}--[\p{Ps}\p{Pe}\p{Pi}\p{Pf}\"'%‰&@#*§]]", regex.V1)
_ABBREVIATED = regex.compile(
    r"(?:\b(?:\p{L}\.)+\p{L}\.|\b(?:Inc|Corp|Ltd|Co|Jr|Sr|St|Bros|No|etc|cf|vs|a\.m|p\.m)\.)\Z"
)
_REACH = 64
_FAR = 256
"""Characters to either side of a span in which an address that it belongs to is looked for."""


def answer_extent(text: str, extent: Extent) -> Extent | None:
    """Return the extent of the answer that a model's span means; None where no word is in it.

    text: the passage. extent: offsets into it.
    """
    start, end = _whole_words(text, *_whole_addresses(text, extent.start, extent.end))
    start, end = _without_edges(text, start, end)
    if end < len(text) and _closes_open_bracket(text, start, end):
        end += 1
    start, end = _whole_amount(text, start, end)
    if not any(character.isalnum() for character in text[start:end]):
        return None
    return Extent(start, end)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start and end - start < _REACH * 8 and _joins(text, start):
        start -= 1
    first_end = end
    while end < len(text) and _joins(text, end):
        end += 1
        if end - first_end > _REACH:
            break
    if any(added.fullmatch(text, first_end, end) for added in (_PARTICLES, _POSSESSIVE)):
        end = first_end
    return start, end


def _whole_addresses(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the whole of an address that an end lies within."""
    for found in _ADDRESS.finditer(text, max(0, start - _FAR), end + _FAR):
        if found.start() < start < found.end():
            start = found.start()
        if found.start() < end < found.end():
            end = found.end()
    return start, end


def _joins(text: str, place: int) -> bool:
    """Tell whether the characters before and after a place belong to one word."""
    before, after = text[place - 1 : place], text[place : place + 1]
    if not before or not after:
        return False
    if regex.match(r"[\p{M}\u200d]", after):
        return True
    if _UNSPACED.match(before) and _UNSPACED.match(after):
        return False
    return bool(_INSIDE.match(text, place - 1) and _INSIDE.match(text, place))


def _without_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out blanks and punctuation at both ends, and brackets or quotes without their other."""
    while start < end:
        loose = _LOOSE.match(text, start) and not _signs_number(text, start)
        if not loose and not _lone_at_start(text, start, end):
            break
        start += 1
    while start < end:
        loose = _LOOSE.match(text, end - 1) and not _ABBREVIATED.search(text, start, end)
        if not loose and not _lone_at_end(text, start, end):
            break
        end -= 1
    if end - start > 1 and _is_wrapped(text, start, end):
        return _without_edges(text, start + 1, end - 1)
    return start, end


def _signs_number(text: str, place: int) -> bool:
    return text[place] in "-−+." and text[place + 1 : place + 2].isdigit()


def _lone_at_start(text: str, start: int, end: int) -> bool:
    first, inside = text[start], text[start + 1 : end]
    if first in "\"'*_`":
        return first not in inside
    if first in _PAIRS:
        return True
    closing = next((close for close, opening in _PAIRS.items() if opening == first), None)
    return closing is not None and closing not in inside


def _lone_at_end(text: str, start: int, end: int) -> bool:
    last, inside = text[end - 1], text[start : end - 1]
    if last in "\"'*_`":
        return last not in inside
    if last in _PAIRS.values():
        return True
    return last in _PAIRS and _PAIRS[last] not in inside


def _closes_open_bracket(text: str, start: int, end: int) -> bool:
    opening = _PAIRS.get(text[end]) if text[end] in ")]}" else None
    return opening is not None and text.count(opening, start, end) > text.count(
        text[end], start, end
    )


def _is_wrapped(text: str, start: int, end: int) -> bool:
    """Tell whether one pair of brackets or quotes stands around the whole."""
    first, last, inside = text[start], text[end - 1], text[start + 1 : end - 1]
    if first in "\"'*_`" and first == last:
        return first not in inside
    return _PAIRS.get(last) == first and first not in inside and last not in inside


def _whole_amount(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in a number's sign, currency, magnitude and unit where they stand beside it."""
    if _OPENS_WITH_MAGNITUDE.match(text, start, end):
        number = _NUMBER_BEFORE.search(text, max(0, start - _REACH), start)
        start = number.start() if number else start
    if text[start : start + 1].isdigit():
        sign = _AMOUNT_BEFORE.search(text, max(0, start - 8), start)
        start = sign.start() if sign else start
    money = _MONEY.match(text, end) if _MAGNITUDE_AT_END.search(text, start, end) else None
    if money:
        end = money.end()
    year = _YEAR_AND_VERB.search(text, max(0, end - 4), end + 4)
    if _NUMBER_AT_END.search(text, start, end) and not year:
        unit = _AMOUNT_AFTER.match(text, end)
        end = unit.end() if unit else end
    elif _WORDED_AT_END.search(text, start, end):
        unit = _COUNTED_AFTER.match(text, end)
        end = unit.end() if unit else end
    return start, end
