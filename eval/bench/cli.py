"""The command that measures speed and memory, and keeps what it measured."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpus.errors import InvalidSetting
from eval.opening import collection

if TYPE_CHECKING:
    from eval.tables import Table
    from index.index import Index

PARTS = ("start", "serving", "models", "runtimes")

_TIMES = 4
"""How often the collection's few passages are encoded."""

_folder = click.Path(path_type=Path, file_okay=False)
_file = click.Path(path_type=Path, dir_okay=False)


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
    help="How many of the collection's development questions are asked.",
)
@click.option("--output", type=_folder, metavar="DIR", help="Write the figures, named by commit.")
@click.option(
    "--compare", type=_file, metavar="FILE", help="Print how an earlier result's figures changed."
)
def bench(
    parts: str | None, runs: int, count: int, output: Path | None, compare: Path | None
) -> None:
    """Measure speed and memory on this machine, on the shipped collection.

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
    tables = [machine_table()]
    click.echo(markdown(tables))
    with collection(None) as index:
        make_reader(DEFAULT_READER, index).load()  # makes its model ready, which is not measured
        for name in wanted:
            for table in _MEASURED[name](index, runs, count):
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


def _questions(count: int) -> list[str]:
    from eval.question_sets import collection_questions  # noqa: PLC0415

    return [question.question for question in collection_questions("development")][:count]


def _start(index: "Index", runs: int, count: int) -> "list[Table]":  # noqa: ARG001
    from eval.bench.processes import start_table  # noqa: PLC0415

    return [start_table(index.folder, _questions(1)[0], runs)]


def _serving(index: "Index", runs: int, count: int) -> "list[Table]":  # noqa: ARG001
    from eval.bench.serving import serving_table  # noqa: PLC0415

    return [serving_table(index.folder, _questions(count))]


def _models(index: "Index", runs: int, count: int) -> "list[Table]":  # noqa: ARG001
    from corpus.passages import cut  # noqa: PLC0415
    from eval.bench.models import models_tables  # noqa: PLC0415
    from index.changes import passage_tokens  # noqa: PLC0415

    encoder = index.encoder()
    documents = [index.document(entry.provenance.id).document for entry in index.all_entries()]
    cuts = [cut(document, encoder, passage_tokens(encoder)) for document in documents]
    passages = [passage.text for found in cuts for passage in found.passages]
    return models_tables(index, _questions(count), passages * _TIMES)


def _runtimes(index: "Index", runs: int, count: int) -> "list[Table]":  # noqa: ARG001
    from eval.bench.runtimes import runtimes_table  # noqa: PLC0415

    return [runtimes_table(runs * 2)]


_MEASURED: "dict[str, Callable[[Index, int, int], list[Table]]]" = {
    "start": _start, "serving": _serving, "models": _models, "runtimes": _runtimes,
}  # fmt: skip
