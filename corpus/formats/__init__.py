"""Files in, documents out: one module a format, chosen by the file's suffix."""

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from corpus.errors import InvalidDocument
from corpus.formats.markdown import read_markdown
from corpus.formats.metadata import NO_METADATA, Metadata
from corpus.formats.raw import Parsed, RawFile, Reading, Refused
from corpus.formats.records import read_json, read_json_lines
from corpus.formats.text import read_text


def _markdown(raw: RawFile) -> Reading:
    return (read_markdown(raw),)


def _text(raw: RawFile) -> Reading:
    return (read_text(raw),)


def _html(raw: RawFile) -> Reading:
    from corpus.formats.html import read_html  # noqa: PLC0415  -- lxml and trafilatura are heavy

    return (read_html(raw),)


def _docx(raw: RawFile) -> Reading:
    from corpus.formats.docx import read_docx  # noqa: PLC0415  -- a question opens no document

    return (read_docx(raw),)


def _pdf(raw: RawFile) -> Reading:
    from corpus.formats.pdf import read_pdf  # noqa: PLC0415  -- a question opens no PDF

    return (read_pdf(raw),)


FORMATS: Mapping[str, Callable[[RawFile], Reading]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _text,
    ".pdf": _pdf,
    ".docx": _docx,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}
"""The reader of each suffix. A new format is a module with such a function and a row here."""

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes of the largest file that is read."""


def read_path(path: Path, document_id: str | None = None) -> Parsed:
    """Read a file that is one document; its origin is its absolute address.

    Raises InvalidDocument where the file is missing, unreadable, too large or no text.
    """
    return read_bytes(bytes_of(path), path.name, path.resolve().as_uri(), document_id)


def read_bytes(data: bytes, name: str, origin: str, document_id: str | None = None) -> Parsed:
    """Read bytes that are one document; ``name`` chooses the format and, without an id, the id.

    Raises InvalidDocument, its message starting with the name.
    """
    reading = read_documents(data, name, origin, document_id)
    (first, *others) = reading
    if others:
        raise InvalidDocument(f"{name} holds {len(reading)} documents: one is expected here.")
    if isinstance(first, Refused):
        raise InvalidDocument(f"{name}: {first.place}: {first.reason}")
    return first


def read_documents(
    data: bytes,
    name: str,
    origin: str,
    document_id: str | None = None,
    *,
    given: Metadata = NO_METADATA,
    encoding: str | None = None,
) -> Reading:
    """Read every document that a file holds; a record that is none is Refused, the others go on.

    given: metadata that wins over the file's own. encoding: of its text, None to recognise it.
    Raises InvalidDocument where the file as a whole can't be read, its message starting with the
    name.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in FORMATS:
        raise InvalidDocument(
            f"{name}: the suffix {suffix or '(none)'} is not read: "
            f"use one of {', '.join(sorted(FORMATS))}."
        )
    if len(data) > SIZE_LIMIT:
        raise InvalidDocument(_too_large(name))
    # A file's name may hold bytes that are no text; a title can't.
    stem = Path(name).stem.encode("utf-8", "replace").decode()
    raw = RawFile(
        data=data,
        name=name,
        stem=stem,
        origin=origin,
        document_id=document_id or document_id_for(stem),
        id_is_given=document_id is not None,
        given=given,
        encoding=encoding,
    )
    try:
        return FORMATS[suffix](raw)
    except InvalidDocument as error:
        raise InvalidDocument(f"{name}: {error}") from None


def bytes_of(path: Path) -> bytes:
    """Read a file's bytes. Raises InvalidDocument where it can't be."""
    try:
        if path.is_dir():
            raise InvalidDocument(f"{path} is a folder: name the files in it.")
        if path.exists() and not path.is_file():
            raise InvalidDocument(f"{path} is not a regular file.")
        if path.stat().st_size > SIZE_LIMIT:
            raise InvalidDocument(_too_large(str(path)))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidDocument(f"{path} can't be read: {reason}.") from None


def document_id_for(stem: str) -> str:
    """Derive an id from a file's stem; a name in other letters than Latin gets its checksum."""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")[:128]
    if re.search("[a-z]" if any(map(str.isalpha, stem)) else "[0-9]", slug):
        return slug
    composed = unicodedata.normalize("NFC", stem)
    return f"document-{zlib.crc32(composed.encode('utf-8', 'surrogatepass')):08x}"


def _too_large(name: str) -> str:
    return f"{name} is larger than {SIZE_LIMIT // 1024 // 1024} MiB: split it and add the parts."
