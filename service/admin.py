"""The command line for an index: add, remove, list, show, status and rebuild."""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from corpus.errors import AttacheError, DocumentConflict, IndexFailure, InvalidDocument
from corpus.formats import FORMATS, read_bytes, read_path
from corpus.formats.raw import Parsed
from index.index import Index
from index.records import Change
from service.documents import DocumentPage, check_id, summary_of, text_of
from service.opening import fill_with_collection, open_index
from service.options import download_option, encoder_option, index_option, json_option
from service.progress import above_bars, bar
from service.settings import read_settings
from service.terminal import printable

_SAVED_AFTER = 1024
"""Passages added after which the checkpoint is saved if enough has changed."""


def add_commands(group: click.Group) -> None:
    """Put the commands of this module into a group."""
    for command in (add, remove, list_documents, show, status, rebuild):
        group.add_command(command)


@click.command(epilog="Example: attache add report.md notes.txt --index my-index")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@index_option
@click.option("--id", "document_id", metavar="ID", help="The id of the document; one file only.")
@click.option("--replace", is_flag=True, help="Replace a document of this id from another source.")
@encoder_option
@download_option
@json_option
def add(
    files: tuple[str, ...],
    index_folder: Path | None,
    document_id: str | None,
    replace: bool,
    encoder: str | None,
    download: bool,
    as_json: bool,
) -> int:
    """Add documents (.md, .txt) to the index; - reads Markdown from standard input.

    An unchanged document changes nothing, a changed one replaces its passages. Each document is
    on the disk when it is reported; one that fails does not stop the others.
    """
    if document_id is not None and len(files) > 1:
        raise click.UsageError("--id names one document: give one file.")
    if document_id == "":
        raise click.UsageError("--id is empty: give the document's id, or leave it out.")
    if "-" in files and document_id is None:
        raise click.UsageError("Standard input has no name: give its document one with --id.")
    index = _changeable(index_folder, encoder, download)
    step = bar("Adding") if len(files) > 1 else None
    failures = unsaved = 0
    try:
        for number, name in enumerate(files, 1):
            with above_bars():
                passages = _add(index, name, document_id, replace, as_json)
            failures += passages is None
            unsaved += passages or 0
            if step:
                step("", number, len(files))
            if unsaved >= _SAVED_AFTER:
                _save_checkpoint(index)
                unsaved = 0
    finally:
        _save_checkpoint(index)
    if failures:
        click.echo(f"attache: {failures} of {len(files)} could not be added.", err=True)
    return 2 if failures else 0


def _add(
    index: Index, name: str, document_id: str | None, replace: bool, as_json: bool
) -> int | None:
    """Add one file and tell so; return its passages, or None where it can't be added."""
    try:
        parsed = _read(name, document_id)
        change = index.add(parsed.document, replace=replace)
    except (InvalidDocument, DocumentConflict) as error:
        click.echo(f"attache: {printable(str(error))}", err=True)
        return None
    _report(change, as_json, parsed.warnings)
    return change.passages


@click.command(epilog="Example: attache remove korea-peru-ambassador-interview-2023")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@index_option
@json_option
def remove(ids: tuple[str, ...], index_folder: Path | None, as_json: bool) -> int:
    """Remove documents by their ids; no question asked afterwards cites them."""
    index = _changeable(index_folder, None, download=False)
    failures = 0
    for document_id in ids:
        try:
            _report(index.remove(check_id(document_id)), as_json)
        except AttacheError as error:
            failures += 1
            click.echo(f"attache: {printable(str(error))}", err=True)
    if failures < len(ids):
        _save_checkpoint(index)
    return 2 if failures else 0


@click.command(name="list", epilog="Example: attache list --json")
@index_option
@json_option
def list_documents(index_folder: Path | None, as_json: bool) -> int:
    """List the documents of the index by id."""
    index = open_index(read_settings(index_folder), progress=bar("Reading the collection"))
    if as_json:
        page = DocumentPage(tuple(summary_of(entry) for entry in index.all_entries()), None)
        click.echo(json.dumps(asdict(page), ensure_ascii=False, indent=2))
        return 0
    for entry in index.all_entries():
        known = entry.provenance
        details = [known.kind, known.publisher, known.published, f"{entry.passages} passages"]
        click.echo(printable(f"{known.id}  {known.title} ({', '.join(filter(None, details))})"))
    return 0


