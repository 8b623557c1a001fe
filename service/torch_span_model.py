"""Span models in PyTorch: loaded to be trained or exported, and run where they can't be."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    BertForQuestionAnswering,
)
from transformers.utils import logging

from corpus.errors import ModelError
from index.export import write_network
from index.exported import SETTINGS, TOKENIZER, Exported
from index.models import (
    DEFAULT_ENCODER,
    DEFAULT_WEIGHTS_SHA256,
    check_default_weights,
    model_folder,
)
from index.network import Floats, Network
from service.span_model import SETTINGS_FILE, ExportedSpanModel, SpanModel, WindowLogits, own_logits
from service.windows import Window, Windows

LONGEST_WINDOW = 384
"""Tokens that are read at once, whatever more a model could take."""

_LEAST_WINDOW = 32

_PADDED_POSITIONS = {"camembert", "data2vec-text", "ibert", "longformer", "luke", "mpnet", "xmod"}
"""Families besides RoBERTa's that count their positions from the padding's id on."""

_WORDS = "bert.embeddings.word_embeddings.weight"

_PROBES = (
    ("How many KT-1P aircraft were built in Peru?", "Peru. Defence",
     "Twenty KT-1P aircraft were agreed on: four were built in Korea, while the other 16 were "
     "built in Peru."),
    ("Who?", "", "Señor Choi; 대한민국 – «much more is possible»."),
    ("When did the Republic of Korea and Peru sign a Free Trade Agreement, and where was it?",
     "", "A forum was held, and an agreement was signed on 26 March 2011 in Seoul. " * 40),
)  # fmt: skip
"""Question, context and passage on which an exported reader is held against PyTorch."""


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
        self.window = limit
        self.tokenizer = tokenizer.backend_tokenizer
        self._windows = Windows(self.tokenizer, tokenizer.model_input_names, limit)

    @property
    def weights(self) -> Any:
        """The torch module."""
        return self._model

    def windows(self, question: str, context: str, text: str) -> list[Window]:
        """Return the windows in which a passage is read, its context before it."""
        return self._windows.of(question, context, text)

    def logits(self, window: Window) -> WindowLogits:
        """Read a window by itself: what else is read at the time changes no bit of its logits."""
        inputs = {name: torch.tensor([row]) for name, row in window.inputs.items()}
        with torch.inference_mode():
            found = self._model(**inputs)
        start, end = found.start_logits[0].float().numpy(), found.end_logits[0].float().numpy()
        return own_logits(self.name, window, start, end)


def load_from_folder(name: str, folder: Path) -> TransformersSpanModel:
    """Load a model of ours, or any extractive question-answering model. Raises ModelError."""
    if (folder / SETTINGS_FILE).exists():
        return _on_packaged_encoder(name, folder)
    return _hugging_face(name, folder)


def export_span_model(model: TransformersSpanModel, folder: Path) -> None:
    """Write a span model into a folder as an exported one, held against PyTorch on some texts."""
    windows = [window for probe in _PROBES for window in model.windows(*probe)]
    settings: dict[str, Any] = {
        "name": model.name,
        "window": model.window,
        "inputs": list(windows[0].inputs),
        "reader": dict(model.settings),
    }

    def outputs(network: Path) -> Sequence[Floats]:
        exported = Exported(Network(network), model.tokenizer, {**settings, "precision": ""})
        tried = ExportedSpanModel(model.name, exported)
        return _logits_of(tried, [one for probe in _PROBES for one in tried.windows(*probe)])

    wanted = _logits_of(model, windows)
    texts = [
        {name: list(row) for name, row in window.inputs.items() if name != "attention_mask"}
        for window in windows
    ]
    whole = Whole(model.weights, list(texts[0]))
    settings["precision"] = write_network(whole, texts, outputs, wanted, folder, split=True)
    model.tokenizer.save(str(folder / TOKENIZER))
    (folder / SETTINGS).write_text(json.dumps(settings), "utf-8")


def _logits_of(model: SpanModel, windows: Sequence[Window]) -> list[Floats]:
    read = [model.logits(window) for window in windows]
    return [logits for one in read for logits in (one.start, one.end)]


class Whole(torch.nn.Module):
    """A model from one window's tokens, none of them padding, to its logits."""

    def __init__(self, model: Any, names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names
        with suppress(Exception):  # fused attention is traced into more than it is
            model.set_attn_implementation("eager")

    def forward(self, *rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the start and the end logits, shape (1, tokens) each."""
        found = self.model(**dict(zip(self.names, rows, strict=True)))
        return found.start_logits, found.end_logits


def _on_packaged_encoder(name: str, folder: Path) -> TransformersSpanModel:
    """Load weights of our own, which leave the word vectors to the packaged encoder."""

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
