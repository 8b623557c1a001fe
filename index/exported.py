"""Exported models: folders that hold all that answering needs of a model, without PyTorch."""

import json
import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import platformdirs
from tokenizers import Tokenizer

from corpus.errors import ModelError
from index.network import Network
from index.sealed import move_into_place, seal, temporary_beside, unsealed

NETWORK, TOKENIZER, SETTINGS = "network.onnx", "tokenizer.json", "model.json"

_FORMAT = 2

log = logging.getLogger("attache.models")

_exporting = threading.Lock()
"""PyTorch traces one model at a time."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A model that was exported, or could not be.

    network: None where it could not be; it is then run by PyTorch, as slowly as that is.
    settings: what else is to be known of it, as JSON has it.
    """

    network: Network | None
    tokenizer: Tokenizer
    settings: Mapping[str, Any]


class ModelStore:
    """Folders that hold exported models, each under its key; the first is filled from the others.

    The key names the model's kind and the checksum of its files, so that a model whose files
    changed is another one. A damaged copy counts as missing. A folder that may not be written is
    only read.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    def open(self, key: str) -> Exported | None:
        """Return an exported model, or None where no folder holds it whole."""
        for folder in self._folders:
            found = _read(folder / key)
            if found is not None:
                for other in self._folders[: self._folders.index(folder)]:
                    _put(folder / key, other / key)
                return found
        return None

    def get(self, key: str, name: str, export: Callable[[Path], None]) -> Exported:
        """Return an exported model; where no folder holds it, export it into all that can.

        export: writes the files into a folder; called once. name: of the model, for the log.
        Raises what it raises, ModelError for an ImportError.
        """
        found = self.open(key)
        if found is not None:
            return found
        with _exporting, TemporaryDirectory(prefix="attache-model-") as made:
            log.info("Preparing the model %s for this machine; that is done once.", name)
            folder = Path(made)
            try:
                export(folder)
            except ImportError as error:
                raise ModelError(
                    f"The model {name} can't be prepared ({error}): install Attaché anew."
                ) from error
            settings = json.loads((folder / SETTINGS).read_text("utf-8"))
            seal(folder, SETTINGS, {"format": _FORMAT, **settings})
            for store in self._folders:
                _put(folder, store / key)
            exported = _read(folder)
        if exported is None:
            raise ModelError(f"The model {name} was exported, and can't be read: is the disk full?")
        return exported

    def keep_only(self, kind: str, key: str, name: str | None = None) -> None:
        """Remove from the first folder the models of a kind that have another key.

        name: of those of this name only, which are older states of the model.
        """
        for folder in self._folders[0].glob(f"{kind}-*"):
            if folder.name != key and name in (None, _name_of(folder)):
                shutil.rmtree(folder, ignore_errors=True)


def cache_folder() -> Path:
    """Return the folder in the user's cache where exported models lie for every index."""
    return Path(platformdirs.user_cache_dir("attache", appauthor=False)) / "models"


def _read(folder: Path) -> Exported | None:
    try:
        settings = unsealed(folder, SETTINGS)
        if settings is None or settings["format"] != _FORMAT:
            return None
        network = Network(folder / NETWORK) if NETWORK in settings["sha256"] else None
        return Exported(network, Tokenizer.from_file(str(folder / TOKENIZER)), settings)
    except Exception:  # damaged, or of other versions: a tokenizer's errors share no class
        return None


def _name_of(folder: Path) -> str:
    """Return the name of the model in a folder, nothing where that can't be told."""
    try:
        return str(json.loads((folder / SETTINGS).read_text("utf-8"))["name"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _put(source: Path, target: Path) -> None:
    """Copy a model to its place: a temporary folder, synced, then renamed.

    Where that fails, because another process came first or nothing may be written, it stays out.
    """
    temporary = None
    try:
        temporary = temporary_beside(target)
        for path in source.iterdir():
            shutil.copyfile(path, temporary / path.name)
        if target.exists() and _read(target) is None and not _has_less(source, target):
            shutil.rmtree(target)  # damaged, or of other versions
        move_into_place(temporary, target)
    except OSError:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _has_less(source: Path, target: Path) -> bool:
    """Tell whether a model lacks the network that another one has, which is whole.

    That the other can't be run is then no fault of its files, and may pass, as where ONNX Runtime
    can't be imported. An index that was built with it would be lost with it.
    """
    known = unsealed(target, SETTINGS)
    is_whole = known is not None and known["format"] == _FORMAT and NETWORK in known["sha256"]
    return is_whole and not (source / NETWORK).exists()
