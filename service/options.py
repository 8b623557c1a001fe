"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from index.filters import Filters
from service.opening import DEFAULT_READER

F = TypeVar("F", bound=Callable[..., Any])


def _folder(_context: click.Context, _option: click.Parameter, value: str | None) -> Path | None:
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty: name a folder, or leave it out.")
    return Path(value) if value is not None else None


index_option = click.option(
    "--index",
    "index_folder",
    callback=_folder,
    metavar="DIR",
    help="The index's folder. Default: ATTACHE_INDEX, else your data folder, "
    "filled with the shipped collection.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
encoder_option = click.option(
    "--encoder",
    metavar="NAME",
    help="A sentence-transformers model, by name or folder. Default: ATTACHE_ENCODER, else the "
    "one that the index was built with, else all-MiniLM-L6-v2.",
)
download_option = click.option(
    "--download", is_flag=True, help="Fetch the encoder from the Hugging Face hub if need be."
)
reader_option = click.option(
    "--reader",
    metavar="NAME",
    help="What reads the passages: span, sentence (the baseline), or an extractive "
    f"question-answering model, by name or folder. Default: ATTACHE_READER, else {DEFAULT_READER}.",
)
reader_download_option = click.option(
    "--download", is_flag=True, help="Fetch the reader from the Hugging Face hub if need be."
)


def filter_options(function: F) -> F:
    """Add the filters of a search to a command."""
    for option in reversed(
        (
            click.option("--country", "countries", multiple=True, metavar="CODE",
                         help="Only documents about this country (such as PE); repeatable."),
            click.option("--tag", "tags", multiple=True, metavar="TAG",
                         help="Only documents with this tag; repeatable."),
            click.option("--language", "languages", multiple=True, metavar="CODE",
                         help="Only documents in this language; repeatable."),
            click.option("--document", "document_ids", multiple=True, metavar="ID",
                         help="Only this document; repeatable."),
            click.option("--from", "published_from", metavar="DATE",
                         help="Published on or after (YYYY, YYYY-MM or YYYY-MM-DD)."),
            click.option("--to", "published_to", metavar="DATE",
                         help="Published on or before."),
        )
    ):  # fmt: skip
        function = option(function)
    return function


def filters_from(options: dict[str, Any]) -> Filters:
    """Take the filters out of a command's options; raises InvalidFilter."""
    return Filters(
        countries=options.pop("countries"),
        tags=options.pop("tags"),
        languages=options.pop("languages"),
        document_ids=options.pop("document_ids"),
        published_from=options.pop("published_from"),
        published_to=options.pop("published_to"),
    )
