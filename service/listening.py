"""The address that a server listens on."""

import ipaddress
import socket

from corpus.errors import InvalidSetting


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


def url_of(host: str, listening: socket.socket) -> str:
    """Return the root URL of a server that listens, with the port that it got."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"
