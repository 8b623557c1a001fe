"""Keeping an index in step with a folder: what is new or changed is added, what is gone removed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from corpus.errors import DocumentNotFound, IndexBusy
from corpus.formats.sidecar import sidecars_of
from service.adding import Adding, Changed, Failed, Outcome
from service.finding import Findings, files_in

Stamp = tuple[tuple[str, int, int], ...]
"""The name, size and time of a file and of each of its sidecars: another stamp, another content."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look found. identity: of the folder, None where it is not there.

    unreadable: folders in it. notes: what to tell of it.
    """

    stamps: dict[Path, Stamp]
    identity: tuple[int, int] | None = None
    unreadable: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


class FolderWatch:
    """Brings an index in step with a folder, one look after another.

    Only what two looks found the same is acted on, so that no file is read half: leave a second
    between them. Links in the folder are left aside, for their files lie elsewhere. Where the
    folder is gone, unreadable or empty because nothing is mounted on it, nothing is removed.
    """

    def __init__(self, folder: Path, adding: Adding, left_out: Path | None = None) -> None:
        """folder: absolute, without links. left_out: a folder in it that holds no documents."""
        self.folder = folder
        self.is_in_step = False
        self._adding = adding
        self._left_out = left_out
        self._last = _Seen({})
        self._done: dict[Path, Stamp] = {}
        self._full_identity: tuple[int, int] | None = None  # when files were last found in it
        self._told: set[str] = set()

    def look(self) -> Iterator[Outcome]:
        """Look once and act; ``is_in_step`` says whether anything is left to be done."""
        self.is_in_step = False
        self._adding.forget()
        last, now = self._last, self._see()
        self._last = now
        held = self._held()
        gone = self._gone(last, now, held)
        notes = list(now.notes)
        if gone and not now.stamps and self._full_identity != now.identity:
            gone = []
            notes.append(
                f"{self.folder} is empty, as where nothing is mounted: the documents that were "
                "added from it stay. `attache remove` removes them."
            )
        yield from (Failed(note) for note in notes if note not in self._told)
        self._told = set(notes)
        if now.stamps:
            self._full_identity = now.identity
        try:
            yield from self._remove(gone)
            for path, stamp in now.stamps.items():
                if last.stamps.get(path) == stamp != self._done.get(path):
                    yield from self._add(path, stamp, held.get(path.as_uri(), set()))
        except IndexBusy as error:
            yield Failed(f"{error} It is tried again.")
            return
        for path in self._done.keys() - now.stamps.keys() - last.stamps.keys():
            del self._done[path]
        is_same_folder = now.identity is not None and last.identity == now.identity
        self.is_in_step = is_same_folder and last.stamps == now.stamps == self._done

    def unsettled(self) -> list[Path]:
        """Return the files that are still being written."""
        return [path for path, stamp in self._last.stamps.items() if self._done.get(path) != stamp]

    def _see(self) -> _Seen:
        findings = Findings(self._left_out)
        absent = _Seen({}, notes=(f"{self.folder} can't be read: nothing is removed meanwhile.",))
        try:
            state = self.folder.stat()
        except OSError:
            return absent
        paths = [path for path in files_in(self.folder, findings) if not path.is_symlink()]
        if self.folder in findings.unreadable:
            return absent
        return _Seen(
            {path: stamp for path in paths if (stamp := stamp_of(path)) is not None},
            (state.st_dev, state.st_ino),
            tuple(findings.unreadable),
            (*findings.failures, *findings.warnings),
        )

    def _held(self) -> dict[str, set[str]]:
        """Return the ids of the documents of each file below the folder, by its address."""
        prefix = self.folder.as_uri().rstrip("/") + "/"
        held: dict[str, set[str]] = {}
        for document_id, origin in self._adding.taken.origins.items():
            file = origin.partition("#")[0]  # what follows is a record in it
            if file.startswith(prefix):
                held.setdefault(file, set()).add(document_id)
        return held

    def _gone(self, last: _Seen, now: _Seen, held: dict[str, set[str]]) -> list[str]:
        """Return the documents whose files two looks did not find."""
        if last.identity is None or now.identity is None:
            return []
        found = {path.as_uri() for path in (*now.stamps, *last.stamps)}
        gone: list[str] = []
        for file, ids in held.items():
            if file not in found:
                path = Path(url2pathname(urlsplit(file).path))
                is_out_of_sight = any(path.is_relative_to(place) for place in now.unreadable)
                if not is_out_of_sight and not os.path.lexists(path):
                    gone += ids
        return sorted(gone)

    def _add(self, path: Path, stamp: Stamp, before: set[str]) -> Iterator[Outcome]:
        """Add a file, and remove what an earlier state of it held; a failing one keeps that."""
        outcomes = []
        for outcome in self._adding.add_file(
            path, is_named=False, is_still=lambda: stamp_of(path) == stamp
        ):
            outcomes.append(outcome)
            yield outcome
        if not outcomes:
            return  # it changed while it was read
        self._done[path] = stamp
        held = {outcome.change.document_id for outcome in outcomes if isinstance(outcome, Changed)}
        if len(held) == len(outcomes):
            yield from self._remove(sorted(before - held))

    def _remove(self, ids: Sequence[str]) -> Iterator[Outcome]:
        for document_id in ids:
            with suppress(DocumentNotFound):  # somebody else removed it
                yield Changed(self._adding.remove(document_id))


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file and its sidecars; None where it is gone."""
    try:
        return tuple(
            (part.name, state.st_size, state.st_mtime_ns)
            for part in (path, *sidecars_of(path))
            for state in (part.stat(),)
        )
    except OSError:
        return None
