"""The command `attache add`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from corpus.formats import FORMATS, SIZE_LIMIT
from corpus.formats.bounded import BoundedReader
from corpus.formats.wire import Limits
from service.adding import Adding, Changed, Outcome
from service.changing import changeable_index, report, tell
from service.finding import STANDARD_INPUT, Findings, FoundFile, find
from service.options import (
    check_encoding,
    download_option,
    encoder_option,
    index_option,
    json_option,
    metadata_from_options,
    metadata_options,
)
from service.progress import above_bars, bar
from service.settings import read_settings
from service.terminal import printable

_SUFFIXES = sorted(suffix.removeprefix(".") for suffix in FORMATS)
_FORMATS_TEXT = ", ".join(f".{suffix}" for suffix in _SUFFIXES)

_RECORD_FORMATS = ("json", "jsonl", "ndjson")
"""Those in which each of many documents may state its id."""

_EXAMPLES = """\b
Example: attache add report.md notes.txt --index my-index
         attache add reports/ "minutes/**/2024*.md" --publisher "Ministry of Trade"
         attache add letter.md --published 2024-06 --country KR --country PE --tag trade
         pandoc page.rst -t markdown | attache add - --id page --title "The page"
"""


@click.command(
    epilog=_EXAMPLES,
    help=f"""Add documents ({_FORMATS_TEXT}) to the index.

    NAME is a file, a folder with all that it holds (hidden files and what no reader reads are
    skipped and counted), a pattern such as "2024/**/*.md", or - for standard input.

    An unchanged document changes nothing, a changed one replaces its passages. Each document is
    on the disk when it is reported; those that fail are listed at the end, with exit status 2,
    and do not stop the others.

    What an option says of the documents wins over what a sidecar says (report.md.yaml, .yml or
    .json beside report.md, with the keys of front matter), and that over what the file says.
    Two files of one name in a folder get an id each; it stays the same the next time.""",
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@index_option
@click.option("--id", "document_id", metavar="ID", help="The id of the document; one file only.")
@click.option("--title", metavar="TEXT", help="Its title; one file only.")
@metadata_options
@click.option(
    "--format",
    "input_format",
    type=click.Choice(_SUFFIXES),
    help="What standard input is. Default: md.",
)
@click.option("--replace", is_flag=True, help="Replace a document of this id from another source.")
@encoder_option
@download_option
@json_option
def add(
    names: tuple[str, ...],
    index_folder: Path | None,
    document_id: str | None,
    input_format: str | None,
    replace: bool,
    encoder: str | None,
    download: bool,
    timeout: int,
    as_json: bool,
    **options: Any,
) -> int:
    """Add documents to the index."""
    _check_names(names, document_id, input_format)
    has_title = options["title"] is not None
    encoding = check_encoding(options.pop("encoding"))
    given = metadata_from_options(options)
    findings = find(names, read_settings(index_folder).index)
    if len(findings.files) > 1 and (document_id is not None or has_title):
        option = "--id" if document_id is not None else "--title"
        raise click.UsageError(f"{option} names one document: give one file.")
    index = changeable_index(index_folder, encoder, download=download)
    with BoundedReader(Limits(seconds=timeout)) as reader:
        adding = Adding(index, reader, given=given, encoding=encoding, replace=replace)
        return _add_all(adding, findings, document_id, input_format or "md", as_json=as_json)


def _check_names(names: tuple[str, ...], document_id: str | None, input_format: str | None) -> None:
    if document_id is not None and len(names) > 1:
        raise click.UsageError("--id names one document: give one file.")
    if document_id == "":
        raise click.UsageError("--id is empty: give the document's id, or leave it out.")
    if STANDARD_INPUT in names and document_id is None and input_format not in _RECORD_FORMATS:
        raise click.UsageError("Standard input has no name: give its document one with --id.")
    if input_format is not None and STANDARD_INPUT not in names:
        raise click.UsageError("--format says what standard input is: give - as well.")


def _add_all(
    adding: Adding,
    findings: Findings,
    document_id: str | None,
    input_format: str,
    *,
    as_json: bool,
) -> int:
    """Add every file and report it; list the failures at the end, also of an interrupted run."""
    failures, done = list(findings.failures), 0
    step = bar("Adding") if len(findings.files) > 1 else None
    try:
        for number, file in enumerate(findings.files, 1):
            for outcome in _outcomes(adding, file, document_id, input_format):
                if isinstance(outcome, Changed):
                    done += 1
                    with above_bars():
                        report(outcome.change, outcome.warnings, as_json=as_json)
                else:
                    failures.append(outcome.reason)
            if step:
                step("", number, len(findings.files))
            adding.save(always=False)
    finally:
        adding.save()
        _tell_the_rest(findings, failures, done + len(failures))
    return 2 if failures else 0


def _outcomes(
    adding: Adding, file: FoundFile, document_id: str | None, input_format: str
) -> Iterator[Outcome]:
    if file.path == Path(STANDARD_INPUT):
        data = sys.stdin.buffer.read(SIZE_LIMIT + 1)
        return adding.add_bytes(data, f"standard-input.{input_format}", "stdin:", document_id)
    return adding.add_file(file.path, document_id, is_named=file.is_named)


def _tell_the_rest(findings: Findings, failures: list[str], total: int) -> None:
    for warning in findings.warnings:
        click.echo(f"warning: {printable(warning)}", err=True)
    if skipped := findings.skipped():
        click.echo(printable(skipped), err=True)
    for reason in failures:
        tell(reason)
    if failures:
        tell(f"{len(failures)} of {total} could not be added.")
