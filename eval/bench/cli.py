"""The command that measures speed and memory, and keeps what it measured."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from corpus.errors import InvalidSetting
from eval.opening import bar, collection

if TYPE_CHECKING:
    from corpus.document import Document
    from eval.bench.growing import Figures, Questions
    from eval.bench.growth import RealText
    from eval.tables import Table
    from index.encoder import Encoder
    from index.index import Index

_Item = TypeVar("_Item")

PARTS = (
    "start", "serving", "load", "soak", "models", "runtimes", "growing", "realism", "engines",
    "peers",
)  # fmt: skip

_TIMES = 4
"""How often the collection's few passages are encoded."""

_UNITS = {"k": 1_000, "m": 1_000_000}
_QUESTIONS = 500
"""Questions that a grown index is asked."""

_folder = click.Path(path_type=Path, file_okay=False)
_file = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured, and how much of it."""

    runs: int
    questions: int
    data: tuple[Path, ...]
    sizes: tuple[int, ...]
    work: Path
    output: Path | None
    minutes: float


@click.command(
    "bench", epilog="Example: attache eval bench --parts start,serving --output eval/bench/results"
)
@click.option(
    "--parts",
    metavar="NAMES",
    help=f"What to measure, by commas: {', '.join(PARTS)}. Default: all.",
)
@click.option(
    "--runs", type=click.IntRange(2), default=11, show_default=True, help="Of each whole process."
)
@click.option(
    "--questions",
    "count",
    type=click.IntRange(20),
    default=200,
    show_default=True,
    help="How many of the collection's questions are asked.",
)
@click.option(
    "--data",
    type=_file,
    multiple=True,
    metavar="FILE",
    help="Text to grow, in SQuAD's format; may be repeated. Default: the shipped collection.",
)
@click.option(
    "--sizes",
    default="1k,10k,100k",
    show_default=True,
    metavar="SIZES",
    help="Passages of the grown indexes, by commas; up to 1M and more.",
)
@click.option(
    "--work",
    type=_folder,
    metavar="DIR",
    help="Keep the grown indexes here for the next run. Default: a temporary folder.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0.1),
    default=1.0,
    show_default=True,
    help="Of the part soak.",
)
@click.option("--output", type=_folder, metavar="DIR", help="Write the figures, named by commit.")
@click.option(
    "--compare", type=_file, metavar="FILE", help="Print how an earlier result's figures changed."
)
def bench(
    parts: str | None, runs: int, count: int, data: tuple[Path, ...], sizes: str,
    work: Path | None, minutes: float, output: Path | None, compare: Path | None,
) -> None:  # fmt: skip
    """Measure speed and memory on this machine, on the shipped collection and on grown indexes.

    Take the machine for yourself meanwhile: what else runs is measured too.
    """
    from eval.bench.results import (  # noqa: PLC0415
        comparison,
        machine_table,
        read_result,
        write_result,
    )
    from eval.tables import markdown  # noqa: PLC0415
    from service.opening import DEFAULT_READER, make_reader  # noqa: PLC0415

    wanted = _parts(parts)
    earlier = read_result(compare) if compare else None
    counts = _sizes(sizes)
    tables = [machine_table()]
    click.echo(markdown(tables))
    temporary = tempfile.TemporaryDirectory(prefix="attache-bench-") if work is None else None
    with collection(None) as index, temporary or nullcontext() as folder:
        options = Options(runs, count, data, counts, work or Path(str(folder)), output, minutes)
        make_reader(DEFAULT_READER, index).load()  # makes its model ready, which is not measured
        for name in wanted:
            for table in _MEASURED[name](index, options):
                click.echo("\n" + markdown([table]))
                tables.append(table)
    if earlier is not None:
        click.echo("\n" + markdown([comparison(tables, earlier)]))
    if output:
        click.echo(f"\nWritten to {write_result(output, tables)}.", err=True)


def _parts(parts: str | None) -> list[str]:
    wanted = [name.strip() for name in parts.split(",")] if parts is not None else list(PARTS)
    for name in wanted:
        if name not in PARTS:
            raise InvalidSetting(f"There is no part {name!r:.40}: name some of {', '.join(PARTS)}.")
    return wanted


def _sizes(sizes: str) -> tuple[int, ...]:
    found = []
    for part in sizes.split(","):
        text = part.strip().lower()
        unit = _UNITS.get(text[-1:], 1)
        number = text if unit == 1 else text[:-1]
        if not number.isdecimal() or len(number) > 7 or not int(number):
            raise InvalidSetting(f"{part!r:.40} is no size: write 1000, 10k or 1M.")
        found.append(int(number) * unit)
    return tuple(sorted(set(found)))


def _questions(count: int) -> list[str]:
    from eval.question_sets import collection_questions  # noqa: PLC0415

    return [question.question for question in collection_questions("development")][:count]


def _spread(items: Sequence[_Item], count: int) -> list[_Item]:
    """Return so many of the items, from all over."""
    return list(items[:: max(1, len(items) // count)][:count])


def _start(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.processes import start_table  # noqa: PLC0415

    return [start_table(index.folder, _questions(1)[0], options.runs)]


def _serving(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.serving import serving_tables  # noqa: PLC0415

    return serving_tables(index.folder, _questions(options.questions))


def _load(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.load import load_tables  # noqa: PLC0415

    return load_tables(index.folder, _questions(options.questions))


def _soak(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.load import soak_tables  # noqa: PLC0415

    return soak_tables(index, _questions(options.questions), options.work, options.minutes)


def _models(index: "Index", options: Options) -> "list[Table]":
    from corpus.passages import cut  # noqa: PLC0415
    from eval.bench.models import models_tables  # noqa: PLC0415
    from index.changes import passage_tokens  # noqa: PLC0415

    encoder = index.encoder()
    cuts = [cut(document, encoder, passage_tokens(encoder)) for document in _documents(index)]
    passages = [passage.text for found in cuts for passage in found.passages]
    return models_tables(index, _questions(options.questions), passages * _TIMES)


def _runtimes(index: "Index", options: Options) -> "list[Table]":  # noqa: ARG001
    from eval.bench.runtimes import runtimes_table  # noqa: PLC0415

    return [runtimes_table(options.runs * 2)]


def _growing(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.curves import draw  # noqa: PLC0415
    from eval.bench.growing import growing_tables  # noqa: PLC0415
    from eval.bench.results import commit  # noqa: PLC0415

    encoder = index.encoder()
    real, questions = _real(index, options)
    figures = [_grown(size, real, questions, encoder, options.work) for size in options.sizes]
    if options.output and len(figures) > 1:
        options.output.mkdir(parents=True, exist_ok=True)
        draw(figures, options.output / f"{commit()}.svg")
    return growing_tables(figures, len(real))


def _realism(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.realism import realism_table  # noqa: PLC0415

    real, questions = _real(index, options)
    return [realism_table(real, questions, index.encoder())]


def _engines(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.engines import engines_tables  # noqa: PLC0415
    from eval.bench.growing import prepare  # noqa: PLC0415

    encoder = index.encoder()
    real, questions = _real(index, options)
    size = options.sizes[-1]
    folder = options.work / str(size)
    prepare(folder, real, size, encoder, questions, bar("Growing", " passages"))
    return engines_tables(folder)


def _peers(index: "Index", options: Options) -> "list[Table]":
    from eval.bench.peers import peers_table  # noqa: PLC0415
    from eval.question_sets import collection_questions  # noqa: PLC0415

    # Reported ones: the confidence, by which the best candidate is taken, learned from the others.
    return [peers_table(index, _spread(collection_questions("reported"), options.questions))]


def _grown(
    size: int, real: "RealText", questions: "Questions", encoder: "Encoder", work: Path
) -> "Figures":
    from eval.bench.growing import measure  # noqa: PLC0415

    return measure(work / str(size), real, size, encoder, questions, bar("Growing", " passages"))


def _documents(index: "Index") -> "list[Document]":
    return [index.document(entry.provenance.id).document for entry in index.all_entries()]


def _real(index: "Index", options: Options) -> "tuple[RealText, Questions]":
    """Return the text that is grown, and the questions asked of it, both encoded."""
    from eval.bench.growing import Questions  # noqa: PLC0415
    from eval.bench.growth import real_text  # noqa: PLC0415
    from eval.question_sets import collection_questions  # noqa: PLC0415
    from eval.squadshifts import load_benchmark  # noqa: PLC0415
    from index.exported import cache_folder  # noqa: PLC0415

    encoder = index.encoder()
    sets = [load_benchmark(path) for path in options.data]
    documents = [document for one in sets for document in one.documents] or _documents(index)
    # Reported ones: how many cells are read was chosen on development questions.
    questions = [q for one in sets for q in one.questions] or collection_questions()
    asked = list(dict.fromkeys(q.question for q in questions if q.half == "reported"))
    chosen = _spread(asked, _QUESTIONS)
    vectors = encoder.encode_questions(chosen)
    cache = cache_folder().parent / "bench"
    return real_text(documents, encoder, cache), Questions(tuple(chosen), vectors)


_MEASURED: "dict[str, Callable[[Index, Options], list[Table]]]" = {
    "start": _start, "serving": _serving, "models": _models, "runtimes": _runtimes,
    "growing": _growing, "realism": _realism, "engines": _engines, "peers": _peers,
    "load": _load, "soak": _soak,
}  # fmt: skip
