"""The README says only what is so: its commands, settings, routes, fields and printed example."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

import attache
from corpus.formats import read_bytes
from service import settings
from service.api.batch import router as batch_router
from service.api.routes import router
from service.api.writes import router as write_router
from service.cli import cli
from service.opening import DEFAULT_READER
from service.records import Citation

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


SURE = re.compile(r"(\d+)(?=% sure)")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def console_lines() -> Iterator[str]:
    for block in blocks("console"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                yield line[2:]


def command(name: str) -> click.Command:
    attache.run(["--version"])  # puts `eval` into the group
    return cli.commands[name]


def test_every_attache_command_and_option_that_is_named_exists() -> None:
    named = [line for line in console_lines() if "attache " in line]
    assert len(named) >= 12
    for line in named:
        for part in re.split(r"[|>]", line):
            words = part.split()
            if not words or words[0] != "attache":
                continue
            found = command(words[1])
            if isinstance(found, click.Group) and len(words) > 2 and words[2] in found.commands:
                found = found.commands[words[2]]
            known = {option for parameter in found.params for option in parameter.opts}
            for option in re.findall(r"(?<= )--[a-z-]+", part):
                assert option in known, f"{line}: {option}"


def test_every_command_is_named() -> None:
    for name in {*cli.commands, "eval"}:
        assert f"attache {name}" in README, name


def test_every_option_in_running_text_belongs_to_some_command() -> None:
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    attache.run(["--version"])
    commands = list(cli.commands.values())
    commands += [sub for c in commands if isinstance(c, click.Group) for sub in c.commands.values()]
    known = {option for c in commands for parameter in c.params for option in parameter.opts}
    for option in re.findall(r"`(--[a-z-]+)", prose):
        assert option in known, option


def test_every_make_target_that_is_named_exists() -> None:
    for target in re.findall(r"(?:`|\$ )make ([a-z]+)\b", README):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_the_settings_named_are_those_that_are_read() -> None:
    source = Path(settings.__file__).read_text("utf-8")
    read = set(re.findall(r"ATTACHE_[A-Z]+|NO_COLOR", source))
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert named == read


def test_the_reader_named_as_the_default_is_the_default() -> None:
    assert f"| what reads the passages; by default `{DEFAULT_READER}` |" in README
    assert f"| `{DEFAULT_READER}` | the shipped model, which is the default: " in README


def test_the_routes_named_are_those_of_the_api() -> None:
    named = set(re.findall(r"`(?:GET|POST|DELETE) (/[^`]+)`", README))
    routes = [*router.routes, *batch_router.routes, *write_router.routes]
    served = {getattr(route, "path", "") for route in routes} - {"/problems/{name}"}
    assert named == served | {"/metrics"}


def test_the_fields_of_a_citation_that_are_named_exist() -> None:
    known = {item.name for item in fields(Citation)}
    assert {"document_id", "document_sha256", "start", "end"} <= known
    for name in ("document_id", "document_sha256", "start", "end"):
        assert f"`{name}`" in README


def test_the_front_matter_that_is_shown_can_be_read() -> None:
    (example,) = blocks("yaml")
    parsed = read_bytes(f"{example}Text.\n".encode(), "example.md", "file:///example.md")
    assert parsed.warnings == ()
    assert parsed.document.published == "2024-06"
    assert parsed.document.countries == ("KR", "UZ")


def test_every_file_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_the_example_gives_the_printed_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first console block, asked of the shipped collection with the real encoder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    first = blocks("console")[0]
    asked, _, printed = first.partition("\n")
    question = re.search(r'Q="(.*)"', asked)
    assert question is not None
    assert attache.run(["ask", "--", question[1]]) == 0
    told = capsys.readouterr().out.strip()
    assert SURE.sub("", told) == SURE.sub("", printed.strip())
    for now, then in zip(SURE.findall(told), SURE.findall(printed), strict=True):
        assert abs(int(now) - int(then)) <= 2, "processors add up a model's sums in another order"


def test_the_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (example,) = blocks("python")
    exec(compile(example, "README.md", "exec"), {})
    shown = re.search(r"# (.+)\n +print\(reply\.answer\.text\)", example)
    assert shown is not None
    assert capsys.readouterr().out.startswith(shown[1])
