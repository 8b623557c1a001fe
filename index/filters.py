"""Filters: which documents a search may look at, checked and put into SQL."""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date

from corpus.document import DOCUMENT_ID, date_span, is_country, is_language
from corpus.errors import InvalidFilter

_VALUES_LIMIT = 100
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Filters:
    """Within one filter any value matches; between filters all must.

    countries: ISO 3166-1 alpha-2 codes. languages: ``en`` matches ``en-GB`` too. published_from,
    published_to: ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, each meaning its whole span; a document
    matches where its own span overlaps, and never where it has no date.

    Raises InvalidFilter.
    """

    countries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    document_ids: tuple[str, ...] = ()
    published_from: str | None = None
    published_to: str | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            values = getattr(self, item.name)
            if isinstance(values, tuple) and len(values) > _VALUES_LIMIT:
                raise InvalidFilter(
                    f"The filter {item.name} has {len(values)} values: "
                    f"at most {_VALUES_LIMIT} are taken.",
                    f"/filters/{item.name}",
                )
        _check_each("countries", self.countries, is_country, "use ISO 3166-1 codes such as PE")
        _check_each("languages", self.languages, is_language, "use codes such as en, es or ko")
        _check_each("tags", self.tags, lambda tag: bool(tag.strip()), "use 1 to 1,000 characters")
        _check_each(
            "document_ids",
            self.document_ids,
            lambda value: DOCUMENT_ID.fullmatch(value) is not None,
            "an id has 1 to 128 of the characters a-z 0-9 . _ -",
        )
        first, last = self.first_day, self.last_day
        if first and last and first > last:
            raise InvalidFilter(
                f"The first date, {self.published_from}, lies after the last, "
                f"{self.published_to}: swap them.",
                "/filters/published_from",
            )

    @property
    def first_day(self) -> date | None:
        """The first day that published_from means."""
        return _day("published_from", self.published_from, first=True)

    @property
    def last_day(self) -> date | None:
        """The last day that published_to means."""
        return _day("published_to", self.published_to, first=False)

    def __bool__(self) -> bool:
        return any(getattr(self, item.name) for item in fields(self))


@dataclass(frozen=True, slots=True)
class Condition:
    """A query for the keys of the documents that one filter lets through, with its parameters.

    wanted: what such a document has, in words.
    """

    sql: str
    parameters: tuple[str, ...]
    wanted: str = ""


def conditions(filters: Filters) -> tuple[Condition, ...]:
    """Return the conditions that a document must meet, all of them; none where nothing is filtered.

    Each is answered from an index of the SQLite file alone, however many documents there are.
    """
    found: list[Condition] = []
    for kind, values in (("country", filters.countries), ("tag", filters.tags)):
        if values:
            where = f"kind = '{kind}' AND value IN ({_marks(values)})"
            query = f"SELECT document AS key FROM labels WHERE {where}"
            found.append(Condition(query, values, f"the {kind} {_either(values)}"))
    if filters.document_ids:
        where = f"id IN ({_marks(filters.document_ids)})"
        wanted = f"the id {_either(filters.document_ids)}"
        found.append(_documents(where, filters.document_ids, wanted))
    if filters.languages:
        # substr, not LIKE: a language code is data, not a pattern.
        either = " OR ".join(
            "language = ? OR substr(language, 1, length(?) + 1) = ? || '-'"
            for _ in filters.languages
        )
        triples = tuple(value for code in filters.languages for value in (code, code, code))
        wanted = f"the language {_either(filters.languages)}"
        found.append(_documents(either, triples, wanted))
    if filters.first_day:
        wanted = f"a date from {filters.published_from} on"
        found.append(_documents("last_day >= ?", (filters.first_day.isoformat(),), wanted))
    if filters.last_day:
        wanted = f"a date up to {filters.published_to}"
        found.append(_documents("first_day <= ?", (filters.last_day.isoformat(),), wanted))
    return tuple(found)


def lacking(connection: sqlite3.Connection, where: Iterable[Condition]) -> tuple[str, ...]:
    """Return what the conditions want that no document of the index has, in words."""
    return tuple(
        condition.wanted
        for condition in where
        if not connection.execute(
            f"SELECT 1 FROM ({condition.sql}) LIMIT 1", condition.parameters
        ).fetchone()
    )


def _documents(where: str, parameters: tuple[str, ...], wanted: str) -> Condition:
    return Condition(f"SELECT key FROM documents WHERE {where}", parameters, wanted)


def _either(values: tuple[str, ...]) -> str:
    """Name the values, the first few of many."""
    return " or ".join(values[:_NAMED]) + (" or others" if len(values) > _NAMED else "")


def _check_each(
    name: str, values: Iterable[str], valid: Callable[[str], bool], advice: str
) -> None:
    for position, value in enumerate(values):
        if len(value) > 1_000 or not value.isprintable() or not valid(value):
            raise InvalidFilter(
                f"The filter {name} holds {value[:60]!r}: {advice}.", f"/filters/{name}/{position}"
            )


def _day(name: str, value: str | None, *, first: bool) -> date | None:
    if value is None:
        return None
    try:
        span = date_span(value)
    except ValueError as error:
        raise InvalidFilter(str(error), f"/filters/{name}") from None
    return span.first if first else span.last


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))
