"""Adding and removing documents over HTTP; a key with the scope write has been asked for before."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from corpus.document import Document
from corpus.errors import IndexFailure
from corpus.formats.bounded import BoundedReader
from index.index import Index
from index.records import Change
from service.api.document_schemas import UploadQuery
from service.api.routes import problems
from service.api.uploads import FILE_TYPES, JSON_TYPE, file_upload, json_upload, read_upload
from service.documents import check_id

_SAVED_AFTER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did, durably. action: added, replaced, unchanged or removed.

    passages: those added or removed. generation: a question that names it as ``min_generation``
    sees the write.
    """

    action: str
    id: str
    passages: int
    generation: int
    warnings: tuple[str, ...] = ()


class Writer:
    """Changes an index; the checkpoint follows in the background, once for several writes.

    reader: parses what was sent, in a process of its own, which is there from the first file on.
    """

    def __init__(self, index: Index, saved_after: float = _SAVED_AFTER_SECONDS) -> None:
        self.reader = BoundedReader()
        self._index = index
        self._saved_after = saved_after
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._timer: threading.Timer | None = None

    def add(self, document: Document, *, replace: bool) -> Change:
        """Add or replace a document; it is on the disk when this returns."""
        return self._noted(self._index.add(document, replace=replace))

    def remove(self, document_id: str) -> Change:
        """Remove a document; no question that begins afterwards cites it."""
        return self._noted(self._index.remove(document_id))

    def close(self) -> None:
        """End the process that parses."""
        self.reader.close()

    def _noted(self, change: Change) -> Change:
        with self._lock:
            if change.action != "unchanged" and self._timer is None:
                self._timer = threading.Timer(self._saved_after, self._save)
                self._timer.daemon = True  # without it the next start is slower, and that is all
                self._timer.start()
        return change

    def _save(self) -> None:
        with self._lock:
            self._timer = None
        with self._saving, suppress(IndexFailure):
            self._index.save_checkpoint()


def _writer(request: Request) -> Writer:
    writer: Writer = request.app.state.writer
    return writer


async def _body(request: Request) -> bytes:
    return await request.body()


Writing = Annotated[Writer, Depends(_writer)]

_WRITING = problems(
    "malformed-json", "invalid-request", "invalid-document", "document-conflict",
    "unsupported-media-type", "index-busy", "index-unavailable", "model-unavailable",
)  # fmt: skip
_BODIES: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/DocumentRequest"}},
        **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in FILE_TYPES},
    },
}

router = APIRouter()


@router.post(
    "/v1/documents",
    responses=_WRITING,
    tags=["documents"],
    operation_id="add_document",
    openapi_extra={"requestBody": _BODIES},
)
def add_document(
    request: Request,
    data: Annotated[bytes, Depends(_body)],
    query: Annotated[UploadQuery, Query()],
    writer: Writing,
) -> Written:
    """Add a document, or replace the one of its id: JSON with its text, or a file as it is.

    A file's metadata stands in the query, which wins over JSON too. The reply comes when the
    document is on the disk and every question finds it.
    """
    content_type = request.headers.get("content-type", "")
    if JSON_TYPE.match(content_type):
        upload = json_upload(data, query)
    else:
        upload = file_upload(data, content_type, query)
    parsed = read_upload(upload, writer.reader)
    change = writer.add(parsed.document, replace=upload.replaces)
    return _told(change, parsed.warnings)


@router.delete(
    "/v1/documents/{document_id}",
    responses=problems("invalid-request", "document-not-found", "index-busy", "index-unavailable"),
    tags=["documents"],
    operation_id="remove_document",
)
def remove_document(document_id: str, writer: Writing) -> Written:
    """Remove a document; no question that begins after the reply cites it."""
    return _told(writer.remove(check_id(document_id)))


def _told(change: Change, warnings: tuple[str, ...] = ()) -> Written:
    told = (*warnings, *change.warnings)
    return Written(change.action, change.document_id, change.passages, change.generation, told)
