"""The rules of the house, read from the source: who may import whom, and how long a module is."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("corpus", "index", "service", "eval", "training")
"""From the lowest up: a folder imports those before it only; attache.py stands on top."""

MODULES = sorted(
    path for layer in LAYERS for path in (ROOT / layer).rglob("*.py") if "web" not in path.parts
)
FOLDERS = [
    folder
    for folder in sorted(ROOT.iterdir())
    if folder.is_dir()
    and not folder.name.startswith(".")
    and folder.name not in {"build", "dist"}
    and not (folder / "pyvenv.cfg").exists()
]
SOURCES = [
    *sorted(ROOT.glob("*.py")),
    *(path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))),
]
"""Every Python file of the project, its tests too, but nothing installed or built."""

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Yield the name of every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def forbidden(layer: str) -> set[str]:
    return {*LAYERS[LAYERS.index(layer) + 1 :], "attache", "tests"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_folder_imports_a_higher_one(path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        assert name.split(".")[0] not in forbidden(layer), f"{name_of(path)} imports {name}"


def test_a_folder_that_imports_a_higher_one_would_be_found(tmp_path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def late():\n    from service.answerer import Answerer\n", "utf-8")
    (name,) = imported(module)
    assert name == "service.answerer.Answerer"
    assert name.split(".")[0] in forbidden("index")
    assert forbidden("eval") == {"training", "attache", "tests"}
    assert forbidden("training") == {"attache", "tests"}


@pytest.mark.parametrize("path", [*MODULES, ROOT / "attache.py"], ids=name_of)
def test_only_the_settings_read_the_environment(path) -> None:
    reads = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"})
        or (isinstance(node, ast.alias) and node.name in {"environ", "environb", "getenv"})
    ]
    assert bool(reads) == (name_of(path) == "service/settings.py")


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_module_is_longer_than_300_lines(path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


def test_no_folder_of_the_tests_bears_the_name_of_a_package() -> None:
    folders = {path.name for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    assert not folders & {*LAYERS, "attache", "api", "formats"}


def test_the_project_lists_every_package_there_is() -> None:
    found = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in MODULES
        if path.name == "__init__.py"
    }
    folders = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in MODULES}
    assert found == folders == set(PROJECT["tool"]["setuptools"]["packages"])
    assert PROJECT["tool"]["setuptools"]["py-modules"] == ["attache"]


def test_every_library_that_is_imported_is_declared() -> None:
    """One that merely comes along with another is gone when that one drops it."""
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {plain(re.split(r"[\s<>=\[]", one, maxsplit=1)[0]) for one in wanted}
    providing = packages_distributions()
    for path in MODULES:
        for name in imported(path):
            top = name.split(".")[0]
            if top not in {*sys.stdlib_module_names, *LAYERS}:
                found = {plain(one) for one in providing.get(top, ())}
                # What is only measured against need not be installed.
                assert found & declared or (not found and "bench" in path.parts), f"{path}: {top}"


def plain(name: str) -> str:
    """Return a distribution's name as all its spellings have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_file_that_is_read_at_run_time_is_shipped() -> None:
    for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items():
        for pattern in patterns:
            assert list((ROOT / package).glob(pattern)), f"{package}: {pattern}"
    shipped = {
        path
        for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package).glob(pattern)
    }
    for suffix in (".json", ".jsonl", ".safetensors", ".html", ".js", ".css", ".svg"):
        for layer in LAYERS:
            for path in (ROOT / layer).rglob(f"*{suffix}"):
                assert path in shipped, path


def test_what_users_import_and_the_service_load_no_model_library() -> None:
    script = (
        "import sys, attache, service.api.app\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'training']\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_the_help_of_every_command_loads_no_model_library() -> None:
    script = (
        "import sys, attache\n"
        "for command in ('ask', 'serve', 'train', 'eval'):\n"
        "    assert attache.run([command, '--help']) == 0\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_every_name_that_the_face_promises_is_there() -> None:
    import attache

    assert sorted(attache.__all__) == attache.__all__
    for name in attache.__all__:
        assert hasattr(attache, name), name
