"""Sealed folders: files that are read only where each one is what was written."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from index.durable import remove_abandoned, sync

_MARK_BYTES = 8
_TEMPORARY = f".*.{'[0-9a-f]' * (2 * _MARK_BYTES)}.tmp"


def seal(folder: Path, name: str, settings: Mapping[str, Any]) -> None:
    """Write the settings into a file of this name, with the SHA-256 of every other file."""
    sums = {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name != name}
    text = json.dumps({**settings, "sha256": sums}, ensure_ascii=False, indent=1)
    (folder / name).write_text(text, "utf-8")


def unsealed(folder: Path, name: str) -> dict[str, Any] | None:
    """Return the settings of a sealed folder, or None where any of its files is damaged."""
    try:
        settings = json.loads((folder / name).read_text("utf-8"))
        sums = settings["sha256"]
        whole = all(sha256_of(folder / path) == known for path, known in sums.items())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return settings if whole else None


def move_into_place(folder: Path, target: Path) -> None:
    """Rename a folder whose files are on the disk already. Raises OSError."""
    for path in folder.iterdir():
        sync(path)
    sync(folder)
    folder.rename(target)
    sync(target.parent)


def temporary_beside(target: Path) -> Path:
    """Make an empty folder beside a target, those that were left half-written removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # The folder may be the user's own: only names that nobody else gives are looked for.
    remove_abandoned(path for path in target.parent.glob(_TEMPORARY) if path.is_dir())
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(_MARK_BYTES)}.tmp")
    temporary.mkdir()
    return temporary


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
