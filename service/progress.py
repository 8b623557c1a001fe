"""What is told on standard error while work goes on: bars where somebody watches, and notes."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Progress = Callable[[str, int, int], None]


def bar(title: str) -> Progress:
    """Return a function that draws a bar; it appears with the first step of more than one."""
    from tqdm import tqdm  # noqa: PLC0415

    bars: list[Any] = []

    def step(name: str, done: int, total: int) -> None:
        if not bars:
            bars.append(tqdm(total=total, desc=title, unit=" documents", file=sys.stderr,
                             disable=None, leave=True))  # fmt: skip
        bars[0].set_postfix_str(name, refresh=False)
        bars[0].update(done - bars[0].n)
        if done >= total:
            bars.pop().close()

    return step


class _Notes(logging.Handler):
    """Writes what is logged as a line on standard error, wherever that is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; where nobody reads, nothing is lost."""
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{record.getMessage()}\n")
            sys.stderr.flush()


def tell_of_work() -> None:
    """Say on standard error when a model or a large index is made ready, which takes its time."""
    for name in ("attache.models", "attache.index"):
        log = logging.getLogger(name)
        if not log.handlers:
            log.addHandler(_Notes())
            log.setLevel(logging.INFO)
            log.propagate = False


@contextmanager
def above_bars() -> Iterator[None]:
    """Let a block write lines where a bar is drawn."""
    from tqdm import tqdm  # noqa: PLC0415

    with tqdm.external_write_mode():
        yield
