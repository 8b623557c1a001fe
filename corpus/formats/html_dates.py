"""The date that a page says it was published on, as exactly as the page says it."""

from collections.abc import Iterable

import regex

from corpus.document import date_span

_ISO = regex.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?!\d))?)?(?=\s*$|[T\s,|(]|\D{0,3}$)")
_COMPACT = regex.compile(r"\s*((?:19|20)\d\d)(\d\d)(\d\d)(?:\d{6})?\s*")
_YEAR_FIRST = regex.compile(
    r"(?<!\d)((?:19|20)\d\d)\s?[./년-]\s?(\d{1,2})(?!\d)(?:\s?[./월-]\s?(\d{1,2})(?!\d))?"
)
_YEAR_LAST = regex.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_YEAR = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_CHANGED = regex.compile(
    r"updat|modif|actualiz|обновл|изменен|янгилан|수정|갱신|copyright|©", regex.IGNORECASE
)
_CLOCK = regex.compile(r"[,|–—-]?\s*\d{1,2}:\d\d(?::\d\d)?.*", regex.DOTALL)
_LABEL = regex.compile(r"\A[^\d:]{0,40}:\s*")
_LANGUAGES = ["en", "es", "ru", "uz", "uz-Cyrl", "pt", "fr", "de"]
LINE = 120
"""Characters of the longest line that is looked at as a dateline."""


def stated_date(texts: Iterable[str | None]) -> str | None:
    """Return the first of machine-readable values that is a date or part of one."""
    for text in texts:
        match = _ISO.match(text or "") or _COMPACT.fullmatch(text or "")
        found = match and _written(*match.groups())
        if found:
            return found
    return None


def line_date(line: str, language: str | None) -> str | None:
    """Return the date that a visible line gives; None where it gives none or that of a change.

    Of a date that can be read as two, only the year is said.
    """
    if len(line) > LINE or _CHANGED.search(line) or not _YEAR.search(line):
        return None
    match = _YEAR_FIRST.search(line)
    if match:
        return _written(*match.groups())
    match = _YEAR_LAST.search(line)
    if match:
        return _day_and_month(int(match[1]), match[2], int(match[3]), match[4], language)
    return _worded(line)


def _day_and_month(
    first: int, sign: str, second: int, year: str, language: str | None
) -> str | None:
    is_plain = sign == "." or (language is not None and not language.startswith("en"))
    if first > 12 or (is_plain and second <= 12) or first == second:
        return _written(year, str(second), str(first))
    if second > 12:
        return _written(year, str(first), str(second))
    return year


def _worded(line: str) -> str | None:
    """Read a date whose month is a word; nothing is completed from today's date."""
    from dateparser.date import DateDataParser  # noqa: PLC0415  -- heavy, and seldom needed

    words = _CLOCK.sub("", _LABEL.sub("", line)).strip(" .,|–—-")
    after_place = words.partition(", ")[2]
    for part in (words, *regex.split(r"\s*[|•·–—]\s*", words), after_place):
        if not _YEAR.search(part):
            continue
        settings = {"PARSERS": ["absolute-time"], "RETURN_AS_TIMEZONE_AWARE": False}
        found = DateDataParser(languages=_LANGUAGES, settings=settings).get_date_data(part)
        if found.date_obj is None or str(found.date_obj.year) not in part:
            continue
        month = str(found.date_obj.month) if found.period in {"month", "day"} else None
        day = str(found.date_obj.day) if found.period == "day" else None
        return _written(str(found.date_obj.year), month, day)
    return None


def _written(year: str, month: str | None = None, day: str | None = None) -> str | None:
    written = "-".join([year, *(part.zfill(2) for part in (month, day) if part)])
    try:
        date_span(written)
    except ValueError:
        return None
    return written
