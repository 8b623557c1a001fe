"""What the names that a user gives stand for: files, folders and patterns become files."""

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus.formats import FORMATS
from corpus.formats.sidecar import described_by

STANDARD_INPUT = "-"

_HIDDEN = (".", "~$")
"""What the names of hidden files start with, and of the locks that an office program leaves."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read. is_named: the user gave this very name, rather than a folder or pattern."""

    path: Path
    is_named: bool


@dataclass(slots=True)
class Findings:
    """The files that names stand for, each once, and what stands in their folders beside them.

    hidden: files and folders passed over. unread: how many files of each suffix no reader reads.
    failures: names that stand for nothing. warnings: sidecars without a file. unreadable: folders.
    left_out: a folder whose files are no documents, such as the index's own.
    """

    left_out: Path | None = None
    files: list[FoundFile] = field(default_factory=list)
    hidden: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)

    def skipped(self) -> str | None:
        """Say what was passed over in folders; None where nothing was."""
        parts = []
        if count := sum(self.unread.values()):
            suffixes = ", ".join(sorted(self.unread))
            parts.append(f"{count} {_plural('file', count)} that no reader reads ({suffixes})")
        if self.hidden:
            parts.append(f"{self.hidden} hidden")
        return f"skipped {' and '.join(parts)}." if parts else None


def find(names: Sequence[str], left_out: Path | None = None) -> Findings:
    """Find the files that names stand for; the contents of folders sorted, each file once.

    A folder is gone through with all that it holds, links to other folders left aside. A name
    that is no file is a pattern where it holds ``*``, ``?`` or ``[``; ``**`` is any folders.
    """
    findings = Findings(left_out)
    seen: set[str] = set()
    named = {Path(name) for name in names}
    for name in names:
        for found in _found(name, named, findings):
            # What can't be resolved is told when it is read.
            place = os.path.realpath(found.path) if "\0" not in name else name
            if found.path == Path(STANDARD_INPUT) or place not in seen:
                findings.files.append(found)
            seen.add(place)
    return findings


def files_in(folder: Path, findings: Findings) -> Iterator[Path]:
    """Go through the files below a folder that a reader reads, sorted."""

    def unreadable(error: OSError) -> None:
        place = Path(error.filename or folder)
        findings.unreadable.append(place)
        findings.failures.append(f"{place} can't be read: {error.strerror}.")

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        findings.hidden += sum(name.startswith(_HIDDEN) for name in folders)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(_HIDDEN) and not _is_same(Path(parent, name), findings.left_out)
        )
        for name in sorted(names):
            path = Path(parent, name)
            if _is_read(path, findings):
                yield path


def _found(name: str, named: set[Path], findings: Findings) -> Iterator[FoundFile]:
    path = Path(name)
    # os.path raises nothing, however long a name is.
    if name == STANDARD_INPUT or os.path.isfile(name):  # noqa: PTH113
        described = described_by(path)
        if described is None or not described.is_file():
            yield FoundFile(path, is_named=True)
        elif described not in named:
            findings.failures.append(f"{name} is the sidecar of {described.name}: add that one.")
    elif os.path.isdir(name):  # noqa: PTH112
        yield from _of_folder(path, findings)
    elif glob.has_magic(name):
        yield from _of_pattern(name, findings)
    else:
        yield FoundFile(path, is_named=True)


def _of_folder(folder: Path, findings: Findings) -> Iterator[FoundFile]:
    count, failures = 0, len(findings.failures)
    for path in files_in(folder, findings):
        count += 1
        yield FoundFile(path, is_named=False)
    if not count and len(findings.failures) == failures:
        findings.failures.append(f"{folder} is a folder without a file that is read.")


def _of_pattern(pattern: str, findings: Findings) -> Iterator[FoundFile]:
    count, failures = 0, len(findings.failures)
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  -- may be absolute
        path = Path(match)
        if not path.is_dir():
            files = iter([path] if _is_read(path, findings) else [])
        elif pattern.endswith("**"):
            continue  # what it holds is matched as well
        else:
            files = files_in(path, findings)
        for file in files:
            count += 1
            yield FoundFile(file, is_named=False)
    if not count and len(findings.failures) == failures:
        findings.failures.append(f"{pattern}: no file that is read has such a name.")


def _is_read(path: Path, findings: Findings) -> bool:
    if path.name.startswith(_HIDDEN):
        findings.hidden += 1
        return False
    described = described_by(path)
    if described is not None:
        if not described.is_file():
            findings.warnings.append(f"{path} is a sidecar, but there is no {described.name}.")
        return False
    if path.suffix.lower() not in FORMATS or not path.is_file():
        findings.unread[path.suffix.lower() or "without suffix"] += 1
        return False
    return True


def _is_same(folder: Path, other: Path | None) -> bool:
    return other is not None and os.path.realpath(folder) == os.path.realpath(other)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
