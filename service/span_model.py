"""Models that mark spans: question and passage in, a start and an end logit for each token out."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from corpus.errors import ModelError
from index.encoder import (
    DEFAULT_ENCODER,
    DEFAULT_WEIGHTS_SHA256,
    check_default_weights,
    model_folder,
    model_name,
)
from service.decoder import Logits
from service.windows import Window, Windows

DEFAULT_SPAN_MODEL = "span"
"""The reader that is shipped."""

LONGEST_WINDOW = 384
"""Tokens that are read at once, whatever more a model could take."""

_LEAST_WINDOW = 32

SETTINGS_FILE = "reader.json"
"""What a reader of ours keeps beside its weights: its base, its confidence model, its origin."""

_PADDED_POSITIONS = {"camembert", "data2vec-text", "ibert", "longformer", "luke", "mpnet", "xmod"}
"""Families besides RoBERTa's that count their positions from the padding's id on."""

_SHIPPED = "span_reader"
_WORDS = "bert.embeddings.word_embeddings.weight"


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


class TransformersSpanModel:
    """An extractive question-answering model of Hugging Face transformers."""

    def __init__(self, name: str, model: Any, tokenizer: Any, settings: Mapping[str, Any]) -> None:
        self.name = name
        self.settings = settings
        self._model = model.eval()
        limit = _limit(model.config, tokenizer)
        if limit < _LEAST_WINDOW:
            raise ModelError(
                f"The reader {name} reads {limit} tokens at once: {_LEAST_WINDOW} are needed."
            )
        self._windows = Windows(tokenizer, limit)
        self._lock = threading.Lock()

    @property
    def weights(self) -> Any:
        """The torch module."""
        return self._model

    def windows(self, question: str, context: str, text: str) -> list[Window]:
        """Return the windows in which a passage is read, its context before it."""
        with self._lock:  # a fast tokenizer's truncation is state that threads would share
            return self._windows.of(question, context, text)

    def logits(self, window: Window) -> WindowLogits:
        """Read a window by itself: what else is read at the time changes no bit of its logits."""
        import torch  # noqa: PLC0415

        inputs = {name: torch.tensor([row]) for name, row in window.inputs.items()}
        with torch.inference_mode():
            found = self._model(**inputs)
        start = found.start_logits[0].float().numpy()
        end = found.end_logits[0].float().numpy()
        if not (np.isfinite(start).all() and np.isfinite(end).all()):
            raise ModelError(f"The reader {self.name} gave logits that are not finite.")
        own = slice(window.first, window.first + len(window.extents))
        return WindowLogits(start[own], end[own], float(start[0] + end[0]))


def load_span_model(
    name: str = DEFAULT_SPAN_MODEL, *, download: bool = False
) -> TransformersSpanModel:
    """Load the shipped span reader, or any extractive question-answering model by name or folder.

    Nothing is fetched unless ``download`` is true. Raises ModelError.
    """
    if name == DEFAULT_SPAN_MODEL:
        with as_file(files("service") / _SHIPPED) as folder:
            return _on_packaged_encoder(name, folder)
    name = model_name(name)
    folder = model_folder(name, download=download, what="reader")
    if (folder / SETTINGS_FILE).exists():
        return _on_packaged_encoder(name, folder)
    return _hugging_face(name, folder)


def _on_packaged_encoder(name: str, folder: Path) -> TransformersSpanModel:
    """Load weights of our own, which leave the word vectors to the packaged encoder."""
    import torch  # noqa: PLC0415
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.torch import load_file  # noqa: PLC0415
    from transformers import AutoConfig, BertForQuestionAnswering  # noqa: PLC0415

    base = model_folder(DEFAULT_ENCODER)
    check_default_weights(base)
    try:
        settings = json.loads((folder / SETTINGS_FILE).read_text("utf-8"))
        config = AutoConfig.from_pretrained(str(base), local_files_only=True)
        if settings["base_sha256"] != DEFAULT_WEIGHTS_SHA256:
            raise ValueError(f"made on another encoder than {DEFAULT_ENCODER}")
        model = BertForQuestionAnswering(config)
        words = load_file(base / "model.safetensors")["embeddings.word_embeddings.weight"]
        weights = {
            key: value.to(torch.float32)
            for key, value in load_file(folder / "model.safetensors").items()
        }
        model.load_state_dict({**weights, _WORDS: words})
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise _unloadable(name, folder, error) from error
    return TransformersSpanModel(name, model, _tokenizer(name, base), settings)


def _hugging_face(name: str, folder: Path) -> TransformersSpanModel:
    from transformers import AutoModelForQuestionAnswering  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        model, loaded = AutoModelForQuestionAnswering.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, output_loading_info=True
        )
    except Exception as error:  # whatever a stranger's files lead to
        raise _unloadable(name, folder, error) from error
    missing = sorted(loaded["missing_keys"])
    head = getattr(model, "qa_outputs", None)
    if getattr(head, "out_features", 0) != 2 or any("qa_outputs" in key for key in missing):
        raise ModelError(
            f"The reader {name} in {folder} has no question-answering head with a start and an "
            "end: name an extractive question-answering model."
        )
    if missing:
        raise _unloadable(name, folder, ValueError(f"its weights lack {missing[0]}"))
    tokenizer = _tokenizer(name, folder)
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        raise _unloadable(name, folder, ValueError("its tokenizer has more words than the model"))
    first = tokenizer("a", "b")["input_ids"][:1]
    if tokenizer.cls_token_id is None or first != [tokenizer.cls_token_id]:
        raise _unloadable(name, folder, ValueError("it has no first token for «no answer»"))
    made = TransformersSpanModel(name, model, tokenizer, {})
    try:
        made.logits(made.windows("What?", "", "A word.")[0])
    except ModelError:
        raise
    except Exception as error:  # whatever else a stranger's model wants
        raise _unloadable(name, folder, error) from error
    return made


def _tokenizer(name: str, folder: Path) -> Any:
    from transformers import AutoTokenizer  # noqa: PLC0415

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise _unloadable(name, folder, error) from error
    if not tokenizer.is_fast:
        raise ModelError(
            f"The reader {name} has no fast tokenizer, which tells where each token stands: "
            "name another."
        )
    if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
        raise ModelError(f"The reader {name} has no tokenizer in {folder}: name another.")
    return tokenizer


def _limit(config: Any, tokenizer: Any) -> int:
    """Return how many tokens the model can read at once, at most LONGEST_WINDOW."""
    places = getattr(config, "max_position_embeddings", None) or 0
    if places <= 0:  # relative positions, as many as wanted
        places = LONGEST_WINDOW
    elif "roberta" in config.model_type or config.model_type in _PADDED_POSITIONS:
        places -= (config.pad_token_id or 0) + 1
    return int(min(LONGEST_WINDOW, places, tokenizer.model_max_length))


def _unloadable(name: str, folder: Path, error: Exception) -> ModelError:
    reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return ModelError(
        f"The reader {name} can't be loaded from {folder} ({reason[:300]}). "
        "Name an extractive question-answering model."
    )
