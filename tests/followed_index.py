"""An index of a test's own, with the views that follow it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from conftest import FakeEncoder, markdown

from index import state
from index.filters import Filters, conditions
from index.index import Index
from index.lexical import ARRAYS, merged
from index.schema import connect
from index.search import Both, View
from index.segment import empty_segment, joined, read_segment
from index.views import Snapshot, Views, stamp_of


class FollowedIndex:
    """An index with a document for each name, and the view that follows it."""

    def __init__(self, folder: Path) -> None:
        self.index = Index(folder, FakeEncoder())
        self.folder = folder
        self.views = Views(folder)

    def add(self, *names: str) -> None:
        for name in names:
            self.index.add(markdown(f"Report {name} on trade.", name))

    def add_long(self, name: str, passages: int) -> None:
        """Add a document of so many passages."""
        parts = "\n\n".join(f"## Part {n}\n\nReport {n} {name} on trade." for n in range(passages))
        self.index.add(markdown(parts, name))

    def remove(self, *names: str) -> None:
        for name in names:
            self.index.remove(name)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with closing(connect(self.folder, writing=False)) as connection:
            yield Snapshot(connection, state.read_manifest(connection, self.folder))

    def view(self) -> View:
        with self.snapshot() as now:
            return self.views.at(now.connection, now.manifest)

    def rebuilt(self) -> View:
        """Make the view of the same rows without a checkpoint or an older view."""
        with self.snapshot() as now:
            stamp = stamp_of(now.manifest)
            base = read_segment(now.connection, stamp.dimension)
        return View(stamp, base, empty_segment(stamp.dimension))

    def found(
        self, view: View, question: str, names: tuple[str, ...] = (), limit: int = 10
    ) -> Both:
        vector = FakeEncoder().encode_questions([question])[0]
        with self.snapshot() as now:
            where = conditions(Filters(document_ids=names))
            return view.search(now.connection, question, vector, where, limit)


def living(view: View) -> dict[str, list[int]]:
    """Return everything that a view knows of the passages alive in it, but for their vectors."""
    lexicon = merged([(segment.lexicon, segment.alive) for segment in view.segments])
    shown = {name: getattr(lexicon, name).tolist() for name in ARRAYS}
    for name in ("ids", "documents"):
        parts = [getattr(segment, name)[segment.alive] for segment in view.segments]
        shown[name] = np.concatenate(parts).tolist()
    return shown


def contents(view: View) -> dict[str, list[int]]:
    """Return everything that a view of exact segments knows of the passages alive in it."""
    whole = joined(view.segments)
    vectors = whole.vectors.reconstruct_n(0, len(whole.ids))
    return living(view) | {"vectors": vectors.ravel().tolist()}


def check_in_step(table: FollowedIndex, view: View) -> None:
    """Compare a view of a compressed index with the rows, and what both find."""
    rebuilt = table.rebuilt()
    assert view.stamp == rebuilt.stamp
    assert living(view) == living(rebuilt)
    assert view.count == rebuilt.count
    names = tuple(entry.provenance.id for entry in table.index.all_entries())
    few = tuple(name for name in names if not name.startswith("long"))
    for question in ("Report a on trade", "another text", "d e Report"):
        both = table.found(view, question, few or ("none",), limit=100)
        assert len(both.dense) == len(few), "all of these are among those fetched"
        assert both == table.found(rebuilt, question, few or ("none",), limit=100)
        everything = table.found(view, question, limit=10)
        expected = table.found(rebuilt, question, limit=10)
        best = sorted(everything.lexical.values())[-10:]
        assert best == sorted(expected.lexical.values())[-10:], "the lexical search is exact"
        assert set(everything.dense) <= set(living(view)["ids"])
        assert len(everything.dense) >= min(10, view.count)
