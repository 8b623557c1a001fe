"""Limits on what a request's body may be, held before anything is parsed."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.replies import problem_response
from service.problems import Problem, problem

BODY_LIMIT = 64 * 1024
"""Bytes of the largest body, but a document's."""

DOCUMENT_LIMIT = 20 * 1024 * 1024
"""Bytes of the largest document."""

DOCUMENTS_AT_ONCE = 4
"""Documents that are received and added at the same time: each is in memory as a whole."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The bytes that a body may have, and the seconds in which it has to arrive."""

    bytes: int
    seconds: float

    @property
    def shown(self) -> str:
        """The bytes as people write them."""
        mebi = self.bytes >= 1024 * 1024
        return f"{self.bytes // 1024 // 1024} MiB" if mebi else f"{self.bytes // 1024} KiB"


_QUESTION = Limit(BODY_LIMIT, 20)
_DOCUMENT = Limit(DOCUMENT_LIMIT, 300)


class BodyLimit:
    """Reads a request's body up to its limit; a larger one, chunked too, gets 413 at once."""

    def __init__(
        self, app: ASGIApp, question: Limit = _QUESTION, document: Limit = _DOCUMENT
    ) -> None:
        self._app = app
        self._question = question
        self._document = document
        self._documents = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] == "/v1/documents":
            await self._take_document(scope, receive, send)
        else:
            await self._limited(self._question, scope, receive, send)

    async def _take_document(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._documents >= DOCUMENTS_AT_ONCE:
            detail = f"{DOCUMENTS_AT_ONCE} documents are being added already: try again later."
            await refuse(problem("index-busy", detail), scope, receive, send)
            return
        self._documents += 1
        try:
            await self._limited(self._document, scope, receive, send)
        finally:
            self._documents -= 1

    async def _limited(self, limit: Limit, scope: Scope, receive: Receive, send: Send) -> None:
        coding = _coding(scope)
        if coding and scope["method"] == "POST":
            detail = f"A body in the Content-Encoding {coding[:40]!a} is not read: send it plain."
            refused = problem("unsupported-media-type", detail)
            await refuse(refused, scope, receive, send, {"Accept-Encoding": "identity"})
            return
        found = await _body(limit, scope, receive)
        if isinstance(found, Problem):
            await refuse(found, scope, receive, send)
        else:
            await self._app(scope, _replayed(found, receive), send)


async def _body(limit: Limit, scope: Scope, receive: Receive) -> deque[Message] | Problem:
    """Return the messages of a whole body, or why it isn't taken."""
    too_large = problem("body-too-large", f"The body is larger than {limit.shown}: shorten it.")
    if _declared(scope) > limit.bytes:
        return too_large
    messages: deque[Message] = deque()
    size = 0
    try:
        async with asyncio.timeout(limit.seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return problem("body-incomplete", "The body was cut off.")
                messages.append(message)
                size += len(message.get("body", b""))
                if size > limit.bytes:
                    return too_large
                if not message.get("more_body", False):
                    return messages
    except TimeoutError:
        detail = f"The body has not arrived within {limit.seconds:g} seconds."
        return problem("body-incomplete", detail)


async def refuse(
    found: Problem,
    scope: Scope,
    receive: Receive,
    send: Send,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a problem; where the body is not worth waiting for, the connection ends."""
    response = problem_response(found)
    response.headers.update(headers or {})
    if found.status in (408, 413) or _declared(scope) > BODY_LIMIT or _is_chunked(scope):
        response.headers["Connection"] = "close"
    await response(scope, receive, send)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


def _coding(scope: Scope) -> str:
    """Return how a body is packed, such as gzip; nothing where it isn't."""
    coding = ", ".join(Headers(scope=scope).getlist("content-encoding")).strip().lower()
    return "" if coding == "identity" else coding


def _is_chunked(scope: Scope) -> bool:
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])


def _replayed(messages: deque[Message], receive: Receive) -> Receive:
    async def replay() -> Message:
        return messages.popleft() if messages else await receive()

    return replay
