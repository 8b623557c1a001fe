"""Progress bars on standard error, shown only where somebody watches."""

import sys
from collections.abc import Callable
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
