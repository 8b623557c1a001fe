"""The HTTP service under more than it can do, and under mixed load while the index changes."""

import json
import shutil
import statistics
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from corpus.document import Document
from corpus.errors import InvalidSetting
from corpus.formats import read_bytes
from eval.bench.load_process import Job, Sent
from eval.bench.serving import resident, served
from eval.tables import Column, Table, Value
from index.index import Index

_CLIENTS = (2, 4, 8)
_SLOW = 200
_CHANGE_EVERY = 5.0
_COLUMNS = (
    Column("phase", "text"), Column("seconds", "count"), Column("sent a second", "milliseconds"),
    Column("answered a second", "milliseconds"), Column("of the peak"),
    Column("p50 ms", "milliseconds"), Column("p95 ms", "milliseconds"),
    Column("refused a second", "milliseconds"), Column("refusal p50 ms", "milliseconds"),
    Column("refusal p95 ms", "milliseconds"), Column("failed", "count"),
)  # fmt: skip


def load_tables(folder: Path, questions: Sequence[str], seconds: float = 20) -> list[Table]:
    """Find the peak, ask four times as much with 200 slow connections, and see it recover.

    The peak is measured anew before and after, with as many clients as answered most in a first
    look: the best of several looks would flatter itself, and a machine is not always as quick.
    """
    asked = [("/v1/ask", json.dumps({"question": question})) for question in questions]
    with served(folder) as (port, _):
        job = Job(port, seconds / 2, asked, clients=2)
        send(job)  # warm
        looks = {n: _answered(send(replace(job, clients=n)), job.seconds) for n in _CLIENTS}
        clients = max(looks, key=lambda n: looks[n])
        closed = replace(job, clients=clients, seconds=seconds)
        over = replace(job, rate=4 * looks[clients], seconds=seconds)
        peaks = [send(closed)]
        four_times = send(over)
        peaks.append(send(closed))
        slow = send(replace(over, slow=_SLOW))
        peaks.append(send(closed))
        peak = statistics.fmean(_answered(one, seconds) for one in peaks)
        normal = replace(job, rate=peak / 2, seconds=seconds)
        before = send(normal)
        send(over)
        after = send(normal)
    named = [(f"as much as it can, {clients} clients", one) for one in peaks]
    phases = (
        named[0], ("four times the peak", four_times),
        named[1], (f"the same, {_SLOW} slow connections", slow),
        named[2], ("half the peak", before), ("the same, at once after four times", after),
    )  # fmt: skip
    rows = tuple(_row(name, seconds, sent, peak) for name, sent in phases)
    normal_ms = _percentiles([one.ms for one in _good(before)])[1] or 0.0
    again = recovered(after, 2 * normal_ms)
    note = (
        "Requests are sent at a fixed rate, whatever comes back; at the peak, the mean of three, "
        "each client waits for its answer. Refused: 503. Failed: late, any other status, or none. "
        f"Back to normal (twice the p95 at half the peak) {again:.1f} s after the load ended."
    )
    return [Table("HTTP under overload", note, _COLUMNS, rows)]


def soak_tables(index: Index, questions: Sequence[str], work: Path, minutes: float) -> list[Table]:
    """Send mixed requests at half of what is possible, for minutes, while the index changes."""
    folder = work / "soaked"
    shutil.copytree(index.folder, folder, dirs_exist_ok=True)
    asked = [("/v1/ask", json.dumps({"question": question})) for question in questions]
    with served(folder) as (port, pid), Index(folder) as changed:
        job = Job(port, 5, asked, clients=4)
        send(job)
        peak = _answered(send(job), job.seconds)
        mixed = replace(job, rate=peak / 2, seconds=60 * minutes, requests=_mixed(questions))
        start = resident(pid)
        stop = threading.Event()
        changes: list[int] = []
        changing = threading.Thread(target=_change, args=(changed, stop, changes))
        changing.start()
        try:
            sent = send(mixed)
        finally:
            stop.set()
            changing.join()
        end = resident(pid)
    good = [one for one in sent if one.status == 200]
    seen = {one.generation for one in good if one.generation is not None}
    statuses = Counter(one.status for one in sent)
    p50, p95 = _percentiles([one.ms for one in good])
    columns = (
        Column("minutes", "milliseconds"), Column("requests", "count"),
        Column("other than 200", "count"), Column("p50 ms", "milliseconds"),
        Column("p95 ms", "milliseconds"), Column("index changes", "count"),
        Column("generations seen", "count"), Column("MB at start", "count"),
        Column("MB at end", "count"),
    )  # fmt: skip
    other = len(sent) - statuses.pop(200, 0)
    row: tuple[Value, ...] = (
        minutes, len(sent), other, p50, p95, len(changes), len(seen), start, end,
    )  # fmt: skip
    note = "Questions, searches, documents, health and metrics; a document is added and removed."
    for status, count in sorted(statuses.items()):
        note += f" {count} requests got {status or 'no reply'}."
    return [Table("HTTP, mixed load while the index changes", note, columns, (row,))]


