"""Terms: what the words of a text and of a question are looked up by."""

import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import regex
import Stemmer

_WORD = regex.compile(r"\p{N}+(?:[.,]\p{N}+)+|[\p{L}\p{M}\p{N}]+")
_ASCII_WORD = regex.compile(r"[0-9]+(?:[.,][0-9]+)+|[a-z0-9]+")
"""The same where there is nothing but ASCII, many times faster."""

_UNSPACED = regex.compile(r"[\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}]+")
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_TERMS_LIMIT = 128
"""Distinct terms of a question that are searched for."""

_WORDS_KEPT = 50_000
"""Words whose terms are remembered: a long text has few others."""

_local = threading.local()

_STOP_WORDS = (
    "a about after all also an and any are as at be been before being between both but by can "
    "could did do does doing for from had has have having he her here hers him his how i if in "
    "into is it its itself me more most my no nor not of on once only or other our out over own "
    "same she should so some such than that the their them then there these they this those "
    "through to too under until up very was we were what when where which while who whom whose "
    "why will with would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that say nothing of a question's subject."""


def terms(text: str) -> Iterator[str]:
    """Yield the terms of a text: folded, without accents, stemmed (Snowball, by script).

    Korean, Chinese and Japanese runs become pairs of characters, so that a particle at a word's
    end does not hide it.
    """
    folded = text.casefold()
    words = _ASCII_WORD
    if not folded.isascii():
        words = _WORD
        # й is a letter of its own, not an accented и: the Russian stemmer looks for it in endings.
        apart = unicodedata.normalize("NFKD", folded).replace("и\u0306", "й")
        plain = "".join(c for c in apart if not unicodedata.combining(c))
        folded = unicodedata.normalize("NFKC", plain).casefold()  # «𝕬» was no capital before
    for word in words.findall(folded):
        yield from _pairs_or_stem(word)


def query_terms(question: str) -> list[str]:
    """Return the distinct terms to look for, stop words left out unless nothing else is there."""
    kept = regex.findall(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}.,]*", question.casefold())
    content = " ".join(word for word in kept if word.strip(".,") not in STOP_WORDS)
    return list(dict.fromkeys(terms(content or question)))[:_TERMS_LIMIT]


@lru_cache(_WORDS_KEPT)
def _pairs_or_stem(word: str) -> tuple[str, ...]:
    found: list[str] = []
    rest = 0
    for match in _UNSPACED.finditer(word):
        if match.start() > rest:
            found.append(_stem(word[rest : match.start()]))
        run = match.group()
        found += (run[i : i + 2] for i in range(max(1, len(run) - 1)))
        rest = match.end()
    if rest < len(word):
        found.append(_stem(word[rest:]))
    return tuple(found)


def _stem(word: str) -> str:
    if not hasattr(_local, "english"):  # a stemmer keeps state, so each thread has its own
        _local.english = Stemmer.Stemmer("english")
        _local.russian = Stemmer.Stemmer("russian")
    stemmer = _local.russian if _CYRILLIC.search(word) else _local.english
    return str(stemmer.stemWord(word))
