"""The FAISS checkpoint: vectors saved beside the SQLite file, only ever a shadow of it."""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from index.durable import remove_abandoned, sync

FILE_NAME = "vectors.faiss"
_FORMAT = 1
_DIGEST = 64
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

    The file is the SHA-256 of all that follows its first line, a line of JSON with the stamp, the
    ids, then FAISS's own bytes. Raises OSError.
    """
    header = {"format": _FORMAT, **asdict(checkpoint.stamp), "count": len(checkpoint.ids)}
    parts = (
        json.dumps(header).encode() + b"\n",
        checkpoint.ids.astype("<i8").tobytes(),
        faiss.serialize_index(checkpoint.vectors).tobytes(),
    )
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    remove_abandoned(folder.glob(f"{FILE_NAME}.*.tmp"))
    temporary = folder / f"{FILE_NAME}.{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(digest.hexdigest().encode() + b"\n")
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / FILE_NAME)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(folder)


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the checkpoint, or return None where it is missing, damaged or not ours.

    Nothing looks at the bytes until their checksum held: FAISS may crash on damaged ones.
    """
    try:
        content = memoryview((folder / FILE_NAME).read_bytes())
    except OSError:
        return None
    digest, rest = bytes(content[:_DIGEST]), content[_DIGEST + 1 :]
    if hashlib.sha256(rest).hexdigest().encode() != digest:
        return None
    header_end = bytes(rest[:_HEADER_LIMIT]).find(b"\n")
    header = json.loads(bytes(rest[:header_end]))
    if header.pop("format") != _FORMAT:
        return None
    count = header.pop("count")
    payload = rest[header_end + 1 :]
    ids = np.frombuffer(payload[: 8 * count], "<i8").astype(np.int64)
    vectors = _deserialize(payload[8 * count :])
    return None if vectors is None else Checkpoint(Stamp(**header), ids, vectors)


def _deserialize(payload: memoryview) -> faiss.Index | None:
    faiss.set_deserialization_vector_byte_limit(len(payload) + 1)
    try:
        return faiss.deserialize_index(np.frombuffer(payload, np.uint8))
    except RuntimeError:
        return None
