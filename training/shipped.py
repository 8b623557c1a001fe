"""Training the reader that is shipped, from the packaged encoder to its confidence."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.errors import InvalidSetting
from eval.question_sets import collection_questions
from eval.retrieval import Progress
from eval.squadshifts import Benchmark, drawn, fill, load_benchmark
from index.exported import ModelStore
from index.index import Index
from service.opening import fill_with_collection
from service.span_model import SETTINGS_FILE, SpanModel, load_span_model
from training.confidence import Fitted, ReadQuestion, fit_reader, read_questions
from training.export import write_reader, write_settings
from training.judge import judge_of
from training.loop import Stage, Training
from training.own_questions import held_out_articles, held_out_digests, near_misses
from training.recipe import (
    LONG_WINDOW,
    SEED,
    STAGES,
    WINDOW,
    Data,
    choosing_questions,
    epoch_of,
)
from training.start import fastest_device, starting_model, starting_windows

Bar = Callable[[str, str], Progress]
"""Makes a bar with a title, for things of a kind."""

_PAD = 0
_JUDGED_TOKENS = 384
_JUDGE_EVERY = 500


def train_shipped(data: Data, bar: Bar) -> Path:
    """Go through the recipe's stages, or what is left of them; return the folder of the weights.

    It lacks a confidence: only a reader that has one is put where a user asked for it.
    """
    model = starting_model(SEED).to(fastest_device())
    judge = judge_of(choosing_questions(data.wiki), starting_windows(_JUDGED_TOKENS), _PAD)
    training = Training(
        model,
        STAGES,
        data.work / "training",
        seed=SEED,
        data=data.fingerprint(),
        pad=_PAD,
        judge=judge,
        judge_every=_JUDGE_EVERY,
    )
    short, long = starting_windows(WINDOW), starting_windows(LONG_WINDOW)
    training.run(epoch_of(data, short, long, bar("Searching", "question")))
    stages = "; ".join(stage_named(stage) for stage in STAGES)
    write_reader(model, data.work / "reader", None, {"seed": SEED, "stages": stages})
    return data.work / "reader"


def fit_shipped(data: Data, trained: Path, output: Path, sample: int, bar: Bar) -> Fitted:
    """Fit the confidence on development questions of five kinds, and write it with the weights.

    trained: the folder of the weights, which may be the output. The questions are the collection's,
    those of new_wiki's choosing half, and our own: on held-out articles and digests, and near
    misses, which are hard.
    """
    if not (trained / SETTINGS_FILE).exists():
        raise InvalidSetting(f"{trained} holds no trained reader: train one first.")
    model = load_span_model(str(trained), store=ModelStore(data.work / "models"))
    read = (
        *read_collection(model, bar),
        *read_wiki(model, data, sample, bar),
        *read_own(model, held_out_articles(), bar, "our articles"),
        *read_own(model, held_out_digests(), bar, "our digests"),
        *read_own(model, near_misses(data.qamr), bar, "our near misses", is_hard=True),
    )
    counts = Counter(one.part for one in read)
    named = ", ".join(f"{count} of {part}" for part, count in counts.items())
    fitted = fit_reader(read, f"development questions: {named}")
    if trained != output:
        shutil.copytree(trained, output, dirs_exist_ok=True)
    write_settings(output, fitted.model, model.settings.get("trained", {}))
    return fitted


def stage_named(stage: Stage) -> str:
    """Return what is kept of a stage beside the weights."""
    mean = "the mean of " if len(stage.start) > 1 else ""
    if not stage.epochs:
        return f"{stage.name}: {mean}{', '.join(stage.start)}"
    start = f" from {mean}{', '.join(stage.start)}" if stage.start else ""
    most = f", at most {stage.steps} batches" if stage.steps else ""
    course = f"rate {stage.rate:g} to {stage.final_rate:g}"
    return f"{stage.name}{start}: epochs {stage.epochs}{most}, {course}"


def read_collection(model: SpanModel, bar: Bar) -> tuple[ReadQuestion, ...]:
    """Read the collection's development questions."""
    asked = [q for q in collection_questions("development") if q.is_scored]
    with TemporaryDirectory(prefix="attache-train-") as name, Index(Path(name)) as index:
        fill_with_collection(index)
        return read_questions(model, index, asked, bar("Reading", "question"), "the collection")


def read_wiki(model: SpanModel, data: Data, sample: int, bar: Bar) -> tuple[ReadQuestion, ...]:
    """Read questions of new_wiki's choosing half, found among all of its paragraphs."""
    benchmark = load_benchmark(data.wiki)
    asked = drawn([q for q in benchmark.questions if q.half == "development"], sample)
    with Index(data.work / "wiki") as index:
        fill(index, benchmark.documents, bar("Indexing new_wiki", "paragraph"))
        return read_questions(model, index, asked, bar("Reading", "question"), "new_wiki")


def read_own(
    model: SpanModel, held_out: Benchmark, bar: Bar, part: str, *, is_hard: bool = False
) -> tuple[ReadQuestion, ...]:
    """Read our own questions that are held out, found among the passages held out with them."""
    with TemporaryDirectory(prefix="attache-train-") as name, Index(Path(name)) as index:
        fill(index, held_out.documents, bar(f"Indexing {part}", "passage"))
        told = bar("Reading", "question")
        return read_questions(model, index, held_out.questions, told, part, is_hard=is_hard)
