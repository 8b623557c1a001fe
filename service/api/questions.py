"""Questions over HTTP: given a place, answered there, counted, noted for the log."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from fastapi import Request
from pydantic import TypeAdapter
from starlette.responses import Response

from corpus.errors import ServiceBusy
from service.answerer import Answerer
from service.api.metrics import Metrics
from service.api.observed import Notes, notes_of
from service.api.places import ClientGone, Places
from service.api.readiness import Readiness
from service.api.schemas import AskRequest, SearchRequest
from service.problems import Problem, problem_of
from service.records import Reply, SearchReply

_R = TypeVar("_R", Reply, SearchReply)
_REPLY = TypeAdapter(Reply)
_SEARCH_REPLY = TypeAdapter(SearchReply)


class Questions:
    """Answers the requests of one application."""

    def __init__(
        self, answerer: Answerer, places: Places, metrics: Metrics, readiness: Readiness
    ) -> None:
        self.places = places
        self._answerer = answerer
        self._metrics = metrics
        self._readiness = readiness

    async def ask(self, body: AskRequest, request: Request) -> Response:
        """Answer a question. Raises AttacheError and ClientGone."""
        notes = notes_of(request.scope)
        notes.questions = [body.question]
        reply = await self.answer(body, request)
        notes.answered = reply.answered
        return _noted(notes, reply, _REPLY)

    async def answer(
        self, body: AskRequest, request: Request | None, *, patient: bool = False
    ) -> Reply:
        """Answer a question at a place of its own. request: whose client may leave meanwhile."""
        work = partial(
            self._answerer.ask,
            body.question,
            passages=body.passages,
            alternatives=body.alternatives,
            min_confidence=body.min_confidence,
            filters=body.filters.filters(),
            min_generation=body.min_generation,
        )
        reply = await self._placed(work, request, patient=patient)
        self._metrics.count_question(answered=reply.answered)
        return reply

    async def search(self, body: SearchRequest, request: Request) -> Response:
        """Search passages for a question. Raises AttacheError and ClientGone."""
        notes = notes_of(request.scope)
        notes.questions = [body.question]
        work = partial(
            self._answerer.search,
            body.question,
            passages=body.passages,
            filters=body.filters.filters(),
            min_generation=body.min_generation,
        )
        reply = await self._placed(work, request)
        return _noted(notes, reply, _SEARCH_REPLY)

    def refusal(self) -> Problem | None:
        """Return why a question would find no place now, and count it as refused; else None."""
        try:
            self.places.check()
        except ServiceBusy as error:
            return self._refused(error)
        return None

    async def _placed(
        self, work: Callable[[], _R], request: Request | None, *, patient: bool = False
    ) -> _R:
        came = time.perf_counter()

        def measured() -> _R:
            waited = time.perf_counter() - came
            reply = work()
            self._metrics.count_stages(waited, reply.timing_ms)
            self._readiness.note_answered()
            return reply

        gone = partial(client_left, request) if request is not None else None
        try:
            return await self.places.run(measured, gone, patient=patient)
        except ServiceBusy as error:
            self._refused(error)
            raise
        except ClientGone:
            self._metrics.count_refusal("client-gone")
            raise

    def _refused(self, error: ServiceBusy) -> Problem:
        found = problem_of(error)
        self._metrics.count_refusal(found.type.removeprefix("/problems/"))
        return found


async def client_left(request: Request) -> None:
    """Return when the client has closed the connection. The body has been read by then."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _noted(notes: Notes, reply: _R, kind: "TypeAdapter[_R]") -> Response:
    notes.generation = reply.index.generation
    return Response(kind.dump_json(reply), media_type="application/json")
