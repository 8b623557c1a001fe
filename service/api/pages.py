"""The pages for people: the question box, the documents, and the API's own documentation."""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Asset:
    """A file that is served. tag: its ETag, made from its bytes."""

    content: bytes
    media_type: str
    tag: str


def add_pages(app: FastAPI) -> None:
    """Add the pages and what they load; none of it is part of the API's schema."""

    @app.get("/", include_in_schema=False)
    def home(request: Request) -> Response:
        return _reply(request, "index.html", PAGE_POLICY)

    @app.get("/documents/{document_id}", include_in_schema=False)
    def document(document_id: str, request: Request) -> Response:  # noqa: ARG001  -- the page's script reads it
        return _reply(request, "document.html", PAGE_POLICY)

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        return _reply(request, "docs.html", DOCS_POLICY)

    @app.get("/assets/{name}", include_in_schema=False)
    def asset(name: str, request: Request) -> Response:
        return _reply(request, name)

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        response: Response = request.app.state.metrics.page()
        return response


def _reply(request: Request, name: str, policy: str | None = None) -> Response:
    """Serve a file; the browser asks each time whether it changed: modules must fit together."""
    asset = _assets().get(name)
    if asset is None:
        raise HTTPException(404)
    headers = {"Cache-Control": "no-cache", "ETag": asset.tag, **SECURITY_HEADERS}
    if policy is not None:
        headers["Content-Security-Policy"] = policy
    if asset.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(asset.content, headers=headers, media_type=asset.media_type)


@cache
def _assets() -> Mapping[str, _Asset]:
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
    return {name: _asset(name, content) for name, content in found.items()}


def _asset(name: str, content: bytes) -> _Asset:
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return _Asset(content, _TYPES[Path(name).suffix], tag)
