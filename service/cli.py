"""The command line: ask, search, verify and serve. Those that change an index are in admin.py."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from corpus.errors import AttacheError, InvalidQuestion, InvalidSetting
from service import admin, keys_cli
from service.access_options import access_from, access_options
from service.answerer import Answerer, check_question
from service.opening import DEFAULT_READER, make_reader, open_answerer, open_index
from service.operating import operating_from, operating_options
from service.options import (
    filter_options,
    filters_from,
    index_option,
    json_option,
    reader_download_option,
    reader_option,
)
from service.problems import problem_of
from service.progress import bar
from service.settings import colors, read_settings
from service.terminal import passage_lines, printable, reply_lines
from service.tool_command import mcp


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog='Example: attache ask "What did South Korea set up for students at UNI in Peru?"',
)
@click.version_option(package_name="attache", prog_name="attache")
def cli() -> None:
    """Answer questions from documents with exact, cited passages.

    Exit status: 0 answered or done, 1 abstained or not all well, 2 error, 130 interrupted.
    """


@cli.command(epilog='Example: attache ask "How many corvettes were donated to Peru?" --country PE')
@click.argument("question", required=False)
@index_option
@json_option
@click.option(
    "--batch",
    type=click.File("rb"),
    metavar="FILE",
    help="Ask each line of FILE (- for standard input); print a JSON object a line.",
)
@click.option("--passages", default=3, show_default=True, help="Passages to show, with --json.")
@click.option("--alternatives", default=2, show_default=True, help="Other candidates to show.")
@click.option(
    "--min-confidence",
    type=float,
    metavar="P",
    help="Answer from this confidence on (0 to 1). Default: the reader's threshold.",
)
@reader_option
@reader_download_option
@filter_options  # fmt: skip
def ask(
    question: str | None,
    index_folder: Path | None,
    as_json: bool,
    batch: BinaryIO | None,
    reader: str | None,
    download: bool,
    **options: Any,
) -> int:
    """Answer QUESTION, or abstain. QUESTION is read from standard input where it is -."""
    if (question is None) == (batch is None):
        raise click.UsageError("Give either a question or --batch FILE.")
    options["filters"] = filters_from(options)
    with _opened(index_folder, reader, download) as answerer:
        if batch is not None:
            answerer.load()
            return _ask_batch(answerer, batch, options)
        assert question is not None
        asked = check_question(_typed(question))  # before the models are waited for
        answerer.load()
        reply = answerer.ask(asked, **options)
    if as_json:
        click.echo(to_json(reply, indent=2))
    else:
        _print(reply_lines(reply, color=colors()))
    return 0 if reply.answered else 1


@cli.command(epilog='Example: attache search "patrol vessels" --passages 5 --from 2020')
@click.argument("question")
@index_option
@json_option
@click.option("--passages", default=10, show_default=True, help="Passages to show.")
@filter_options
def search(
    question: str, index_folder: Path | None, as_json: bool, passages: int, **options: Any
) -> int:
    """Show the passages that suit QUESTION best (- reads it from standard input)."""
    filters = filters_from(options)
    settings = read_settings(index_folder)
    with open_index(settings, progress=bar("Reading the collection")) as index:
        reader = make_reader(settings.reader or DEFAULT_READER, index)  # named, and not loaded
        reply = Answerer(index, reader).search(_typed(question), passages=passages, filters=filters)
    if as_json:
        click.echo(to_json(reply, indent=2))
    elif reply.passages:
        _print(passage_lines(reply.passages, color=colors()))
    else:
        click.echo("No passage was found.")
    return 0 if reply.passages else 1


@cli.command(epilog='Example: attache ask "Who signed it?" --json | attache verify -')
@click.argument("file", type=click.File("rb"), default="-")
@index_option
@json_option
def verify(file: BinaryIO, index_folder: Path | None, as_json: bool) -> int:
    """Say for each citation of a reply in FILE whether it still holds."""
    from service.verify import verify as verdicts_of  # noqa: PLC0415

    text = _decoded(file.read(), "The reply")
    index = open_index(read_settings(index_folder), progress=bar("Reading the collection"))
    with index:
        verdicts = verdicts_of(index, text)
    if as_json:
        click.echo(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False))
    else:
        for verdict in verdicts:
            now = f", now «{printable(verdict.found)}»" if verdict.found else ""
            click.echo(
                f"{verdict.verdict}  {verdict.place}  {printable(verdict.document_id)} "
                f"{verdict.start}–{verdict.end} «{printable(verdict.text)}»{now}"
            )
        if not verdicts:
            click.echo("The reply cites nothing.")
    return 0 if all(verdict.holds for verdict in verdicts) else 1


@cli.command(epilog="Example: attache serve --port 8000")
@index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@reader_option
@reader_download_option
@access_options
@operating_options
def serve(
    index_folder: Path | None,
    host: str,
    port: int,
    reader: str | None,
    download: bool,
    **options: Any,
) -> int:
    """Serve the HTTP API and the page until interrupted."""
    operating = operating_from(options)
    access = access_from(index_folder, host, options)
    opened = partial(_opened, index_folder, reader, download)
    if operating.workers > 1:
        from service.workers import serve_by_workers  # noqa: PLC0415

        serve_by_workers(opened, host, port, operating, access)
        return 0
    from service.serving import serve as serve_until_stopped  # noqa: PLC0415

    with opened() as answerer:
        serve_until_stopped(answerer, host, port, operating, access)
    return 0


admin.add_commands(cli)
cli.add_command(mcp)
cli.add_command(keys_cli.keys)


def to_json(record: Any, indent: int | None = None) -> str:
    """Write a record as the contract's JSON."""
    return json.dumps(asdict(record), ensure_ascii=False, indent=indent)


def _opened(index_folder: Path | None, reader: str | None, download: bool = False) -> Answerer:
    return open_answerer(
        index_folder, reader=reader, download=download, progress=bar("Reading the collection")
    )


def _typed(question: str) -> str:
    if question != "-":
        return question
    return _decoded(sys.stdin.buffer.read(), "The question")


def _decoded(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"{what} is not UTF-8: byte {error.start} can't be read.") from None


def _ask_batch(answerer: Answerer, batch: BinaryIO, options: dict[str, Any]) -> int:
    failed = False
    for number, line in enumerate(batch, 1):
        if not line.strip():
            continue
        try:
            reply = answerer.ask(_question_line(line), **options)
            entry: dict[str, Any] = {"id": number, "result": asdict(reply)}
        except AttacheError as error:
            failed = True
            entry = {"id": number, "problem": asdict(problem_of(error))}
        click.echo(json.dumps(entry, ensure_ascii=False))
        sys.stdout.flush()
    return 2 if failed else 0


def _question_line(line: bytes) -> str:
    try:
        return line.decode("utf-8").removeprefix("\ufeff").strip()
    except UnicodeDecodeError as error:
        raise InvalidQuestion(f"The question is not UTF-8 at byte {error.start}.") from None


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line, color=colors() or None)
