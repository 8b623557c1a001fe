"""Which of the encodings before Unicode a text is likely in, by what writing looks like.

Each candidate is decoded, and is likely where its letters stand as letters stand in words: of one
script a word, capitals first, and as frequent as the script's languages have them. What was
written in an encoding that is not named here should be likely in none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import regex

from corpus.language import language_shares

_SAMPLE = 64 * 1024
_AROUND = 120
_FAULTS_ALLOWED = 0.01
"""Share of the characters beyond ASCII that may stand oddly: a long text has a misprint."""

_BEYOND_ASCII = regex.compile(r"[^\x00-\x7f]++")
_WORD = regex.compile(r"\p{L}++")
_MIXED_CASE = regex.compile(r"\p{Ll}\p{Lu}")

_IN_WORD = regex.compile(r"(?<=\p{L})[^\x00-\x7f\p{L}’‘\xad–—…«»“”„](?=\p{L})")
"""A sign that stands in no word: «informaci¢n»."""

_BESIDE_WORD = regex.compile(r"(?<=\p{L})[¿¡£¹³²]|(?<![\p{L}\p{N}])[’‚](?=\p{L})")
_SIGNS = frozenset("“”‘’„‚«»–—…•·°§©®™€£¿¡ªº²³½¼¾×±´\xa0\xad№")

_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüßœªº")
_WESTERN_LANGUAGES = frozenset(
    ["en", "es", "pt", "fr", "de", "it", "nl", "ca", "gl", "eu", "oc", "sv", "da", "nb", "no"]
)
_WESTERN_LEAST = 4
_WESTERN_SHARE = 0.8
_JOINING = frozenset(["en", "fr", "it", "ca"])
_JOINED = regex.compile(r"(?<=\p{L})[–—…’‘“”„](?=\p{L})")
"""Signs between two letters, which those languages alone put there."""

_STRANGE_WORD = regex.compile(
    r"(?=[^\x00-\x7f])\p{L}[^\x00-\x7f]{2,}"
    r"|(?<!\p{L})(?![\x00-\x7fàáâéèêòóôùúåäöæøÀÁÂÉÈÊÒÓÔÙÚÅÄÖÆØ]|\p{L}{2})\p{L}"
)
"""Three accents in a row, or a word of one letter that no language has."""


_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяўіїєґ")
_CYRILLIC_COMMON = frozenset("оаеинтрслвкмдуби")
_CYRILLIC_VOWELS = frozenset("аеёиоуыэюяўіїє")
_CYRILLIC_LEAST = 6
_COMMON_LEAST = 0.6
_VOWELS_LEAST = 0.3
_VOWELS_MOST = 0.6
_LATIN_LETTER = regex.compile(r"[A-Za-z]")

_HANGUL = regex.compile(r"[가-힣]")
_KOREAN = regex.compile(
    r"[가-힣一-鿿豈-﫿、。·‥…‘-”〈-】〔〕°′″℃￦①-⑮½★☆○●◎◇◆□■△▲▽▼→←↑↓※―～−×‰㎏㎞㎡㎜㎝]"
)
_COMMON_SYLLABLES = frozenset(
    "이다는의에을가고한은지하로사를해도대일정기어인자리들나서시있과장제수전그보상부원으국라주만공"
    "여동성아방구우조비게관세경신유안되스와"
)
_KOREAN_LEAST = 3
_HANGUL_LEAST = 0.7
_SYLLABLES_LEAST = 0.25


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoding: the name that people know it by, its codec, and what its texts look like."""

    name: str
    codec: str
    is_likely: Callable[[str], bool]


def candidates(data: bytes) -> tuple[Candidate, ...]:
    """Return the encodings in which the bytes are likely text; two of them may give one text."""
    return tuple(candidate for candidate in CANDIDATES if _is_likely(data, candidate))


def _is_likely(data: bytes, candidate: Candidate) -> bool:
    try:
        text = data.decode(candidate.codec)
    except UnicodeDecodeError:
        return False
    return candidate.is_likely(_sample(text))


