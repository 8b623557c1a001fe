"""The command that trains a span reader, on the shipped recipe's data or on a user's own."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import InvalidSetting

if TYPE_CHECKING:
    from training.confidence import Fitted

_folder = click.Path(path_type=Path, file_okay=False)
_file = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "train",
    epilog="Example: attache train --squad mine.json --output my-reader",
)
@click.option(
    "--data",
    type=_folder,
    metavar="DIR",
    help="The shipped recipe's data: a folder with squadshifts/ and qamr/.",
)
@click.option(
    "--squad",
    type=_file,
    metavar="FILE",
    help="Your own questions instead, in SQuAD's format, on top of the shipped reader.",
)
@click.option(
    "--output",
    type=_folder,
    required=True,
    metavar="DIR",
    help="Where the reader is written: `attache ask --reader DIR` then uses it.",
)
@click.option(
    "--work",
    type=_folder,
    metavar="DIR",
    help="Where checkpoints and what is made of the data are kept; a run that was "
    "stopped goes on from there. Default: DIR.work beside the output.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="With --squad: how often your questions are read.",
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=1500,
    show_default=True,
    help="With --data: questions of new_wiki on which the confidence is fitted.",
)
@click.option("--fit-only", is_flag=True,
              help="Fit the confidence again, with the weights in the output.")  # fmt: skip
def train(
    data: Path | None,
    squad: Path | None,
    output: Path,
    work: Path | None,
    epochs: int,
    sample: int,
    fit_only: bool,
) -> None:
    """Train a span reader and fit its confidence.

    It runs on a GPU where torch finds one, else on the processor, where the same data, recipe and
    number of threads give the same weights. Two cores take some hours for the shipped recipe.
    """
    if (data is None) == (squad is None):
        raise click.UsageError("Give either --data DIR or --squad FILE.")
    if fit_only and squad is not None:
        raise click.UsageError("--fit-only goes with --data: --squad fits at the end anyway.")
    output = output.resolve()
    work = work or output.with_name(output.name + ".work")
    if data is not None:
        from training.shipped import fit_shipped, train_shipped  # noqa: PLC0415

        sets = _data(data, work)
        trained = output if fit_only else train_shipped(sets, _bar)
        _print_fit(fit_shipped(sets, trained, output, sample, _bar), output)
    else:
        from training.own import train_own  # noqa: PLC0415

        assert squad is not None
        _print_fit(train_own(squad, output, work, epochs, _bar), output)


def _data(folder: Path, work: Path) -> Any:
    from training.recipe import Data  # noqa: PLC0415

    data = Data(folder / "squadshifts", folder / "qamr", work)
    for path in (*data.sets, data.wiki, data.qamr / "wiki-sentences.tsv"):
        if not path.exists():
            raise InvalidSetting(
                f"{path} is missing: --data takes a folder with squadshifts/ and qamr/."
            )
    return data


def _print_fit(fitted: "Fitted", output: Path) -> None:
    from training.confidence import WRONG  # noqa: PLC0415  -- takes a second

    click.echo(
        f"Threshold {fitted.model.threshold:.4f}, chosen on these questions so that at most "
        f"{WRONG:.0%} of "
        "the answers are wrong, each question left out of the fit that it is judged by:"
    )
    for given in fitted.given:
        apart = " (hard ones, which had no part in choosing it)" if given.is_hard else ""
        click.echo(
            f"  {given.part or 'questions'}{apart}: {given.answered} of {given.questions} "
            f"answered, {given.wrong} of them wrongly"
        )
    click.echo(f"  AUROC {_shown(fitted.ranking)}, ECE {_shown(fitted.error)}")
    if fitted.stopping:
        stopping = fitted.stopping
        click.echo(
            f"  {stopping.passages:.2f} passages read of a question on average; reading all would "
            f"give {stopping.changed} of {stopping.questions} another answer"
        )
    click.echo(f"Written to {output}.")


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _bar(title: str, unit: str) -> Callable[[int, int], None]:
    from eval.opening import bar  # noqa: PLC0415

    return bar(title, unit)
