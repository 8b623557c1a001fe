"""Commands run as a user runs them, with how long they took and how much memory they had."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import InvalidSetting
from eval.tables import Column, Table


@dataclass(frozen=True, slots=True)
class Run:
    """A command that has ended. seconds: wall time. megabytes: its peak resident memory."""

    seconds: float
    megabytes: float


def run_once(arguments: Sequence[str]) -> Run:
    """Run Python with these arguments, its output thrown away.

    Raises InvalidSetting where it fails: a status of 1 is an abstention, if nothing was said of it.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in (0, 1) or (process.returncode == 1 and said):
        raise InvalidSetting(f"python {' '.join(arguments)} failed: {said.strip()[-300:]}")
    return Run(seconds, usage.ru_maxrss / 1000)


def start_table(folder: Path, question: str, runs: int) -> Table:
    """Measure whole processes that start, do one thing and end, on an index that is built."""
    ask = ["-m", "attache", "ask", question, "--index", str(folder)]
    commands = {
        "attache ask": ask,
        "attache ask, sentence reader": [*ask, "--reader", "sentence"],
        "import service": ["-c", "import service"],
        "import attache": ["-c", "import attache"],
        "import sentence_transformers": ["-c", "import sentence_transformers"],
        "python alone": ["-c", "pass"],
    }
    rows = []
    for name, arguments in commands.items():
        run_once(arguments)  # the files it reads are in memory from here on
        done = [run_once(arguments) for _ in range(runs)]
        times = sorted(one.seconds * 1000 for one in done)
        rows.append(
            (name, len(done), statistics.median(times), times[-1], max(r.megabytes for r in done))
        )
    return Table(
        "Whole processes",
        "Wall time from the start of the process to its end, and its peak resident memory.",
        (Column("command", "text"), Column("runs", "count"), Column("median ms", "milliseconds"),
         Column("slowest ms", "milliseconds"), Column("peak MB", "count")),
        tuple(rows),
    )  # fmt: skip
