"""Runs of ten words of every source that was read for the collection, as hashes.

The sources' texts are not ours to keep. What is kept, `source_runs.bin`, tells whether ten words in a
row stand in one of them, anywhere that the tests run. A source that is read for a new document is
added by

    python tests/source_runs.py SOURCE.txt ...
"""

import hashlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

RUNS = Path(__file__).with_name("source_runs.bin")
LENGTH = 10
"""Words of a run."""

BYTES = 6
"""Of the hash of a run: one run in a billion is taken for one of a source by chance."""

_WORD = re.compile(r"[^\W_]+(?:[.,’'-][^\W_]+)*")


def runs(text: str) -> list[str]:
    """Return every run of ten words of a text, in small letters, without what stands between."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return [" ".join(words[i : i + LENGTH]) for i in range(len(words) - LENGTH + 1)]


def hashed(run: str) -> bytes:
    """Return what is kept of a run."""
    return hashlib.sha256(run.encode()).digest()[:BYTES]


def kept() -> set[bytes]:
    """Return the hashes of all runs of the sources."""
    content = RUNS.read_bytes() if RUNS.exists() else b""
    return {content[i : i + BYTES] for i in range(0, len(content), BYTES)}


def add(texts: Iterable[str]) -> int:
    """Add the runs of further sources; return how many are kept now."""
    found = kept() | {hashed(run) for text in texts for run in runs(text)}
    RUNS.write_bytes(b"".join(sorted(found)))
    return len(found)


if __name__ == "__main__":
    print(add(Path(name).read_text("utf-8") for name in sys.argv[1:]), "runs")
