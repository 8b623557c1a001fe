"""sentence-transformers models in PyTorch: loaded to be exported, and run where they can't be."""

import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import PreTrainedModel
from transformers.utils import logging

from corpus.errors import ModelError
from corpus.sentences import Extent
from index.encoder import (
    EncoderIdentity,
    ExportedEncoder,
    Vectors,
    offsets_of,
    unit_length,
    without_limits,
)
from index.export import write_network
from index.exported import SETTINGS, TOKENIZER, Exported
from index.models import DEFAULT_ENCODER, card_languages, check_default_weights, revision_of
from index.network import Floats, Network

_BATCH = 32
_LONGEST_WINDOW = 8192
"""Tokens of a text; some tokenizers name a limit that no number holds."""

_PASSAGE_PROMPTS = ("document", "passage", "corpus")

_PROBES = (
    "How many KT-1P aircraft were built in Peru?",
    "Korea",
    "The Ambassador of the Republic of Korea, Señor Choi, said on 26 March 2023 that trade had "
    "reached $6.2 billion; «much more is possible», he added.",
    "대한민국과 페루 · Узбекистан – São Paulo",
    "A forum was held, and an agreement was signed. " * 60,
)
"""Texts on which an exported encoder is held against PyTorch."""


class SentenceTransformerEncoder:
    """A sentence-transformers model in PyTorch; safe to share between threads."""

    def __init__(self, identity: EncoderIdentity, model: SentenceTransformer) -> None:
        self.identity = identity
        self.model = model
        # A tokenizer of its own: the model's is changed by each call that truncates.
        self.tokenizer = without_limits(
            Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
        )
        self._lock = threading.Lock()

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode questions, with the model's own prompt for them where it has one."""
        return self._encode(self.model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages, with the model's own prompt for them where it has one."""
        return self._encode(self.model.encode_document, texts)

    def token_offsets(self, text: str) -> Sequence[Extent]:
        """Return the extent of each token of the text, special tokens left out."""
        return offsets_of(self.tokenizer, text)

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.identity.dimension), np.float32)
        with self._lock:
            vectors = encode(
                list(texts), batch_size=_BATCH, convert_to_numpy=True, show_progress_bar=False
            )
        return unit_length(np.asarray(vectors, np.float32))


def load_sentence_transformer(
    name: str, folder: Path, checksum: str, *, device: str | None = None
) -> SentenceTransformerEncoder:
    """Load a model from its folder into PyTorch; seconds. Raises ModelError.

    checksum: of the folder's files. device: None takes a GPU where PyTorch finds one.
    """
    if name == DEFAULT_ENCODER:
        check_default_weights(folder)
    try:
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        model = SentenceTransformer(str(folder), device=device, local_files_only=True)
        dimension = model.get_embedding_dimension()
        window = min(model.max_seq_length or 512, _LONGEST_WINDOW)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise ModelError(
            f"The encoder {name} can't be loaded from {folder} ({reason[:300]}). "
            "Name a sentence-transformers model."
        ) from error
    if not dimension or not getattr(model.tokenizer, "is_fast", False):
        raise ModelError(f"The encoder {name} has no fast tokenizer or dimension: name another.")
    identity = EncoderIdentity(
        name=name,
        revision=revision_of(folder),
        checksum=checksum,
        dimension=int(dimension),
        window=int(window),
        languages=card_languages(name, folder),
        precision="torch",
    )
    return SentenceTransformerEncoder(identity, model)


def export_encoder(encoder: SentenceTransformerEncoder, folder: Path) -> None:
    """Write an encoder into a folder as an exported model, held against PyTorch on some texts."""
    model = encoder.model
    names = [name for name in model.tokenizer.model_input_names if name != "attention_mask"]
    settings: dict[str, Any] = {
        "name": encoder.identity.name,
        "dimension": encoder.identity.dimension,
        "window": encoder.identity.window,
        "question_prompt": model.prompts.get("query", ""),
        "passage_prompt": next(
            (model.prompts[one] for one in _PASSAGE_PROMPTS if one in model.prompts), ""
        ),
    }

    def outputs(network: Path) -> Sequence[Floats]:
        exported = Exported(Network(network), without_limits(encoder.tokenizer), settings)
        tried = ExportedEncoder(encoder.identity, exported)
        return [*tried.encode_questions(_PROBES), *tried.encode_passages(_PROBES)]

    wanted = [*encoder.encode_questions(_PROBES), *encoder.encode_passages(_PROBES)]
    encoding = encoder.tokenizer.encode(_PROBES[0])
    rows = {"input_ids": encoding.ids, "token_type_ids": encoding.type_ids}
    example = {name: rows[name] for name in names if name in rows}
    whole = _Whole(model.eval().to("cpu"), list(example))
    settings["precision"] = write_network(whole, [example], outputs, wanted, folder)
    encoder.tokenizer.save(str(folder / TOKENIZER))
    (folder / SETTINGS).write_text(json.dumps(settings), "utf-8")


class _Whole(torch.nn.Module):
    """A model from one text's tokens, none of them padding, to its vector."""

    def __init__(self, model: SentenceTransformer, names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names
        for part in model.modules():
            if isinstance(part, PreTrainedModel):
                with suppress(Exception):  # fused attention is traced into more than it is
                    part.set_attn_implementation("eager")

    def forward(self, *rows: torch.Tensor) -> torch.Tensor:
        features = dict(zip(self.names, rows, strict=True))
        features["attention_mask"] = torch.ones_like(rows[0])
        vectors: torch.Tensor = self.model(features)["sentence_embedding"]
        return vectors
