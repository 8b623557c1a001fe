"""The HTTP service: ``create_app`` is given what it serves; importing this loads no model."""

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from corpus.errors import AttacheError, ServiceBusy
from service.answerer import Answerer
from service.api.access import Access
from service.api.admission import Admission
from service.api.batch import Batches
from service.api.batch import router as batch_router
from service.api.described import describe_access
from service.api.document_schemas import describe_documents
from service.api.guard import add_guards, behind_proxies, shared
from service.api.methods import allowed_methods
from service.api.metrics import Metrics
from service.api.observed import GONE, Observed
from service.api.pages import add_pages
from service.api.places import ClientGone, Places
from service.api.questions import Questions
from service.api.readiness import Readiness
from service.api.replies import Marked, problem_response
from service.api.routes import router
from service.api.uploads import JSON_TYPE
from service.api.writes import Writer
from service.api.writes import router as write_router
from service.operating import Operating
from service.problems import FieldError, Problem, problem, problem_of

_DEFAULT_OPERATING = Operating()
_ROUTERS = (router, batch_router, write_router)
_LOG = logging.getLogger("attache")

_DESCRIPTION = """
Answers questions from a collection of documents. Every answer is an exact span of a document, with
its passage, who published it and when; where it finds none that is sure enough, it says so.
Offsets count Unicode code points of the document's text, from 0, end exclusive.
"""


class Described(FastAPI):
    """An application whose OpenAPI description also holds its problems, keys and limits.

    Whatever it replies, a defect too, is observed, and can be read where CORS allows it.
    """

    def build_middleware_stack(self) -> ASGIApp:
        """Put CORS outside of all that may refuse or fail, what marks and observes around it."""
        access, observed = self.state.access, self.state.observed
        replying = shared(super().build_middleware_stack(), access)
        routes = [route for router in (self, *_ROUTERS) for route in router.routes]
        known = [route for route in routes if isinstance(route, Route)]
        return behind_proxies(observed.around(Marked(replying), known), access)

    def openapi(self) -> dict[str, Any]:
        """Describe the API; FastAPI knows no problem details, so they are put in here."""
        description = super().openapi()
        place = "#/components/schemas/{model}"
        problem_schema = TypeAdapter(Problem).json_schema(ref_template=place)
        fields = problem_schema.pop("$defs")
        description["components"]["schemas"] |= {"Problem": problem_schema, **fields}
        describe_documents(description)
        describe_access(description)
        return description


def create_app(
    answerer: Answerer,
    operating: Operating = _DEFAULT_OPERATING,
    access: Access | None = None,
) -> FastAPI:
    """Build the application that serves one answerer; without ``access``, to all who reach it."""
    app = Described(
        title="Attaché",
        version=version("attache"),
        summary="Questions answered with exact, cited passages.",
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        redirect_slashes=False,
        lifespan=_serving,
        docs_url=None,
        redoc_url=None,
    )
    app.state.answerer = answerer
    app.state.access = access or Access()
    app.state.writer = Writer(answerer.index)
    _add_questions(app, answerer, operating)
    for routes in _ROUTERS:
        app.include_router(routes)
    add_pages(app)
    app.add_middleware(Admission, questions=app.state.questions)
    add_guards(app, app.state.access)
    app.add_exception_handler(AttacheError, _attache_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientGone, _client_gone)
    app.add_exception_handler(Exception, _defect)
    return app


@asynccontextmanager
async def _serving(app: FastAPI) -> AsyncIterator[None]:
    """Let go of the process that parses documents when the service ends."""
    yield
    app.state.writer.close()


def _add_questions(app: FastAPI, answerer: Answerer, operating: Operating) -> None:
    """Add what the routes of questions, health and metrics work with."""
    places = Places(operating.at_work, operating.queue, operating.seconds)
    state = app.state
    state.readiness = Readiness(answerer)
    state.metrics = Metrics(answerer, places, operating.metrics)
    state.observed = Observed(state.metrics, log_questions=operating.log_questions)
    state.questions = Questions(answerer, places, state.metrics, state.readiness)
    state.batches = Batches(state.questions)


def _client_gone(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return Response(status_code=GONE)


def _attache_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AttacheError)
    found = problem_of(error)
    if found.status >= 500 and not isinstance(error, ServiceBusy):
        _LOG.error("%s %s: %s", request.method, request.url.path, error)
    return problem_response(found)


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return problem_response(problem("malformed-json", "The body is not valid JSON."))
    content_type = request.headers.get("content-type", "")
    in_body = any(detail["loc"][0] == "body" for detail in details)
    if request.method == "POST" and in_body and not JSON_TYPE.match(content_type):
        detail = "Send the body as JSON, with Content-Type: application/json."
        return problem_response(problem("unsupported-media-type", detail))
    errors = tuple(_field_error(detail, error.body) for detail in details)
    first = errors[0]
    return problem_response(
        problem("invalid-request", f"{first.pointer or 'The body'}: {first.detail}", errors)
    )


def _field_error(detail: dict[str, Any], body: Any) -> FieldError:
    place: Sequence[object] = detail["loc"]
    parts = place[1:] if place and place[0] in ("body", "query", "path") else place
    if place and place[0] == "body" and body is not None and detail["type"] != "missing":
        parts = tuple(_leading(parts, body))
    escaped = (str(part).replace("~", "~0").replace("/", "~1")[:100] for part in parts)
    return FieldError("".join(f"/{part}" for part in escaped), str(detail["msg"])[:300] + ".")


def _leading(parts: Sequence[object], body: Any) -> Iterator[object]:
    """Give the parts of a place that lead into a body: pydantic adds which of several types."""
    for part in parts:
        in_list = isinstance(body, list) and isinstance(part, int)
        if not in_list and not (isinstance(body, dict) and part in body):
            return
        body = body[part]
        yield part


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = error.headers or {}
    if error.status_code == 404:
        found = problem("not-found", f"There is nothing at {request.url.path[:200]}.")
    elif error.status_code == 405:
        found = problem("method-not-allowed", f"{request.method} is not allowed here.")
        headers = {"Allow": allowed_methods(request.app.routes, request.scope)}
    elif error.status_code == 400:
        found = problem("malformed-json", "The body can't be parsed as JSON in UTF-8.")
    elif error.status_code == 415:
        found = problem("unsupported-media-type", str(error.detail))
    else:
        found = problem("invalid-request", str(error.detail))
    response = problem_response(found)
    response.headers.update(headers)
    return response


def _defect(request: Request, error: Exception) -> Response:
    _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem_response(
        problem("internal-error", "Something went wrong on our side; it has been logged.")
    )
