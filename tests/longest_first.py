"""The order in which the test files are begun."""

import pytest

LONG = (
    "hostile_files", "training_confidence", "opening", "readme", "outside_checker", "cli_watch",
    "own_questions", "training_stages", "api_writes", "passages_budget",
)  # fmt: skip
"""The files that take longest: begun first, so that none is left over when the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in LONG)
