"""How a server is operated: its limits, workers and log, and the options that say so."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operating:
    """How many processes serve, what each takes, and what is logged.

    at_work: questions worked on at once in a process; 0 shares the cores among the workers.
    queue: questions that wait in a process. seconds: that a question has, waiting and working.
    metrics: the folder in which workers add up their metrics.
    """

    workers: int = 1
    at_work: int = 0
    queue: int = 16
    seconds: float = 10.0
    log_questions: bool = False
    metrics: Path | None = None


def operating_options(function: F) -> F:
    """Add the options of operating a server to a command."""
    for option in reversed(
        (
            click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True,
                         help="Processes that serve; each loads the models."),
            click.option("--at-work", type=click.IntRange(0, 256), default=0, metavar="N",
                         help="Questions worked on at once in a process. "
                         "Default: the cores, shared among the workers."),
            click.option("--queue", type=click.IntRange(0, 10_000), default=16, show_default=True,
                         help="Questions that wait in a process; more are refused at once."),
            click.option("--timeout", "seconds", type=click.FloatRange(0.1, 600), default=10.0,
                         show_default=True, metavar="SECONDS",
                         help="What a question has, waiting and working."),
            click.option("--log-questions", is_flag=True,
                         help="Write the questions' text into the access log."),
        )
    ):  # fmt: skip
        function = option(function)
    return function


def operating_from(options: dict[str, Any]) -> Operating:
    """Take how to operate out of a command's options."""
    names = ("workers", "at_work", "queue", "seconds", "log_questions")
    return Operating(**{name: options.pop(name) for name in names})
