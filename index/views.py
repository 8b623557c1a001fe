"""What a search looks into, kept in step with the SQLite file: checkpoint, replay, or rebuilt."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus.errors import IndexDamaged
from index import state
from index.checkpoint import Checkpoint, Stamp, read_checkpoint, read_stamps, write_checkpoint
from index.records import Manifest
from index.schema import connect
from index.search import View
from index.segment import (
    Ids,
    Segment,
    can_be_joined,
    empty_segment,
    is_small,
    joined,
    read_apart,
    read_keys,
    read_segment,
)

_RECENT_LIMIT = 1024
_CHECKPOINT_SHARE = 10
"""A checkpoint is written when a tenth of the passages came or went since the last one."""

_CHANGES_LIMIT = 50_000
"""Or so many, which every question compares one by one until then."""

_TRIES = 3
_NO_KEYS: Ids = np.empty((0, 2), np.int64)

log = logging.getLogger("attache.index")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation of an index, seen through one read transaction."""

    connection: sqlite3.Connection
    manifest: Manifest


class Views:
    """Holds the newest view of an index and brings it to the generation asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._view: View | None = None
        self._base_generation = 0
        self._lock = threading.Lock()

    def is_newer_than(self, manifest: Manifest) -> bool:
        """Tell whether another thread already moved on past this manifest's generation."""
        view = self._view
        return (
            view is not None
            and view.stamp.index == manifest.id
            and view.stamp.generation > manifest.generation
        )

    def at(self, connection: sqlite3.Connection, manifest: Manifest) -> View:
        """Return the view of the generation that the connection's read transaction sees."""
        stamp = stamp_of(manifest)
        view = self._view
        if view is not None and view.stamp == stamp:
            return view
        with self._lock:
            view = self._view
            if view is None or not _leads_to(view.stamp, stamp, connection):
                view = self._loaded(connection, stamp)
            view = self._condensed(_brought_to(view, stamp, connection), connection)
            self._view = view
            return view

    def forget(self) -> None:
        """Let go of the view."""
        self._view = None

    @contextmanager
    def doubted_where_damaged(self) -> Iterator[None]:
        """Let go of the view where something is damaged: it may be the checkpoint that it maps.

        The next one to ask checks it anew, and does without it where it isn't whole.
        """
        try:
            yield
        except IndexDamaged:
            self.forget()
            raise

    def _loaded(self, connection: sqlite3.Connection, stamp: Stamp) -> View:
        checkpoint = usable_checkpoint(self._folder, stamp, connection)
        if checkpoint is None:
            checkpoint = _built(connection, stamp)
            if not checkpoint.segment.is_exact:
                with suppress(OSError):  # the next one to ask need not wait for it again
                    write_checkpoint(self._folder, checkpoint)
        self._base_generation = checkpoint.stamp.generation
        return _view_of(checkpoint)

    def _condensed(self, view: View, connection: sqlite3.Connection) -> View:
        """Put what was added since into the base where it has grown, or take a newer checkpoint."""
        if len(view.recent.ids) <= max(_RECENT_LIMIT, len(view.base.ids) // 4):
            return view
        if can_be_joined((view.base, view.recent)):
            segment = joined((view.base, view.recent))
            return View(view.stamp, segment, empty_segment(view.stamp.dimension))
        latest = next(iter(_leading(self._folder, view.stamp, connection)), None)
        if latest is None or latest.generation <= self._base_generation:
            return view
        newer = usable_checkpoint(self._folder, view.stamp, connection)
        if newer is None or newer.stamp.generation <= self._base_generation:
            return view
        self._base_generation = newer.stamp.generation
        return _brought_to(_view_of(newer), view.stamp, connection)


@dataclass(frozen=True, slots=True)
class Due:
    """A checkpoint to be written. segment: None where reading it takes long, for many are the keys.

    keys: of its passages, as ``read_keys`` gives them.
    """

    stamp: Stamp
    segment: Segment | None
    keys: Ids

    def write(self, folder: Path) -> bool:
        """Write it; nobody who asks or changes the index waits for more than a moment.

        Tells whether it was written: not where another file has taken the index's place meanwhile.
        Raises OSError where it can't be written; the index is none the worse.
        """
        segment = self.segment
        if segment is None:
            with closing(connect(folder, writing=False)) as connection:
                now = stamp_of(state.read_manifest(connection, folder))
                if not _leads_to(self.stamp, now, connection):
                    return False
                segment = read_apart(connection, self.keys, self.stamp.dimension)
        write_checkpoint(folder, Checkpoint(self.stamp, segment))
        return True


def due_checkpoint(folder: Path, snapshot: Snapshot, *, always: bool = False) -> Due | None:
    """Return the checkpoint to be written where enough has changed since the last one, or None.

    always: where anything has changed.
    """
    connection, stamp = snapshot.connection, stamp_of(snapshot.manifest)
    checkpoint = usable_checkpoint(folder, stamp, connection)
    if checkpoint is not None:
        changed = _changed_since(connection, checkpoint.stamp.generation)
        enough = min(state.size(connection).passages / _CHECKPOINT_SHARE, _CHANGES_LIMIT)
        if not changed or (not always and changed < enough):
            return None
        if checkpoint.segment.is_exact:
            view = _brought_to(_view_of(checkpoint), stamp, connection)
            if can_be_joined(view.segments):
                return Due(stamp, joined(view.segments), _NO_KEYS)
    if is_small(state.size(connection).passages):
        return Due(stamp, read_segment(connection, stamp.dimension), _NO_KEYS)
    return Due(stamp, None, read_keys(connection))


def usable_checkpoint(
    folder: Path, stamp: Stamp, connection: sqlite3.Connection
) -> Checkpoint | None:
    """Open the latest checkpoint that the index's state grew out of and that is whole, or None."""
    for _ in range(_TRIES):  # another process may have put another one in its place
        paths = _leading(folder, stamp, connection)
        for path in paths.values():
            checkpoint = read_checkpoint(path)
            if checkpoint is not None:
                return checkpoint
        if all(path.exists() for path in paths.values()):
            break
    return None


def _leading(folder: Path, stamp: Stamp, connection: sqlite3.Connection) -> dict[Stamp, Path]:
    """Return the checkpoints that the index's state grew out of, the latest first, unchecked."""
    return {
        earlier: path
        for earlier, path in read_stamps(folder)
        if _leads_to(earlier, stamp, connection)
    }


def stamp_of(manifest: Manifest) -> Stamp:
    """Return the stamp of the state that a manifest describes."""
    return Stamp(
        index=manifest.id,
        generation=manifest.generation,
        token=manifest.token,
        encoder=manifest.encoder.checksum,
        dimension=manifest.encoder.dimension,
    )


def _view_of(checkpoint: Checkpoint) -> View:
    stamp = checkpoint.stamp
    return View(stamp, checkpoint.segment, empty_segment(stamp.dimension))


def _built(connection: sqlite3.Connection, stamp: Stamp) -> Checkpoint:
    passages = state.size(connection).passages
    if not is_small(passages):
        log.info("Putting the search of %s passages in order; that may take minutes.", passages)
    return Checkpoint(stamp, read_segment(connection, stamp.dimension))


def _brought_to(view: View, stamp: Stamp, connection: sqlite3.Connection) -> View:
    """Return the view with the rows added and removed since; the given one is not changed."""
    if view.stamp != stamp:
        view = _replayed(view, stamp, connection)
    if view.count != state.size(connection).passages:
        segment = _built(connection, stamp).segment
        view = View(stamp, segment, empty_segment(stamp.dimension))
        if view.count != state.size(connection).passages:
            raise sqlite3.DatabaseError("the passages are not as many as were counted")
    return view


def _replayed(view: View, stamp: Stamp, connection: sqlite3.Connection) -> View:
    since = view.stamp.generation
    removed = np.fromiter(
        (row[0] for row in connection.execute(
            "SELECT passage FROM removals WHERE generation > ? ORDER BY passage", (since,)
        )),
        np.int64,
    )  # fmt: skip
    recent = view.recent.without(removed)
    if connection.execute(
        "SELECT 1 FROM passages WHERE generation > ? LIMIT 1", (since,)
    ).fetchone():
        recent = joined((recent, read_segment(connection, stamp.dimension, since)))
    return replace(view, stamp=stamp, base=view.base.without(removed), recent=recent)


def _leads_to(earlier: Stamp, later: Stamp, connection: sqlite3.Connection) -> bool:
    """Tell whether the later state grew out of the earlier one, in the history of this file."""
    return (
        (earlier.index, earlier.encoder, earlier.dimension)
        == (later.index, later.encoder, later.dimension)
        and earlier.generation <= later.generation
        and state.generation_token(connection, earlier.generation) == earlier.token
    )


def _changed_since(connection: sqlite3.Connection, generation: int) -> int:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM passages WHERE generation > ?) + "
        "(SELECT count(*) FROM removals WHERE generation > ?)",
        (generation, generation),
    ).fetchone()
    return int(row[0])
