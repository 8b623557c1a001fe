"""The documents that are shipped with Attaché."""

import hashlib
from collections.abc import Iterator
from importlib.resources import files

from corpus.document import Document

ORIGIN = "attache:collection/"
"""What the origin of every shipped document starts with."""


def shipped_documents() -> Iterator[Document]:
    """Yield the shipped documents by name."""
    from corpus.formats import read_bytes  # noqa: PLC0415  -- a question reads no file

    for name, data in _shipped_files():
        yield read_bytes(data, name, ORIGIN + name).document


def collection_digest() -> str:
    """Return the SHA-256 over the shipped documents' names and bytes."""
    total = hashlib.sha256()
    for name, data in _shipped_files():
        total.update(f"{name}\0{len(data)}\0".encode() + data)
    return total.hexdigest()


def _shipped_files() -> Iterator[tuple[str, bytes]]:
    folder = files("corpus") / "documents"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".md"):
            yield entry.name, entry.read_bytes()
