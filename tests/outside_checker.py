"""Check Attaché from outside: each citation must stand, character for character, in the files.

Writes files, adds them by the command line, asks over HTTP while it replaces and removes some, and
compares every reply with the bytes it wrote. Shares no code with Attaché.
"""

import argparse
import json
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from outside_claims import (
    citation_failures,
    document_failures,
    failures_of,
    passage_failures,
    shown_by,
)
from outside_files import Edition, Json, make_edition

DOCUMENTS = 24
COMMAND_LIMIT = 600  # seconds
FAILURES_LIMIT = 50
GONE = ["nothing from it: it was removed or never added"]
TEMPLATES = ("How much did the {} cost?", "What was the cost in won of the {}?", "the {}",
             "Tell me about the {}, please 🙏")  # fmt: skip


class Attache:
    """The program under test: its command line, on one index, and its HTTP service."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.command, self.index, self.address = command, folder / "index", ""
        self.log, self.output = folder / "log.txt", folder / "output.txt"
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def start(self, action: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command on the index; the changes that it prints replace the last output."""
        line = [*self.command, action, "--index", str(self.index), *arguments]
        with self.output.open("wb") as output, self.log.open("ab") as log:
            return subprocess.Popen(line, stdout=log if action == "serve" else output, stderr=log)

    def request(self, path: str, body: Json | None = None) -> Json:
        """Return the reply's JSON. Raises OSError, ValueError."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, content, headers)
        with self._open(request, timeout=60) as response:
            reply: Json = json.loads(response.read())
        return reply

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve on a free port of this machine, from ready to stopped."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        server = self.start("serve", "--port", str(port))
        try:
            self._wait_until_ready(server)
            yield
            server.terminate()
            server.wait(60)
        finally:
            server.kill()
            server.wait()

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        limit = time.monotonic() + COMMAND_LIMIT
        while server.poll() is None and time.monotonic() < limit:
            with suppress(OSError):
                self.request("/health/ready")
                return
            time.sleep(0.2)
        raise RuntimeError(f"the service did not start: {self.log.read_text('utf-8')}")


@dataclass
class Check:
    """One run: what was written, by document and generation, and what was found wrong."""

    attache: Attache
    files: Path
    seed: int
    chance: random.Random
    history: dict[str, list[tuple[int, Edition | None]]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    generation: int = 0
    seconds: float = 0.0

    def run(self, questions: int, replacements: int, encoder: Sequence[str]) -> None:
        """Add the files, then ask: a share of the questions before the changes, one with each."""
        editions = [make_edition(self.seed, number, 0) for number in range(DOCUMENTS)]
        self.change("add", editions, 0, *encoder)
        share = questions // (replacements + 2)
        with self.attache.serving():
            self.read_documents(self.history)
            self.ask(questions - share * (replacements + 1), [])
            for place in range(replacements):
                number = self.chance.randrange(DOCUMENTS)
                self.change("add", [make_edition(self.seed, number, place + 1)], share)
            self.change("remove", [self.chance.choice(editions)], share)
            self.read_documents(self.history)

    def change(self, action: str, editions: Sequence[Edition], quota: int, *options: str) -> None:
        """Ask about documents, half of the quota while a command changes them, the rest after."""
        for edition in editions:
            (self.files / edition.name).write_bytes(edition.data)
        names = [edition.document_id if action == "remove" else str(self.files / edition.name)
                 for edition in editions]  # fmt: skip
        started = time.monotonic()
        process = self.attache.start(action, "--json", *options, *names)
        try:
            waiting = self.ask_during(process, quota // 2, editions[0].subjects)
            if process.wait(COMMAND_LIMIT):
                raise RuntimeError(f"{action} failed: {self.attache.log.read_text('utf-8')}")
        finally:
            process.kill()
        self.seconds = time.monotonic() - started
        self.acknowledge(action, editions)
        for reply in waiting:
            self.compare(reply)
            side = "before" if reply["index"]["generation"] < self.generation else "after"
            self.counts[f"questions during a change, of the index {side} it"] += 1
        if quota:
            self.read_documents([editions[0].document_id])
            self.ask(quota - len(waiting), editions[0].subjects)

    def ask_during(
        self, process: subprocess.Popen[bytes], quota: int, subjects: Sequence[str]
    ) -> list[Json]:
        """Spread questions over the time that a command will take, as the last one did."""
        waiting: list[Json] = []
        while len(waiting) < quota and process.poll() is None:
            waiting += self.replies(subjects)
            time.sleep(self.seconds / quota)
        return waiting

    def acknowledge(self, action: str, editions: Sequence[Edition]) -> None:
        """Keep which generation brought or removed which edition, as the command reported it."""
        lines = self.attache.output.read_text("utf-8").splitlines()
        for line, edition in zip(lines, editions, strict=True):
            change = json.loads(line)
            self.generation = change["generation"]
            now = (self.generation, None if action == "remove" else edition)
            self.history.setdefault(edition.document_id, []).append(now)
            self.counts[f"documents {change['action']}"] += 1

    def edition_at(self, document_id: str, generation: int) -> Edition | None:
        """Return what a document was at a generation."""
        known: list[Edition | None] = [None]
        known += [what for since, what in self.history.get(document_id, []) if since <= generation]
        return known[-1]

    def ask(self, count: int, subjects: Sequence[str]) -> None:
        """Ask questions and compare their replies."""
        for _ in range(count):
            for reply in self.replies(subjects):
                self.compare(reply)

    def replies(self, subjects: Sequence[str]) -> list[Json]:
        """Ask one question, half of the time about these subjects; return no reply if it fails."""
        if not subjects or self.chance.random() < 0.5:
            entries = [entry for entries in self.history.values() for entry in entries]
            subjects = [each for _, edition in entries if edition for each in edition.subjects]
        question = self.chance.choice(TEMPLATES).format(self.chance.choice(subjects))
        body = {"question": question, "passages": self.chance.choice((0, 1, 3, 10)),
                "alternatives": self.chance.choice((0, 2, 5)),
                "min_confidence": self.chance.choice((0, 0, 0, 0, 1))}  # fmt: skip
        self.counts["questions"] += 1
        try:
            reply = self.attache.request("/v1/ask", body)
        except (OSError, ValueError) as error:
            self.report(repr(question), "service", [f"a reply, not {error!r}"])
            return []
        is_new = reply["index"]["generation"] >= self.generation
        self.report(
            repr(question),
            "index",
            failures_of({f"{self.generation} or a later generation": is_new}),
        )
        return [reply]

    def compare(self, reply: Json) -> None:
        """Compare all that a reply cites and shows with the files of its generation."""
        generation = reply["index"]["generation"]
        place = f"{reply['question']!r} at generation {generation}"
        for role, answer, shown in shown_by(reply):
            self.counts[f"checked: {role}"] += 1
            edition = self.edition_at(shown["document_id"], generation)
            if edition is None:
                failures = GONE
            elif role == "passage":
                failures = passage_failures(shown, edition.text)
            else:
                failures = citation_failures(shown, answer, edition)
            self.report(f"{place}, {role}", shown["document_id"], failures)

    def read_documents(self, document_ids: Iterable[str]) -> None:
        """Compare documents as they are served with the files."""
        for document_id in document_ids:
            self.counts["documents read"] += 1
            edition = self.edition_at(document_id, self.generation)
            try:
                shown = self.attache.request(f"/v1/documents/{document_id}")
                failures = document_failures(shown, edition) if edition else GONE
            except urllib.error.HTTPError as error:
                failures = failures_of(
                    {f"the text, not {error}": error.code == 404 and not edition}
                )
            self.report("GET", document_id, failures)

    def report(self, place: str, document_id: str, failures: Sequence[str]) -> None:
        """Keep what is wrong; too much of it ends the run."""
        self.failures += [f"{place}, {document_id}: expected: {each}" for each in failures]
        if len(self.failures) >= FAILURES_LIMIT:
            raise RuntimeError(f"{FAILURES_LIMIT} failures are enough")


def main() -> int:
    """Run the check, print what was found and return 0 where nothing is wrong, else 1."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the service stops as well
    folder = Path(tempfile.mkdtemp(prefix="outside-checker-"))
    (folder / "files").mkdir()
    attache = Attache(shlex.split(options.attache), folder)
    check = Check(attache, folder / "files", options.seed, random.Random(options.seed))
    encoder = ["--encoder", options.encoder] if options.encoder else []
    try:
        check.run(options.questions, options.replacements, encoder)
    except (RuntimeError, OSError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
        check.failures.append(f"The check ended early: {type(error).__name__}: {error}")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    for name, count in sorted(check.counts.items()):
        print(f"{count:6}  {name}")
    print(f"{len(check.failures):6}  failures")
    for failure in check.failures:
        print(f"FAILURE {failure}")
    if options.keep:
        print(f"Files, index and log are kept in {folder}")
    return 1 if check.failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/outside_checker.py --questions 200 --attache 'python -m attache'",
    )
    parser.add_argument("--questions", type=int, default=2000, help="how many to ask (2000)")
    parser.add_argument("--replacements", type=int, default=4, help="documents to replace (4)")
    parser.add_argument("--seed", type=int, default=1, help="of the files and the questions (1)")
    parser.add_argument("--attache", default="attache", help="the command to check (attache)")
    parser.add_argument("--encoder", help="the model to build the index with (attache's default)")
    parser.add_argument("--keep", action="store_true", help="keep the files, the index and the log")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