@click.command(epilog="Example: attache show korea-peru-ambassador-interview-2023")
@click.argument("document_id", metavar="ID")
@index_option
@json_option
def show(document_id: str, index_folder: Path | None, as_json: bool) -> int:
    """Show a document: where it comes from, and its text, character for character with --json."""
    index = open_index(read_settings(index_folder), progress=bar("Reading the collection"))
    shown = text_of(index.document(check_id(document_id)))
    if as_json:
        click.echo(json.dumps(asdict(shown), ensure_ascii=False, indent=2))
        return 0
    for name, value in asdict(shown).items():
        if name == "sources":
            for source in value:
                click.echo(printable("source: " + ", ".join(filter(None, source.values()))))
        elif name not in ("text", "pages") and value:
            line = ", ".join(value) if isinstance(value, tuple) else str(value)
            click.echo(printable(f"{name}: {line}"))
    click.echo("")
    click.echo(printable(shown.text))
    return 0


@click.command(epilog="Example: attache status --check")
@index_option
@click.option("--check", is_flag=True, help="Check texts, offsets and vectors against each other.")
@json_option
def status(index_folder: Path | None, check: bool, as_json: bool) -> int:
    """Show what the index holds and what it was built with."""
    index = open_index(read_settings(index_folder), progress=bar("Reading the collection"))
    facts = _facts(index)
    problems = index.problems() if check else []
    if check:
        facts["problems"] = problems
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        for name, value in facts.items():
            if name != "problems":
                click.echo(printable(f"{name}: {value}"))
        for line in problems:
            click.echo(printable(f"problem: {line}"))
        if check and not problems:
            click.echo("check: texts, offsets, passages and vectors agree")
    return 1 if problems else 0


@click.command(epilog="Example: attache rebuild --encoder all-MiniLM-L6-v2")
@index_option
@encoder_option
@download_option
def rebuild(index_folder: Path | None, encoder: str | None, download: bool) -> int:
    """Cut and encode every document again, with the encoder named or the index's own.

    Until it is done the index answers as before. An interruption leaves it as it was; the next
    rebuild goes on from there.
    """
    settings = read_settings(index_folder, encoder)
    step = bar("Encoding")
    index = Index(settings.index, settings.encoder, download=download)
    change = index.rebuild(progress=lambda done, total: step("", done, total))
    click.echo(f"rebuilt {change.passages} passages, generation {change.generation}")
    return 0


def _changeable(index_folder: Path | None, encoder: str | None, download: bool) -> Index:
    settings = read_settings(index_folder, encoder)
    index = Index(settings.index, settings.encoder, download=download)
    if settings.index_is_default:
        fill_with_collection(index, bar("Reading the collection"))
    return index


def _read(name: str, document_id: str | None) -> Parsed:
    if name == "-":
        data = sys.stdin.buffer.read()
        return read_bytes(data, "standard-input.md", "stdin:", document_id)
    path = Path(name)
    # os.path.isfile raises nothing, however long the name is.
    if path.suffix.lower() not in FORMATS and os.path.isfile(name):  # noqa: PTH113
        raise InvalidDocument(
            f"{name}: the suffix {path.suffix or '(none)'} is not read: "
            f"use one of {', '.join(sorted(FORMATS))}."
        )
    return read_path(path, document_id)


def _save_checkpoint(index: Index) -> None:
    with suppress(IndexFailure):  # a shadow of the index: without it only the next start is slower
        if index.exists:
            index.save_checkpoint()


def _report(change: Change, as_json: bool, warnings: tuple[str, ...] = ()) -> None:
    told = (*warnings, *change.warnings)
    if as_json:
        entry: dict[str, Any] = asdict(change) | {"warnings": told}
        click.echo(json.dumps(entry, ensure_ascii=False))
    else:
        passages = f", {change.passages} passages" if change.passages else ""
        click.echo(
            f"{change.action} {change.document_id}{passages}, generation {change.generation}"
        )
    for warning in told:
        click.echo(f"warning: {printable(warning)}", err=True)
    sys.stdout.flush()


def _facts(index: Index) -> dict[str, Any]:
    manifest, size = index.state()
    return {
        "folder": printable(str(index.folder)),
        "id": manifest.id,
        "format": manifest.format,
        "generation": manifest.generation,
        "documents": size.documents,
        "passages": size.passages,
        "passage_tokens": manifest.passage_tokens,
        "encoder": manifest.encoder.name,
        "encoder_checksum": manifest.encoder.checksum,
        "encoder_precision": manifest.encoder.precision,
        "dimension": manifest.encoder.dimension,
        "checkpoint_generation": index.checkpoint_generation(),
        "bytes": sum(path.stat().st_size for path in index.folder.rglob("*") if path.is_file()),
    }
