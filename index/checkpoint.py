"""Checkpoints: what a search looks into, saved beside the SQLite file; only ever a shadow of it."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.lexical import ARRAYS, Lexicon
from index.sealed import move_into_place, seal, temporary_beside, unsealed
from index.segment import Segment

_FORMAT = 2
_PREFIX = "checkpoint-"
_DIGITS = 32
_NAMES = _PREFIX + "[0-9a-f]" * _DIGITS
"""What trains a model names its own checkpoints much like this, and they are not ours to remove."""

_MANIFEST = "checkpoint.json"
_VECTORS = "vectors.faiss"
_UNREADABLE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError,
    RuntimeError,
)  # fmt: skip
"""What a file gives that is missing or was written by nobody of ours; FAISS's error is the last."""

_OLDER_FILE = "vectors.faiss"
_OLDER_START = re.compile(rb'[0-9a-f]{64}\n\{"format": 1, "index": ')
"""What format 1 was, a single file, and what it began with: others name files of FAISS's so too."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of which index a checkpoint shows."""

    index: str
    generation: int
    token: str
    encoder: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A segment of every passage of a generation."""

    stamp: Stamp
    segment: Segment


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Save a checkpoint, in a folder of its own, in place of the older ones.

    The folder is named by the SHA-256 of its manifest, which holds that of every other file: arrays
    as numpy saves them, and FAISS's index. It is written under another name, synced, then renamed.
    Raises OSError.
    """
    temporary = temporary_beside(folder / "checkpoint")
    try:
        segment = checkpoint.segment
        for name in ARRAYS:
            np.save(temporary / f"{name}.npy", getattr(segment.lexicon, name), allow_pickle=False)
        for name in ("ids", "documents"):
            np.save(temporary / f"{name}.npy", getattr(segment, name), allow_pickle=False)
        (temporary / _VECTORS).write_bytes(faiss.serialize_index(segment.vectors).data)
        seal(temporary, _MANIFEST, {"format": _FORMAT, **asdict(checkpoint.stamp)})
        name = _name_of(temporary)
        older = [path for path in _folders(folder) if path.name != name]
        if unsealed(folder / name, _MANIFEST) is None:
            shutil.rmtree(folder / name, ignore_errors=True)  # damaged
            move_into_place(temporary, folder / name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for path in older:  # whoever has one open keeps what it mapped
        shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        _remove_older_file(folder / _OLDER_FILE)


def read_stamps(folder: Path) -> Iterator[tuple[Stamp, Path]]:
    """Yield what the checkpoints in a folder say they show, the latest generation first.

    Only the manifest was checked: `read_checkpoint` checks the rest.
    """
    found = []
    for path in _folders(folder):
        try:
            if _name_of(path) == path.name:
                values = json.loads((path / _MANIFEST).read_text("utf-8"))
                found.append((_stamp(values), path))
        except _UNREADABLE:
            continue  # damaged, of another format, or another process has just removed it
    yield from sorted(found, key=lambda item: (-item[0].generation, item[1].name))


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Open a checkpoint, or return None where it is missing or damaged.

    Its arrays are mapped into memory, FAISS's index is read. Nothing looks at the bytes until their
    checksums held: FAISS may crash on damaged ones.
    """
    settings = unsealed(path, _MANIFEST)
    try:
        if settings is None or _name_of(path) != path.name:
            return None
        stamp = _stamp(settings)
        arrays = {
            name: np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in (*ARRAYS, "ids", "documents")
        }
        vectors = _deserialized(path / _VECTORS)
    except _UNREADABLE:
        return None
    lexicon = Lexicon(**{name: arrays[name] for name in ARRAYS})
    alive = np.ones(len(arrays["ids"]), np.bool_)
    segment = Segment(arrays["ids"], arrays["documents"], alive, vectors, lexicon)
    return Checkpoint(stamp, segment)


def _stamp(values: dict[str, Any]) -> Stamp:
    """Return the stamp that a manifest holds. Raises what a manifest of anything else gives."""
    if values["format"] != _FORMAT:
        raise ValueError("a checkpoint of another format")
    return Stamp(
        index=str(values["index"]),
        generation=int(values["generation"]),
        token=str(values["token"]),
        encoder=str(values["encoder"]),
        dimension=int(values["dimension"]),
    )


def _deserialized(path: Path) -> faiss.Index:
    payload = np.fromfile(path, np.uint8)
    faiss.set_deserialization_vector_byte_limit(len(payload) + 1)
    return faiss.deserialize_index(payload)


def _remove_older_file(path: Path) -> None:
    with path.open("rb") as file:
        is_ours = _OLDER_START.match(file.read(100)) is not None
    if is_ours:
        path.unlink()


def _folders(folder: Path) -> list[Path]:
    """Return the folders that are named as checkpoints of ours; others' may lie beside them."""
    return sorted(path for path in folder.glob(_NAMES) if path.is_dir())


def _name_of(path: Path) -> str:
    """Return the name that a checkpoint's folder has by its manifest. Raises OSError."""
    manifest = (path / _MANIFEST).read_bytes()
    return _PREFIX + hashlib.sha256(manifest).hexdigest()[:_DIGITS]
