"""Fits: the examples, the weights of the sentence reader, and its threshold."""

import numpy as np
import pytest
from conftest import FakeEncoder
from two_notes import BUILT, SIGNED, UNKNOWN, ignore

from corpus.errors import InvalidSetting
from eval.examples import Examples, RememberingEncoder, examples_of
from eval.fit import Best, best_threshold, fit_sentence_reader, model_json, worth
from index.index import Index
from service.reader import FEATURES


def example(number: int, *, answerable: bool = True) -> Examples:
    """Three sentences; the one that holds the answer has the highest first feature."""
    rows = np.zeros((3, len(FEATURES)))
    rows[:, 0] = (0.1, 0.2, 0.9 if answerable else 0.3)
    rows[:, 1] = number % 3
    return Examples(f"q{number}", answerable, rows, np.array([False, False, answerable]))


def test_a_fit_learns_which_feature_tells_and_when_to_abstain() -> None:
    examples = [example(number, answerable=number % 4 != 0) for number in range(20)]
    fitted = fit_sentence_reader(examples, examples[:4], "a test")
    assert (fitted.questions, fitted.given, fitted.right) == (20, 15, 15)
    assert fitted.model.weights[0] > 0
    assert fitted.model.slope > 0
    assert 0 < fitted.model.threshold < 1
    assert fitted.model.fitted_on.startswith("a test; weights on")
    assert list(model_json(fitted.model)["weights"]) == list(FEATURES)  # type: ignore[call-overload]


def test_the_same_examples_give_the_same_model() -> None:
    examples = [example(number, answerable=number % 4 != 0) for number in range(12)]
    assert fit_sentence_reader(examples, (), "a") == fit_sentence_reader(examples, (), "a")


def test_a_fit_refuses_examples_without_any_answer() -> None:
    with pytest.raises(InvalidSetting, match="No development question"):
        fit_sentence_reader([example(1, answerable=False)], (), "a")


def test_a_reported_question_never_gives_an_example(index: Index) -> None:
    with pytest.raises(InvalidSetting, match="q2 is of the reported half"):
        examples_of(index, [BUILT, SIGNED], ignore)


def test_a_sentence_is_an_example_of_the_question_that_it_answers(index: Index) -> None:
    one, none = examples_of(index, [BUILT, UNKNOWN], ignore)
    assert one.rows.shape == (5, len(FEATURES))
    assert one.holds.sum() == 1
    assert not none.holds.any()


def test_a_sentence_is_encoded_once_however_often_it_is_found(encoder: FakeEncoder) -> None:
    remembering = RememberingEncoder(encoder)
    first = remembering.encode_passages(["Lima", "Seoul", "Lima"])
    assert (remembering.encode_passages(["Lima"]) == first[2:]).all()
    assert encoder.encoded == ["Lima", "Seoul"]


def test_the_threshold_gives_the_most_right_answers_less_wrong_ones() -> None:
    bests = [
        Best(0.9, True, True), Best(0.6, True, True), Best(0.4, False, False),
        Best(0.2, True, True),
    ]  # fmt: skip
    assert worth(bests, 0.5) == 2  # two right answers
    assert worth(bests, 0.3) == 1  # and a wrong one
    assert worth(bests, 0.1) == 2  # made up for by another right one
    assert best_threshold(bests) == 0.5  # of equal ones the higher
