"""Other processes that change or read the same index, for the tests of it."""

import os
import subprocess
import sys
from pathlib import Path

from conftest import markdown

TESTS = Path(__file__).parent

CHILD = """
import sys
from pathlib import Path
from corpus.errors import AttacheError
from index.index import Index
from conftest import FakeEncoder, markdown

index = Index(Path(sys.argv[1]), FakeEncoder())
def say(*words):
    print(*words, flush=True)
def document(name, length=40):
    return markdown("# Trade\\n\\n" + f"Report {name} tells of trade. " * length, name)
"""

AS_NOBODY = """
import ast, mmap  # numpy imports them when it maps an array
import os
document("x")  # what it needs is imported while it still may be
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""

HALF_A_CHANGE = """
import sqlite3, os, signal
from index.schema import FILE_NAME
connection = sqlite3.connect(Path(sys.argv[1]) / FILE_NAME, isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = ON")
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM passages")
connection.execute("UPDATE documents SET text = zeroblob(100000)")
say(sorted(path.name for path in Path(sys.argv[1]).iterdir()))
os.kill(os.getpid(), signal.SIGKILL)
"""


def document(name: str, length: int = 40):
    return markdown("# Trade\n\n" + f"Report {name} tells of trade. " * length, name)


def child(script: str, folder: Path, *arguments: str) -> subprocess.Popen:
    """Start a process that has an index in this folder and runs a script."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + script, str(folder), *arguments],
        env=os.environ | {"PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen) -> list[str]:
    """Return the lines that a process printed, once it has ended well."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    assert process.returncode == 0, err
    return out.splitlines()
