"""Encoders: text to unit-length vectors. sentence-transformers models, run without PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from corpus.errors import IndexMismatch, ModelError
from corpus.sentences import Extent
from index.exported import Exported, ModelStore, cache_folder
from index.models import (
    DEFAULT_ENCODER,
    card_languages,
    folder_checksum,
    has_weights,
    model_folder,
    model_name,
    revision_of,
)
from index.network import Network, on_all_cores

Vectors = npt.NDArray[np.float32]

ENCODER_KIND = "encoder"
"""What the key of an exported encoder starts with."""


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What makes two encoders the same: name, revision and the checksum of the model's files.

    languages: the codes the model was made for, empty where nobody says. precision: of the network
    that gives the vectors: int8, float32 or torch.
    """

    name: str
    revision: str
    checksum: str
    dimension: int
    window: int
    languages: tuple[str, ...] = ()
    precision: str = ""

    def __str__(self) -> str:
        precision = f" in {self.precision}" if self.precision else ""
        return f"{self.name}@{self.checksum[:8]}{precision}"

    def is_same(self, other: "EncoderIdentity") -> bool:
        """Tell whether both give the same vectors, whatever they are called."""
        return (self.checksum, self.dimension, self.precision) == (
            other.checksum,
            other.dimension,
            other.precision,
        )

    def check_built(self, built_with: "EncoderIdentity") -> None:
        """Raise IndexMismatch where an index was built with another encoder than this one."""
        if not self.is_same(built_with):
            raise IndexMismatch(
                f"The index was built with encoder {built_with} of {built_with.dimension} "
                f"dimensions, not with {self} of {self.dimension}. Run `attache rebuild`."
            )


class Encoder(Protocol):
    """Turns questions and passages into unit-length float32 vectors, shape (len, dimension)."""

    @property
    def identity(self) -> EncoderIdentity: ...
    def encode_questions(self, texts: Sequence[str]) -> Vectors: ...
    def encode_passages(self, texts: Sequence[str]) -> Vectors: ...
    def token_offsets(self, text: str) -> Sequence[Extent]: ...


class ExportedEncoder:
    """An encoder that was exported, run by ONNX Runtime; safe to share between threads.

    Each text is encoded by itself: its vector is the same, bit for bit, whatever else is encoded.
    """

    def __init__(self, identity: EncoderIdentity, exported: Exported) -> None:
        """Take an exported encoder that has a network; nobody else may use its tokenizer then."""
        assert exported.network is not None
        self.identity = identity
        self._network: Network = exported.network
        self._tokenizer = exported.tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(int(exported.settings["window"]))
        self._question_prompt = str(exported.settings["question_prompt"])
        self._passage_prompt = str(exported.settings["passage_prompt"])

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode questions, with the model's own prompt for them where it has one."""
        return self._encode([self._question_prompt + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages, with the model's own prompt for them where it has one."""
        return self._encode([self._passage_prompt + text for text in texts])

    def token_offsets(self, text: str) -> Sequence[Extent]:
        """Return the extent of each token of the text, special tokens left out."""
        return offsets_of(self._whole_texts, text)

    @cached_property
    def _whole_texts(self) -> Tokenizer:
        """The tokenizer without its limit; a question needs none, and it takes a while to make."""
        return without_limits(self._tokenizer)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.identity.dimension), np.float32)
        return unit_length(np.stack(on_all_cores(self._vector, texts)))

    def _vector(self, text: str) -> Vectors:
        tokens = self._tokenizer.encode(text)
        return self._network.run({"input_ids": tokens.ids, "token_type_ids": tokens.type_ids})[0]


def load_encoder(
    name: str = DEFAULT_ENCODER, *, download: bool = False, store: ModelStore | None = None
) -> Encoder:
    """Load a sentence-transformers model: the packaged default, a folder, or a hub's name.

    The first time it is exported, which takes seconds and PyTorch; from then on the store has it.
    What can't be exported is run by PyTorch. Nothing is fetched unless ``download`` is true.
    store: the user's cache where none is given. Raises ModelError.
    """
    name = model_name(name)
    folder = model_folder(name, download=download)
    if not has_weights(folder):
        raise ModelError(f"{folder} holds no model weights: name a sentence-transformers model.")
    checksum = folder_checksum(folder)

    def export(into: Path) -> None:
        from index import sentence_transformer as torch_side  # noqa: PLC0415  -- takes seconds

        loaded = torch_side.load_sentence_transformer(name, folder, checksum, device="cpu")
        torch_side.export_encoder(loaded, into)

    exported = (store or ModelStore(cache_folder())).get(_key(checksum), name, export)
    if exported.network is None:
        from index.sentence_transformer import load_sentence_transformer  # noqa: PLC0415

        return load_sentence_transformer(name, folder, checksum)
    identity = EncoderIdentity(
        name=name,
        revision=revision_of(folder),
        checksum=checksum,
        dimension=int(exported.settings["dimension"]),
        window=int(exported.settings["window"]),
        languages=card_languages(name, folder),
        precision=str(exported.settings["precision"]),
    )
    return ExportedEncoder(identity, exported)


def stored_encoder(identity: EncoderIdentity, store: ModelStore) -> Encoder | None:
    """Return the encoder that an index was built with from a store, or None where it lacks it."""
    exported = store.open(_key(identity.checksum))
    if (
        exported is None
        or exported.network is None
        or exported.settings["precision"] != identity.precision
    ):
        return None
    return ExportedEncoder(identity, exported)


def keep_only_encoder(identity: EncoderIdentity, store: ModelStore) -> None:
    """Remove from an index's own folder the encoders that it was built with before."""
    store.keep_only(ENCODER_KIND, _key(identity.checksum))


def unit_length(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; a row of zeros stays one. ModelError where one isn't finite."""
    if not np.isfinite(vectors).all():
        raise ModelError("The encoder returned a vector that is not finite: use another encoder.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def offsets_of(tokenizer: Tokenizer, text: str) -> Sequence[Extent]:
    """Return the extent of each token of a text, special tokens left out."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return [Extent(start, end) for start, end in encoding.offsets]


def without_limits(tokenizer: Tokenizer) -> Tokenizer:
    """Return a copy of a tokenizer that neither truncates nor pads."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _key(checksum: str) -> str:
    return f"{ENCODER_KIND}-{checksum[:32]}"
