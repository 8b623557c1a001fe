"""Results that are kept: named by commit, with the machine they were measured on, and compared."""

import json
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any

from corpus.errors import InvalidSetting
from eval.tables import Column, Table, Value, json_text
from index.network import cores

_PACKAGES = ("attache", "faiss-cpu", "onnxruntime", "tokenizers", "torch", "sentence-transformers")
_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "avx512_bf16")


def machine_table() -> Table:
    """Return what the figures depend on: the processor, its cores and the packages' versions."""
    model, flags = _processor()
    rows: list[tuple[Value, ...]] = [
        ("commit", commit()),
        ("processor", model),
        ("instructions", ", ".join(flag for flag in _FLAGS if flag in flags) or "not told"),
        ("cores", str(cores())),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in _PACKAGES),
    ]
    columns = (Column("what", "text"), Column("value", "text"))
    return Table("Machine", "All figures are of this machine.", columns, tuple(rows))


def _processor() -> tuple[str, set[str]]:
    """Return the processor's name and its instruction sets, where the system tells them."""
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine(), set()
    lines = [line.partition(":") for line in told.splitlines()]
    values = {name.strip(): value.strip() for name, _, value in lines}
    return values.get("model name", platform.machine()), set(values.get("flags", "").split())


def commit() -> str:
    """Return the commit that is measured, marked where files differ from it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607
            cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return f"attache-{version('attache')}"
    return done.stdout.strip()


def write_result(folder: Path, tables: Sequence[Table]) -> Path:
    """Write the tables as JSON, named by the commit; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{commit()}.json"
    path.write_text(json_text(tables) + "\n", "utf-8")
    return path


def read_result(path: Path) -> dict[tuple[str, str, str], float]:
    """Read the figures of a result: by table, row and column. Raises InvalidSetting."""
    try:
        return figures(json.loads(path.read_text("utf-8"))["tables"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidSetting(
            f"{path} is no result of `attache eval bench` ({type(error).__name__}): name another."
        ) from None


def figures(tables: Sequence[dict[str, Any]]) -> dict[tuple[str, str, str], float]:
    """Return the numbers among tables as JSON has them, by table, row and column.

    A row is named by its texts and counts up to its first measured number.
    """
    found = {}
    for table in tables:
        for row in table["rows"]:
            named = list(takewhile(lambda value: isinstance(value, str | int), row.values()))
            for column, value in row.items():
                if isinstance(value, float):
                    found[table["title"], " ".join(map(str, named)), column] = value
    return found


def comparison(tables: Sequence[Table], earlier: dict[tuple[str, str, str], float]) -> Table:
    """Return each figure beside the earlier one, where both results have it."""
    now = figures(json.loads(json_text(tables))["tables"])
    rows = tuple(
        (*key, earlier[key], value, value / earlier[key])
        for key, value in now.items()
        if earlier.get(key)
    )
    columns = (
        Column("table", "text"), Column("row", "text"), Column("figure", "text"),
        Column("earlier", "ratio"), Column("now", "ratio"), Column("now / earlier", "ratio"),
    )  # fmt: skip
    return Table(
        "Compared with an earlier result", "Of the same machine, it is hoped.", columns, rows
    )
