"""What our own search finds for the training questions, kept beside the checkpoints."""

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.squadshifts import fill, load_benchmark
from index.index import Index

FOUND = 8
"""Passages that are looked at for one question."""

Told = Callable[[int, int], None]
"""Called with how many are done and how many there are."""


EVERY = 4
"""Of so many questions, one is searched for; which ones, their words decide."""


def found_passages(sets: Sequence[Path], folder: Path, told: Told) -> dict[str, tuple[str, ...]]:
    """Return the passages found for some questions among the paragraphs of all sets, best first.

    A second call reads them from ``folder``.
    """
    kept = folder / f"found-{_checksum(sets)}.json"
    if kept.exists():
        return {
            question: tuple(texts)
            for question, texts in json.loads(kept.read_text("utf-8")).items()
        }
    loaded = [load_benchmark(path) for path in sets]
    with Index(folder / f"index-{_checksum(sets)}") as index:
        fill(index, [document for one in loaded for document in one.documents], told)
        asked = dict.fromkeys(q.question for one in loaded for q in one.questions)
        questions = [question for question in asked if zlib.crc32(question.encode()) % EVERY == 0]
        found = {}
        for number, question in enumerate(questions, 1):
            hits = index.search(question, limit=FOUND).hits
            found[question] = tuple(hit.passage.text for hit in hits)
            told(number, len(questions))
    partial = kept.with_suffix(".partial")
    partial.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    partial.replace(kept)
    return found


def _checksum(sets: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for path in sets:
        total.update(path.read_bytes())
    return total.hexdigest()[:12]
