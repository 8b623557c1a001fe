"""Opening an answerer: the index, filled with the shipped collection where nobody named another."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from corpus.collection import ORIGIN, collection_digest, shipped_documents
from corpus.errors import IndexNotFound, IndexNotWritable
from index.encoder import Encoder
from index.index import Index
from service.answerer import Answerer
from service.reader import Reader, SentenceReader
from service.settings import Settings, read_settings

Progress = Callable[[str, int, int], None]
"""Called with a document's id, how many are done and how many there are."""

READERS: Mapping[str, Callable[[Index], Reader]] = {
    "sentence": lambda index: SentenceReader(index.encoder),
}
"""The readers by name."""


def open_answerer(
    folder: Path | str | None = None,
    *,
    encoder: Encoder | str | None = None,
    reader: Reader | None = None,
    progress: Progress | None = None,
) -> Answerer:
    """Open an index for questions; the default one is filled with the shipped collection first.

    folder: of the index; None takes ``ATTACHE_INDEX``, else the user's data folder. Raises
    IndexNotFound where a named folder holds no index, and IndexMismatch where it can't be used.
    """
    name = encoder if isinstance(encoder, str) else None
    settings = read_settings(Path(folder) if folder is not None else None, name)
    index = open_index(settings, encoder=encoder, progress=progress)
    return Answerer(index, reader or READERS["sentence"](index))


def open_index(
    settings: Settings,
    *,
    encoder: Encoder | str | None = None,
    progress: Progress | None = None,
) -> Index:
    """Open the index that the settings name, ready for questions."""
    index = Index(settings.index, encoder if encoder is not None else settings.encoder)
    if settings.index_is_default:
        fill_with_collection(index, progress)
    else:
        index.manifest()
    return index


def fill_with_collection(index: Index, progress: Progress | None = None) -> None:
    """Bring the shipped collection into an index, where it holds another state of it or none.

    A document that the user put in a shipped one's place is left alone; a folder that may not be
    written keeps the state it has.
    """
    digest = collection_digest()
    try:
        if index.manifest().collection == digest:
            return
        known = {entry.provenance.id: entry for entry in index.all_entries()}
    except IndexNotFound:
        known = {}
    documents = list(shipped_documents())
    try:
        for number, document in enumerate(documents, 1):
            if document.id not in known or known[document.id].provenance.origin.startswith(ORIGIN):
                index.add(document)
            if progress:
                progress(document.id, number, len(documents))
        for gone in known.keys() - {document.id for document in documents}:
            if known[gone].provenance.origin.startswith(ORIGIN):
                index.remove(gone)
        index.set_collection(digest)
    except IndexNotWritable:
        if not known:
            raise
    with suppress(IndexNotWritable):
        index.save_checkpoint()
