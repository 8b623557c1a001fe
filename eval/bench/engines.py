"""What else could search as much: lexical engines, and FAISS's ways to hold vectors.

Each runs in a process of its own over the rows of one grown index: the same terms, the same
questions' terms; the same vectors, of which four times the passages wanted are fetched and ranked
by the stored ones. bm25s and tantivy are measured where they are installed.
"""

import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from eval.bench.growing_process import EQUAL, exact_neighbours, milliseconds, say, status
from eval.tables import Column, Table, Value
from index import dense, store
from index.encoder import Vectors
from index.lexical import Bm25
from index.schema import connect
from index.segment import read_segment
from index.terms import query_terms

_WANTED = 100
_TOP = 10
_BLOCK = 50_000

Search = Callable[[Sequence[str]], object]


def engines_tables(folder: Path) -> list[Table]:
    """Return the tables of both kinds of engines for a grown index with its questions."""
    return [
        Table(
            "Lexical engines",
            f"The {_WANTED} best for questions of so many terms after stop words. Building: from "
            "the terms. Memory: the process's own when it has answered, and at most.",
            (Column("engine", "text"), Column("building s", "milliseconds"),
             Column("disk MB", "count"), Column("own MB", "count"), Column("peak MB", "count"),
             Column("p50 ms", "milliseconds"), Column("p95 ms", "milliseconds")),
            tuple(_row(name, folder, ("build", "disk", "own", "peak", "p50", "p95"))
                  for name in _LEXICAL),
        ),
        Table(
            "Vectors in FAISS",
            f"recall@{_TOP} after {4 * _WANTED} fetched ones were ranked by the stored vectors; "
            "one cell in eight is read. Times: FAISS alone, one thread.",
            (Column("vectors", "text"), Column("building s", "milliseconds"),
             Column("MB", "count"), Column("recall@10", "percent"),
             Column("p50 ms", "milliseconds"), Column("p95 ms", "milliseconds")),
            tuple(_row(name, folder, ("build", "disk", "recall", "p50", "p95"))
                  for name in _KINDS),
        ),
    ]  # fmt: skip


def _row(name: str, folder: Path, columns: Sequence[str]) -> tuple[Value, ...]:
    if name in _PACKAGES and find_spec(name) is None:
        return (f"{name}: not installed", *(None for _ in columns))
    shown = f"{name} {version(name)}" if name in _PACKAGES else name
    done = subprocess.run(
        [sys.executable, "-m", "eval.bench.engines", name, str(folder)],
        stdout=subprocess.PIPE, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    if done.returncode:
        return (f"{shown}: failed", *(None for _ in columns))
    told = json.loads(done.stdout.splitlines()[-1])
    return (shown, *(told[column] for column in columns))


def main(name: str, folder: Path) -> None:
    """Measure one engine; print the figures as a line of JSON."""
    with np.load(folder / "questions.npz") as saved:
        texts, vectors = saved["texts"].tolist(), saved["vectors"]
    with (
        closing(connect(folder, writing=False)) as connection,
        tempfile.TemporaryDirectory(prefix="attache-engine-") as place,
    ):
        if name in _KINDS:
            say(_measure_vectors(name, connection, vectors))
            return
        started = time.perf_counter()
        search = _LEXICAL[name](connection, Path(place))
        built = time.perf_counter() - started
        asked = [query_terms(text) for text in texts]
        for terms in asked[:5]:
            search(terms)
        figures = _quantiles([milliseconds(partial(search, terms)) for terms in asked])
        disk = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())
        memory = status()
        say({"build": built, "disk": disk / 1e6, "own": memory["RssAnon"],
             "peak": memory["VmHWM"], **figures})  # fmt: skip


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    for row in connection.execute("SELECT terms FROM lexicon ORDER BY passage"):
        yield row[0]


def _ours(connection: sqlite3.Connection, place: Path) -> Search:  # noqa: ARG001
    from index.search import highest  # noqa: PLC0415

    width = connection.execute("SELECT length(vector) / 4 FROM vectors LIMIT 1").fetchone()[0]
    segment = read_segment(connection, width)
    bm25 = Bm25([(segment.lexicon, segment.alive)])
    return lambda terms: highest(bm25.scores(terms)[0], _WANTED)


def _fts5(connection: sqlite3.Connection, place: Path) -> Search:
    other = sqlite3.connect(place / "fts5.sqlite", isolation_level=None)
    tokenizer = "tokenize = 'unicode61 remove_diacritics 0'"
    other.execute(f"CREATE VIRTUAL TABLE lexicon USING fts5 (terms, {tokenizer})")
    other.execute("BEGIN")
    other.executemany("INSERT INTO lexicon (terms) VALUES (?)", ((t,) for t in _texts(connection)))
    other.execute("COMMIT")
    sql = (
        "SELECT rowid, -bm25(lexicon) AS score FROM lexicon WHERE lexicon MATCH ? "
        f"ORDER BY score DESC, rowid LIMIT {_WANTED}"
    )
    return lambda terms: other.execute(sql, (" OR ".join(f'"{t}"' for t in terms),)).fetchall()


