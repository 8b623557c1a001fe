"""From a thousand passages to a million: building, opening, searching, filtering, changing."""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.document import Block, Document
from corpus.errors import InvalidSetting
from eval.bench.growth import RealText, grown
from eval.tables import Column, Table
from index import state, store
from index.changes import passage_tokens
from index.encoder import Encoder, Vectors
from index.index import Index
from index.schema import FILE_NAME, create

FILTERS = {"no filter": None, "50 %": "half", "5 %": "twentieth", "0.5 %": "two-hundredth"}
"""What each filter lets through, and the tag that it asks for."""

_TOGETHER = 500
_WRITTEN = "written.txt"
"""Tells that an index is whole, and the seconds it took."""

_ADDED = 5

Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions with their vectors, shape (questions, dimension)."""

    texts: tuple[str, ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured at one size; times in seconds, sizes in megabytes."""

    passages: int
    written: float
    saved: dict[str, float]
    bytes: tuple[float, float]
    served: dict[str, Any]
    added: float
    removed: float


def growing_tables(figures: Sequence[Figures], real: int) -> list[Table]:
    """Return what was measured as tables, a row a size. real: how many passages are real text."""
    return [_building(figures, real), _searching(figures), _recall(figures)]


def measure(
    folder: Path, real: RealText, count: int, encoder: Encoder, questions: Questions, step: Step
) -> Figures:
    """Build an index of so many passages, then measure it in processes of its own."""
    written = prepare(folder, real, count, encoder, questions, step)
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)  # of an earlier run
    saved = _said(_process("save", folder))
    with _process("serve", folder) as process:
        served = json.loads(_line(process))
        added, removed = _changes(Index(folder, encoder), process)
    bytes_saved = sum(f.stat().st_size for f in folder.glob("checkpoint-*/*"))
    sizes = ((folder / FILE_NAME).stat().st_size / 1e6, bytes_saved / 1e6)
    return Figures(count, written, saved, sizes, served, added, removed)


def prepare(
    folder: Path, real: RealText, count: int, encoder: Encoder, questions: Questions, step: Step
) -> float:
    """Grow an index where there is none of this size yet; return the seconds that writing took."""
    kept = folder / _WRITTEN
    if not kept.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        started = time.perf_counter()
        write(folder, real, count, encoder, step)
        kept.write_text(str(time.perf_counter() - started), "utf-8")
    np.savez(folder / "questions.npz", texts=np.array(questions.texts), vectors=questions.vectors)
    return float(kept.read_text("utf-8"))


def write(folder: Path, real: RealText, count: int, encoder: Encoder, step: Step) -> None:
    """Write documents as `attache add` does, but many in a transaction and encoded already."""
    with closing(create(folder)) as connection:
        done = 0
        for block in _together(grown(real, count)):
            with state.transaction(connection, "IMMEDIATE"):
                if not done:
                    state.write_manifest(connection, encoder.identity, passage_tokens(encoder))
                for one in block:
                    generation = state.next_generation(connection)
                    store.insert_document(
                        connection, one.document, one.passages, one.vectors, generation
                    )
                    done += len(one.passages)
            step(done, count)


def _together(items: Iterator[Any]) -> Iterator[list[Any]]:
    block: list[Any] = []
    for item in items:
        block.append(item)
        if len(block) == _TOGETHER:
            yield block
            block = []
    if block:
        yield block


def _changes(index: Index, process: "subprocess.Popen[str]") -> tuple[float, float]:
    """Return the median seconds until another process serves a document, or no longer does."""
    added: list[float] = []
    removed: list[float] = []
    for number in range(_ADDED):
        text = f"The {number}th vessel cost {number} million dollars. " * 20
        document = Document(
            id=f"added-{number}", title="A vessel", origin="bench:", text=text,
            blocks=(Block("text", 0, len(text)),),
        )  # fmt: skip
        started = time.perf_counter()
        _expect(process, document.id, index.add(document).generation, found=True)
        added.append(time.perf_counter() - started)
        started = time.perf_counter()
        _expect(process, document.id, index.remove(document.id).generation, found=False)
        removed.append(time.perf_counter() - started)
    return statistics.median(added), statistics.median(removed)


def _expect(
    process: "subprocess.Popen[str]", document: str, generation: int, *, found: bool
) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{document} {generation}\n")
    process.stdin.flush()
    passages = int(_line(process))
    if bool(passages) != found:
        raise InvalidSetting(f"The serving process found {passages} passages of {document}.")


@contextmanager
def _process(task: str, folder: Path) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        [sys.executable, "-m", "eval.bench.growing_process", task, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        yield process
    finally:
        process.communicate()


def _said(context: Any) -> Any:
    with context as process:
        return json.loads(_line(process))


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise InvalidSetting("A measuring process ended early; its error stands above.")
    return line


def _building(figures: Sequence[Figures], real: int) -> Table:
    rows = tuple(
        (f.passages, f.written, f.bytes[0], f.saved["seconds"], f.saved["peak"], f.bytes[1],
         f.added * 1000, f.removed * 1000)
        for f in figures
    )  # fmt: skip
    return Table(
        "Building",
        f"The first {real} passages are real text, the others grown from it, encoded already. "
        "Writing: documents, passages, vectors and terms. Checkpoint: what the search looks into, "
        "from the rows, in a process of its own. Adding, removing: one document of some passages, "
        "its encoding included, until another process serves the change.",
        (Column("passages", "count"), Column("writing s", "milliseconds"),
         Column("rows MB", "count"), Column("checkpoint s", "milliseconds"),
         Column("peak MB", "count"), Column("checkpoint MB", "count"),
         Column("adding ms", "milliseconds"), Column("removing ms", "milliseconds")),
        rows,
    )  # fmt: skip


def _searching(figures: Sequence[Figures]) -> Table:
    rows = tuple(
        (f.passages, f.served["opening"], f.served["p50"]["no filter"],
         f.served["p95"]["no filter"],
         f.served["dense"], f.served["lexical"], f.served["rows"], f.served["anonymous"],
         f.served["mapped"])
        for f in figures
    )  # fmt: skip
    return Table(
        "Searching",
        "Opening: the first search of a process, every checksum included. Search: dense and "
        "lexical, fused, and the ten best read; the question's encoding not counted. Its parts: "
        "medians. Memory: of the process's own, and of files that are mapped.",
        (Column("passages", "count"), Column("opening ms", "milliseconds"),
         Column("p50 ms", "milliseconds"), Column("p95 ms", "milliseconds"),
         Column("FAISS", "milliseconds"), Column("BM25", "milliseconds"),
         Column("stored vectors", "milliseconds"),
         Column("own MB", "count"), Column("mapped MB", "count")),
        rows,
    )  # fmt: skip


def _recall(figures: Sequence[Figures]) -> Table:
    rows = tuple(
        (
            f.passages,
            name,
            f.served["recall"][name],
            f.served["first"][name],
            f.served["p50"][name],
            f.served["p95"][name],
        )
        for f in figures
        for name in FILTERS
    )
    return Table(
        "Recall under filters",
        "recall@10 of the dense search against a look at every stored vector that the filter lets "
        "through; times of the whole search, the first one with a filter and the others.",
        (Column("passages", "count"), Column("let through", "text"), Column("recall@10", "percent"),
         Column("first ms", "milliseconds"),
         Column("p50 ms", "milliseconds"), Column("p95 ms", "milliseconds")),
        rows,
    )  # fmt: skip
