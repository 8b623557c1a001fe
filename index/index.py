"""The face of this folder: open an index, change it, search it."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self

from corpus.document import Document
from corpus.errors import (
    DocumentNotFound,
    GenerationNotReached,
    IndexBusy,
    IndexMismatch,
    IndexNotFound,
)
from index import changes, integrity, rebuilding, state, store
from index.copies import read_distinct
from index.encoder import Encoder, keep_only_encoder, load_encoder, stored_encoder
from index.exported import ModelStore, cache_folder
from index.filters import Filters, conditions, lacking
from index.models import DEFAULT_ENCODER, model_name
from index.records import Change, Entry, Found, Manifest, Size, StoredDocument
from index.schema import FILE_NAME, connect, create, storage_errors
from index.search import Fuse, search_both, weighted_sum
from index.views import Snapshot, Views, due_checkpoint, stamp_of, usable_checkpoint


class Index:
    """A folder with documents, passages and vectors; safe to share between threads.

    Every call sees one generation, the newest that any process committed. models: exported ones.
    """

    def __init__(
        self,
        folder: Path,
        encoder: Encoder | str | None = None,
        *,
        download: bool = False,
    ) -> None:
        """Name the folder; nothing is read yet.

        encoder: the encoder to insist on, loaded or by name. None takes the one that the index was
        built with, and all-MiniLM-L6-v2 for a new index. download: it may be fetched by its name.
        """
        self.folder = folder
        self._encoder = None if isinstance(encoder, str) else encoder
        self._encoder_is_given = self._encoder is not None
        self.encoder_name = model_name(encoder) if isinstance(encoder, str) else None
        self._download = download
        self.models = ModelStore(folder / "models", cache_folder())
        self._views = Views(folder)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what the search has in memory."""
        self._views.forget()

    @property
    def exists(self) -> bool:
        """Whether the folder holds the file of an index."""
        return (self.folder / FILE_NAME).is_file()

    def manifest(self) -> Manifest:
        """Read what the index says of itself."""
        with self._snapshot() as snapshot:
            return snapshot.manifest

    def size(self) -> Size:
        """Count documents and passages."""
        return self.state()[1]

    def state(self) -> tuple[Manifest, Size]:
        """Return the manifest and the counts of one generation."""
        with self._snapshot() as snapshot:
            return snapshot.manifest, state.size(snapshot.connection)

    def encoder(self) -> Encoder:
        """Load the encoder that belongs to the index; seconds the first time.

        Raises ModelError, and IndexMismatch where it isn't the one the index was built with.
        """
        try:
            manifest: Manifest | None = self.manifest()
        except IndexNotFound:
            manifest = None
        return self._encoder_for(manifest)

    def search(
        self,
        question: str,
        filters: Filters | None = None,
        *,
        limit: int = 10,
        min_generation: int = 0,
        fuse: Fuse = weighted_sum,
    ) -> Found:
        """Return the ``limit`` passages that suit the question best, near copies counting once.
        fuse: how the dense and the lexical scores of the candidates become one.

        Raises GenerationNotReached, and IndexFailure where the folder holds no usable index.
        """
        where = conditions(filters or Filters())
        while True:
            encoder = self.encoder()
            started = time.perf_counter()
            vector = encoder.encode_questions([question])[0]
            encoded = time.perf_counter()
            with self._snapshot() as snapshot:
                if not encoder.identity.is_same(snapshot.manifest.encoder):
                    continue  # rebuilt with another encoder in this very moment
                if snapshot.manifest.generation < min_generation:
                    raise GenerationNotReached(
                        f"The index has reached generation {snapshot.manifest.generation}, "
                        f"not {min_generation} yet: ask again in a moment."
                    )
                view = self._views.at(snapshot.connection, snapshot.manifest)
                ranked = search_both(
                    snapshot.connection, view, question, vector, where, limit, fuse
                )
                read = partial(store.read_hits, snapshot.connection)
                return Found(
                    hits=read_distinct(ranked, limit, read),
                    manifest=snapshot.manifest,
                    size=state.size(snapshot.connection),
                    encode_ms=(encoded - started) * 1000,
                    search_ms=(time.perf_counter() - encoded) * 1000,
                    lacking=() if ranked else lacking(snapshot.connection, where),
                )

    def document(self, document_id: str) -> StoredDocument:
        """Return a document with its text. Raises DocumentNotFound."""
        with self._snapshot() as snapshot:
            stored = store.read_document(snapshot.connection, document_id)
        if stored is None:
            raise DocumentNotFound(f"There is no document {document_id!r:.140} in this index.")
        return stored

    def entries(self, after: str = "", limit: int = 100) -> tuple[Entry, ...]:
        """List documents by id, those after ``after``, at most ``limit``."""
        with self._snapshot() as snapshot:
            return store.read_entries(snapshot.connection, after, limit)

    def all_entries(self) -> Iterator[Entry]:
        """Go through every document by id, a hundred at a time."""
        after = ""
        while page := self.entries(after):
            yield from page
            after = page[-1].provenance.id

    def origins(self) -> dict[str, str]:
        """Return where every document was added from, by its id."""
        with self._snapshot() as snapshot:
            return store.read_origins(snapshot.connection)

    def add(
        self,
        document: Document,
        *,
        replace: bool = False,
        progress: changes.Progress | None = None,
    ) -> Change:
        """Add a document, or replace the one with its id from the same origin.

        When this returns, the change is on the disk. An unchanged document changes nothing. Raises
        DocumentConflict where the id belongs to another origin and ``replace`` is false.
        """
        with storage_errors(self.folder):
            known = self._known(document.id)
            if known is not None and changes.is_unchanged(known, document, replace=replace):
                return Change("unchanged", document.id, 0, self.manifest().generation)
            encoder = self.encoder()
            encoded = changes.encode_document(document, encoder, progress)
            with closing(create(self.folder)) as connection:
                return changes.write(connection, self.folder, encoded, encoder, replace=replace)

    def remove(self, document_id: str) -> Change:
        """Remove a document; no question that begins afterwards cites it.

        Raises DocumentNotFound.
        """
        with (
            storage_errors(self.folder),
            closing(connect(self.folder, writing=True)) as connection,
        ):
            return changes.remove(connection, self.folder, document_id)

    def rebuild(self, *, progress: changes.Progress | None = None) -> Change:
        """Cut and encode every document again.

        The encoder is the one given to this object, else the one that the index was built with.
        Until it ends, readers see the index as it was; an interrupted one is gone on with the next
        time. Raises ModelError.
        """
        with (
            storage_errors(self.folder),
            closing(connect(self.folder, writing=True)) as connection,
        ):
            built_with = state.encoder_name(connection) or DEFAULT_ENCODER
            encoder = self._chosen_encoder(self.encoder_name or built_with)
            change = rebuilding.rebuild(connection, self.folder, encoder, progress)
        keep_only_encoder(encoder.identity, self.models)
        self.save_checkpoint(always=True)
        return change

    def save_checkpoint(self, *, always: bool = False) -> bool:
        """Save the vectors for a quick start, where enough has changed; tell whether it was done.

        Call it after adding or removing. Where it can't be written nothing is lost.
        """
        with suppress(IndexBusy):  # another process is changing the index, and saves in its turn
            with self._snapshot() as snapshot:
                due = due_checkpoint(self.folder, snapshot, always=always)
            if due is not None:
                with storage_errors(self.folder), suppress(OSError):
                    return due.write(self.folder)
        return False

    def checkpoint_generation(self) -> int | None:
        """Return the generation of the checkpoint, or None where none can be used."""
        with self._snapshot() as snapshot:
            stamp = stamp_of(snapshot.manifest)
            checkpoint = usable_checkpoint(self.folder, stamp, snapshot.connection)
        return checkpoint.stamp.generation if checkpoint else None

    def set_collection(self, digest: str) -> None:
        """Remember which state of the shipped collection this index holds."""
        with (
            storage_errors(self.folder),
            closing(connect(self.folder, writing=True)) as connection,
            state.transaction(connection, "IMMEDIATE"),
        ):
            state.write_collection(connection, digest)

    def problems(self) -> list[str]:
        """Check texts, offsets and vectors against each other; an empty list means they agree."""
        with self._snapshot() as snapshot:
            return integrity.problems(snapshot.connection, snapshot.manifest)

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        with (
            self._views.doubted_where_damaged(),
            storage_errors(self.folder),
            closing(connect(self.folder, writing=False)) as connection,
        ):
            for is_last in (False, False, True):
                with state.transaction(connection, "DEFERRED"):
                    manifest = state.read_manifest(connection, self.folder)
                    # A thread that moved on meanwhile is caught up with, a restored copy never.
                    if is_last or not self._views.is_newer_than(manifest):
                        yield Snapshot(connection, manifest)
                        return

    def _known(self, document_id: str) -> Document | None:
        try:
            return self.document(document_id).document
        except (DocumentNotFound, IndexNotFound):
            return None

    def _encoder_for(self, manifest: Manifest | None) -> Encoder:
        if manifest is None:
            return self._chosen_encoder(self.encoder_name or DEFAULT_ENCODER)
        built_with = manifest.encoder
        if self.encoder_name is not None and self.encoder_name != built_with.name:
            raise IndexMismatch(
                f"The index was built with encoder {built_with}, the settings name "
                f"{self.encoder_name}. Run `attache rebuild --encoder {self.encoder_name}`, "
                "or leave the encoder out."
            )
        with self._lock:
            encoder = self._encoder
            fits = self._encoder_is_given or (encoder and encoder.identity.is_same(built_with))
            if encoder is None or not fits:
                encoder = stored_encoder(built_with, self.models) or self._load(built_with.name)
                self._encoder = encoder
            encoder.identity.check_built(built_with)
            return encoder

    def _chosen_encoder(self, name: str) -> Encoder:
        with self._lock:
            encoder = self._encoder
            fits = self._encoder_is_given or (encoder and encoder.identity.name == name)
            if encoder is None or not fits:
                encoder = self._encoder = self._load(name)
            return encoder

    def _load(self, name: str) -> Encoder:
        return load_encoder(name, download=self._download, store=self.models)
