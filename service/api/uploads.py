"""Documents that come over HTTP: JSON with a text in it, or a file with metadata in the query."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from corpus.document import source_from
from corpus.errors import InvalidDocument
from corpus.formats import FORMATS
from corpus.formats.bounded import BoundedReader
from corpus.formats.metadata import Metadata
from corpus.formats.raw import Parsed
from service.api.document_schemas import DocumentRequest, UploadQuery

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
_CHARSETS = (
    "utf-8", "us-ascii", "utf-16", "utf-16le", "utf-16be", "windows-1251", "windows-1252",
    "iso-8859-1", "euc-kr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """A document that was sent: its bytes, the suffix of its format, and what was said of it.

    name: of the file it was; encoding: of its text, None to recognise it; replaces: it may take the
    place of a document from another source.
    """

    data: bytes
    suffix: str
    said: Metadata
    name: str | None = None
    encoding: str | None = None
    replaces: bool = False


def json_upload(data: bytes, query: UploadQuery) -> Upload:
    """Take a document out of a JSON object; what the query says wins over what stands in it.

    Raises RequestValidationError and InvalidDocument.
    """
    try:
        request = DocumentRequest.model_validate_json(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**detail, "loc": ("body", *detail["loc"])} for detail in details]
        ) from None
    suffix = ".md" if request.format == "markdown" else ".txt"
    sources = tuple(source_from(source.model_dump()) for source in request.sources)
    said = query.metadata().over(request.metadata(sources or None))
    replaces = request.replace or query.replace
    return Upload(request.text.encode(), suffix, said, _file_name(query), "utf-8", replaces)


def file_upload(data: bytes, content_type: str, query: UploadQuery) -> Upload:
    """Take a file as it was sent, its format by its media type, else by its name.

    Raises HTTPException with status 415 where the format or character set isn't read.
    """
    kind = content_type.partition(";")[0].strip().lower()
    name = _file_name(query)
    suffix = FILE_TYPES.get(kind, "")
    if not suffix and kind in ("", "application/octet-stream") and name:
        suffix = PurePosixPath(name).suffix.lower()
    if suffix not in FORMATS:
        raise HTTPException(
            415,
            "Send application/json with the text in it, or a file with its own Content-Type: "
            f"{', '.join(FILE_TYPES)}; application/octet-stream goes with ?name=FILE.",
        )
    return Upload(data, suffix, query.metadata(), name, _encoding(content_type), query.replace)


def read_upload(upload: Upload, reader: BoundedReader) -> Parsed:
    """Read what was sent as a document; what was said of it wins over what it says itself.

    reader: the process that a hostile file may take down instead of the service. The document has
    the origin ``http:`` and its id. Raises InvalidDocument.
    """
    stem = PurePosixPath(upload.name).stem if upload.name else upload.said.title or upload.said.id
    if stem is None:
        stem = f"document-{hashlib.sha256(upload.data).hexdigest()[:12]}"
    reading = reader.read(
        upload.data,
        stem.replace("/", "-") + upload.suffix,
        "http:",
        upload.said.id,
        given=upload.said,
        encoding=upload.encoding,
    )
    (found, *others) = reading
    if others or not isinstance(found, Parsed):
        raise InvalidDocument(f"The file holds {len(reading)} records: send each as a document.")
    document = found.document
    return Parsed(replace(document, origin=f"http:{document.id}"), found.warnings)


def _file_name(query: UploadQuery) -> str | None:
    """Return the name of a file without its folders, whichever system it comes from."""
    return PurePosixPath(query.name.replace("\\", "/")).name if query.name else None


def _encoding(content_type: str) -> str | None:
    """Return the character set that a media type names, None where it names none."""
    named = _CHARSET.search(content_type)
    if named is None:
        return None
    charset = named[1].lower()
    if charset not in _CHARSETS:
        known = ", ".join(_CHARSETS)
        raise HTTPException(415, f"The charset {charset[:40]!a} is not read: use one of {known}.")
    return charset
