"""How replies are written: problems as problem+json, pages with their security headers."""

import json
from dataclasses import asdict

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import Problem

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def problem_response(problem: Problem) -> Response:
    """Write a problem; in ASCII, so that nothing a request said can fail to be encoded."""
    headers = {"Retry-After": "1"} if problem.status == 503 else {}
    return Response(
        json.dumps(asdict(problem)),
        status_code=problem.status,
        headers=headers | SECURITY_HEADERS,
        media_type="application/problem+json",
    )


class Marked:
    """Says of each reply that it is of the type it names, and kept nowhere unless it says so.

    What documents hold is for whom a key let in, and an answer is out of date with the next change.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_marked)
