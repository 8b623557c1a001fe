"""Both searches of one index, each on its own and fused, for one question after another."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from index import state, store
from index.encoder import Vectors
from index.index import Index
from index.records import Found, Hit, Manifest, Scored
from index.schema import connect
from index.search import CANDIDATES, Both, Fuse, ranked, reciprocal_rank, weighted_sum
from index.views import Views

RANKINGS: Mapping[str, Fuse] = {
    "dense": lambda dense, _found: dict(dense),
    "BM25": lambda _dense, found: dict(found),
    "RRF": reciprocal_rank,
    "weighted sum": weighted_sum,
    "sum, cosine 0.4": partial(weighted_sum, dense_weight=0.4),
    "sum, cosine 0.5": partial(weighted_sum, dense_weight=0.5),
    "sum, cosine 0.7": partial(weighted_sum, dense_weight=0.7),
}
"""What is compared: each search alone, the two ways to fuse them, and other weights of the sum."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands: code point offsets into the text of a document."""

    document_id: str
    start: int
    end: int


class Rankings:
    """Searches the generation that an index has when this is made."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._connection = connect(index.folder, writing=False)
        self.manifest: Manifest = state.read_manifest(self._connection, index.folder)
        self._view = Views(index.folder).at(self._connection, self.manifest)
        self.places = self._read_places()

    def encode(self, questions: Sequence[str]) -> Vectors:
        """Encode questions in one batch, shape (len(questions), dimension)."""
        return self._index.encoder().encode_questions(list(questions))

    def search(self, question: str, vector: Vectors) -> Both:
        """Return both searches' scores of the candidates of either, as ``search_both`` has them."""
        return self._view.search(self._connection, question, vector, (), CANDIDATES)

    def found(self, question: str, fuse: Fuse, limit: int) -> Found:
        """Return what the index finds, its scores fused this way."""
        return self._index.search(question, limit=limit, fuse=fuse)

    def hits(self, scored: Sequence[Scored]) -> tuple[Hit, ...]:
        """Read passages with their documents' provenance, in the order given."""
        return store.read_hits(self._connection, scored)

    def close(self) -> None:
        """Let go of the index."""
        self._connection.close()

    def _read_places(self) -> dict[int, Place]:
        with closing(self._connection.cursor()) as cursor:
            rows = cursor.execute(
                "SELECT passages.id, documents.id, passages.start, passages.end FROM passages "
                "JOIN documents ON documents.key = passages.document ORDER BY passages.id"
            )
            return {id_: Place(*place) for id_, *place in rows}


def rankings_of(both: Both) -> dict[str, list[int]]:
    """Return the passage ids of each ranking in order, from one pair of searches."""
    return {name: ranked(fuse(both.dense, both.lexical)) for name, fuse in RANKINGS.items()}
