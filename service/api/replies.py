"""How replies are written: problems as problem+json, pages with their security headers."""

import json
from dataclasses import asdict

from starlette.responses import Response

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
