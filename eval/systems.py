"""The systems compared: Attaché as shipped, and baselines that show what each part adds."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from corpus.errors import InvalidSetting
from eval.rankings import Place, Rankings
from eval.run import Outcome, System
from index.records import Found, Hit, Scored
from index.search import Fuse, weighted_sum
from service.answerer import READ_PASSAGES, Answerer
from service.citations import answers_from
from service.reader import Reader, SentenceReader
from service.records import Span

_SEED = 20_160_616


@dataclass(frozen=True, slots=True)
class Attache:
    """The answerer as it is shipped."""

    answerer: Answerer

    def answer(self, question: str) -> Outcome:
        """Ask it, showing every passage that it read."""
        reply = self.answerer.ask(question, passages=READ_PASSAGES)
        rejected = reply.abstention.candidate if reply.abstention else None
        places = tuple(Place(p.document_id, p.start, p.end) for p in reply.passages)
        return Outcome(reply.answered, reply.answer or rejected, places)


class AlwaysAbstain:
    """Never answers: what abstaining alone is worth."""

    def answer(self, question: str) -> Outcome:  # noqa: ARG002  -- whatever it is
        """Abstain."""
        return Outcome(False, None)


@dataclass(frozen=True, slots=True)
class FirstSentence:
    """Gives the first sentence of the best passage, unread and without a doubt."""

    rankings: Rankings

    def answer(self, question: str) -> Outcome:
        """Answer with a confidence of 1, where any passage is found."""
        found = self.rankings.found(question, weighted_sum, 1)
        if not found.hits:
            return Outcome(False, None)
        hit = found.hits[0]
        sentence = hit.passage.sentences[0]
        span = Span(hit, sentence.start, sentence.end, 1.0, 1.0)
        answers = answers_from([span], found.manifest.generation)
        return Outcome(True, answers[0], _places(found.hits))


@dataclass(frozen=True, slots=True)
class ReadingOf:
    """A reader over the passages that a search finds."""

    find: Callable[[str], Found]
    reader: Reader

    def answer(self, question: str) -> Outcome:
        """Read the passages, and abstain as the answerer does."""
        found = self.find(question)
        spans = self.reader.read(question, found.hits)
        surest_first = sorted(spans, key=lambda span: -span.confidence)
        answers = answers_from(surest_first, found.manifest.generation)
        if not answers:
            return Outcome(False, None, _places(found.hits))
        sure = [a for a in answers if a.confidence >= self.reader.threshold]
        return Outcome(bool(sure), (sure or answers)[0], _places(found.hits))


def fused(rankings: Rankings, fuse: Fuse) -> Callable[[str], Found]:
    """Return the search that ranks by these scores."""
    return lambda question: rankings.found(question, fuse, READ_PASSAGES)


def shuffled(rankings: Rankings) -> Callable[[str], Found]:
    """Return a search whose passages are drawn from the whole collection, the same at each run.

    Each takes over the scores of the one in whose place it stands: only what is read differs.
    """
    ids = sorted(rankings.places)

    def find(question: str) -> Found:
        found = rankings.found(question, weighted_sum, READ_PASSAGES)
        chance = random.Random(f"{_SEED} {question}")
        drawn = chance.sample(ids, len(found.hits))
        scored = [
            Scored(id_, hit.score, hit.dense, hit.lexical)
            for id_, hit in zip(drawn, found.hits, strict=True)
        ]
        hits = rankings.hits(scored)
        return Found(hits, found.manifest, found.size, found.encode_ms, found.search_ms)

    return find


def dense_scores(dense: Mapping[int, float], found: Mapping[int, float]) -> dict[int, float]:
    """Rank by the vectors alone, scaled as the shipped search's scores are."""
    return weighted_sum(dense, found, dense_weight=1.0)


def lexical_scores(dense: Mapping[int, float], found: Mapping[int, float]) -> dict[int, float]:
    """Rank by BM25 alone, scaled as the shipped search's scores are."""
    return weighted_sum(dense, found, dense_weight=0.0)


Maker = Callable[[Answerer, Rankings], System]

SYSTEMS: Mapping[str, Maker] = {
    "attache": lambda answerer, _rankings: Attache(answerer),
    "always-abstain": lambda _answerer, _rankings: AlwaysAbstain(),
    "first-sentence": lambda _answerer, rankings: FirstSentence(rankings),
    "sentence-reader": lambda answerer, rankings: ReadingOf(
        fused(rankings, weighted_sum), SentenceReader(answerer.index.encoder)
    ),
    "bm25-alone": lambda answerer, rankings: ReadingOf(
        fused(rankings, lexical_scores), answerer.reader
    ),
    "dense-alone": lambda answerer, rankings: ReadingOf(
        fused(rankings, dense_scores), answerer.reader
    ),
    "shuffled": lambda answerer, rankings: ReadingOf(shuffled(rankings), answerer.reader),
}
"""How each system is made, by name."""


def system_names(listed: str | None) -> tuple[str, ...]:
    """Part a list by its commas; None means all. Raises InvalidSetting for an unknown name."""
    names = tuple(SYSTEMS) if listed is None else tuple(n.strip() for n in listed.split(","))
    for name in names:
        if name not in SYSTEMS:
            raise InvalidSetting(f"There is no system {name!r}: use {', '.join(SYSTEMS)}.")
    return names


def make_systems(names: Iterable[str], answerer: Answerer, rankings: Rankings) -> dict[str, System]:
    """Make the systems of these names, which ``system_names`` gave."""
    return {name: SYSTEMS[name](answerer, rankings) for name in names}


def _places(hits: Sequence[Hit]) -> tuple[Place, ...]:
    return tuple(Place(h.provenance.id, h.passage.start, h.passage.end) for h in hits)
