"""What is said of a document beside its text: by front matter, a sidecar, a record or an option."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from corpus.document import Source, source_from
from corpus.errors import InvalidDocument

TEXT_KEYS = (
    "id",
    "title",
    "publisher",
    "author",
    "published",
    "url",
    "language",
    "licence",
    "kind",
)
LIST_KEYS = ("countries", "tags")
KEYS = frozenset({*TEXT_KEYS, *LIST_KEYS, "sources"})
"""Every key that front matter, a sidecar or a record may have."""

_NOTHING = {"", "null", "~"}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What somebody said of a document; None where nothing was said.

    Values are checked where a Document is made of them. unknown: keys that say nothing to us.
    """

    id: str | None = None
    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    language: str | None = None
    licence: str | None = None
    kind: str | None = None
    countries: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    sources: tuple[Source, ...] | None = None
    unknown: tuple[str, ...] = field(default=())

    def over(self, other: "Metadata") -> "Metadata":
        """Return both: where both say something, what this one says."""
        names = [item.name for item in fields(self) if item.name != "unknown"]
        chosen = {
            name: getattr(other, name) if getattr(self, name) is None else getattr(self, name)
            for name in names
        }
        return Metadata(**chosen, unknown=self.unknown + other.unknown)


NO_METADATA = Metadata()


def metadata_from(values: Mapping[str, Any]) -> Metadata:
    """Read metadata out of a mapping of texts. Raises InvalidDocument where a value is no text."""
    lists = {key: _texts(values, key) if key in values else None for key in LIST_KEYS}
    return Metadata(
        **{key: _text(values, key) for key in TEXT_KEYS},
        countries=lists["countries"],
        tags=lists["tags"],
        sources=_sources(values) if "sources" in values else None,
        unknown=tuple(sorted(str(key) for key in values if key not in KEYS)),
    )


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
        return None
    if not isinstance(value, str):
        raise InvalidDocument(f"`{key}` must be text, not {value!r:.60}.")
    return value.strip()


def _texts(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = values.get(key)
    if isinstance(value, str):
        single = _text(values, key)
        return (single,) if single else ()
    entries = [] if value is None else value
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise InvalidDocument(f"`{key}` must be a list of texts, not {value!r:.60}.")
    return tuple(dict.fromkeys(entry.strip() for entry in entries))


def _sources(values: Mapping[str, Any]) -> tuple[Source, ...]:
    entries = values.get("sources")
    if entries is None or (isinstance(entries, str) and entries.lower() in _NOTHING):
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidDocument(f"`sources` must be a list of mappings, not {entries!r:.60}.")
    return tuple(
        source_from({key: _text(entry, key) for key in entry if isinstance(key, str)})
        for entry in entries
    )
