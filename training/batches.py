"""The order in which exercises are learned: shuffled by seed and epoch, batched by length."""

import random
from collections.abc import Iterator, Sequence

from training.exercises import Item

_POOL = 1_200
"""Exercises that are sorted by length together: little padding, and still a random order."""


def batches(
    exercises: Sequence[tuple[Item, ...]], tokens: int, seed: int
) -> list[list[tuple[Item, ...]]]:
    """Return every exercise once, in batches of at most so many tokens after padding.

    One exercise over that is a batch of its own. The same seed gives the same batches.
    """
    chance = random.Random(seed)
    order = list(exercises)
    chance.shuffle(order)
    found = []
    for first in range(0, len(order), _POOL):
        pool = sorted(order[first : first + _POOL], key=_longest)
        found += list(_filled(pool, tokens))
    chance.shuffle(found)
    return found


def _filled(pool: Sequence[tuple[Item, ...]], tokens: int) -> Iterator[list[tuple[Item, ...]]]:
    batch: list[tuple[Item, ...]] = []
    for exercise in pool:
        readings = sum(map(len, batch)) + len(exercise)
        if batch and readings * _longest(exercise) > tokens:
            yield batch
            batch = []
        batch.append(exercise)
    if batch:
        yield batch


def _longest(exercise: tuple[Item, ...]) -> int:
    return max(len(item.window) for item in exercise)
