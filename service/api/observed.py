"""What is told of each request: its id, its line in the access log, its metrics."""

import json
import logging
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.metrics import Metrics

_LOG = logging.getLogger("attache.access")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NOTES = "attache.notes"

GONE = 499
"""The status that is logged where the client left before its reply; nobody receives it."""


@dataclass(slots=True)
class Notes:
    """What a handler tells the access log of its request.

    route: where it never came to one, the pattern of the one that it was for. answered: of a batch
    the number of its questions that were.
    """

    request_id: str
    route: str | None = None
    generation: int | None = None
    answered: bool | int | None = None
    questions: list[str] | None = None


def notes_of(scope: Scope) -> Notes:
    """Return the notes of a request."""
    notes: Notes = scope.setdefault(_NOTES, Notes(""))
    return notes


class Observed:
    """Serves the application around which it is put, and tells of every request.

    closing: once set, replies say that the connection is closed, so that clients open another.
    """

    _app: ASGIApp
    _routes: Sequence[Route]

    def __init__(self, metrics: Metrics, *, log_questions: bool = False) -> None:
        self._metrics = metrics
        self._log_questions = log_questions
        self.closing = False

    def around(self, app: ASGIApp, routes: Sequence[Route]) -> ASGIApp:
        """Put this around an application that has these routes."""
        self._app = app
        self._routes = routes
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        notes = scope[_NOTES] = Notes(_request_id(Headers(scope=scope)))
        status, complete = 0, False

        async def observe(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = notes.request_id
                if self.closing:
                    headers["Connection"] = "close"
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                complete = True

        try:
            await self._app(scope, receive, observe)
        except Exception:
            if not complete:  # else the reply said so, and the log holds the trace
                raise
        finally:
            told = status if complete else GONE
            self._tell(scope, notes, told, time.perf_counter() - started)

    def _tell(self, scope: Scope, notes: Notes, status: int, seconds: float) -> None:
        route = notes.route or _pattern(scope, self._routes)
        self._metrics.count_request(scope["method"], route, status, seconds)
        if not _LOG.isEnabledFor(logging.INFO):
            return
        line: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": notes.request_id,
            "method": scope["method"][:20],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "client": scope["client"][0] if scope.get("client") else None,
            "key": scope.get("state", {}).get("key"),
            "generation": notes.generation,
            "answered": notes.answered,
        }
        if self._log_questions and notes.questions is not None:
            line["questions"] = notes.questions
        _LOG.info("%s", json.dumps(line))


def _pattern(scope: Scope, routes: Sequence[Route]) -> str:
    """Return the pattern of a request's route, also where it was refused before it came there."""
    found = scope.get("route")
    if found is None:
        found = next((one for one in routes if one.matches(scope)[0] is not Match.NONE), None)
    return str(getattr(found, "path", "none"))


def _request_id(headers: Headers) -> str:
    """Return the id that the client or proxy gave, where it is one, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
