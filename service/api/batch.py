"""``POST /v1/ask/batch``: many questions in one request, each result streamed when it is there."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, TypeAdapter
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from corpus.errors import AttacheError, Overloaded
from service.api.observed import notes_of
from service.api.questions import Questions
from service.api.routes import ASKING
from service.api.schemas import AskRequest, Strict
from service.problems import Problem, problem, problem_of
from service.records import Reply

BATCH_LIMIT = 100
"""Questions of the largest batch."""

_BATCHES = 16
"""Batches at work in a process: each waits with one question at a time."""

_LOG = logging.getLogger("attache")
_Id = Annotated[str, Field(min_length=1, max_length=100)] | int


class BatchQuestion(AskRequest):
    """A question of a batch, and what its line of the reply is known by."""

    question: str = Field(description="As of /v1/ask; where it is none, its line says so.")
    id: _Id | None = Field(None, description="Default: its position, from 1.")


class BatchRequest(Strict):
    """Questions to answer, each as `/v1/ask` takes it."""

    questions: list[BatchQuestion] = Field(
        min_length=1,
        max_length=BATCH_LIMIT,
        examples=[
            [
                {"id": "corvettes", "question": "How many corvettes were donated to Peru?"},
                {"question": "Who visited Tashkent in 2024?", "passages": 1},
            ]
        ],
    )


@dataclass(frozen=True, slots=True)
class BatchResult:
    """A line of the reply: what the question got."""

    id: str | int
    result: Reply


@dataclass(frozen=True, slots=True)
class BatchProblem:
    """A line of the reply: why the question got no result."""

    id: str | int
    problem: Problem


class Lines(StreamingResponse):
    """JSON, an object a line. ended: called when it has been sent, or nobody is there any more."""

    media_type = "application/x-ndjson"
    ended: Callable[[], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.ended()


class Batches:
    """Answers batches one question after the other, so that others have their turn between.

    Together they fill half of the queue at most: the other half is left to single questions.
    """

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._open = 0
        places = questions.places
        self._lane = asyncio.Semaphore(places.size + places.queue // 2)

    def begun(self, batch: BatchRequest, request: Request) -> Lines:
        """Return the reply to a batch, which counts from here on until the reply has ended.

        Raises Overloaded where one more batch is too many, or no question would be taken.
        """
        self._questions.places.check()
        if self._open >= _BATCHES:
            raise Overloaded(f"{_BATCHES} batches are at work: try again in a moment.")
        self._open += 1
        lines = Lines(self._lines(batch, request))
        lines.ended = self._end
        return lines

    def _end(self) -> None:
        self._open -= 1

    async def _lines(self, batch: BatchRequest, request: Request) -> AsyncIterator[bytes]:
        """Answer the questions in order, a line each; a client that leaves ends it."""
        notes = notes_of(request.scope)
        notes.questions = [question.question for question in batch.questions]
        notes.answered = 0
        for position, question in enumerate(batch.questions, 1):
            entry = await self._answer(position, question)
            if isinstance(entry, BatchResult):
                notes.generation = entry.result.index.generation
                notes.answered += entry.result.answered
            yield _LINE.dump_json(entry) + b"\n"

    async def _answer(self, position: int, question: BatchQuestion) -> BatchResult | BatchProblem:
        name = position if question.id is None else question.id
        try:
            # It waits as long as it has; who listens is watched by the response itself.
            async with self._lane:
                result = await self._questions.answer(question, None, patient=True)
            return BatchResult(name, result)
        except AttacheError as error:
            return BatchProblem(name, problem_of(error))
        except Exception:
            _LOG.exception("A question of a batch failed")
            detail = "Something went wrong on our side; it has been logged."
            return BatchProblem(name, problem("internal-error", detail))


_LINE: TypeAdapter[BatchResult | BatchProblem] = TypeAdapter(BatchResult | BatchProblem)

router = APIRouter()


@router.post(
    "/v1/ask/batch",
    response_class=Lines,
    responses=ASKING
    | {200: {"model": BatchResult | BatchProblem, "description": "A line a question, in order."}},
    tags=["questions"],
    operation_id="ask_batch",
)
async def ask_batch(body: BatchRequest, request: Request) -> Lines:
    """Answer questions, streaming a JSON object a line: `{"id", "result"}` or `{"id", "problem"}`.

    A question that can't be answered has its problem in its line, and the others go on. A body that
    is not as described is refused as a whole. Where there is a rate, each question counts.
    """
    batches: Batches = request.app.state.batches
    lines = batches.begun(body, request)
    request.state.count_more(len(body.questions) - 1)
    return lines
