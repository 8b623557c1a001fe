"""The same models, the same texts, the same threads: as shipped, and plainly in PyTorch."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from sentence_transformers import SentenceTransformer

from eval.tables import Column, Table
from index.index import Index
from index.models import DEFAULT_ENCODER, model_folder
from index.network import cores, on_all_cores
from service.answerer import READ_PASSAGES
from service.passage_reading import context_of
from service.span_model import SpanModel, load_span_model, shipped_folder
from service.torch_span_model import load_from_folder
from service.windows import Window


@dataclass(frozen=True, slots=True)
class Work:
    """What one question gives the models to do: the question, and the windows that are read."""

    question: str
    windows: tuple[Window, ...]


def models_tables(index: Index, questions: Sequence[str], passages: Sequence[str]) -> list[Table]:
    """Time questions and passages through the shipped models and through PyTorch's."""
    torch.set_num_threads(cores())
    encoder, reader = index.encoder(), load_span_model(store=index.models)
    plain = SentenceTransformer(str(model_folder(DEFAULT_ENCODER)), device="cpu")
    with shipped_folder() as folder:
        source = load_from_folder("span", folder).weights
    todo = [_work(index, reader, question) for question in questions]

    def shipped(work: Work) -> None:
        encoder.encode_questions([work.question])
        on_all_cores(reader.logits, work.windows)

    def in_pytorch(work: Work) -> None:
        plain.encode_query([work.question], show_progress_bar=False)
        with torch.inference_mode():
            source(**_batch(work.windows))

    def one_by_one(work: Work) -> None:
        plain.encode_query([work.question], show_progress_bar=False)
        with torch.inference_mode():
            for window in work.windows:
                source(**_batch([window]))

    ours = _times(shipped, todo)
    rows = [
        ("as shipped", *_quantiles(ours), 1.0),
        ("sentence-transformers and PyTorch, a batch", *_against(_times(in_pytorch, todo), ours)),
        ("the same, a window at a time", *_against(_times(one_by_one, todo), ours)),
    ]
    lengths = [len(window) for work in todo for window in work.windows]
    note = (
        f"Encoding {len(todo)} questions and reading what the search finds for each, "
        f"{READ_PASSAGES} passages, {statistics.mean(lengths):.0f} tokens a window on average; "
        f"{torch.get_num_threads()} threads. Ratio: of the medians, to the first row."
    )
    columns = (
        Column("models", "text"), Column("p50 ms", "milliseconds"),
        Column("p95 ms", "milliseconds"), Column("ratio", "ratio"),
    )  # fmt: skip
    first = Table("Encoding and reading, warm", note, columns, tuple(rows))
    return [first, _indexing(encoder.encode_passages, plain, passages)]


def _indexing(
    encode: Callable[[Sequence[str]], object], plain: SentenceTransformer, passages: Sequence[str]
) -> Table:
    def seconds(run: Callable[[Sequence[str]], object]) -> float:
        run(passages[:32])
        started = time.perf_counter()
        run(passages)
        return time.perf_counter() - started

    ours = seconds(encode)
    theirs = seconds(lambda texts: plain.encode_document(list(texts), show_progress_bar=False))
    return Table(
        "Encoding passages",
        f"{len(passages)} passages: the collection's, several times over. Ratio: to the first row.",
        (Column("encoder", "text"), Column("passages a second", "milliseconds"),
         Column("ratio", "ratio")),
        (("as shipped", len(passages) / ours, 1.0),
         ("SentenceTransformer.encode", len(passages) / theirs, theirs / ours)),
    )  # fmt: skip


def _work(index: Index, reader: SpanModel, question: str) -> Work:
    hits = index.search(question, limit=READ_PASSAGES).hits
    windows = [w for h in hits for w in reader.windows(question, context_of(h), h.passage.text)]
    return Work(question, tuple(windows))


def _batch(windows: Sequence[Window]) -> dict[str, torch.Tensor]:
    longest = max(map(len, windows))
    names = windows[0].inputs
    rows = {name: [w.inputs[name] + [0] * (longest - len(w)) for w in windows] for name in names}
    return {name: torch.tensor(values) for name, values in rows.items()}


def _times(run: Callable[[Work], None], todo: Sequence[Work]) -> list[float]:
    for work in todo[:5]:
        run(work)
    times = []
    for work in todo:
        started = time.perf_counter()
        run(work)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _quantiles(times: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=20)
    return cuts[9], cuts[18]


def _against(times: Sequence[float], ours: Sequence[float]) -> tuple[float, float, float]:
    return *_quantiles(times), statistics.median(times) / statistics.median(ours)
