"""The FAISS checkpoint: vectors saved beside the SQLite file, only ever a shadow of it."""

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

FILE_NAME = "vectors.faiss"
_FORMAT = 1
_HEADER_LIMIT = 4096

Ids = npt.NDArray[np.int64]


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
    """Vectors and the passage ids they belong to, in the same order, ids ascending."""

    stamp: Stamp
    ids: Ids
    vectors: faiss.Index


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Save a checkpoint: a temporary file, synced, then renamed over the old one.

    The file is a line of JSON with the stamp and the SHA-256 of the rest, the ids, then FAISS's own
    bytes. Raises OSError.
    """
    payload: Sequence[bytes] = (
        checkpoint.ids.astype("<i8").tobytes(),
        faiss.serialize_index(checkpoint.vectors).tobytes(),
    )
    digest = hashlib.sha256()
    for part in payload:
        digest.update(part)
    header = {
        "format": _FORMAT,
        **asdict(checkpoint.stamp),
        "count": len(checkpoint.ids),
        "sha256": digest.hexdigest(),
    }
    descriptor, temporary = tempfile.mkstemp(prefix=FILE_NAME, suffix=".tmp", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(header).encode() + b"\n")
            for part in payload:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(folder / FILE_NAME)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(folder)


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the checkpoint, or return None where it is missing, damaged or not ours.

    FAISS may crash on damaged bytes, so it sees them only once their checksum held.
    """
    try:
        data = (folder / FILE_NAME).read_bytes()
    except OSError:
        return None
    header_end = data.find(b"\n", 0, _HEADER_LIMIT)
    try:
        header = json.loads(data[: max(header_end, 0)])
        stamp = Stamp(**{name: header[name] for name in Stamp.__dataclass_fields__})
        count, expected = int(header["count"]), header["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    payload = memoryview(data)[header_end + 1 :]
    if header.get("format") != _FORMAT or hashlib.sha256(payload).hexdigest() != expected:
        return None
    if count < 0 or len(payload) < 8 * count:
        return None
    vectors = _deserialize(payload[8 * count :])
    if vectors is None or vectors.ntotal != count or vectors.d != stamp.dimension:
        return None
    ids = np.frombuffer(payload[: 8 * count], "<i8").astype(np.int64)
    return Checkpoint(stamp, ids, vectors)


def _deserialize(payload: memoryview) -> faiss.Index | None:
    faiss.set_deserialization_vector_byte_limit(len(payload) + 1)
    try:
        return faiss.deserialize_index(np.frombuffer(payload, np.uint8))
    except RuntimeError:
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