def _bm25s(connection: sqlite3.Connection, place: Path) -> Search:
    import bm25s  # noqa: PLC0415

    numbers: dict[str, int] = {}
    ids = [[numbers.setdefault(t, len(numbers)) for t in text.split()]
           for text in _texts(connection)]  # fmt: skip
    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index(bm25s.tokenization.Tokenized(ids=ids, vocab=numbers), show_progress=False)
    index.save(str(place))
    opened = bm25s.BM25.load(str(place), mmap=True)

    def search(terms: Sequence[str]) -> object:
        known = [term for term in terms if term in numbers]
        return opened.retrieve([known], k=_WANTED, show_progress=False, n_threads=1)

    return search


def _tantivy(connection: sqlite3.Connection, place: Path) -> Search:
    import tantivy  # noqa: PLC0415

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True, indexed=True, fast=True)
    builder.add_text_field("terms", tokenizer_name="whitespace")
    index = tantivy.Index(builder.build(), str(place))
    writer = index.writer(128_000_000, 1)
    for number, text in enumerate(_texts(connection)):
        document = tantivy.Document()
        document.add_unsigned("id", number)
        document.add_text("terms", text)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, schema, should = index.searcher(), index.schema, tantivy.Occur.Should

    def search(terms: Sequence[str]) -> object:
        parts = [(should, tantivy.Query.term_query(schema, "terms", term)) for term in terms]
        hits = searcher.search(tantivy.Query.boolean_query(parts), _WANTED).hits
        return [searcher.doc(address)["id"] for _, address in hits]

    return search


def _measure_vectors(
    name: str, connection: sqlite3.Connection, questions: Vectors
) -> dict[str, float]:
    width = questions.shape[1]
    ids = np.array([row[0] for row in connection.execute("SELECT passage FROM vectors ORDER BY 1")])

    def blocks() -> Iterator[Vectors]:
        rows = connection.execute("SELECT vector FROM vectors ORDER BY passage")
        while block := rows.fetchmany(_BLOCK):
            yield store.stacked([row[0] for row in block], width)

    cells = 2 * int(len(ids) ** 0.5)
    started = time.perf_counter()
    index = _KINDS[name](width, cells)
    if not index.is_trained:
        index.cp.niter, index.cp.spherical, index.cp.max_points_per_centroid = 8, True, 64
        step = max(1, len(ids) // (64 * cells))
        index.train(np.concatenate([block[::step].copy() for block in blocks()]))
    for block in blocks():
        index.add(block)
    built = time.perf_counter() - started
    faiss.omp_set_num_threads(1)
    options = {"nprobe": max(1, cells // 8)} if isinstance(index, faiss.IndexIVF) else {}
    kind = faiss.SearchParametersIVF if options else faiss.SearchParameters
    fetch = partial(index.search, k=4 * _WANTED, params=kind(**options))
    times, shares = [], []
    for question, expected in zip(
        questions, exact_neighbours(connection, questions, ids), strict=True
    ):
        times.append(milliseconds(partial(fetch, question[None])))
        fetched = fetch(question[None])[1][0]
        _, stored = store.read_vectors(connection, ids[fetched[fetched >= 0]], width)
        best = sorted(dense.cosines(stored, question))[-_TOP:]
        shares.append(sum(score >= expected[-1] - EQUAL for score in best) / len(expected))
    size = len(faiss.serialize_index(index)) / 1e6
    return {"build": built, "disk": size, "recall": statistics.mean(shares), **_quantiles(times)}


def _inverted(make: Callable[..., Any], *options: Any) -> Callable[[int, int], Any]:
    metric = faiss.METRIC_INNER_PRODUCT
    return lambda width, cells: make(faiss.IndexFlatIP(width), width, cells, *options, metric)


def _quantiles(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {"p50": cuts[9], "p95": cuts[18]}


_PACKAGES = ("bm25s", "tantivy")
_LEXICAL: dict[str, Callable[[sqlite3.Connection, Path], Search]] = {
    "Attaché": _ours, "SQLite FTS5": _fts5, "bm25s": _bm25s, "tantivy": _tantivy,
}  # fmt: skip
_KINDS: dict[str, Callable[[int, int], Any]] = {
    "every vector, float32": lambda width, cells: faiss.IndexFlatIP(width),
    "cells, 8 bits a dimension": _inverted(
        faiss.IndexIVFScalarQuantizer, faiss.ScalarQuantizer.QT_8bit
    ),
    "cells, 4 bits a dimension": _inverted(
        faiss.IndexIVFScalarQuantizer, faiss.ScalarQuantizer.QT_4bit
    ),
    "cells, product quantiser of 2 bits a dimension": lambda width, cells: faiss.IndexIVFPQ(
        faiss.IndexFlatIP(width), width, cells, width // 4, 8, faiss.METRIC_INNER_PRODUCT
    ),
    "cells, 1 bit a dimension (RaBitQ)": _inverted(faiss.IndexIVFRaBitQ),
}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
