"""Models that mark spans: question and passage in, a start and an end logit for each token out."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from corpus.errors import ModelError
from index.exported import Exported, ModelStore, cache_folder
from index.models import folder_checksum, model_folder, model_name
from service.decoder import Logits
from service.windows import Window, Windows

DEFAULT_SPAN_MODEL = "span"
"""The reader that is shipped."""

SETTINGS_FILE = "reader.json"
"""What a reader of ours keeps beside its weights: its base, its confidence model, its origin."""

_KIND = "reader"
_SHIPPED = "span_reader"


@dataclass(frozen=True, slots=True)
class WindowLogits:
    """The logits of one window. start, end: of the passage's own tokens, shape (tokens,).

    null: the logit of «no answer here», the sum of the first token's two.
    """

    start: Logits
    end: Logits
    null: float


class SpanModel(Protocol):
    """Reads a question with a passage; safe to share between threads."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    def windows(self, question: str, context: str, text: str) -> list[Window]: ...
    def logits(self, window: Window) -> WindowLogits: ...


class ExportedSpanModel:
    """A span model that was exported, run by ONNX Runtime."""

    def __init__(self, name: str, exported: Exported) -> None:
        """Take an exported span model that has a network."""
        assert exported.network is not None
        self.name = name
        self.settings: Mapping[str, Any] = exported.settings["reader"]
        self.precision = str(exported.settings["precision"])
        self._network = exported.network
        self._windows = Windows(
            exported.tokenizer, exported.settings["inputs"], exported.settings["window"]
        )

    def windows(self, question: str, context: str, text: str) -> list[Window]:
        """Return the windows in which a passage is read, its context before it."""
        return self._windows.of(question, context, text)

    def logits(self, window: Window) -> WindowLogits:
        """Read a window by itself: what else is read at the time changes no bit of its logits."""
        start, end = self._network.run(window.inputs)
        return own_logits(self.name, window, start, end)


def own_logits(name: str, window: Window, start: Logits, end: Logits) -> WindowLogits:
    """Take the passage's logits, and the one of «no answer», out of those of a whole window.

    Raises ModelError where one is not finite.
    """
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise ModelError(f"The reader {name} gave logits that are not finite.")
    own = slice(window.first, window.first + len(window.extents))
    return WindowLogits(start[own], end[own], float(start[0] + end[0]))


def load_span_model(
    name: str = DEFAULT_SPAN_MODEL, *, download: bool = False, store: ModelStore | None = None
) -> SpanModel:
    """Load the shipped span reader, or any extractive question-answering model by name or folder.

    The first time it is exported, which takes seconds and PyTorch; from then on the store has it.
    What can't be exported is run by PyTorch. Nothing is fetched unless ``download`` is true.
    store: the user's cache where none is given. Raises ModelError.
    """
    store = store or ModelStore(cache_folder())
    if name == DEFAULT_SPAN_MODEL:
        with shipped_folder() as folder:
            return _loaded(name, folder, store)
    name = model_name(name)
    return _loaded(name, model_folder(name, download=download, what="reader"), store)


def shipped_folder() -> AbstractContextManager[Path]:
    """Return the folder of the shipped reader, for as long as the context lasts."""
    return as_file(files("service") / _SHIPPED)


def _loaded(name: str, folder: Path, store: ModelStore) -> SpanModel:
    def export(into: Path) -> None:
        from service import torch_span_model as torch_side  # noqa: PLC0415  -- takes seconds

        torch_side.export_span_model(torch_side.load_from_folder(name, folder), into)

    key = f"{_KIND}-{folder_checksum(folder)[:32]}"
    exported = store.get(key, name, export)
    store.keep_only(_KIND, key, name)
    if exported.network is None:
        from service.torch_span_model import load_from_folder  # noqa: PLC0415

        return load_from_folder(name, folder)
    return ExportedSpanModel(name, exported)
