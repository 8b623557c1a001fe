"""The command line of the evaluation: questions, retrieval, reading, fit and bench."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from corpus.errors import InvalidSetting
from eval.bench.cli import bench
from eval.opening import bar, collection, named_or_temporary, named_reader
from service.options import reader_download_option, reader_option

if TYPE_CHECKING:
    from eval.fit import Fit
    from eval.question_sets import Half

_file = click.Path(path_type=Path, dir_okay=False)
_folder = click.Path(path_type=Path, file_okay=False)
_details = click.option(
    "--details", type=_file, metavar="FILE", help="Write the values of each question, JSON Lines."
)
_data = click.option(
    "--data", type=_file, required=True, metavar="FILE", help="A set in SQuAD's format, such as "
    "SQuADShifts' new_wiki.json."
)  # fmt: skip
_kept_index = click.option(
    "--index", "folder", type=_folder, metavar="DIR", help="Keep the index here for the next run."
)
_limit = click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Draw N questions. Default: all."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of Markdown.")


@click.group(
    "eval",
    invoke_without_command=True,
    epilog="Example: attache eval questions --half development",
)
@click.pass_context
def evaluate(context: click.Context) -> None:
    """Measure how well questions are answered; without a command, `questions` is run."""
    if context.invoked_subcommand is None:
        context.invoke(questions)


evaluate.add_command(bench)


@evaluate.command(
    epilog="Example: attache eval questions --systems attache,always-abstain --details rows.jsonl"
)
@click.option(
    "--half",
    type=click.Choice(["reported", "development", "all"]),
    default="reported",
    show_default=True,
    help="Which questions. Parameters are chosen on the development half only.",
)
@click.option(
    "--systems",
    metavar="NAMES",
    help="What to compare, by commas: attache, always-abstain, first-sentence, sentence-reader, "
    "bm25-alone, dense-alone, shuffled. Default: all.",
)
@click.option(
    "--questions", "file", type=_file, metavar="FILE", help="Default: those on the collection."
)
@click.option(
    "--index",
    "folder",
    type=_folder,
    metavar="DIR",
    help="Default: a temporary one, filled with the shipped collection.",
)
@reader_option
@reader_download_option
@_details
@_json
def questions(
    half: str,
    systems: str | None,
    file: Path | None,
    folder: Path | None,
    reader: str | None,
    download: bool,
    details: Path | None,
    as_json: bool,
) -> None:
    """Ask a question set of each system; print tables on answers, retrieval and calibration."""
    from eval.question_sets import collection_questions, load_questions  # noqa: PLC0415
    from eval.rankings import Rankings  # noqa: PLC0415
    from eval.report import question_tables, write_details  # noqa: PLC0415
    from eval.retrieval import retrieval_rows  # noqa: PLC0415
    from eval.run import proofs_of, run  # noqa: PLC0415
    from eval.systems import make_systems, system_names  # noqa: PLC0415
    from service.answerer import Answerer  # noqa: PLC0415

    wanted = None if half == "all" else cast("Half", half)
    asked = load_questions(file, wanted) if file else collection_questions(wanted)
    names = system_names(systems)
    with collection(folder) as index, closing(Rankings(index)) as rankings:
        made = make_systems(names, Answerer(index, named_reader(reader, download, index)), rankings)
        proofs = proofs_of([q for q in asked if q.answerable], index)
        proved = [question for question in asked if question.id in proofs]
        found = retrieval_rows(
            rankings,
            [question.question for question in proved],
            [proofs[question.id] for question in proved],
            bar("Searching", "question"),
        )
        rows = run(made, asked, index, bar("Asking", "question"))
    if details:
        write_details(details, rows, found)
    _print(question_tables(rows, found), as_json)


@evaluate.command(epilog="Example: attache eval retrieval --data new_wiki.json --limit 300")
@_data
@_kept_index
@_limit
@_details
@_json
def retrieval(
    data: Path, folder: Path | None, limit: int | None, details: Path | None, as_json: bool
) -> None:
    """Search the paragraphs of a public set; print how often the right one is found."""
    from eval.rankings import Rankings  # noqa: PLC0415
    from eval.report import retrieval_table, write_details  # noqa: PLC0415
    from eval.retrieval import Proof, retrieval_rows  # noqa: PLC0415
    from eval.squadshifts import drawn, fill, load_benchmark  # noqa: PLC0415

    benchmark = load_benchmark(data)
    asked = drawn(benchmark.questions, limit)
    proofs = [Proof(q.id, q.half, cast("str", q.document)) for q in asked]
    with named_or_temporary(folder) as index:
        fill(index, benchmark.documents, bar("Indexing", "paragraph"))
        with closing(Rankings(index)) as rankings:
            texts = [question.question for question in asked]
            rows = retrieval_rows(rankings, texts, proofs, bar("Searching", "question"))
    if details:
        write_details(details, (), rows)
    _print((retrieval_table(rows),), as_json)


@evaluate.command(epilog="Example: attache eval reading --data new_wiki.json --limit 300")
@_data
@click.option(
    "--half",
    type=click.Choice(["reported", "development", "all"]),
    default="reported",
    show_default=True,
    help="Which articles. Recipes and parameters are chosen on the development half only.",
)
@reader_option
@reader_download_option
@_kept_index
@_limit
@_details
@_json
def reading(
    data: Path,
    half: str,
    reader: str | None,
    download: bool,
    folder: Path | None,
    limit: int | None,
    details: Path | None,
    as_json: bool,
) -> None:
    """Read a public set's paragraphs; print tables on answers and confidence.

    Only questions that have an answer are asked; each is read once more without it.
    """
    from eval.reading import reading_rows, reading_tables, write_rows  # noqa: PLC0415
    from eval.squadshifts import drawn, fill, load_benchmark  # noqa: PLC0415

    benchmark = load_benchmark(data)
    of_half = [q for q in benchmark.questions if q.answerable and half in ("all", q.half)]
    asked = drawn(of_half, limit)
    if not asked:
        raise InvalidSetting(f"{data} has no question of the {half} half.")
    with named_or_temporary(folder) as index:
        chosen = named_reader(reader, download, index)
        fill(index, benchmark.documents, bar("Indexing", "paragraph"))
        rows = reading_rows(chosen, index, asked, bar("Reading", "question"))
    if details:
        write_rows(details, rows)
    _print(reading_tables(rows, chosen.name, chosen.threshold), as_json)


@evaluate.command(epilog="Example: attache eval fit --data new_wiki.json --output model.json")
@click.option("--data", type=_file, metavar="FILE", help="More questions, in SQuAD's format.")
@click.option("--sample", type=click.IntRange(1), default=1500, show_default=True, help="Of them.")
@click.option(
    "--index", "folder", type=_folder, metavar="DIR", help="Keep their index for the next run."
)
@click.option(
    "--output", type=_file, metavar="FILE", help="Default: the parameters shipped with the reader."
)
def fit(data: Path | None, sample: int, folder: Path | None, output: Path | None) -> None:
    """Fit the sentence reader on development questions and write its parameters."""
    from eval.examples import Examples, examples_of  # noqa: PLC0415
    from eval.fit import fit_sentence_reader, model_json  # noqa: PLC0415
    from eval.question_sets import SEEDS, load_questions  # noqa: PLC0415
    from eval.squadshifts import drawn, fill, load_benchmark  # noqa: PLC0415
    from service import reader  # noqa: PLC0415

    asked = [q for q in load_questions(SEEDS, "development") if q.is_scored]
    origin = f"{len(asked)} development questions on the collection"
    with collection(None) as index:
        development = examples_of(index, asked, bar("Reading", "question"))
    wider: tuple[Examples, ...] = ()
    if data:
        benchmark = load_benchmark(data)
        chosen = drawn([q for q in benchmark.questions if q.half == "development"], sample)
        origin += f", {len(chosen)} of {data.stem}"
        with named_or_temporary(folder) as index:
            fill(index, benchmark.documents, bar("Indexing", "paragraph"))
            wider = examples_of(index, chosen, bar("Reading", "question"))
    fitted = fit_sentence_reader(development, wider, origin)
    path = output or Path(reader.__file__).parent / "sentence_reader.json"
    path.write_text(json.dumps(model_json(fitted.model), indent=2) + "\n", "utf-8")
    _print_fit(fitted, path)


def _print(tables: Sequence[Any], as_json: bool) -> None:
    from eval.tables import json_text, markdown  # noqa: PLC0415

    click.echo(json_text(tables) if as_json else markdown(tables))


def _print_fit(fitted: "Fit", path: Path) -> None:
    from eval.tables import Column, Table  # noqa: PLC0415

    columns = (
        Column("trained on", "text"), Column("C", "ratio"), Column("right less wrong", "count"),
        Column("best sentence holds", "count"),
    )  # fmt: skip
    rows = tuple((c.trained_on, c.penalty, c.worth, c.best_holds) for c in fitted.choices)
    note = (
        f"Chosen: the first. With each question left out, at the threshold "
        f"{fitted.model.threshold}: {fitted.given} of {fitted.questions} questions answered, "
        f"{fitted.right} of them from a sentence that holds the answer. "
        f"Written to {path}."
    )
    _print((Table("Fit of the sentence reader", note, columns, rows),), as_json=False)
