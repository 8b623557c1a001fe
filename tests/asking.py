"""A server with fakes in a process of its own, and clients that ask it until it ends."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).parent

SERVER = """
import sys, time
from functools import partial
from pathlib import Path
from conftest import FakeEncoder, FakeReader
from index.index import Index
from service.answerer import Answerer
from service.api.access import Access
from service.operating import Operating

class Slow(FakeReader):
    def read(self, question, hits):
        time.sleep(float(sys.argv[2]))
        return super().read(question, hits)

def opened(folder):
    return Answerer(Index(Path(folder), FakeEncoder()), Slow({"16": 0.9, "17": 0.9}))

if __name__ == "__main__":
    operating = Operating(workers=int(sys.argv[3]), at_work=2, queue=int(sys.argv[4]))
    access = Access(Path(sys.argv[5])) if sys.argv[5] else None
    if operating.workers > 1:
        from service.workers import serve_by_workers
        serve_by_workers(partial(opened, sys.argv[1]), "127.0.0.1", 0, operating, access)
    else:
        from service.serving import serve
        serve(opened(sys.argv[1]), "127.0.0.1", 0, operating, access)
"""


class Server:
    """The server's process; ``log`` and ``said`` are what it wrote on either output so far."""

    def __init__(
        self,
        folder: Path,
        script: Path,
        *,
        seconds: float = 0.02,
        workers: int = 1,
        queue: int = 16,
        keys: Path | None = None,
    ) -> None:
        script.write_text(SERVER, "utf-8")
        self.log: list[str] = []
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(folder), str(seconds), str(workers), str(queue),
             str(keys or "")],
            env=os.environ | {"PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.log), (self.process.stderr, self.said))
        ]
        for reader in self._readers:
            reader.start()
        self.port = self._found_port()

    def _read(self, stream, lines: list[str]) -> None:
        for line in stream:
            lines.extend([line])  # each as it comes

    def _found_port(self) -> int:
        for _ in range(6_000):
            found = re.search(r"Serving http://127\.0\.0\.1:(\d+)/", "".join(self.said))
            if found:
                return int(found[1])
            assert self.process.poll() is None, self.said
            time.sleep(0.01)
        raise AssertionError("the server did not listen")

    def ended(self) -> int:
        """Return the status with which it ended."""
        status = self.process.wait(60)
        for reader in self._readers:
            reader.join(10)
        return status

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


@dataclass
class Asked:
    """What the clients met: statuses and generations of replies, and requests without a reply."""

    statuses: list[int] = field(default_factory=list)
    generations: set[int] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    refused: int = 0


def ask_until(port: int, stop: threading.Event, asked: Asked, *, keep: bool) -> None:
    """Ask one question after the other until told to stop, or nobody listens any more.

    keep: over one connection for as long as the server lets it open.
    """
    body = json.dumps({"question": "How many?"})
    connection: http.client.HTTPConnection | None = None
    while not stop.is_set():
        try:
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.connect()
        except OSError:
            asked.refused += 1
            return
        try:
            connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            asked.lost.append(repr(error))
            return
        asked.statuses.append(response.status)
        if response.status == 200:
            asked.generations.add(content["index"]["generation"])
        if not keep or response.will_close:
            connection.close()
            connection = None
