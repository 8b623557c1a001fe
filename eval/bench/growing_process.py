"""What is measured of a grown index in a process of its own: `save` or `serve`, and a folder."""

import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus.sentences import Extent
from eval.bench.growing import FILTERS
from index import state, store
from index.dense import candidates
from index.encoder import EncoderIdentity, Vectors
from index.filters import Filters, conditions
from index.index import Index
from index.schema import connect
from index.search import View
from index.terms import query_terms
from index.views import Views

_TOP = 10
_BLOCK = 50_000
EQUAL = 1e-6


class KnownQuestions:
    """An encoder that knows the vectors of some questions, and nothing else."""

    def __init__(self, identity: EncoderIdentity, texts: Sequence[str], vectors: Vectors) -> None:
        self.identity = identity
        self._vectors = dict(zip(texts, vectors, strict=True))

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of known questions."""
        return np.stack([self._vectors[text] for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Refuse: no passage is encoded here."""
        raise NotImplementedError

    def token_offsets(self, text: str) -> Sequence[Extent]:
        """Refuse: no document is cut here."""
        raise NotImplementedError


def main(task: str, folder: Path) -> None:
    """Save the checkpoint, or serve; print the figures as a line of JSON."""
    if task == "save":
        started = time.perf_counter()
        Index(folder).save_checkpoint(always=True)
        say({"seconds": time.perf_counter() - started, "peak": status()["VmHWM"]})
        return
    with np.load(folder / "questions.npz") as saved:
        texts, vectors = saved["texts"].tolist(), saved["vectors"]
    encoder = KnownQuestions(Index(folder).manifest().encoder, texts, vectors)
    index = Index(folder, encoder)
    figures: dict[str, Any] = {"opening": milliseconds(lambda: index.search(texts[0], limit=_TOP))}
    figures |= _times(index, texts)
    figures |= _memory()
    figures |= _parts(folder, texts, vectors)
    figures["recall"] = _recalls(folder, texts, vectors)
    say(figures)
    for line in sys.stdin:
        document, generation = line.split()
        found = index.search(
            texts[0], Filters(document_ids=(document,)), min_generation=int(generation)
        )
        print(len(found.hits), flush=True)


def say(figures: dict[str, Any]) -> None:
    """Print figures as a line of JSON."""
    print(json.dumps(figures), flush=True)


def _times(index: Index, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    p50, p95, first = {}, {}, {}
    for name, tag in FILTERS.items():
        filters = Filters(tags=(tag,)) if tag else None
        search = partial(index.search, filters=filters, limit=_TOP)
        first[name] = milliseconds(partial(search, texts[0]))
        for text in texts[:20]:
            search(text)
        times = [milliseconds(partial(search, text)) for text in texts]
        cuts = statistics.quantiles(times, n=20)
        p50[name], p95[name] = cuts[9], cuts[18]
    return {"p50": p50, "p95": p95, "first": first}


def _parts(folder: Path, texts: Sequence[str], vectors: Vectors) -> dict[str, float]:
    """Return the median milliseconds of each part of a search without a filter."""
    width = vectors.shape[1]
    with closing(connect(folder, writing=False)) as connection:
        view = _view(folder, connection)
        segment = view.base
        dense, lexical, rows = [], [], []
        for text, vector in zip(texts, vectors, strict=True):
            near = partial(candidates, segment.vectors, vector, 100, segment.alive)
            dense.append(milliseconds(near))
            lexical.append(milliseconds(partial(view.bm25.scores, query_terms(text))))
            read = partial(store.read_vectors, connection, segment.ids[near()], width)
            rows.append(milliseconds(read))
    return {name: statistics.median(times) for name, times in
            (("dense", dense), ("lexical", lexical), ("rows", rows))}  # fmt: skip


def _recalls(folder: Path, texts: Sequence[str], vectors: Vectors) -> dict[str, float]:
    """Return recall@10 of the dense search under each filter, against every stored vector."""
    found = {}
    with closing(connect(folder, writing=False)) as connection:
        view = _view(folder, connection)
        for name, tag in FILTERS.items():
            where = conditions(Filters(tags=(tag,)) if tag else Filters())
            allowed = view.allowed(connection, where)[0]
            best = exact_neighbours(connection, vectors, view.base.ids[allowed])
            shares = []
            for text, vector, expected in zip(texts, vectors, best, strict=True):
                dense = sorted(view.search(connection, text, vector, where, 100).dense.values())
                # Equal ones are equally right, whichever were found.
                good = sum(score >= expected[-1] - EQUAL for score in dense[-_TOP:])
                shares.append(min(good, len(expected)) / len(expected) if expected else 1.0)
            found[name] = statistics.mean(shares)
    return found


def exact_neighbours(
    connection: sqlite3.Connection, vectors: Vectors, allowed: npt.NDArray[np.int64]
) -> list[list[float]]:
    """Return the cosines of the ten nearest allowed passages of each question, by brute force."""
    best = np.empty((len(vectors), 0), np.float32)
    rows = connection.execute("SELECT passage, vector FROM vectors ORDER BY passage")
    while block := rows.fetchmany(_BLOCK):
        kept = np.isin([row[0] for row in block], allowed)
        stack = store.stacked([row[1] for row in block], vectors.shape[1])[kept]
        best = np.concatenate([best, vectors @ stack.T], axis=1)
        best = -np.sort(-best, axis=1)[:, :_TOP]
    return [row.tolist() for row in best]


def _view(folder: Path, connection: Any) -> View:
    return Views(folder).at(connection, state.read_manifest(connection, folder))


def _memory() -> dict[str, float]:
    """Return this process's own memory and that of mapped files, in megabytes."""
    told = status()
    return {"anonymous": told["RssAnon"], "mapped": told["RssFile"]}


def status() -> dict[str, float]:
    """Return what Linux tells of this process's memory, in megabytes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    told = (line.partition(":") for line in lines if line.endswith("kB"))
    return {name: int(value.split()[0]) / 1024 for name, _, value in told}


def milliseconds(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
