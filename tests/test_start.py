"""A question is answered without PyTorch: neither imported nor waited for."""

import os
import subprocess
import sys

from conftest import markdown

from index.index import Index
from service.opening import open_answerer

HEAVY = (
    "torch",
    "transformers",
    "sentence_transformers",
    "sklearn",
    "fastapi",
    "markdown_it",
    "mcp",
    "pypdfium2",
    "docx",
    "lxml",
)

SCRIPT = f"""
import sys
import attache
status = attache.run(sys.argv[1:])
loaded = sorted(set({HEAVY!r}) & sys.modules.keys())
print("status", status, "loaded", *loaded)
"""


def ran(*arguments: str) -> str:
    """Run a command in a process of its own; give the last line of what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def test_a_question_and_a_search_import_nothing_that_takes_seconds(tmp_path, tiny_model):
    folder = tmp_path / "index"
    Index(folder, str(tiny_model)).add(markdown("Built were 16 aircraft in Peru.", "note"))
    with open_answerer(folder) as answerer:
        answerer.load()  # exports the reader
    asked = ran("ask", "How many aircraft?", "--index", str(folder), "--min-confidence", "0")
    assert asked == "status 0 loaded"
    assert ran("search", "aircraft", "--index", str(folder)) == "status 0 loaded"


def test_the_package_alone_imports_nothing_that_takes_long():
    script = "import sys, service; print(*sorted({'numpy', 'faiss', 'torch'} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_onnx_runtime_tells_nobody_about_this_machine(tmp_path, tiny_model):
    """It would keep an identifier and what is to be sent in the user's cache folder."""
    folder = tmp_path / "index"
    Index(folder, str(tiny_model)).add(markdown("Built were 16 aircraft in Peru.", "note"))
    silent = ("ORT_", "CI", "GITHUB_", "TF_BUILD")  # what else would keep it from telling
    environment = {key: value for key, value in os.environ.items() if not key.startswith(silent)}
    home = tmp_path / "home"
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    command = ("-m", "attache", "search", "aircraft", "--index", str(folder))
    subprocess.run([sys.executable, *command], env=environment, check=True, capture_output=True)
    assert [str(path) for path in home.rglob("*") if path.is_file()] == []
