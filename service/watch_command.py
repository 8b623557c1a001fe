"""The command `attache watch`."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from corpus.errors import InvalidSetting
from corpus.formats.bounded import BoundedReader
from corpus.formats.wire import Limits
from service.adding import Adding, Changed
from service.changing import changeable_index, report, tell
from service.options import (
    check_encoding,
    download_option,
    encoder_option,
    index_option,
    json_option,
    metadata_from_options,
    metadata_options,
)
from service.watching import FolderWatch

_STILL_SECONDS = 1.0
"""How long a file must stand still before it is read."""

_LOOK_SECONDS = 60.0
"""A look is taken at least so often, for what no notice was given of."""

_ONCE_LOOKS = 60

_EXAMPLES = """\b
Example: attache watch reports/ --index my-index
         attache watch /mnt/shared --poll --publisher "Ministry of Trade"
         attache watch reports/ --once
"""


@click.command(epilog=_EXAMPLES)
@click.argument("folder", metavar="FOLDER")
@index_option
@click.option("--once", is_flag=True, help="Bring the index in step and end, as for cron.")
@click.option(
    "--poll",
    is_flag=True,
    help="Look for changes every second: for network drives, which give no notice of them.",
)
@metadata_options
@encoder_option
@download_option
@json_option
def watch(
    folder: str,
    index_folder: Path | None,
    once: bool,
    poll: bool,
    encoder: str | None,
    download: bool,
    timeout: int,
    as_json: bool,
    **options: Any,
) -> int:
    """Keep the index in step with FOLDER and all that it holds.

    What is new or changed is added as by `attache add FOLDER`, what has gone is removed, at the
    start and then as it happens. A file is read when it has stood still for a second; one that
    fails is told, and tried again when it changes. Only documents that came from FOLDER are ever
    removed, and none where FOLDER itself is gone or nothing is mounted on it.

    Ctrl-C ends it with exit status 130, SIGTERM with 0.
    """
    encoding = check_encoding(options.pop("encoding"))
    given = metadata_from_options(options)
    place = Path(folder).resolve()
    if not place.is_dir():
        raise click.UsageError(f"{folder} is no folder: name one that is there.")
    index = changeable_index(index_folder, encoder, download=download)
    with _ended_by_sigterm() as ended, BoundedReader(Limits(seconds=timeout)) as reader:
        adding = Adding(index, reader, given=given, encoding=encoding)
        following = FolderWatch(place, adding, left_out=index.folder)
        try:
            if once:
                return _bring_in_step(following, adding, as_json=as_json)
            _follow(following, adding, poll=poll, as_json=as_json)
        except KeyboardInterrupt:
            return 0 if ended else 130
        finally:
            adding.save()
    return 0


def _bring_in_step(following: FolderWatch, adding: Adding, *, as_json: bool) -> int:
    failures = 0
    for number in range(_ONCE_LOOKS):
        if number:
            time.sleep(_STILL_SECONDS)
        failures += _look(following, adding, as_json=as_json)
        if following.is_in_step:
            return 2 if failures else 0
    for path in following.unsettled():
        tell(f"{path} is still being written: it was left out.")
    return 2


def _follow(following: FolderWatch, adding: Adding, *, poll: bool, as_json: bool) -> None:
    is_told = False
    while True:
        for _ in _looks_due(following, poll=poll):
            _look(following, adding, as_json=as_json)
            if following.is_in_step and not is_told:
                is_told = True
                click.echo(f"in step with {following.folder}, watching it", err=True)
        time.sleep(_STILL_SECONDS)  # the folder is not there, or is another one now


def _look(following: FolderWatch, adding: Adding, *, as_json: bool) -> int:
    failures = 0
    for outcome in following.look():
        if isinstance(outcome, Changed):
            if outcome.change.action != "unchanged":
                report(outcome.change, outcome.warnings, as_json=as_json)
        else:
            failures += 1
            tell(outcome.reason)
        adding.save(always=False)
    return failures


def _looks_due(following: FolderWatch, *, poll: bool) -> Iterator[None]:
    """Yield when to look; end where the folder is no longer the one that notices come from."""
    from watchfiles import watch as notices  # noqa: PLC0415  -- only this command needs it

    identity = _identity(following.folder)
    if identity is None:
        yield
        return
    looked = 0.0
    try:
        for noticed in notices(
            following.folder,
            watch_filter=None,
            force_polling=poll,
            poll_delay_ms=int(_STILL_SECONDS * 1000),
            rust_timeout=int(_STILL_SECONDS * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            waited = time.monotonic() - looked
            if noticed or not following.is_in_step or waited > _LOOK_SECONDS:
                time.sleep(max(0.0, _STILL_SECONDS - waited))
                looked = time.monotonic()
                yield
            if _identity(following.folder) != identity:
                return
    except (OSError, RuntimeError) as error:
        if _identity(following.folder) == identity:
            raise InvalidSetting(
                f"{following.folder} can't be watched ({error}): try it with --poll."
            ) from None


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino


@contextmanager
def _ended_by_sigterm() -> Iterator[list[int]]:
    """Let SIGTERM interrupt a block as Ctrl-C does; the list tells that it was SIGTERM."""
    ended: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ended.append(number)
        raise KeyboardInterrupt

    earlier = signal.signal(signal.SIGTERM, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGTERM, earlier)
