"""Opening an answerer: the index, filled with the shipped collection where nobody named another."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from corpus.collection import ORIGIN, collection_digest, shipped_documents
from corpus.errors import DocumentNotFound, IndexMismatch, IndexNotFound, IndexNotWritable
from index.encoder import Encoder
from index.index import Index
from index.models import DEFAULT_ENCODER, model_name
from service.answerer import Answerer
from service.reader import Reader, SentenceReader
from service.settings import Settings, read_settings
from service.span_model import DEFAULT_SPAN_MODEL, load_span_model
from service.span_reader import SpanReader

Progress = Callable[[str, int, int], None]
"""Called with a document's id, how many are done and how many there are."""

SENTENCE_READER = "sentence"
"""The baseline: picks the sentence most likely to hold the answer."""

DEFAULT_READER = DEFAULT_SPAN_MODEL
"""What reads where nobody names a reader: the trained one, which marks the exact words."""


def open_answerer(
    folder: Path | str | None = None,
    *,
    encoder: Encoder | str | None = None,
    reader: Reader | str | None = None,
    download: bool = False,
    progress: Progress | None = None,
) -> Answerer:
    """Open an index for questions; the default one is filled with the shipped collection first.

    folder: of the index; None takes ``ATTACHE_INDEX``, else the user's data folder. reader: one, or
    a name for ``make_reader``; None takes ``ATTACHE_READER``, else the span reader. download: fetch
    a reader from the Hugging Face hub if need be. Raises IndexNotFound where a named folder
    holds no index, IndexMismatch where it can't be used, and ModelError where the reader of a name
    can't.
    """
    settings = read_settings(
        Path(folder) if folder is not None else None,
        encoder if isinstance(encoder, str) else None,
        reader if isinstance(reader, str) else None,
    )
    index = _known_index(settings, encoder)
    made = reader
    if made is None or isinstance(made, str):
        name = settings.reader or DEFAULT_READER
        made = make_reader(name, index, download=download)
        if name not in (DEFAULT_SPAN_MODEL, SENTENCE_READER):
            made.load()  # a wrong name is told now, not after the collection is read
    if settings.index_is_default:
        fill_with_collection(index, progress)
    return Answerer(index, made)


def make_reader(name: str, index: Index, *, download: bool = False) -> Reader:
    """Return ``sentence``, the baseline; ``span``, the trained reader; or one on a model.

    name: of any other is a folder or a model of the Hugging Face hub for extractive question
    answering. Its model is loaded when it is first needed.
    """
    if name == SENTENCE_READER:
        return SentenceReader(index.encoder)
    shown = name if name == DEFAULT_SPAN_MODEL else model_name(name)
    return SpanReader(shown, partial(load_span_model, name, download=download, store=index.models))


def open_index(
    settings: Settings,
    *,
    encoder: Encoder | str | None = None,
    progress: Progress | None = None,
) -> Index:
    """Open the index that the settings name, ready for questions."""
    index = _known_index(settings, encoder)
    if settings.index_is_default:
        fill_with_collection(index, progress)
    return index


def _known_index(settings: Settings, encoder: Encoder | str | None) -> Index:
    """Return the index; one that is named must be there."""
    index = Index(settings.index, encoder if encoder is not None else settings.encoder)
    if not settings.index_is_default:
        index.manifest()
    return index


def fill_with_collection(index: Index, progress: Progress | None = None) -> None:
    """Bring the shipped collection into an index, where it holds another state of it or none.

    One that an earlier Attaché built is built anew. A document that the user put in a shipped one's
    place is left alone; a folder that may not be written keeps the state it has.
    """
    digest = collection_digest()
    try:
        _bring_to_this_version(index)
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
                with suppress(DocumentNotFound):  # another process brings it up to date, too
                    index.remove(gone)
        index.set_collection(digest)
    except IndexNotWritable:
        if not known:
            raise
    with suppress(IndexNotWritable):
        index.save_checkpoint()


def _bring_to_this_version(index: Index) -> None:
    """Build the index anew where it has an older format, or its encoder was run by PyTorch."""
    try:
        encoder = index.manifest().encoder
        is_ours = encoder.name == DEFAULT_ENCODER and index.encoder_name in (None, DEFAULT_ENCODER)
        if not is_ours or encoder.precision:
            return
    except IndexMismatch:
        pass  # of another format, of which a later one is refused again
    with suppress(IndexNotWritable):
        index.rebuild()