def send(job: Job) -> list[Sent]:
    """Send a job from a process of its own. Raises InvalidSetting where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "eval.bench.load_process"],
        input=json.dumps(asdict(job)), capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    if done.returncode:
        raise InvalidSetting(f"The sender of requests failed: {done.stderr.strip()[-300:]}")
    return [Sent(**one) for one in json.loads(done.stdout)]


def recovered(sent: Sequence[Sent], normal_ms: float) -> float:
    """Return after how many seconds all requests are answered, and in the normal time.

    A twentieth of those after it may be slower: the normal time is one that a twentieth exceeds.
    """
    ordered = sorted(sent, key=lambda one: one.at)
    slow = [one.status != 200 or one.ms > normal_ms for one in ordered]
    for place, one in enumerate(ordered):
        rest = slow[place:]
        if sum(rest) <= len(rest) / 20 and not rest[0]:
            return one.at
    return float("inf")


def _mixed(questions: Sequence[str]) -> list[tuple[str, str]]:
    """Return of ten requests seven questions and two searches, the others by turns."""
    others = ("/v1/documents?limit=20", "/health/ready", "/metrics", "/problems")
    requests = []
    for number, question in enumerate(questions):
        body = json.dumps({"question": question})
        kind = number % 10
        if kind == 9:
            requests.append((others[number // 10 % len(others)], ""))
        else:
            requests.append(("/v1/search" if kind in (3, 6) else "/v1/ask", body))
    return requests


def _change(index: Index, stop: threading.Event, changes: list[int]) -> None:
    """Add a document and remove it, by turns."""
    while not stop.wait(_CHANGE_EVERY):
        if len(changes) % 2:
            index.remove("soaked")
        else:
            index.add(_note(len(changes)))
        changes.append(index.manifest().generation)


def _note(number: int) -> Document:
    text = f"---\ntitle: Note\nlanguage: en\n---\nThe forum of number {number} was held in Lima.\n"
    return read_bytes(text.encode(), "soaked.md", "file:///soaked.md", "soaked").document


def _good(sent: Sequence[Sent]) -> list[Sent]:
    return [one for one in sent if one.status == 200]


def _answered(sent: Sequence[Sent], seconds: float) -> float:
    """Return how many were answered a second, until the last was."""
    last = max((one.at + one.ms / 1000 for one in sent), default=seconds)
    return len(_good(sent)) / max(seconds, last)


def _percentiles(values: Sequence[float]) -> tuple[float | None, float | None]:
    if len(values) < 2:
        return None, None
    cuts = statistics.quantiles(values, n=20)
    return cuts[9], cuts[18]


def _row(name: str, seconds: float, sent: Sequence[Sent], peak: float) -> tuple[Value, ...]:
    refused = [one.ms for one in sent if one.status == 503]
    answered = _answered(sent, seconds)
    good = [one.ms for one in _good(sent)]
    failed = len(sent) - len(good) - len(refused)
    return (
        name, seconds, len(sent) / seconds, answered, answered / peak, *_percentiles(good),
        len(refused) / seconds, *_percentiles(refused), failed,
    )  # fmt: skip
