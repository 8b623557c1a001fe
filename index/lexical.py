"""Lexical search: BM25 over stemmed terms, in an FTS5 table inside the SQLite file."""

import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Iterator

import regex
import Stemmer

from index.filters import Condition

_WORD = regex.compile(r"\p{N}+(?:[.,]\p{N}+)+|[\p{L}\p{M}\p{N}]+")
_UNSPACED = regex.compile(r"[\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}]+")
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_TERMS_LIMIT = 128
"""Distinct terms of a question that are searched for."""

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
    # й is a letter of its own, not an accented и: the Russian stemmer looks for it in endings.
    folded = unicodedata.normalize("NFKD", text.casefold()).replace("и\u0306", "й")
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    for match in _WORD.finditer(unicodedata.normalize("NFKC", plain)):
        yield from _pairs_or_stem(match.group())


def query_terms(question: str) -> list[str]:
    """Return the distinct terms to look for, stop words left out unless nothing else is there."""
    kept = regex.findall(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}.,]*", question.casefold())
    content = " ".join(word for word in kept if word.strip(".,") not in STOP_WORDS)
    return list(dict.fromkeys(terms(content or question)))[:_TERMS_LIMIT]


def add(connection: sqlite3.Connection, passage_id: int, text: str) -> None:
    """Put a passage's terms into the table, inside the transaction that is open."""
    connection.execute(
        "INSERT INTO lexicon (rowid, terms) VALUES (?, ?)", (passage_id, " ".join(terms(text)))
    )


def remove(connection: sqlite3.Connection, passage_ids: Iterable[int]) -> None:
    """Take passages out of the table, inside the transaction that is open."""
    connection.executemany("DELETE FROM lexicon WHERE rowid = ?", ((id_,) for id_ in passage_ids))


def search(
    connection: sqlite3.Connection, question: str, where: Condition, limit: int
) -> dict[int, float]:
    """Return the BM25 score (k1 1.2, b 0.75) of the best ``limit`` passages, by passage id."""
    match = _match(question)
    if not match:
        return {}
    if where.sql == "1":
        sql = ""
    else:
        sql = (
            "AND rowid IN (SELECT passages.id FROM passages "
            f"JOIN documents ON documents.key = passages.document WHERE {where.sql}) "
        )
    rows = connection.execute(
        f"SELECT rowid, -bm25(lexicon) AS score FROM lexicon WHERE lexicon MATCH ? {sql}"
        "ORDER BY score DESC, rowid LIMIT ?",
        (match, *where.parameters, limit),
    )
    return dict(rows)


def scores(connection: sqlite3.Connection, question: str, ids: list[int]) -> dict[int, float]:
    """Return the BM25 score of these passages; one that shares no term is left out."""
    match = _match(question)
    if not match or not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    rows = connection.execute(
        f"SELECT rowid, -bm25(lexicon) FROM lexicon WHERE lexicon MATCH ? AND rowid IN ({marks})",
        (match, *ids),
    )
    return dict(rows)


def _match(question: str) -> str:
    return " OR ".join(f'"{term}"' for term in query_terms(question))


def _pairs_or_stem(word: str) -> Iterator[str]:
    rest = 0
    for match in _UNSPACED.finditer(word):
        if match.start() > rest:
            yield _stem(word[rest : match.start()])
        run = match.group()
        yield from (run[i : i + 2] for i in range(max(1, len(run) - 1)))
        rest = match.end()
    if rest < len(word):
        yield _stem(word[rest:])


def _stem(word: str) -> str:
    if not hasattr(_local, "english"):  # a stemmer keeps state, so each thread has its own
        _local.english = Stemmer.Stemmer("english")
        _local.russian = Stemmer.Stemmer("russian")
    stemmer = _local.russian if _CYRILLIC.search(word) else _local.english
    return str(stemmer.stemWord(word))
