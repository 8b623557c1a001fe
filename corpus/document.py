"""A document and where it comes from; the one place that knows what front matter may say."""

import hashlib
import json
import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal, get_args

from corpus.errors import InvalidDocument

Kind = Literal["source", "digest"]
BlockKind = Literal["heading", "question", "text"]

DOCUMENT_ID = re.compile(r"[a-z0-9._-]{1,128}")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CONTROL = re.compile(r"[\x00-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LINE_LIMIT = 1_000
"""Characters in a single metadata value; a longer one is a paragraph in the wrong place."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of a document's text that its format set apart: a heading, a question or body text.

    start, end: code point offsets into the document's text, end exclusive. level: 1 to 6 for a
    heading, 0 for the others.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """What a digest is based on. Dates are ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``."""

    title: str
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        for name in (item.name for item in fields(self)):
            _check_line(f"sources: {name}", getattr(self, name))
        if not self.title.strip():
            raise InvalidDocument("A source has no title: give each entry of `sources` a title.")
        _check_date("sources: published", self.published)
        _check_url("sources: url", self.url)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What is known of a document beside its text.

    origin: where it was added from, such as ``file:///reports/a.txt``; adding the same id from the
    same origin replaces it. published: ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, as the source gives
    it. countries: ISO 3166-1 alpha-2 codes.

    Raises InvalidDocument where a value is impossible.
    """

    id: str
    title: str
    origin: str
    kind: Kind = "source"
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    language: str | None = None
    licence: str | None = None
    countries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if not DOCUMENT_ID.fullmatch(self.id) or self.id in {".", ".."}:
            raise InvalidDocument(
                f"The id {self.id[:140]!r} can't be used: "
                "take 1 to 128 of the characters a-z 0-9 . _ -"
            )
        for name in ("title", "publisher", "author", "licence", "origin"):
            _check_line(name, getattr(self, name))
        if not self.title.strip():
            raise InvalidDocument(f"The document {self.id} has no title: give it one.")
        if self.kind not in get_args(Kind):
            raise InvalidDocument(f"The kind {self.kind!r} is unknown: use source or digest.")
        if self.kind == "digest" and not self.sources:
            raise InvalidDocument(f"The digest {self.id} names no source: list them in `sources`.")
        _check_date("published", self.published)
        _check_url("url", self.url)
        _check_codes(self.language, self.countries)
        for tag in self.tags:
            _check_line("tags", tag)
            if not tag.strip():
                raise InvalidDocument("A tag is empty: remove it from `tags`.")


@dataclass(frozen=True, kw_only=True)
class Document(Provenance):
    """One text with its provenance.

    text: the decoded text; every offset in Attaché counts its code points. blocks: the structure
    its format found, in order, without overlap, covering every non-blank character. pages: the
    offset at which each page begins, the first one's 0; empty where the format has no pages.

    Raises InvalidDocument where a value is impossible.
    """

    text: str
    blocks: tuple[Block, ...] = field(repr=False)
    pages: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_text(self.text)
        within = [0, *self.pages, len(self.text)]
        if (self.pages and self.pages[0] != 0) or within != sorted(within):
            raise InvalidDocument(f"The pages of {self.id} are not in the order of its text.")

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


def page_of(pages: Sequence[int], offset: int) -> int | None:
    """Return the number of the page, from 1, that an offset stands on; None without pages."""
    return bisect_right(pages, offset) or None


def check_text(text: str) -> None:
    """Raise InvalidDocument where a text is blank, binary or not encodable in UTF-8."""
    if not text.strip():
        raise InvalidDocument("The document is empty: there is no text to index.")
    if "\0" in text:
        raise InvalidDocument(
            f"The document holds a NUL character at offset {text.index(chr(0))}: "
            "it is a binary file, not text."
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidDocument(
            f"The document holds a lone surrogate at offset {error.start}: decode it again."
        ) from None


def is_country(code: str) -> bool:
    """Tell whether ``code`` is an ISO 3166-1 alpha-2 code in upper case."""
    return code in _codes("iso3166-1", "alpha_2")


def is_language(code: str) -> bool:
    """Tell whether ``code`` is a language tag that starts with an ISO 639 code."""
    if not _LANGUAGE.fullmatch(code):
        return False
    primary = code.split("-", maxsplit=1)[0]
    return primary in _codes("iso639-3", "alpha_2" if len(primary) == 2 else "alpha_3")


@cache
def _codes(table: str, key: str) -> frozenset[str]:
    """Read the codes of an ISO table from pycountry's files: its objects take ten times as long."""
    text = (files("pycountry") / "databases" / f"{table}.json").read_text("utf-8")
    (rows,) = json.loads(text).values()
    return frozenset(row[key] for row in rows if key in row)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """The first and the last day that a partial date can mean."""

    first: date
    last: date


def date_span(value: str) -> DateSpan:
    """Return the days that ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` covers; ValueError otherwise."""
    match = _DATE.fullmatch(value)
    if match is None or not value.isascii():
        raise ValueError(f"{value[:40]!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD.")
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        if month is None:
            return DateSpan(date(year, 1, 1), date(year, 12, 31))
        if day is None:
            return DateSpan(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        return DateSpan(date(year, month, day), date(year, month, day))
    except ValueError:
        raise ValueError(f"{value!r} is not a day of the calendar.") from None


def source_from(entry: Mapping[str, object]) -> Source:
    """Build a Source from one mapping of front matter; unknown keys are refused."""
    known = {item.name for item in fields(Source)}
    for key, value in entry.items():
        if key not in known:
            raise InvalidDocument(
                f"`sources` holds the unknown key {str(key)[:60]!r}: "
                f"use {', '.join(sorted(known))}."
            )
        if value is not None and not isinstance(value, str):
            raise InvalidDocument(f"`sources`: {key} must be text, not {value!r:.60}.")
    if not isinstance(entry.get("title"), str):
        raise InvalidDocument("A source has no title: give each entry of `sources` a title.")
    return Source(**dict(entry))  # type: ignore[arg-type]


def _check_line(name: str, value: str | None) -> None:
    if value is None:
        return
    if len(value) > _LINE_LIMIT or _CONTROL.search(value):
        raise InvalidDocument(
            f"`{name}` must be one line of at most {_LINE_LIMIT} characters, not {value!r:.60}."
        )
    if _SURROGATE.search(value):
        raise InvalidDocument(f"`{name}` holds a lone surrogate: decode it again.")


def _check_codes(language: str | None, countries: tuple[str, ...]) -> None:
    if language is not None and not is_language(language):
        raise InvalidDocument(
            f"The language {language[:40]!r} is unknown: use a code such as en, es or ko."
        )
    for code in countries:
        if not is_country(code):
            raise InvalidDocument(
                f"The country {code[:40]!r} is unknown: use ISO 3166-1 codes such as KR or PE."
            )


def _check_date(name: str, value: str | None) -> None:
    if value is None:
        return
    try:
        date_span(value)
    except ValueError as error:
        raise InvalidDocument(f"`{name}`: {error}") from None


def _check_url(name: str, value: str | None) -> None:
    _check_line(name, value)
    if value is not None and not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise InvalidDocument(f"`{name}` must start with http:// or https://, not {value!r:.60}.")
