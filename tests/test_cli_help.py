"""The help of every command and option, and the version."""

import click
import pytest

from eval.cli import evaluate
from service.cli import cli


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    for name, command in group.commands.items():
        inner = command if isinstance(command, click.Group) else None
        found += commands(inner, (*path, name)) if inner else [(*path, name)]
    return found


EVALUATIONS = commands(evaluate, ("eval",))


@pytest.mark.parametrize("path", [*commands(cli), *EVALUATIONS], ids=" ".join)
def test_every_command_s_help_says_what_it_does_and_shows_an_example(run, path) -> None:
    ran = run(*path, "--help")
    assert ran.status == 0
    assert "Example: attache " in ran.out
    assert ran.out == run(*path, "-h").out


def test_every_option_has_a_help_text(run) -> None:
    for path in [*commands(cli), *EVALUATIONS]:
        command: click.Command = cli
        for name in path:
            assert isinstance(command, click.Group)
            command = evaluate if name == "eval" else command.commands[name]
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or parameter.help, (path, parameter.name)


def test_the_version_is_printed(run) -> None:
    assert run("--version").out.startswith("attache, version ")
