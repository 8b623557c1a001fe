"""Who may reach the service and what they may do there: settings, and the names of hosts."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Scope

from corpus.errors import InvalidSetting

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+)(?::[0-9]{0,5})?")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach the service and what they may do there.

    keys: the file of API keys; None where there is none to look for. open_without_keys: until that
    file is there, anyone may ask and read; writing takes a key always. hosts: the names, beside
    localhost, by which the service may be called; None for any. rate: such as ``60/minute``, for
    each key or address. origins: of web pages that may use the API from a browser.
    trusted_proxies: networks whose ``X-Forwarded-For`` is believed.
    """

    keys: Path | None = None
    open_without_keys: bool = True
    hosts: tuple[str, ...] | None = None
    rate: str | None = None
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()


def scope_needed(method: str, path: str) -> str | None:
    """Return the scope that a key needs for a request; None where nobody needs one.

    What the API has under ``/v1/`` is never open, also where a route is added later.
    """
    if path == "/metrics":
        return "read"
    if path == "/v1/documents" or path.startswith("/v1/documents/"):
        return "read" if method in _SAFE_METHODS else "write"
    return "ask" if path.startswith("/v1/") else None


def is_known_host(value: str, names: tuple[str, ...]) -> bool:
    """Tell whether a ``Host`` header is an IP address, localhost, or one of these names.

    A web page that makes its own name point here (DNS rebinding) is called by that name; an
    address can't be made to point elsewhere.
    """
    found = _HOST.fullmatch(value)
    if found is None:
        return False
    name = found["name"].lower().removesuffix(".")
    return name in {"localhost", *names} or _is_address(name.strip("[]"))


def checked_host(name: str) -> str:
    """Return a host's name in lower case, without a port. Raises InvalidSetting."""
    found = _HOST.fullmatch(name)
    if found is None or found["name"] != name:
        raise InvalidSetting(
            f"The host {name[:80]!r} is none: give a name such as attache.example.org, without a "
            "port."
        )
    return name.lower().removesuffix(".")


def checked_origin(origin: str) -> str:
    """Return an origin as browsers send it. Raises InvalidSetting."""
    if origin == "*" or _ORIGIN.fullmatch(origin):
        return origin
    raise InvalidSetting(
        f"The origin {origin[:80]!r} is none: write it as browsers send it, such as "
        "https://news.example.org, without a path and in lower case, or * for all."
    )


def checked_proxy(network: str) -> tuple[str, ...]:
    """Return an address or network, and the form it has on an IPv6 socket. InvalidSetting."""
    try:
        found = ipaddress.ip_network(network)
    except ValueError:
        raise InvalidSetting(
            f"The proxy {network[:80]!r} is none: give an address such as 127.0.0.1, or a network "
            "such as 10.0.0.0/8."
        ) from None
    if found.version == 4:
        return str(found), f"::ffff:{found.network_address}/{96 + found.prefixlen}"
    return (str(found),)


def address_of(scope: Scope) -> str:
    """Return whom a request without a key counts for: the address, of IPv6 its first 64 bits.

    A connection has the whole of such a network to choose addresses from.
    """
    client = scope.get("client")
    name = str(client[0]) if client else "unknown"
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name[:60]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
