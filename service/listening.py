"""The address that a server listens on."""

import ctypes
import ipaddress
import socket
import struct
import sys
from contextlib import suppress

from corpus.errors import InvalidSetting

_ATTACH_FILTER = 26
_RETURN_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A filter of one instruction, by which Linux drops all that comes for a socket (man 7 socket)."""


def is_loopback(host: str) -> bool:
    """Tell whether only this computer can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listening_socket(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 takes a free one. Raises InvalidSetting where it can't be."""
    listening: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)  # who connects from now on waits for the server to be up
    except (OSError, UnicodeError) as error:
        if listening:
            listening.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidSetting(
            f"Can't listen on {host} port {port}: {reason}. Name another with --host or --port."
        ) from None
    return listening


def refuse_more(listening: socket.socket) -> None:
    """Let nobody else connect, in no process that shares the socket; who has may be accepted.

    Whoever connects between the last accept and the close would be reset, with what was sent. Linux
    alone can keep them from it: they try again, and are refused.
    """
    if sys.platform == "linux":
        code = ctypes.create_string_buffer(_RETURN_NOTHING, len(_RETURN_NOTHING))
        with suppress(OSError):
            listening.setsockopt(
                socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(code))
            )


def url_of(host: str, listening: socket.socket) -> str:
    """Return the root URL of a server that listens, with the port that it got."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"
