"""What the OpenAPI description says of keys, limits and the refusals that come before a route."""

from typing import Any

from service.api.access import scope_needed
from service.api.routes import problems

_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key of `attache keys add`, with the scopes ask, read or write. Where "
    "there are no keys, asking and reading need none; writing always does.",
}
_BEFORE_EVERY_ROUTE = ("unknown-host",)
_WITH_A_BODY = ("body-too-large", "body-incomplete")
_WITH_A_KEY = ("unauthorized", "forbidden", "too-many-requests", "keys-unavailable")

_REQUEST_ID = {
    "X-Request-Id": {
        "description": "The id of the request in the access log: the one it brought, or a new one.",
        "schema": {"type": "string"},
    }
}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_CHALLENGE = {
    "WWW-Authenticate": {
        "description": "That a bearer key is asked for, and what is wrong with the one that came.",
        "schema": {"type": "string"},
    }
}
_HEADERS = {"401": _CHALLENGE, "403": _CHALLENGE, "429": _RETRY_AFTER, "503": _RETRY_AFTER}


def describe_access(description: dict[str, Any]) -> None:
    """Put the security scheme, and each operation's scope and refusals, into a description."""
    description["components"]["securitySchemes"] = {"key": _SCHEME}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            scope = scope_needed(method.upper(), path)
            names = [*_BEFORE_EVERY_ROUTE]
            if "requestBody" in operation:
                names += _WITH_A_BODY
            if scope:
                names += _WITH_A_KEY
                demanded: list[dict[str, list[str]]] = [{"key": [scope]}]
                operation["security"] = demanded if scope == "write" else [*demanded, {}]
            _add_problems(operation["responses"], names)
            for status, response in operation["responses"].items():
                response["headers"] = _REQUEST_ID | _HEADERS.get(status, {})


def _add_problems(responses: dict[str, Any], names: list[str]) -> None:
    for status, entry in problems(*names).items():
        known = responses.setdefault(str(status), entry)
        kind = "application/problem+json"
        known["content"][kind]["examples"] |= entry["content"][kind]["examples"]
