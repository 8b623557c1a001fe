"""Question to hits to spans to answers; the only place that abstains."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from corpus.errors import InvalidQuestion, InvalidSetting
from index.filters import Filters
from index.index import Index
from index.records import Found
from service.citations import answers_from, found_passages
from service.reader import Reader
from service.records import (
    Abstention,
    Answer,
    IndexState,
    Models,
    Reply,
    SearchReply,
    Timing,
)

QUESTION_LIMIT = 1_000
"""Characters of the longest question."""

READ_PASSAGES = 4
"""Passages that the reader is given."""

PASSAGES_LIMIT = 100
"""Passages or alternatives that a reply may be asked for."""


class Answerer:
    """Answers questions from one index with one reader; safe to share between threads."""

    def __init__(self, index: Index, reader: Reader) -> None:
        self.index = index
        self.reader = reader

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def load(self) -> None:
        """Load the models now, side by side, not with the first question. Raises ModelError."""
        with ThreadPoolExecutor(1) as beside:
            reader = beside.submit(self.reader.load)
            self.index.encoder()
            reader.result()

    def close(self) -> None:
        """Let go of the index."""
        self.index.close()

    def ask(
        self,
        question: str,
        *,
        passages: int = 3,
        alternatives: int = 2,
        min_confidence: float | None = None,
        filters: Filters | None = None,
        min_generation: int = 0,
    ) -> Reply:
        """Answer a question from the documents, or say that no answer is sure enough.

        passages, alternatives: how many to show. min_confidence: the least confidence of an answer,
        None for the reader's own threshold. Raises InvalidQuestion, InvalidSetting, IndexFailure.
        """
        started = time.perf_counter()
        question = check_question(question)
        _check_count("passages", passages)
        _check_count("alternatives", alternatives)
        threshold = self._threshold(min_confidence)
        found = self.index.search(
            question,
            filters,
            limit=max(passages, READ_PASSAGES),
            min_generation=min_generation,
        )
        read_started = time.perf_counter()
        spans = self.reader.read(question, found.hits[:READ_PASSAGES])
        surest_first = sorted(spans, key=lambda span: -span.confidence)  # ties as the reader has it
        answers = answers_from(surest_first, found.manifest.generation)
        read_ms = (time.perf_counter() - read_started) * 1000
        best = answers[0] if answers and answers[0].confidence >= threshold else None
        return Reply(
            question=question,
            answered=best is not None,
            answer=best,
            abstention=None if best else _abstention(found, answers, threshold),
            alternatives=tuple(answers[1 : 1 + alternatives]),
            passages=found_passages(found.hits[:passages]),
            timing_ms=_timing(found, read_ms, started),
            index=_state(found),
            models=self._models(found),
        )

    def search(
        self,
        question: str,
        *,
        passages: int = 10,
        filters: Filters | None = None,
        min_generation: int = 0,
    ) -> SearchReply:
        """Return the passages that suit a question best. Raises as ``ask`` does."""
        started = time.perf_counter()
        question = check_question(question)
        _check_count("passages", passages, least=1)
        found = self.index.search(question, filters, limit=passages, min_generation=min_generation)
        return SearchReply(
            question=question,
            passages=found_passages(found.hits),
            timing_ms=_timing(found, 0.0, started),
            index=_state(found),
            models=self._models(found),
        )

    def _threshold(self, min_confidence: float | None) -> float:
        if min_confidence is None:
            return self.reader.threshold
        if not isinstance(min_confidence, int | float) or not 0 <= min_confidence <= 1:  # nor NaN
            raise InvalidSetting(f"min_confidence must be from 0 to 1, not {min_confidence!r:.40}.")
        return min_confidence

    def _models(self, found: Found) -> Models:
        return Models(found.manifest.encoder.name, self.reader.name)


def check_question(question: str) -> str:
    """Return the question without blanks around it. Raises InvalidQuestion."""
    if not isinstance(question, str):
        raise InvalidQuestion(f"A question must be text, not {type(question).__name__}.")
    trimmed = question.strip()
    if not any(character.isalnum() for character in trimmed):
        raise InvalidQuestion("The question is empty: write at least one word.")
    if len(trimmed) > QUESTION_LIMIT:
        raise InvalidQuestion(
            f"The question has {len(trimmed)} characters: at most {QUESTION_LIMIT} are taken."
        )
    if "\0" in trimmed or any("\ud800" <= character <= "\udfff" for character in trimmed):
        raise InvalidQuestion("The question is not text: it holds a NUL or a lone surrogate.")
    return trimmed


def _check_count(name: str, value: int, least: int = 0) -> None:
    if type(value) is not int or not least <= value <= PASSAGES_LIMIT:
        raise InvalidSetting(
            f"{name} must be from {least} to {PASSAGES_LIMIT}, not {str(value)[:40]}."
        )


def _abstention(found: Found, answers: list[Answer], threshold: float) -> Abstention:
    if not found.size.documents:
        return Abstention("no-documents", "The index holds no documents yet.", threshold, None)
    if not answers:
        reason = "No passage was readable."
        if found.lacking:
            reason = f"No document has {', or '.join(found.lacking)}."
        elif not found.hits:
            reason = "No passage passes the filters."
        return Abstention("no-passages", reason, threshold, None)
    reason = (
        f"The best candidate has a confidence of {answers[0].confidence}, "
        f"below the threshold of {threshold}."
    )
    return Abstention("low-confidence", reason, threshold, answers[0])


def _timing(found: Found, read_ms: float, started: float) -> Timing:
    return Timing(
        encode=round(found.encode_ms, 2),
        search=round(found.search_ms, 2),
        read=round(read_ms, 2),
        total=round((time.perf_counter() - started) * 1000, 2),
    )


def _state(found: Found) -> IndexState:
    return IndexState(
        found.manifest.id, found.manifest.generation, found.size.documents, found.size.passages
    )
