"""Files that are on the disk for good, and what is left of those that never got there."""

import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_ABANDONED_SECONDS = 3600


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_abandoned(paths: Iterable[Path]) -> None:
    """Remove what a killed process left half-written; one at work is never that old."""
    for path in paths:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime <= _ABANDONED_SECONDS:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
