"""The pages for people: the question box, the documents, and the API's own documentation."""

import importlib.util
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.api.replies import DOCS_POLICY, PAGE_POLICY, SECURITY_HEADERS

_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")


def add_pages(app: FastAPI) -> None:
    """Add the pages and what they load; none of it is part of the API's schema."""

    def page(name: str, policy: str) -> Response:
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
        return _file(name, headers)

    @app.get("/", include_in_schema=False)
    def home() -> Response:
        return page("index.html", PAGE_POLICY)

    @app.get("/documents/{document_id}", include_in_schema=False)
    def document(document_id: str) -> Response:  # noqa: ARG001  -- the page's script reads it
        return page("document.html", PAGE_POLICY)

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return page("docs.html", DOCS_POLICY)

    @app.get("/assets/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        return _file(name, {"Cache-Control": "max-age=300"})

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        response: Response = request.app.state.metrics.page()
        return response


def _file(name: str, headers: Mapping[str, str]) -> Response:
    content = _assets().get(name)
    if content is None:
        raise HTTPException(404)
    return Response(
        content, headers={**headers, **SECURITY_HEADERS}, media_type=_TYPES[Path(name).suffix]
    )


@cache
def _assets() -> Mapping[str, bytes]:
    """Read every file that may be served; names not in here don't exist."""
    found = {
        entry.name: entry.read_bytes()
        for entry in (files("service") / "web").iterdir()
        if Path(entry.name).suffix in _TYPES
    }
    spec = importlib.util.find_spec("fastapi_swagger")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "resources"
        found |= {name: (folder / name).read_bytes() for name in _SWAGGER}
    return found