def _sample(text: str) -> str:
    """Return the text, or of a long one what stands around the characters beyond ASCII."""
    if len(text) <= _SAMPLE:
        return text
    parts: list[str] = []
    end = length = 0
    for match in _BEYOND_ASCII.finditer(text):
        start = max(end, match.start() - _AROUND)
        end = max(end, min(match.end(), start + _SAMPLE) + _AROUND)
        parts.append(text[start:end])
        length += end - start
        if length > _SAMPLE:
            break
    return "".join(parts)


def _faults(text: str, letters: frozenset[str]) -> int:
    """Count the characters beyond ASCII that stand where no writer puts them."""
    strange = sum(
        char > "\x7f" and char not in _SIGNS and char.lower() not in letters for char in text
    )
    patterns = (_IN_WORD, _BESIDE_WORD)
    odd = sum(1 for pattern in patterns for _ in pattern.finditer(text))
    cases = sum(not match[0].isascii() for match in _MIXED_CASE.finditer(text))
    return strange + odd + cases


def _beyond_ascii(text: str) -> int:
    return sum(char > "\x7f" for char in text)


def _western(text: str) -> bool:
    """Tell whether letters with accents stand among plain ones, in a language that has them."""
    strange_words = sum(1 for _ in _STRANGE_WORD.finditer(text))
    if _faults(text, _WESTERN) + strange_words > _FAULTS_ALLOWED * _beyond_ascii(text):
        return False
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    shares = language_shares(text)
    if max(shares, key=shares.__getitem__) not in _JOINING and _JOINED.search(text):
        return False
    if not words:  # only quotation marks and the like: the same in every encoding that has them
        return any(char.isalpha() for char in text)
    if sum(_accents(word) * 2 > len(word) for word in words if len(word) > 1) > len(words) // 10:
        return False
    western = sum(share for language, share in shares.items() if language in _WESTERN_LANGUAGES)
    return len(text.split()) >= _WESTERN_LEAST and western >= _WESTERN_SHARE


def _accents(word: str) -> int:
    return sum(char > "\x7f" for char in word)


def _cyrillic(text: str) -> bool:
    """Tell whether Cyrillic words are purely so, with as many vowels as languages have."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    mixed = sum(_LATIN_LETTER.search(word) is not None for word in words)
    if _faults(text, _CYRILLIC) + mixed > _FAULTS_ALLOWED * _beyond_ascii(text):
        return False
    letters = "".join(words).lower()
    if len(letters) < _CYRILLIC_LEAST or _lone(words) > len(words) // 4:
        return False
    vowels = _share(letters, _CYRILLIC_VOWELS)
    return (
        _share(letters, _CYRILLIC_COMMON) >= _COMMON_LEAST
        and _VOWELS_LEAST <= vowels <= _VOWELS_MOST
    )


def _lone(words: Sequence[str]) -> int:
    """Count the one-letter words that no language written in Cyrillic has."""
    return sum(len(word) == 1 and word.lower() not in "авикоусяєі" for word in words)


def _korean(text: str) -> bool:
    """Tell whether the text is Hangul, of syllables that Korean is full of."""
    syllables = _HANGUL.findall(text)
    if len(syllables) < _KOREAN_LEAST:
        return False
    beyond = _beyond_ascii(text)
    known = sum(1 for _ in _KOREAN.finditer(text))
    if len(syllables) < _HANGUL_LEAST * beyond or beyond - known > _FAULTS_ALLOWED * beyond:
        return False
    return _share(syllables, _COMMON_SYLLABLES) >= _SYLLABLES_LEAST


def _share(letters: Sequence[str], among: frozenset[str]) -> float:
    return sum(letter in among for letter in letters) / len(letters)


CANDIDATES = (
    Candidate("Windows-1252", "cp1252", _western),
    Candidate("ISO-8859-15", "iso8859_15", _western),
    Candidate("Windows-1251", "cp1251", _cyrillic),
    Candidate("KOI8-R", "koi8_r", _cyrillic),
    Candidate("ISO-8859-5", "iso8859_5", _cyrillic),
    Candidate("code page 866", "cp866", _cyrillic),
    Candidate("EUC-KR (CP949)", "cp949", _korean),
)
"""Every encoding that is looked for, the likelier of two that give one text first."""
