"""A file beside a document that says what is known of it: ``a.pdf.yaml`` for ``a.pdf``."""

import json
import os
from pathlib import Path

from corpus.errors import InvalidDocument
from corpus.formats import FORMATS, bytes_of
from corpus.formats.markdown import read_yaml
from corpus.formats.metadata import NO_METADATA, Metadata, metadata_from

SUFFIXES = (".yaml", ".yml", ".json")
_SIZE_LIMIT = 64 * 1024


def described_by(path: Path) -> Path | None:
    """Return the file that a sidecar of this name belongs to; None where it is no sidecar's."""
    file = path.with_suffix("")
    is_sidecar = path.suffix.lower() in SUFFIXES and file.suffix.lower() in FORMATS
    return file if is_sidecar else None


def sidecars_of(path: Path) -> tuple[Path, ...]:
    """Return the sidecars that lie beside a file; more than one are too many."""
    candidates = (path.with_name(path.name + suffix) for suffix in SUFFIXES)
    # os.path: for a name too long to bear a suffix more there is no sidecar, and no error either.
    return tuple(
        candidate
        for candidate in candidates
        if os.path.isfile(candidate)  # noqa: PTH113
    )


def sidecar_metadata(path: Path) -> Metadata:
    """Read what a file's sidecar says; nothing without one. Raises InvalidDocument."""
    found = sidecars_of(path)
    if not found:
        return NO_METADATA
    if len(found) > 1:
        names = " and ".join(sidecar.name for sidecar in found)
        raise InvalidDocument(f"{path}: it has more than one sidecar, {names}: keep one.")
    return read_sidecar(found[0])


def read_sidecar(path: Path) -> Metadata:
    """Read a sidecar: the keys of front matter. Raises InvalidDocument."""
    data = bytes_of(path)
    if len(data) > _SIZE_LIMIT:
        raise InvalidDocument(f"{path}: the sidecar is longer than {_SIZE_LIMIT} bytes.")
    try:
        text = data.decode("utf-8-sig")
        is_json = path.suffix.lower() == ".json"
        values = _json(text) if is_json else read_yaml(text, "the sidecar")
        if values in (None, ""):
            return NO_METADATA
        if not isinstance(values, dict):
            raise InvalidDocument("the sidecar is no mapping: write the keys of front matter.")
        return metadata_from(values)
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"{path}: the sidecar is not UTF-8 at byte {error.start}.") from None
    except InvalidDocument as error:
        raise InvalidDocument(f"{path}: {error}") from None


def _json(text: str) -> object:
    """Read JSON, its numbers as text: ``2024`` is a date as well."""
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"the sidecar is not JSON: {str(error)[:200]}.") from None
