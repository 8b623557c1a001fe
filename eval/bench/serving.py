"""The HTTP service under one client and under many."""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from corpus.errors import InvalidSetting
from eval.tables import Column, Table, Value
from index.network import cores

CLIENTS = (1, 2, 4, 8, 16)


@contextmanager
def served(folder: Path, core: int | None = None) -> Iterator[tuple[int, int]]:
    """Serve an index in a process of its own; give its port and its process id.

    core: the only one that the process may use, where it is named.
    """
    command = [sys.executable, "-m", "attache", "serve", "--port", "0", "--index", str(folder)]
    if core is not None:
        pinned = f"import os, runpy; os.sched_setaffinity(0, {{{core:d}}}); "
        pinned += "runpy.run_module('attache', run_name='__main__')"
        command[1:3] = ["-c", pinned]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        said, found = "", None
        for line in process.stderr:  # until it serves, or ends
            said += line
            found = re.search(r"Serving .*:(\d+)/", line)
            if found:
                break
        if found is None:
            raise InvalidSetting(f"attache serve did not start: {said.strip()}")
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        process.wait(90)  # it finishes what it works on


def serving_tables(folder: Path, questions: Sequence[str]) -> list[Table]:
    """Ask every question over HTTP, from 1 to 16 clients at a time: one process, and one a core."""
    with served(folder) as (port, pid):
        rows = _rows([port], [pid], questions)
    columns = (
        Column("clients", "count"), Column("questions", "count"),
        Column("p50 ms", "milliseconds"), Column("p95 ms", "milliseconds"),
        Column("answers a second", "milliseconds"), Column("peak MB", "count"),
    )  # fmt: skip
    tables = [
        Table(
            "HTTP, POST /v1/ask",
            "Each client sends its next question when it has its answer. Peak: of the server.",
            columns, tuple(rows),
        )
    ]  # fmt: skip
    if not hasattr(os, "sched_setaffinity") or cores() < 2:
        return tables
    with ExitStack() as stack:
        each = [stack.enter_context(served(folder, core)) for core in sorted(_own_cores())]
        rows = _rows([port for port, _ in each], [pid for _, pid in each], questions)
    note = "The same, from as many processes as there are cores, each on its own; clients by turns."
    return [*tables, Table("HTTP, a process a core", note, columns, tuple(rows))]


def _own_cores() -> set[int]:
    return os.sched_getaffinity(0)


def _rows(
    ports: Sequence[int], pids: Sequence[int], questions: Sequence[str]
) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for port in ports:
        ask_all([port], questions[:20], 2)
    for clients in CLIENTS:
        started = time.perf_counter()
        times = ask_all(ports, questions, clients)
        seconds = time.perf_counter() - started
        cuts = statistics.quantiles(times, n=20)
        peaks = [_peak(pid) for pid in pids]
        peak = None if None in peaks else sum(filter(None, peaks))
        rows.append((clients, len(times), cuts[9], cuts[18], len(times) / seconds, peak))
    return rows


def ask_all(ports: Sequence[int], questions: Sequence[str], clients: int) -> list[float]:
    """Ask each question once, from so many clients; return the times in milliseconds.

    ports: of the servers, which the clients take by turns.

    Raises InvalidSetting where a reply is not one.
    """
    waiting = iter(questions)
    lock = threading.Lock()
    times: list[float] = []
    failed: list[str] = []

    def client(port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                question = next(waiting, None)
            if question is None or failed:
                break
            started = time.perf_counter()
            body = json.dumps({"question": question})
            connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            content = reply.read()
            times.append((time.perf_counter() - started) * 1000)
            if reply.status != 200:
                failed.append(f"{reply.status} {content[:200]!r}")
        connection.close()

    threads = [
        threading.Thread(target=client, args=(ports[number % len(ports)],))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed or len(times) != len(questions):
        raise InvalidSetting(f"The service failed under {clients} clients: {failed[:1]}")
    return times


def resident(pid: int) -> float | None:
    """Return the resident memory of a process in megabytes, where the system tells it."""
    return _told(pid, "VmRSS")


def _peak(pid: int) -> float | None:
    return _told(pid, "VmHWM")


def _told(pid: int, name: str) -> float | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return None
    found = re.search(rf"{name}:\s*(\d+) kB", status)
    return int(found[1]) / 1000 if found else None
