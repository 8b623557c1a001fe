"""The routes of the API. Questions have places of their own; the others, ``def``, a thread each."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from corpus.document import DOCUMENT_ID
from corpus.errors import InvalidSetting
from service.answerer import Answerer
from service.api.questions import Questions
from service.api.schemas import AskRequest, SearchRequest
from service.documents import DocumentPage, DocumentText, summary_of, text_of
from service.problems import PROBLEM_TYPES, ProblemType
from service.records import IndexState, Reply, SearchReply

_PAGE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Live:
    """The process answers."""

    status: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The index is open, the models are loaded, and a question was answered a moment ago."""

    status: str
    index: IndexState


def problems(*names: str) -> dict[int | str, dict[str, Any]]:
    """Describe for OpenAPI the problems that a route may answer with, a defect among them."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in (PROBLEM_TYPES[name] for name in (*names, "internal-error")):
        entry = by_status.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        example = {
            "type": f"/problems/{kind.name}",
            "title": kind.title,
            "status": kind.status,
            "detail": kind.description,
            "errors": [],
        }
        entry["content"]["application/problem+json"]["examples"][kind.name] = {"value": example}
    return by_status


ASKING = problems(
    "malformed-json",
    "invalid-request",
    "invalid-question",
    "invalid-filter",
    "body-too-large",
    "unsupported-media-type",
    "overloaded",
    "timed-out",
    "generation-not-reached",
    "index-busy",
    "index-unavailable",
    "model-unavailable",
)
_READING = problems("invalid-request", "index-busy", "index-unavailable")

router = APIRouter()


def _answerer(request: Request) -> Answerer:
    answerer: Answerer = request.app.state.answerer
    return answerer


Serving = Annotated[Answerer, Depends(_answerer)]


@router.post(
    "/v1/ask", response_model=Reply, responses=ASKING, tags=["questions"], operation_id="ask"
)
async def ask(body: AskRequest, request: Request) -> Response:
    """Answer a question with an exact, cited span, or abstain."""
    questions: Questions = request.app.state.questions
    return await questions.ask(body, request)


@router.post(
    "/v1/search",
    response_model=SearchReply,
    responses=ASKING,
    tags=["questions"],
    operation_id="search",
)
async def search(body: SearchRequest, request: Request) -> Response:
    """Find the passages that suit a question best."""
    questions: Questions = request.app.state.questions
    return await questions.search(body, request)


@router.get("/v1/documents", responses=_READING, tags=["documents"], operation_id="documents")
def documents(
    answerer: Serving,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=_PAGE_LIMIT)] = 100,
) -> DocumentPage:
    """List the documents by id."""
    if cursor is not None and not DOCUMENT_ID.fullmatch(cursor):
        raise InvalidSetting(f"The cursor {cursor[:60]!a} is not one that a page gave as `next`.")
    entries = answerer.index.entries(cursor or "", limit + 1)
    shown = tuple(summary_of(entry) for entry in entries[:limit])
    return DocumentPage(shown, shown[-1].id if len(entries) > limit else None)


@router.get(
    "/v1/documents/{document_id}",
    responses=_READING | problems("document-not-found"),
    tags=["documents"],
    operation_id="document",
)
def document(document_id: str, answerer: Serving) -> DocumentText:
    """Return a document's provenance and its exact text."""
    return text_of(answerer.index.document(document_id))


@router.get("/health/live", responses=problems(), tags=["health"], operation_id="live")
def live() -> Live:
    """Tell that the process answers."""
    return Live("live")


@router.get(
    "/health/ready",
    responses=problems("index-busy", "index-unavailable", "model-unavailable", "not-ready"),
    tags=["health"],
    operation_id="ready",
)
def ready(request: Request) -> Ready:
    """Tell that the index is open, the models are loaded and a probe question is answered."""
    return Ready("ready", request.app.state.readiness.check())


@router.get("/problems", responses=problems(), tags=["problems"], operation_id="problems")
def problem_types() -> tuple[ProblemType, ...]:
    """List every type of problem that the service answers with."""
    return tuple(PROBLEM_TYPES.values())


@router.get(
    "/problems/{name}",
    responses=problems("not-found", "invalid-request"),
    tags=["problems"],
    operation_id="problem",
)
def problem_type(name: str) -> ProblemType:
    """Explain one type of problem."""
    if name not in PROBLEM_TYPES:
        raise HTTPException(404)
    return PROBLEM_TYPES[name]
