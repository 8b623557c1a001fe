"""Where the sentences of a text begin and end, by rules for the languages of the collection.

A sentence ends at terminal punctuation, unless what stands around it says otherwise: an
abbreviation, an initial, a list's number, or a lower-case letter that follows. Every rule looks at
a bounded number of characters, so that the time is linear in the text, whatever it holds.
"""

from dataclasses import dataclass

import regex


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of a text: code point offsets, end exclusive."""

    start: int
    end: int


_WIDE_STOPS = "。！？｡"
"""Terminal punctuation that ends a sentence without a blank after it."""

_STOPS = ".!?…؟۔।" + _WIDE_STOPS
_LOOK_BACK = 24

_STOP = regex.compile(
    rf"(?P<stop>[{_STOPS}]++)"
    # Closing quotes, brackets and emphasis, then footnote marks.
    r"(?P<close>(?:[\"'”’»›)\]}」』》*_\p{M}\u200d]|[\xa0\u202f]»)*+(?:\[\d{1,3}\]|[⁰¹²³⁴-⁹])*+)"
    r"(?P<gap>[\s\x1c-\x1f]*+)"
)
_BLANK_LINE = regex.compile(r"(?:\r\n|[\r\n])[^\S\r\n]*+[\r\n]")
_BULLETS = "•‣◦·▪▫■□▴△▲▶▷▸►●○◆◇◎※★☆"
_BULLET_LINE = regex.compile(rf"[{_BULLETS}]|[-*+–—>][^\S\r\n]")
_OPENING = regex.compile(
    r"[\"'“”‘’«‹„(\[{「『《¿¡*_–— -]{0,8}+(?P<word>[\p{L}\p{M}\p{N}]{0,16}+)(?P<dot>\.?)"
)
_MARK = regex.compile(
    rf"(?:(?:[{_BULLETS}]|[-*+–—](?=\s)|>|\#{{1,6}}(?=\s)|\(?\d{{1,3}}[.)](?=\s))"
    r"[\s\x1c-\x1f]*+)++(?=[^\s\x1c-\x1f])"
)
_PAUSE = regex.compile(r"[;:,](?=[\s\x1c-\x1f])|[—、，；：]")
_GRAPHEME = regex.compile(r"\X")
_BEFORE_WORD = str.maketrans(dict.fromkeys("\"'“”‘’«‹„([{「『《¿¡*_-–—/|", " "))

_DOTTED = regex.compile(r"(?:\p{L}{1,2}\.)+\p{L}{1,2}")
_ROMAN = regex.compile(r"[IVXLC]{1,6}")
_DAY_OR_MONTH = regex.compile(r"\d{1,2}\.(?!\d)")
_SPACED_DATE = regex.compile(r"(?<!\d)\d{4}\.\s?\d{1,2}\.\s?\d{1,2}\Z")


def _words(listing: str) -> frozenset[str]:
    return frozenset(listing.split())


_NEVER_LAST = _words(
    """
    Dr Mr Mrs Ms Mx Prof Gen Col Lt Maj Capt Cmdr Adm Brig Sgt Cpl Rev Hon Pres Sen Rep Gov Amb
    Messrs vs cf approx viz e.g i.e resp incl
    Dra Sra Sres Sras Srta Ud Uds Lic Ing Arq Mons EE núm Núm págs
    т.е т.н им ул просп проф акад ген см гр тов
    """
)
"""Words that a sentence never ends with, dot or no dot."""

_BEFORE_NUMBER = _words(
    """
    no nos art arts fig figs p pp vol vols ch chap sec para ca c approx
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    núm pág cap ene abr ago dic стр с ст рис гл т п № тел
    """
)
"""Words in lower case whose dot ends no sentence where a number follows."""

_SELDOM_LAST = _words(
    """
    Sr Jr St Mt Ft Inc Ltd Co Corp Bros Cía Cia Ltda UU Univ Dept Gov't Ave Blvd Bldg
    Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat
    art arts г гг в вв млн млрд тыс трлн руб долл стр
    """
)
"""Words that end a sentence only where a word follows that most often begins one."""

_STARTERS = _words(
    """
    A According After All Also Although Among An And As At Because Before Both But By Despite During
    Each For From He Her Here His How However I If In It Its Later Many Meanwhile Most Moreover My
    No Not Of On Once One Our Other Since She So Some Such That The Their Then There These They This
    Those Though Through Thus To Today Under Until We What When Where Which While Who Why With You
    Al Ante Aunque Con Cuando De Del Desde Después El Ella Ellos En Entre Es Esta Este Esto Estos La
    Las Lo Los Más Mientras Para Pero Por Se Según Si Sin Sobre Su Sus También Tras Un Una Y
    Uma Os O Ao Na Nos Em
    Без Более В Во Все Для До За И Из Их К Как Когда Кроме Мы На Но О Об Он Она Они Оно От По Под
    После При С Свою Сегодня Так Также Там То Только Тогда У Что Чтобы Эта Эти Это Этот
    """
)


def sentences(text: str, start: int, end: int) -> tuple[Extent, ...]:
    """Cut ``text[start:end]`` into sentences; each non-blank character is in exactly one."""
    whole = trim(text, start, end)
    first, last = whole.start, whole.end
    found: list[Extent] = []
    for match in _STOP.finditer(text, first, last):
        if match.end() >= last:
            break
        if _ends_sentence(text, first, last, match):
            found.append(Extent(first, match.end("close")))
            first = match.end()
    if first < last:
        found.append(Extent(first, last))
    return tuple(found)


def trim(text: str, start: int, end: int) -> Extent:
    """Return the extent of ``text[start:end]`` without the blanks at both ends."""
    part = text[start:end]
    kept = part.lstrip()
    first = end - len(kept)
    return Extent(first, first + len(kept.rstrip()))


def without_mark(text: str, extent: Extent) -> Extent:
    """Drop the list marks that an extent begins with, such as ``- ``, ``▴`` or ``2)``."""
    mark = _MARK.match(text, extent.start, extent.end)
    return extent if mark is None else Extent(mark.end(), extent.end)


def has_mark(text: str, extent: Extent) -> bool:
    """Tell whether an extent begins with a list mark."""
    return _MARK.match(text, extent.start, extent.end) is not None


def stop_before(text: str, start: int, reach: int) -> int:
    """Return where to cut a sentence that goes on behind ``reach``: the best place up to there.

    A line break or a pause is taken in the second half only, lest the first part is a crumb; then a
    blank, then the end of a grapheme. Only one grapheme that fills it all is cut within.
    """
    half = (start + reach) // 2
    line_break = max(text.rfind("\n", half, reach + 1), text.rfind("\r", half, reach + 1))
    if line_break > start:
        return line_break
    pauses = [match.end() for match in _PAUSE.finditer(text, half, reach + 1)]
    pauses = [stop for stop in pauses if stop <= reach]
    if pauses:
        return pauses[-1]
    window = text[start : reach + 1]
    if window[-1].isspace():
        return reach
    words = window.rsplit(maxsplit=1)
    if len(words) == 2:
        return start + len(words[0])
    graphemes = [match.start() for match in _GRAPHEME.finditer(text, start, reach + 1)]
    return graphemes[-1] if graphemes[-1] > start else reach


def _ends_sentence(text: str, first: int, last: int, match: regex.Match[str]) -> bool:
    """Tell whether the sentence that began at ``first`` ends with the stop that was matched."""
    stop, following = match["stop"], match.end()
    if stop[-1] in _WIDE_STOPS:
        return True
    gap = match["gap"]
    if not gap or text[following] in _STOPS or text[following] in ")]}|":
        return False
    if _BLANK_LINE.search(gap):
        return True
    on_new_line = "\n" in gap or "\r" in gap
    if text[following] in _BULLETS or (on_new_line and _BULLET_LINE.match(text, following, last)):
        return True
    opening = _OPENING.match(text, following, last)
    if opening is None or opening["word"][:1].islower():
        return False
    return stop != "." or _dot_ends(text, first, match, opening)


def _dot_ends(text: str, first: int, match: regex.Match[str], opening: regex.Match[str]) -> bool:
    """Tell whether a single dot ends the sentence that began at ``first``.

    opening: the word that follows it, and whether that has a dot too.
    """
    dot, after = match.start(), opening["word"]
    parts = text[max(first, dot - _LOOK_BACK) : dot].translate(_BEFORE_WORD).split()
    before = parts[-1] if parts else ""
    if _is_list_number(text, first, dot - len(before), before):
        return False
    if before.isdigit():
        return not _is_date_part(text, dot, match.end(), before, after)
    if before in _NEVER_LAST:
        return False
    if after[:1].isdigit() and before.lower() in _BEFORE_NUMBER:
        return False
    is_initial = len(before) == 1 and before.isupper()
    if is_initial or before in _SELDOM_LAST or _DOTTED.fullmatch(before):
        return after in _STARTERS and not opening["dot"]
    return True


def _is_list_number(text: str, first: int, start: int, word: str) -> bool:
    """Tell whether a word at the start of a sentence numbers it, as in ``1.``, ``b.``, ``IV.``."""
    if start - first > 4 or any(character.isalnum() for character in text[first:start]):
        return False
    is_number = word.isdigit() and len(word) <= 3
    return is_number or (len(word) == 1 and word.isalpha()) or bool(_ROMAN.fullmatch(word))


def _is_date_part(text: str, dot: int, following: int, before: str, after: str) -> bool:
    """Tell whether a dot stands in or after a Korean date, ``2024. 3. 15.``"""
    if len(before) <= 4 and _DAY_OR_MONTH.match(text, following):
        return True
    if after[:1].isupper():
        return False
    return _SPACED_DATE.search(text[max(0, dot - _LOOK_BACK) : dot]) is not None
