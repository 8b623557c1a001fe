"""Training the reader that is shipped, from the packaged encoder to its confidence."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.errors import InvalidSetting
from eval.question_sets import SEEDS, load_questions
from eval.retrieval import Progress
from eval.squadshifts import drawn, fill, load_benchmark
from index.index import Index
from service.opening import fill_with_collection
from service.span_model import SETTINGS_FILE, SpanModel, load_span_model
from service.windows import Windows
from training.confidence import Examples, Fitted, examples_of, fit_confidence
from training.export import write_reader, write_settings
from training.judge import judge_of
from training.loop import Training
from training.near_misses import near_misses
from training.recipe import SEED, STAGES, WINDOW, Data, choosing_questions, epoch_of
from training.start import starting_model, starting_tokenizer

Bar = Callable[[str, str], Progress]
"""Makes a bar with a title, for things of a kind."""

_PAD = 0
_JUDGED_TOKENS = 384
_JUDGE_EVERY = 500


def train_shipped(data: Data, output: Path, bar: Bar) -> None:
    """Go through the recipe's stages, or what is left of them, and write the weights."""
    tokenizer = starting_tokenizer()
    model = starting_model(SEED)
    judge = judge_of(choosing_questions(data.wiki), Windows(tokenizer, _JUDGED_TOKENS), _PAD)
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
    training.run(epoch_of(data, Windows(tokenizer, WINDOW), bar("Searching", "question")))
    stages = "; ".join(f"{s.name}, {s.epochs} epochs from rate {s.rate:g}" for s in STAGES)
    write_reader(model, output, None, {"seed": SEED, "stages": stages})


def fit_shipped(data: Data, output: Path, sample: int, bar: Bar) -> Fitted:
    """Fit the confidence on development questions of three kinds, and write it beside the weights.

    They are the collection's, new_wiki's choosing half, and our own near misses.
    """
    if not (output / SETTINGS_FILE).exists():
        raise InvalidSetting(f"{output} holds no trained reader: train one first.")
    model = load_span_model(str(output))
    parts = (
        collection_examples(model, bar),
        wiki_examples(model, data, sample, bar),
        near_miss_examples(model, data, bar),
    )
    named = (f"{len(parts[0])} of the collection", f"{len(parts[1])} of new_wiki")
    fitted_on = f"development questions: {', '.join(named)}, {len(parts[2])} near misses"
    fitted = fit_confidence([one for part in parts for one in part], fitted_on)
    write_settings(output, fitted.model, model.settings["trained"])
    return fitted


def collection_examples(model: SpanModel, bar: Bar) -> tuple[Examples, ...]:
    """Read the collection's development questions."""
    asked = [q for q in load_questions(SEEDS, "development") if q.is_scored]
    with TemporaryDirectory(prefix="attache-train-") as name, Index(Path(name)) as index:
        fill_with_collection(index)
        return examples_of(model, index, asked, bar("Reading the collection", "question"))


def wiki_examples(model: SpanModel, data: Data, sample: int, bar: Bar) -> tuple[Examples, ...]:
    """Read questions of new_wiki's choosing half, found among all of its paragraphs."""
    benchmark = load_benchmark(data.wiki)
    asked = drawn([q for q in benchmark.questions if q.half == "development"], sample)
    with Index(data.work / "wiki") as index:
        fill(index, benchmark.documents, bar("Indexing new_wiki", "paragraph"))
        return examples_of(model, index, asked, bar("Reading new_wiki", "question"))


def near_miss_examples(model: SpanModel, data: Data, bar: Bar) -> tuple[Examples, ...]:
    """Read our own questions that are left out of the training."""
    benchmark = near_misses(data.qamr)
    with Index(data.work / "near-misses") as index:
        fill(index, benchmark.documents, bar("Indexing near misses", "passage"))
        return examples_of(
            model, index, benchmark.questions, bar("Reading near misses", "question")
        )
