"""Exercises from what the search finds: the answer where it is meant, and passages that lack it."""

from pathlib import Path

import pytest
from conftest import FakeEncoder
from two_notes import ignore

from corpus.sentences import Extent
from eval.squadshifts import Benchmark, fill
from index.index import Index
from training.exercises import Reading
from training.own_questions import OwnPassage, question_set
from training.searched import searched_exercises

LIMA = "The yard built 16 boats. The other 16 ships of the plan are late."
HANOI = "Hanoi built 16 ferries, not boats."
SEEDS = range(30)
BOATS, YARDS, NEVER = "How many boats did the yard build?", "Who built ferries?", "Who built trams?"


def passage(title: str, heading: str, text: str, **answers: tuple[str, ...]) -> OwnPassage:
    asked = {"boats": BOATS, "yards": YARDS, "never": NEVER}
    questions = tuple((asked[name], given) for name, given in answers.items())
    return OwnPassage(title, f"## {heading}\n\n{text}\n", (), questions)


OURS = question_set(
    [
        passage("Lima", "In the yard", LIMA, boats=("16", "16 boats"), never=()),
        passage("Hanoi", "On the river", HANOI, yards=("Hanoi",)),
        passage("Trams", "In town", "Trams are built elsewhere."),
    ]
)


def exercises(folder: Path, seed: int, ours: Benchmark = OURS) -> dict[str, tuple[Reading, ...]]:
    with Index(folder, encoder=FakeEncoder()) as index:
        fill(index, ours.documents, ignore)
        found = searched_exercises(index, ours.questions, seed, ignore)
    return {exercise.question: exercise.readings for exercise in found}


def test_the_answer_counts_where_its_own_document_holds_it_and_no_other_does(tmp_path) -> None:
    beside = set()
    for seed in SEEDS:
        own, *others = exercises(tmp_path, seed)[BOATS]
        assert (own.context, own.text) == ("In the yard", LIMA)
        assert own.answers == (Extent(15, 17), Extent(35, 37), Extent(15, 23))
        beside.add(tuple((other.text, other.answers) for other in others))
    # Hanoi's passage has «16» too, and says something else by it.
    assert beside == {(), (("Trams are built elsewhere.", ()),)}


def test_a_question_without_an_answer_gets_the_two_best_passages(tmp_path) -> None:
    with Index(tmp_path, encoder=FakeEncoder()) as index:
        fill(index, OURS.documents, ignore)
        best = [hit.passage.text for hit in index.search(NEVER, limit=2).hits]
    readings = exercises(tmp_path, 1)[NEVER]
    assert [reading.text for reading in readings] == best
    assert [reading.answers for reading in readings] == [(), ()]


def test_a_question_whose_passage_is_not_found_is_left_out(tmp_path) -> None:
    crowd = [
        passage(f"Crowd {n}", "Who built ferries?", f"Ferries {n}: who built ferries?")
        for n in range(8)
    ]
    hidden = passage("Long", "Notes", "Nobody knows them, it says in Hue.", yards=("Hue",))
    assert exercises(tmp_path, 1, question_set([*crowd, hidden])) == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_exercises(tmp_path, seed) -> None:
    first, again = (exercises(tmp_path, seed) for _ in range(2))
    assert first == again
    assert {BOATS, YARDS, NEVER} == set(first)
