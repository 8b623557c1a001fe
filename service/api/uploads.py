"""Documents that come over HTTP: JSON with a text in it, or a file with metadata in the query."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from corpus.document import Source, source_from
from corpus.errors import InvalidDocument
from corpus.formats import FORMATS, read_bytes
from corpus.formats.raw import Parsed
from service.api.document_schemas import DocumentRequest, Metadata, UploadQuery

JSON_TYPE = re.compile(r"\s*application/([^/;\s]+\+)?json\s*(;|$)", re.IGNORECASE)

_SUFFIXES: Mapping[str, str] = {
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
FILE_TYPES: Mapping[str, str] = {
    kind: suffix for kind, suffix in _SUFFIXES.items() if suffix in FORMATS
}
"""The media types of the files that are read, with the suffix that names the format of each."""

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_AS_IT_IS = frozenset({"utf-8", "utf8", "us-ascii"})
_CHARSETS = frozenset(
    {"utf-16", "utf-16le", "utf-16be", "windows-1251", "windows-1252", "iso-8859-1", "euc-kr"}
)
_METADATA = (
    "title", "publisher", "author", "published", "url", "language", "countries", "tags", "kind",
    "licence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """A document that was sent: its bytes, the suffix of its format, and what was said of it."""

    data: bytes
    suffix: str
    metadata: Metadata
    name: str | None = None
    sources: tuple[Source, ...] = ()


def json_upload(data: bytes) -> Upload:
    """Take a document out of a JSON object. Raises RequestValidationError and InvalidDocument."""
    try:
        request = DocumentRequest.model_validate_json(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**detail, "loc": ("body", *detail["loc"])} for detail in details]
        ) from None
    suffix = ".md" if request.format == "markdown" else ".txt"
    sources = tuple(source_from(source.model_dump()) for source in request.sources)
    return Upload(request.text.encode(), suffix, request, sources=sources)


def file_upload(data: bytes, content_type: str, query: UploadQuery) -> Upload:
    """Take a file as it was sent, its format by its media type, else by its name.

    Raises HTTPException with status 415 where the format isn't read, and InvalidDocument.
    """
    kind = content_type.partition(";")[0].strip().lower()
    name = PurePosixPath(query.name.replace("\\", "/")).name if query.name else None
    suffix = FILE_TYPES.get(kind, "")
    if not suffix and kind in ("", "application/octet-stream") and name:
        suffix = PurePosixPath(name).suffix.lower()
    if suffix not in FORMATS:
        raise HTTPException(415, _unsupported())
    if suffix in (".md", ".txt"):
        data = _in_utf8(data, content_type)
    return Upload(data, suffix, query, name)


def read_upload(upload: Upload) -> Parsed:
    """Read what was sent as a document; what was said of it goes before what it says itself.

    Its origin is ``http:`` and its id. Raises InvalidDocument.
    """
    said = upload.metadata
    stem = PurePosixPath(upload.name).stem if upload.name else said.title or said.id
    if stem is None:
        stem = f"document-{hashlib.sha256(upload.data).hexdigest()[:12]}"
    name = stem.replace("/", "-") + upload.suffix
    parsed = read_bytes(upload.data, name, "http:", said.id)
    given: dict[str, Any] = {key: getattr(said, key) for key in _METADATA if getattr(said, key)}
    for key in ("countries", "tags"):
        if key in given:
            given[key] = tuple(dict.fromkeys(given[key]))
    if upload.sources:
        given["sources"] = upload.sources
    origin = f"http:{parsed.document.id}"
    return Parsed(replace(parsed.document, origin=origin, **given), parsed.warnings)


def _in_utf8(data: bytes, content_type: str) -> bytes:
    """Return a text in UTF-8, from the character set that its media type names."""
    named = _CHARSET.search(content_type)
    charset = named[1].lower() if named else "utf-8"
    if charset in _AS_IT_IS:
        return data
    if charset not in _CHARSETS:
        known = ", ".join(sorted({"utf-8", *_CHARSETS}))
        raise HTTPException(415, f"The charset {charset[:40]!a} is not read: use one of {known}.")
    try:
        return data.decode(charset).encode()
    except UnicodeError:
        raise InvalidDocument(f"The text is not in {charset}, as its Content-Type says.") from None


def _unsupported() -> str:
    return (
        "Send application/json with the text in it, or a file with its own Content-Type: "
        f"{', '.join(FILE_TYPES)}; application/octet-stream goes with ?name=FILE."
    )
