"""Refusing questions for which there is no place, before anything of theirs is parsed."""

from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.limits import refuse
from service.api.observed import notes_of
from service.api.questions import Questions

_ROUTES = frozenset({"/v1/ask", "/v1/search"})


class Admission:
    """Refuses a question that would find no place: under many more than can be answered, what a
    refusal costs is what the answers lose.
    """

    def __init__(self, app: ASGIApp, questions: Questions) -> None:
        self._app = app
        self._questions = questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _ROUTES:
            refusal = self._questions.refusal()
            if refusal is not None:
                notes_of(scope).route = scope["path"]
                await refuse(refusal, scope, receive, send)
                return
        await self._app(scope, receive, send)
