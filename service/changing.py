"""What the commands that change an index share: opening it, and telling what was done."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from index.index import Index
from index.records import Change
from service.opening import fill_with_collection
from service.progress import bar
from service.settings import read_settings
from service.terminal import printable


def changeable_index(
    folder: Path | None, encoder: str | None = None, *, download: bool = False
) -> Index:
    """Name an index for changing it; the default one is filled with the shipped collection."""
    settings = read_settings(folder, encoder)
    index = Index(settings.index, settings.encoder, download=download)
    if settings.index_is_default:
        fill_with_collection(index, bar("Reading the collection"))
    return index


def report(change: Change, warnings: Sequence[str], *, as_json: bool) -> None:
    """Print what adding or removing did, at once, and its warnings."""
    if as_json:
        entry: dict[str, Any] = asdict(change) | {"warnings": warnings}
        click.echo(json.dumps(entry, ensure_ascii=False))
    else:
        passages = f", {change.passages} passages" if change.passages else ""
        click.echo(
            f"{change.action} {change.document_id}{passages}, generation {change.generation}"
        )
    for warning in warnings:
        click.echo(f"warning: {printable(warning)}", err=True)
    sys.stdout.flush()


def tell(message: str) -> None:
    """Print what went wrong on standard error."""
    click.echo(f"attache: {printable(message)}", err=True)
