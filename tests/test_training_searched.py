"""Exercises from what the search finds: the answer where it is meant, and passages that lack it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import FakeEncoder
from two_notes import ignore

from corpus.sentences import Extent
from eval.squadshifts import fill
from index.index import Index
from training.exercises import Reading
from training.own_questions import OwnPassage, question_set
from training.searched import searched_exercises

BOATS, FERRIES, TRAMS = "How many boats were built?", "Who built ferries?", "Who built trams?"
YARD = "The yard built 16 boats. The other 16 ships of the plan are late."
RIVER = "Ferries were built for the river by Hanoi, and no boats."
ROAD = "Nobody built a road."
SEEDS = range(30)


def document(title: str, text: str, **asked: tuple[str, ...]) -> OwnPassage:
    questions = {"boats": BOATS, "ferries": FERRIES, "trams": TRAMS}
    return OwnPassage(title, text, (), tuple((questions[q], a) for q, a in asked.items()))


LIMA = document(
    "Lima",
    f"## In the yard\n\n{YARD}\n\n## On the river\n\n{RIVER}\n\n## By land\n\n{ROAD}\n",
    boats=("16", "16 boats"), ferries=("Hanoi",), trams=(),
)  # fmt: skip
TOWN = "Lima built 20 boats, ferries and trams."
QUITO = document("Quito", f"## In town\n\n{TOWN}\n")


def exercises(
    folder: Path, seed: int, documents: Sequence[OwnPassage] = (LIMA, QUITO)
) -> dict[str, tuple[Reading, ...]]:
    with Index(folder, encoder=FakeEncoder()) as index:
        fill(index, question_set(documents).documents, ignore)
        found = searched_exercises(index, documents, seed, ignore)
    return {exercise.question: exercise.readings for exercise in found}


def test_the_answer_is_marked_under_its_heading_and_passages_beside_it_lack_it(tmp_path) -> None:
    beside = set()
    for seed in SEEDS:
        own, *others = exercises(tmp_path, seed)[BOATS]
        assert (own.context, own.text) == ("Lima. In the yard", YARD)
        assert own.answers == (Extent(15, 17), Extent(35, 37), Extent(15, 23))
        beside.add(tuple((other.context, other.text, other.answers) for other in others))
    of_its_own = {(("Lima. On the river", RIVER, ()),), (("Lima. By land", ROAD, ()),)}
    assert beside == {(), *of_its_own, (("Quito. In town", TOWN, ()),)}


def test_a_question_without_an_answer_gets_two_passages_of_its_own_document(tmp_path) -> None:
    readings = exercises(tmp_path, 1)[TRAMS]
    # Quito's passage answers it: nobody has looked there when it was asked about Lima.
    assert {reading.text for reading in readings} < {YARD, RIVER, ROAD}
    assert [reading.answers for reading in readings] == [(), ()]


def test_a_question_whose_answer_stands_in_several_passages_is_left_out(tmp_path) -> None:
    twice = document("Hue", "## A\n\nTwo ships.\n\n## B\n\nTwo boats.\n", boats=("Two",))
    once = document("Hue", "## A\n\nTwo ships.\n\n## B\n\nNo boats.\n", boats=("Two",))
    assert exercises(tmp_path / "twice", 1, [twice]) == {}
    assert set(exercises(tmp_path / "once", 1, [once])) == {BOATS}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_exercises(tmp_path, seed) -> None:
    first, again = (exercises(tmp_path, seed) for _ in range(2))
    assert first == again
    assert set(first) == {BOATS, FERRIES, TRAMS}
