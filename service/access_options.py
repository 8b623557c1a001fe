"""The options of ``attache serve`` on who may reach it and what they may do there."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from corpus.errors import InvalidSetting
from service.keys_cli import keys_option, keys_path
from service.terminal import printable

if TYPE_CHECKING:
    from service.api.access import Access

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_RATE = "600/minute"
"""Requests of a key or an address, where others than this machine can reach the service."""


def access_options(function: F) -> F:
    """Add the options to a command; ``access_from`` takes them out again."""
    for option in reversed(
        (
            keys_option,
            click.option("--without-keys", is_flag=True,
                         help="Listen on other addresses than loopback though there are no keys: "
                         "whoever reaches it may ask and read."),
            click.option("--rate-limit", metavar="RATE",
                         help="Requests to the API by each key or address, such as 60/minute; "
                         f"none for any number. Default: {DEFAULT_RATE}, on loopback none unless "
                         "there is a trusted proxy."),
            click.option("--trusted-proxy", "proxies", multiple=True, metavar="ADDRESS",
                         help="A reverse proxy, or network of them, whose X-Forwarded-For is "
                         "believed; repeatable."),
            click.option("--allow-origin", "origins", multiple=True, metavar="ORIGIN",
                         help="Let web pages of this origin use the API (CORS); repeatable."),
            click.option("--allow-host", "hosts", multiple=True, metavar="NAME",
                         help="A name by which the service may be called, beside localhost; * for "
                         "any. Default: on loopback no other, else any. Repeatable."),
        )
    ):  # fmt: skip
        function = option(function)
    return function


def access_from(index_folder: Path | None, host: str, options: dict[str, Any]) -> "Access":
    """Return the Access that the options of a command say, for a service that listens on host.

    Raises InvalidSetting where others than this machine could reach it and there are no keys, and
    KeysUnavailable where those that there are can't be read.
    """
    from service.api.access import (  # noqa: PLC0415  -- what asks needs no HTTP
        Access,
        checked_host,
        checked_origin,
        checked_proxy,
    )
    from service.api.rate import parsed_rates  # noqa: PLC0415
    from service.keys import read_keys  # noqa: PLC0415
    from service.listening import is_loopback  # noqa: PLC0415

    path = keys_path(index_folder, options["keys_file"])
    keys = read_keys(path)
    local = is_loopback(host)
    if keys is None and not local and not options["without_keys"]:
        raise InvalidSetting(
            f"Without API keys the service listens on loopback only, not on {host}: make a key "
            "with `attache keys add`, or insist with --without-keys."
        )
    if keys is None and options["proxies"]:
        click.echo(
            f"There are no API keys in {printable(str(path))}: whoever the proxy lets in may ask "
            "and read.",
            err=True,
        )
    rate = options["rate_limit"]
    if rate is None:
        rate = "none" if local and not options["proxies"] else DEFAULT_RATE
    if rate.strip().lower() == "none":
        rate = None
    else:
        parsed_rates(rate)
    named = tuple(checked_host(name) for name in options["hosts"] if name != "*")
    hosts = (*named, host.lower()) if local or named else None
    return Access(
        keys=path,
        open_without_keys=options["without_keys"] or (local and keys is None),
        hosts=None if "*" in options["hosts"] else hosts,
        rate=rate,
        origins=tuple(checked_origin(origin) for origin in options["origins"]),
        trusted_proxies=tuple(
            network for proxy in options["proxies"] for network in checked_proxy(proxy)
        ),
    )
