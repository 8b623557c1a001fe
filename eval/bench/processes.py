"""Commands run as a user runs them, with how long they took and how much memory they had."""

import json
import statistics
import subprocess
import sys
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


_LAUNCHER = """
import json, os, sys, time
nowhere = os.open(os.devnull, os.O_WRONLY)
started = time.perf_counter()
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ,
                       file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, 1)])
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - started
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss]))
"""
"""A small process that starts the one to measure: Linux counts the memory of whoever starts a
process as the process's own."""


def run_once(arguments: Sequence[str]) -> Run:
    """Run Python with these arguments, its output thrown away.

    Raises InvalidSetting where it fails: a status of 1 is an abstention, if nothing was said of it.
    """
    done = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, *arguments],
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    status, seconds, kilobytes = json.loads(done.stdout)
    if status not in (0, 1) or (status == 1 and done.stderr):
        raise InvalidSetting(f"python {' '.join(arguments)} failed: {done.stderr.strip()[-300:]}")
    return Run(seconds, kilobytes * (1 / 1000 if sys.platform != "darwin" else 1 / 1e6))


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
        run_once(arguments)  # the files that it reads are in memory from here on
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
