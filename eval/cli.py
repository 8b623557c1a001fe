"""Placeholder until the harness is here."""

import click


@click.group(name="eval")
def evaluate() -> None:
    """Evaluate."""
