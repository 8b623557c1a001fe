"""Training on a user's own questions, on top of the shipped reader."""

import hashlib
import json
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from corpus.errors import InvalidSetting
from eval.question_sets import Question
from eval.retrieval import Progress
from eval.squadshifts import Benchmark, fill, load_benchmark
from index.exported import ModelStore
from index.index import Index
from service.span_model import load_span_model
from training.confidence import Fitted, fit_reader, read_questions
from training.export import write_reader
from training.judge import judge_of
from training.loop import Training
from training.recipe import SEED, WINDOW, own_data_items, own_data_stages
from training.sources import read_squad
from training.start import fastest_device, shipped_model, starting_windows

Bar = Callable[[str, str], Progress]

LEFT_OUT = "left-out.json"
"""The paragraphs left out of the training, beside the reader."""

HELD_OUT = 5
"""One paragraph in so many is not trained on: its questions fit the confidence."""

_LEAST = 20
"""Questions that fitting the confidence needs at least."""

_PAD = 0


def train_own(path: Path, output: Path, work: Path, epochs: int, bar: Bar) -> Fitted:
    """Train on a file in SQuAD's format; fit the confidence on the paragraphs left out of it.

    Raises InvalidSetting where the file can't be read or holds too little.
    """
    benchmark = load_benchmark(path)
    questions = read_squad(path)
    kept = [question for question in questions if not is_held_out(question.text)]
    held_out = [question for question in questions if is_held_out(question.text)]
    if len(held_out) < _LEAST or not kept:
        raise InvalidSetting(
            f"{path} has {len(questions)} questions, of which {len(held_out)} are left out to fit "
            f"the confidence on: {_LEAST} are needed, about {_LEAST * HELD_OUT} in all, on many "
            f"paragraphs, of which one in {HELD_OUT} is left out."
        )
    model = shipped_model().to(fastest_device())
    judge = judge_of([q for q in held_out if q.answers], starting_windows(384), _PAD)
    training = Training(
        model,
        own_data_stages(epochs),
        work / "training",
        seed=SEED,
        data=hashlib.sha256(path.read_bytes()).hexdigest(),
        pad=_PAD,
        judge=judge,
        judge_every=500,
    )
    windows = starting_windows(WINDOW)
    training.run(lambda _stage, epoch: own_data_items(kept, SEED + epoch, windows))
    trained = {"seed": SEED, "data": path.name, "epochs": epochs, "questions": len(kept)}
    write_reader(model, work / "reader", None, trained)
    reader = load_span_model(str(work / "reader"), store=ModelStore(work / "models"))
    asked = _left_out(benchmark)
    with tempfile.TemporaryDirectory(prefix="attache-train-") as name, Index(Path(name)) as index:
        fill(index, benchmark.documents, bar("Indexing", "paragraph"))
        answered = read_questions(reader, index, asked, bar("Reading", "question"))
    fitted = fit_reader(answered, f"{len(asked)} questions of {path.name} left out of training")
    write_reader(model, output, fitted.model, trained)
    _write_left_out(path, output / LEFT_OUT)
    return fitted


def _write_left_out(path: Path, left_out: Path) -> None:
    """Write the paragraphs that were not trained on, in SQuAD's format, for measuring."""
    articles = json.loads(path.read_text("utf-8"))["data"]
    for article in articles:
        kept = [p for p in article["paragraphs"] if is_held_out(p["context"])]
        article["paragraphs"] = kept
    kept_articles = [article for article in articles if article["paragraphs"]]
    left_out.write_text(json.dumps({"data": kept_articles}, ensure_ascii=False), "utf-8")


def is_held_out(paragraph: str) -> bool:
    """Tell whether a paragraph is left out of the training; its text decides."""
    return zlib.crc32(paragraph.encode()) % HELD_OUT == 0


def _left_out(benchmark: Benchmark) -> list[Question]:
    """Return the questions on paragraphs left out: a user's own halves are these."""
    texts = {document.id: document.text for document in benchmark.documents}
    return [
        replace(question, half="development")
        for question in benchmark.questions
        if question.document is not None and is_held_out(texts[question.document])
    ]
