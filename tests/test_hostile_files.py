"""Hostile files are refused by name or read within the limits, and the next file is read as ever."""

import gc
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hostile_files import HOSTILE

from corpus.errors import InvalidDocument
from corpus.formats import FORMATS
from corpus.formats.bounded import BoundedReader
from corpus.formats.wire import Limits

MIB = 1024 * 1024
LIMITS = Limits(memory=1024 * MIB, seconds=5, characters=2_000_000, blocks=100_000)

NAMES = [name for name in HOSTILE if Path(name).suffix in FORMATS]


def resident() -> int:
    """The bytes of memory that this process has."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def outcome(reader: BoundedReader, data: bytes, name: str) -> str:
    try:
        reader.read(data, name, f"file:///{name}")
    except InvalidDocument as error:
        return str(error)
    return "read"


@pytest.fixture(scope="module")
def reader():
    with BoundedReader(LIMITS) as reader:
        reader.read(b"First.", "first.md", "file:///first.md")
        yield reader


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_harms_only_itself(reader, name):
    data = HOSTILE[name]()
    before = resident()
    told = outcome(reader, data, name)
    assert told == "read" or told.startswith(f"{name}: ")
    assert resident() - before < 100 * MIB
    (following,) = reader.read(b"It was 16.", "next.md", "file:///next.md")
    assert following.document.text == "It was 16."


def test_every_format_has_hostile_files():
    assert {Path(name).suffix for name in HOSTILE} >= FORMATS.keys() - {
        ".markdown",
        ".htm",
        ".xhtml",
        ".ndjson",
    }


@pytest.mark.parametrize("name", [name for name in NAMES if "file-entity" in name])
def test_no_file_of_the_machine_is_read_into_a_document(reader, name):
    with suppress(InvalidDocument):
        for entry in reader.read(HOSTILE[name](), name, f"file:///{name}"):
            assert "root:" not in entry.document.text
