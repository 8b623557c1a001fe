"""Damaged files of every kind that holds more than text: a document or a refusal, nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
TRIALS = 60

DAMAGE = """
import random, sys
from pathlib import Path
from corpus.errors import InvalidDocument
from corpus.formats import read_bytes

path, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
whole = path.read_bytes()
for seed in range(first, last):
    chance = random.Random(seed)
    data = bytearray(whole)
    if seed % 3 == 0:
        del data[chance.randrange(len(data)):]
    else:
        for _ in range(chance.choice([1, 5, 50, 500])):
            data[chance.randrange(len(data))] = chance.randrange(256)
    try:
        found = read_bytes(bytes(data), path.name, "file:///x").document
        assert found.blocks and found.text.strip()
        print(seed, "read")
    except InvalidDocument as error:
        assert str(error).startswith(path.name + ": "), error
        print(seed, "refused")
"""


@pytest.mark.parametrize(
    "name", ["trade-report.pdf", "columns.pdf", "korea.pdf", "trade-report.docx", "hospital.docx"]
)
def test_a_damaged_file_is_read_or_refused(name):
    # In a process of its own: a library in C may end it, which is the guard's business.
    done = subprocess.run(
        [sys.executable, "-c", DAMAGE, str(FIXTURES / name), "0", str(TRIALS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    crashed_by_library = name.endswith(".pdf") and done.returncode < 0
    assert done.returncode == 0 or crashed_by_library, done.stderr[-2000:]
    outcomes = {line.split()[1] for line in done.stdout.splitlines()}
    assert outcomes <= {"read", "refused"}
    assert "refused" in outcomes
