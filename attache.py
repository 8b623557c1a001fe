"""Attaché: answers questions from documents with exact, cited passages.

>>> import attache
>>> with attache.open_answerer() as answerer:
...     reply = answerer.ask("When did South Korea and Peru sign a Free Trade Agreement?")
"""

import io
import os
import sys
from collections.abc import Sequence

import click

from corpus.document import Document, Source
from corpus.errors import (
    AttacheError,
    DocumentConflict,
    DocumentNotFound,
    GenerationNotReached,
    IndexBusy,
    IndexDamaged,
    IndexFailure,
    IndexMismatch,
    IndexNotFound,
    IndexNotWritable,
    InvalidDocument,
    InvalidFilter,
    InvalidQuestion,
    InvalidSetting,
    KeysUnavailable,
    ModelError,
)
from index.filters import Filters
from index.index import Index
from service.answerer import Answerer
from service.opening import open_answerer
from service.records import Abstention, Answer, Citation, Reply

__all__ = [
    "Abstention",
    "Answer",
    "Answerer",
    "AttacheError",
    "Citation",
    "Document",
    "DocumentConflict",
    "DocumentNotFound",
    "Filters",
    "GenerationNotReached",
    "Index",
    "IndexBusy",
    "IndexDamaged",
    "IndexFailure",
    "IndexMismatch",
    "IndexNotFound",
    "IndexNotWritable",
    "InvalidDocument",
    "InvalidFilter",
    "InvalidQuestion",
    "InvalidSetting",
    "KeysUnavailable",
    "ModelError",
    "Reply",
    "Source",
    "main",
    "open_answerer",
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 abstained, 2 error, 130 interrupted."""
    status = run(sys.argv[1:] if arguments is None else arguments)
    try:
        _flush()
    except OSError:
        _discard_output()
        status = status or 2
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status; no error leaves it as a stack trace."""
    try:
        _make_printable()
        from eval.cli import evaluate  # noqa: PLC0415
        from service.cli import cli  # noqa: PLC0415
        from service.progress import tell_of_work  # noqa: PLC0415
        from training.cli import train  # noqa: PLC0415

        tell_of_work()
        cli.add_command(evaluate)
        cli.add_command(train)
        status = cli.main(list(arguments), prog_name="attache", standalone_mode=False)
        _flush()
    except (KeyboardInterrupt, click.Abort):
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except AttacheError as error:
        click.echo(f"attache: {_plain(str(error))}", err=True)
        return 2
    except (BrokenPipeError, SystemExit):  # click exits by itself where nobody reads
        return 2
    except OSError as error:
        about = f": {_plain(str(error.filename))}" if error.filename else ""
        click.echo(f"attache: {error.strerror or error}{about}.", err=True)
        return 2
    except Exception as error:
        click.echo(f"attache: a defect, please report it: {type(error).__name__}: "
                   f"{_plain(str(error))[:500]}", err=True)  # fmt: skip
        return 2
    return status if isinstance(status, int) else 0


def _flush() -> None:
    """Write what was printed; there may be nowhere to, where the output was closed."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _make_printable() -> None:
    """Let a terminal of a narrower encoding show a character's code where it has no letter."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Let what couldn't be printed go nowhere: Python would fail on it once more as it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.__stdout__.fileno() if sys.__stdout__ else 1)


def _plain(text: str) -> str:
    from service.terminal import printable  # noqa: PLC0415

    return printable(text)


if __name__ == "__main__":
    main()
