"""The socket that a server listens on: who has connected is served, who comes late is refused."""

import socket
import sys
import threading

import pytest

from service.listening import refuse_more


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such filter")
def test_who_has_connected_is_accepted_and_who_comes_later_is_refused() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    address = listening.getsockname()
    met: list[str] = []

    def come_late() -> None:
        try:
            with socket.create_connection(address, timeout=60):
                met.append("connected")
        except OSError as error:
            met.append(type(error).__name__)

    with socket.create_connection(address, timeout=60) as early:
        early.sendall(b"Is it 16?")
        refuse_more(listening)
        late = threading.Thread(target=come_late)
        late.start()
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.recv(100) == b"Is it 16?"
            accepted.sendall(b"It is.")
            assert early.recv(100) == b"It is."
        late.join(0.2)
        assert met == [], "it is not let in, and tries again"
        listening.close()
        late.join(60)
    assert met == ["ConnectionRefusedError"]
