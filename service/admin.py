"""The command line for an index: remove, list, show, status and rebuild; the rest is beside it."""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from corpus.errors import AttacheError, IndexFailure
from index.index import Index
from service.add_command import add
from service.changing import changeable_index, report, tell
from service.documents import DocumentPage, check_id, summary_of, text_of
from service.opening import open_index
from service.options import download_option, encoder_option, index_option, json_option
from service.progress import bar
from service.settings import read_settings
from service.terminal import printable
from service.watch_command import watch


def add_commands(group: click.Group) -> None:
    """Put the commands of this module into a group."""
    for command in (add, watch, remove, list_documents, show, status, rebuild):
        group.add_command(command)


@click.command(epilog="Example: attache remove korea-peru-ambassador-interview-2023")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@index_option
@json_option
def remove(ids: tuple[str, ...], index_folder: Path | None, as_json: bool) -> int:
    """Remove documents by their ids; no question asked afterwards cites them."""
    index = changeable_index(index_folder)
    failures = 0
    for document_id in ids:
        try:
            report(index.remove(check_id(document_id)), (), as_json=as_json)
        except AttacheError as error:
            failures += 1
            tell(str(error))
    if failures < len(ids):
        with suppress(IndexFailure):  # a shadow of the index: without it the next start is slower
            index.save_checkpoint()
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
