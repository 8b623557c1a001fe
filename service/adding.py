"""Adding files to an index: each is read in a bounded process, described, and given its id."""

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.document import Document
from corpus.errors import DocumentConflict, IndexFailure, IndexNotFound, InvalidDocument
from corpus.formats import bytes_of
from corpus.formats.bounded import BoundedReader
from corpus.formats.metadata import NO_METADATA, Metadata
from corpus.formats.raw import Parsed, Reading, Refused
from corpus.formats.sidecar import sidecar_metadata
from index.index import Index
from index.records import Change

_SAVED_AFTER = 1024
"""Passages added after which the checkpoint is saved if enough has changed."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a document; warnings: of its reader and of the index."""

    change: Change
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A file or a record of one that could not be added, and why, its name first."""

    reason: str


Outcome = Changed | Failed


class Taken:
    """Which ids documents have, by their origin, and the other way round."""

    def __init__(self, index: Index) -> None:
        try:
            self.origins = index.origins()
        except IndexNotFound:
            self.origins = {}
        self.ids = {origin: document_id for document_id, origin in self.origins.items()}

    def put(self, document_id: str, origin: str) -> None:
        """Note a document that was added."""
        self.drop(document_id)
        self.origins[document_id] = origin
        self.ids[origin] = document_id

    def drop(self, document_id: str) -> None:
        """Note that a document is gone."""
        origin = self.origins.pop(document_id, None)
        if origin is not None and self.ids.get(origin) == document_id:
            del self.ids[origin]


class Adding:
    """Adds files to an index, one after another.

    given: metadata that wins over a sidecar's, which wins over the file's own. encoding: of text
    files, None to recognise it. replace: a document of the same id from another source.
    """

    def __init__(
        self,
        index: Index,
        reader: BoundedReader,
        *,
        given: Metadata = NO_METADATA,
        encoding: str | None = None,
        replace: bool = False,
    ) -> None:
        self._index = index
        self._reader = reader
        self._given = given
        self._encoding = encoding
        self._replace = replace
        self._taken: Taken | None = None
        self._unsaved = 0

    def add_file(
        self,
        path: Path,
        document_id: str | None = None,
        *,
        is_named: bool = True,
        is_still: Callable[[], bool] | None = None,
    ) -> Iterator[Outcome]:
        """Add what a file holds; most hold one document.

        An id that nobody chose stays the one that a file of this origin has. Where it is taken,
        the file is refused if the user named it; one found in a folder gets an id of its own.
        is_still: asked once the file is read; where it is not, it is not added.
        """
        try:
            data = bytes_of(path)
            given = self._given.over(sidecar_metadata(path))
            origin = path.resolve().as_uri()
            reading = self._read(data, str(path), origin, document_id, given)
        except InvalidDocument as error:
            yield Failed(str(error))
            return
        if is_still is None or is_still():
            yield from self._put(reading, str(path), is_named=is_named)

    def add_bytes(
        self, data: bytes, name: str, origin: str, document_id: str | None
    ) -> Iterator[Outcome]:
        """Add bytes that are no file; ``name`` says their format.

        Without an id, each document in them must state its own: the next bytes have no other name.
        """
        try:
            reading = self._read(data, name, origin, document_id, self._given)
        except InvalidDocument as error:
            yield Failed(str(error))
            return
        stated = tuple(
            Refused(
                f"document {number}",
                "it has no `id`: where standard input has none, each needs one.",
            )
            if isinstance(entry, Parsed) and entry.id_is_derived
            else entry
            for number, entry in enumerate(reading, 1)
        )
        yield from self._put(stated, name, is_named=True)

    @property
    def taken(self) -> "Taken":
        """The ids that the index's documents have, asked once."""
        if self._taken is None:
            self._taken = Taken(self._index)
        return self._taken

    def remove(self, document_id: str) -> Change:
        """Remove a document. Raises DocumentNotFound."""
        self.taken.drop(document_id)
        return self._index.remove(document_id)

    def forget(self) -> None:
        """Ask anew which ids are taken the next time: another process may change the index."""
        self._taken = None

    def save(self, *, always: bool = True) -> None:
        """Save the index's checkpoint; unless ``always``, only where much was added since."""
        if not always and self._unsaved < _SAVED_AFTER:
            return
        self._unsaved = 0
        with suppress(IndexFailure):  # a shadow: without it only the next start is slower
            if self._index.exists:
                self._index.save_checkpoint()

    def _read(
        self, data: bytes, name: str, origin: str, document_id: str | None, given: Metadata
    ) -> Reading:
        return self._reader.read(
            data, name, origin, document_id, given=given, encoding=self._encoding
        )

    def _put(self, reading: Reading, name: str, *, is_named: bool) -> Iterator[Outcome]:
        taken: set[str] = set()
        for entry in reading:
            if not isinstance(entry, Parsed):
                yield Failed(f"{name}: {entry.place}: {entry.reason}")
                continue
            document = self._identified(entry, is_named=is_named)
            if document.id in taken:
                yield Failed(f"{name}: more than one document of it has the id {document.id}.")
                continue
            taken.add(document.id)
            try:
                change = self._index.add(document, replace=self._replace)
            except DocumentConflict as error:
                yield Failed(f"{name}: {error}")
                continue
            self.taken.put(document.id, document.origin)
            self._unsaved += change.passages
            about = "" if is_named else f"{name}: "
            own = (f"{about}{warning}" for warning in entry.warnings)
            yield Changed(change, (*own, *change.warnings))

    def _identified(self, parsed: Parsed, *, is_named: bool) -> Document:
        """Return the document with the id that it keeps."""
        document = parsed.document
        taken_by = self.taken.origins.get(document.id)
        if not parsed.id_is_derived or taken_by == document.origin or (is_named and self._replace):
            return document
        known = self.taken.ids.get(document.origin)
        if known is not None:
            return replace(document, id=known)
        if is_named or taken_by is None:
            return document
        return replace(document, id=unique_id(document.id, document.origin))


def unique_id(document_id: str, origin: str) -> str:
    """Return an id for this origin where its own is taken; the same one every time."""
    return f"{document_id[:119]}-{zlib.crc32(os.fsencode(origin)):08x}"
