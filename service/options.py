"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from corpus.document import Provenance
from corpus.errors import InvalidDocument
from corpus.formats.metadata import Metadata
from corpus.formats.wire import Limits
from index.filters import Filters
from service.opening import DEFAULT_READER

F = TypeVar("F", bound=Callable[..., Any])


def path_named(
    what: str,
) -> Callable[[click.Context, click.Parameter, str | None], Path | None]:
    """Return what makes a path of an option, and asks for one (``what``) where it is blank."""

    def named(_context: click.Context, _option: click.Parameter, value: str | None) -> Path | None:
        if value is not None and not value.strip():
            raise click.BadParameter(f"it is empty: name {what}, or leave it out.")
        return Path(value) if value is not None else None

    return named


index_option = click.option(
    "--index",
    "index_folder",
    callback=path_named("a folder"),
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


def metadata_options(function: F) -> F:
    """Add what may be said of every document that a command adds, and how it is read."""
    for option in reversed(
        (
            click.option("--publisher", metavar="TEXT", help="Who published it."),
            click.option("--author", metavar="TEXT", help="Who wrote it."),
            click.option("--published", metavar="DATE",
                         help="When (YYYY, YYYY-MM or YYYY-MM-DD), as the source gives it."),
            click.option("--url", metavar="URL", help="Where it stands on the web."),
            click.option("--language", metavar="CODE",
                         help="What it is written in (such as en); recognised by default."),
            click.option("--country", "countries", multiple=True, metavar="CODE",
                         help="A country it is about (such as PE); repeatable."),
            click.option("--tag", "tags", multiple=True, metavar="TAG",
                         help="A tag of your own; repeatable."),
            click.option("--licence", metavar="TEXT", help="What its use is subject to."),
            click.option("--encoding", metavar="NAME",
                         help="Of text files (such as utf-8, windows-1251, euc-kr); "
                         "recognised by default."),
            click.option("--timeout", type=click.IntRange(1, 86400), metavar="SECONDS",
                         default=Limits().seconds, show_default=True,
                         help="How long reading one file may take."),
        )
    ):  # fmt: skip
        function = option(function)
    return function


def metadata_from_options(options: dict[str, Any]) -> Metadata:
    """Take the metadata out of a command's options; raises UsageError where a value can't be."""
    names = ("title", "publisher", "author", "published", "url", "language", "licence")
    said: dict[str, Any] = {name: options.pop(name, None) for name in names}
    lists: dict[str, Any] = {name: options.pop(name) for name in ("countries", "tags")}
    for name, value in said.items():
        if value is not None and not value.strip():
            raise click.UsageError(f"--{name} is empty: give it a value, or leave it out.")
    try:
        named = {name: value for name, value in said.items() if value is not None}
        Provenance(**{"id": "any", "title": "any", "origin": "any", **named, **lists})
    except InvalidDocument as error:
        raise click.UsageError(str(error)) from None
    return Metadata(**said | {name: value or None for name, value in lists.items()})


def check_encoding(encoding: str | None) -> str | None:
    """Return the name of a text's encoding; raises UsageError where there is none such."""
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError):
        raise click.UsageError(
            f"The encoding {encoding!r:.60} is unknown: use one such as utf-8 or windows-1252."
        ) from None
    return encoding
