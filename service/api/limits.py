"""Limits on what a request may bring, held before anything is parsed."""

from collections.abc import Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.replies import problem_response
from service.problems import problem

BODY_LIMIT = 64 * 1024
"""Bytes of the largest body."""


class BodyLimit:
    """Reads a request's body up to the limit; a larger one, chunked too, gets 413 at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > BODY_LIMIT or _declared(scope) > BODY_LIMIT:
                detail = f"The body is larger than {BODY_LIMIT // 1024} KiB: shorten it."
                await problem_response(problem("body-too-large", detail))(scope, receive, send)
                return
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
        await self._app(scope, _replayed(iter(messages), receive), send)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


def _replayed(messages: Iterator[Message], receive: Receive) -> Receive:
    async def replay() -> Message:
        for message in messages:
            return message
        return await receive()

    return replay
