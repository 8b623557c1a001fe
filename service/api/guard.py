"""What stands before the routes: hosts, keys, rates, bodies; and before all, proxies and CORS."""

import logging
import re
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from corpus.errors import KeysUnavailable
from service.api.access import Access, address_of, is_known_host, scope_needed
from service.api.limits import BodyLimit, refuse
from service.api.methods import HeadAsGet
from service.api.rate import RateLimit
from service.keys import Key, KeyRing, matching
from service.problems import Problem, problem

_LOG = logging.getLogger("attache")
_BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)
_HEADER_LIMIT = 512
"""Bytes of the longest ``Authorization`` header that is looked at; ours have 58."""

_REALM = 'Bearer realm="attache"'


def add_guards(app: FastAPI, access: Access) -> None:
    """Put what ``access`` demands before the routes, each after the next one."""
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimit)
    app.add_middleware(KeyCheck, access=access)
    if access.hosts is not None:
        app.add_middleware(HostCheck, names=access.hosts)


def shared(app: ASGIApp, access: Access) -> ASGIApp:
    """Let pages of other origins read an app's replies; put it around all that replies."""
    if not access.origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=access.origins,
        allow_methods=("GET", "HEAD", "POST", "DELETE"),
        allow_headers=("Authorization", "X-Request-Id"),
        expose_headers=("Retry-After", "WWW-Authenticate", "X-Request-Id"),
    )


def behind_proxies(app: ASGIApp, access: Access) -> ASGIApp:
    """Believe trusted proxies whose request it is; put it around all that asks for the address."""
    if not access.trusted_proxies:
        return app
    return ProxyHeadersMiddleware(app, list(access.trusted_proxies))  # type: ignore[arg-type,return-value]


class HostCheck:
    """Refuses requests to a name that isn't ours, as a page sends them after DNS rebinding."""

    def __init__(self, app: ASGIApp, names: tuple[str, ...]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            named = [value for name, value in scope["headers"] if name == b"host"]
            if len(named) != 1 or not is_known_host(named[0].decode("latin-1"), self._names):
                detail = (
                    "The service is not known by this name: call it by its address, or start it "
                    "with --allow-host NAME."
                )
                await refuse(problem("unknown-host", detail), scope, receive, send)
                return
        await self._app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem, and the challenge that goes with it in ``WWW-Authenticate``."""

    problem: Problem
    challenge: str | None = None


class KeyCheck:
    """Lets a request through whose key, or the lack of one, is enough and which isn't too many.

    Left in the request's state are the name of its key, as ``key``, and as ``count_more`` what
    counts so many requests more, where it is worth several.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._ring = KeyRing(access.keys) if access.keys else None
        self._open = access.open_without_keys
        self._rate = RateLimit(access.rate) if access.rate else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        needed = scope_needed(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if needed is None:
            await self._app(scope, receive, send)
            return
        found = self._key_or_refusal(scope, needed)
        key = found if isinstance(found, Key) else None
        state = scope.setdefault("state", {})
        state["key"] = key.name if key else None
        who = f"key {key.name}" if key else f"address {address_of(scope)}"
        wait = self._rate.seconds_to_wait(who) if self._rate else 0
        if wait:
            detail = f"These are too many requests: send the next one in {wait} seconds."
            headers = {"Retry-After": str(wait)}
            await refuse(problem("too-many-requests", detail), scope, receive, send, headers)
        elif isinstance(found, Refusal):
            headers = {"WWW-Authenticate": found.challenge} if found.challenge else {}
            await refuse(found.problem, scope, receive, send, headers)
        else:
            state["count_more"] = partial(self._count_more, who)
            await self._app(scope, receive, send)

    def _count_more(self, who: str, number: int) -> None:
        if self._rate is not None:
            self._rate.count_more(who, number)

    def _key_or_refusal(self, scope: Scope, needed: str) -> Key | Refusal | None:
        """Return the request's key; None where it needs none; or why it is refused."""
        try:
            keys = self._ring.keys() if self._ring else None
        except KeysUnavailable as error:
            _LOG.error("%s", error)
            detail = "The API keys can't be read, so nobody gets in: its operator has to see to it."
            return Refusal(problem("keys-unavailable", detail))
        if keys is not None:
            self._open = False  # a file that gets lost, with its index say, opens nothing
        if keys is None and self._open and needed != "write":
            return None
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not given:
            detail = f"This needs an API key with the scope {needed}, sent as Authorization: Bearer"
            none = "" if keys else " (there is none yet: `attache keys add` makes one)"
            return Refusal(problem("unauthorized", f"{detail}{none}."), _REALM)
        key = _given_key(given, keys or ())
        if key is None:
            detail = "The API key is unknown or revoked, or is not sent as Authorization: Bearer."
            return Refusal(problem("unauthorized", detail), f'{_REALM}, error="invalid_token"')
        if needed not in key.scopes:
            return Refusal(
                problem("forbidden", f"The API key {key.name} has not the scope {needed}."),
                f'{_REALM}, error="insufficient_scope", scope="{needed}"',
            )
        return key


def _given_key(given: list[bytes], keys: tuple[Key, ...]) -> Key | None:
    """Return the key that the headers bring; two headers bring none."""
    if len(given) != 1 or len(given[0]) > _HEADER_LIMIT:
        return None
    found = _BEARER.fullmatch(given[0].strip())
    return matching(keys, found[1].decode("ascii")) if found else None
