"""Documents as JSON columns of the SQLite file, and back."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields

from corpus.document import Block, Document, Provenance, Source
from corpus.errors import InvalidDocument

_PROVENANCE = [item.name for item in fields(Provenance)]


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn the errors of a row that isn't what was written into the one that SQLite has for it."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, InvalidDocument) as error:
        raise sqlite3.DatabaseError(f"{what} can't be read") from error


def read_document_row(provenance_text: str, text: str, blocks: str, pages: str) -> Document:
    """Put a document together from its columns."""
    provenance = read_provenance(provenance_text)
    values = {name: getattr(provenance, name) for name in _PROVENANCE}
    with reading(f"the document {provenance.id}"):
        return Document(
            **values,
            text=text,
            blocks=tuple(Block(*block) for block in json.loads(blocks)),
            pages=read_pages(pages),
        )


def read_pages(pages: str) -> tuple[int, ...]:
    """Read the offsets at which pages begin from JSON; ValueError where they are none."""
    found = json.loads(pages)
    if not all(type(start) is int for start in found):
        raise ValueError("a page that begins nowhere")
    return tuple(found)


def provenance_json(provenance: Provenance) -> str:
    """Write provenance as JSON; equal provenance gives equal text."""
    values = {name: getattr(provenance, name) for name in _PROVENANCE}
    values["sources"] = [asdict(source) for source in provenance.sources]
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def read_provenance(text: str) -> Provenance:
    """Read provenance from JSON."""
    with reading("the provenance of a document"):
        values = json.loads(text)
        for name in ("countries", "tags"):
            values[name] = tuple(values[name])
        values["sources"] = tuple(Source(**source) for source in values["sources"])
        return Provenance(**values)


def same_document(one: Document, other: Document) -> bool:
    """Tell whether two documents are equal in text, structure and provenance."""
    return (
        one.text == other.text
        and one.blocks == other.blocks
        and one.pages == other.pages
        and provenance_json(one) == provenance_json(other)
    )


def blocks_json(document: Document) -> str:
    """Write a document's structure as JSON."""
    return json.dumps([(b.kind, b.start, b.end, b.level) for b in document.blocks])
