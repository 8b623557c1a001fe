"""The vectors in memory, kept in step with the SQLite file: checkpoint, replay, or rebuild."""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from index import store
from index.checkpoint import Stamp, read_checkpoint, write_checkpoint
from index.dense import DenseView, compacted, rebuilt, replayed, view_of
from index.records import Manifest

_RECENT_LIMIT = 1024
_CHECKPOINT_SHARE = 10
"""A checkpoint is written when a tenth of the passages came or went since the last one."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation of an index, seen through one read transaction."""

    connection: sqlite3.Connection
    manifest: Manifest


class Views:
    """Holds the newest view of an index's vectors and brings it to the generation asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._view: DenseView | None = None
        self._lock = threading.Lock()

    def is_newer_than(self, manifest: Manifest) -> bool:
        """Tell whether another thread already moved on past this manifest's generation."""
        view = self._view
        return (
            view is not None
            and view.stamp.index == manifest.id
            and view.stamp.generation > manifest.generation
        )

    def at(self, connection: sqlite3.Connection, manifest: Manifest) -> DenseView:
        """Return the view of the generation that the connection's read transaction sees."""
        stamp = stamp_of(manifest)
        view = self._view
        if view is not None and view.stamp == stamp:
            return view
        with self._lock:
            view = self._view
            if view is None or not _leads_to(view.stamp, stamp, connection):
                view = self._loaded(connection, stamp)
            view = _brought_to(view, stamp, connection)
            self._view = view
            return view

    def forget(self) -> None:
        """Let go of the vectors."""
        self._view = None

    def _loaded(self, connection: sqlite3.Connection, stamp: Stamp) -> DenseView:
        checkpoint = read_checkpoint(self._folder)
        if checkpoint is not None and _leads_to(checkpoint.stamp, stamp, connection):
            return view_of(checkpoint)
        return rebuilt(connection, stamp)


def save_checkpoint(
    folder: Path, connection: sqlite3.Connection, manifest: Manifest, *, always: bool = False
) -> bool:
    """Write the checkpoint where enough has changed since the last one; tell whether it was.

    Raises OSError where it can't be written; the index is none the worse.
    """
    stamp = stamp_of(manifest)
    checkpoint = read_checkpoint(folder)
    if checkpoint is not None and _leads_to(checkpoint.stamp, stamp, connection):
        changed = _changed_since(connection, checkpoint.stamp.generation)
        if not changed or (
            not always and changed * _CHECKPOINT_SHARE < store.size(connection).passages
        ):
            return False
        view = _brought_to(view_of(checkpoint), stamp, connection)
    else:
        view = rebuilt(connection, stamp)
    write_checkpoint(folder, compacted(view))
    return True


def stamp_of(manifest: Manifest) -> Stamp:
    """Return the stamp of the state that a manifest describes."""
    return Stamp(
        index=manifest.id,
        generation=manifest.generation,
        token=manifest.token,
        encoder=manifest.encoder.checksum,
        dimension=manifest.encoder.dimension,
    )


def _brought_to(view: DenseView, stamp: Stamp, connection: sqlite3.Connection) -> DenseView:
    if view.stamp != stamp:
        view = replayed(view, connection, stamp)
    if view.count != store.size(connection).passages:
        view = rebuilt(connection, stamp)
    if len(view.recent.ids) > max(_RECENT_LIMIT, len(view.base.ids) // 4):
        view = view_of(compacted(view))
    return view


def _leads_to(earlier: Stamp, later: Stamp, connection: sqlite3.Connection) -> bool:
    """Tell whether the later state grew out of the earlier one, in the history of this file."""
    return (
        (earlier.index, earlier.encoder, earlier.dimension)
        == (later.index, later.encoder, later.dimension)
        and earlier.generation <= later.generation
        and store.generation_token(connection, earlier.generation) == earlier.token
    )


def _changed_since(connection: sqlite3.Connection, generation: int) -> int:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM passages WHERE generation > ?) + "
        "(SELECT count(*) FROM removals WHERE generation > ?)",
        (generation, generation),
    ).fetchone()
    return int(row[0])
