"""What an evaluation opens: an index of its own, a reader by name, and a bar of its progress."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.index import Index
    from service.reader import Reader


@contextmanager
def collection(folder: Path | None) -> "Iterator[Index]":
    """Open the index named, or a temporary one with the shipped collection in it."""
    from service.opening import fill_with_collection  # noqa: PLC0415
    from service.progress import bar as document_bar  # noqa: PLC0415

    with named_or_temporary(folder) as index:
        if folder is None:
            fill_with_collection(index, document_bar("Indexing"))
        index.manifest()  # raises where the folder named holds no index
        yield index


def named_reader(name: str | None, download: bool, index: "Index") -> "Reader":
    """Load the reader of a name, else the one of the settings. Raises ModelError."""
    from service.opening import DEFAULT_READER, make_reader  # noqa: PLC0415
    from service.settings import read_settings  # noqa: PLC0415

    chosen = read_settings(reader=name).reader or DEFAULT_READER
    reader = make_reader(chosen, index, download=download)
    reader.load()  # a wrong name is told before anything is encoded
    return reader


@contextmanager
def named_or_temporary(folder: Path | None) -> "Iterator[Index]":
    """Open the index named, made where there is none, or a temporary one."""
    from index.index import Index  # noqa: PLC0415

    if folder is not None:
        with Index(folder) as index:
            yield index
        return
    with tempfile.TemporaryDirectory(prefix="attache-eval-") as name, Index(Path(name)) as index:
        yield index


def bar(title: str, unit: str) -> Callable[[int, int], None]:
    """Return a function that draws a bar on standard error, where somebody watches."""
    from tqdm import tqdm  # noqa: PLC0415

    bars: list[Any] = []

    def step(done: int, total: int) -> None:
        if not bars:
            bars.append(tqdm(total=total, desc=title, unit=unit, file=sys.stderr, disable=None))
        bars[0].update(done - bars[0].n)
        if done >= total:
            bars.pop().close()

    return step
