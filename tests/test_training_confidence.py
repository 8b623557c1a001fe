"""Fitting a reader's confidence, and the command that trains: what it refuses and what it writes."""

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import WORD, FakeEncoder, markdown
from safetensors.torch import load_file
from transformers.utils.logging import enable_progress_bar

from corpus.errors import InvalidSetting
from corpus.sentences import Extent
from eval.question_sets import Question
from eval.squadshifts import load_benchmark
from index.index import Index
from service.confidence import FEATURES
from service.span_model import WindowLogits
from service.windows import Window
from training.confidence import Examples, fit_confidence, lowest_threshold, read_questions
from training.own import is_held_out

SHIPPED = Path(str(files("service"))) / "span_reader" / "model.safetensors"
needs_the_shipped_reader = pytest.mark.skipif(
    not SHIPPED.exists(), reason=f"{SHIPPED} is not here: train the shipped reader first"
)


def one(number: int, odds: float, right: bool) -> Examples:
    """Make a question with two spans: a first one, and a worse one that is wrong."""
    rows = np.zeros((2, len(FEATURES)))
    rows[:, FEATURES.index("odds")] = odds, -9.0
    return Examples(f"q{number}", rows, np.array([right, False]))


def parted(count: int, every: int) -> list[Examples]:
    """Make questions of which one in ``every`` is read wrong, and with less odds."""
    return [
        one(n, (-2.0 if n % every == 0 else 2.0) + n % 7 / 10, n % every != 0) for n in range(count)
    ]


def test_right_and_wrong_that_can_be_told_apart_are_and_all_the_right_are_answered() -> None:
    fitted = fit_confidence(parted(100, 4), "by hand")
    (given,) = fitted.given
    assert (given.questions, given.answered - given.wrong, fitted.ranking) == (100, 75, 1.0)
    assert given.wrong <= 8, "8 of 83 are fewer than one in ten, 9 of 84 more"
    assert fitted.model.fitted_on == "by hand"
    assert 0 < fitted.model.threshold <= 1
    right, wrong = (fitted.model.confidences(parted(8, 4)[n].rows) for n in (1, 4))
    assert right[0] > 0.9 > 0.1 > wrong[0]
    assert right[1] < 0.1


def test_at_most_one_answer_in_ten_is_wrong_where_they_can_t_be_told_apart() -> None:
    mixed = [one(n, n % 20 / 2 - 5, n % 3 == 0 if n % 20 < 10 else n % 37 > 0) for n in range(200)]
    fitted = fit_confidence(mixed, "by hand")
    (given,) = fitted.given
    assert 95 <= given.answered <= 120, "of the 100 with the higher odds three are wrong"
    assert 3 <= given.wrong <= 0.1 * given.answered
    assert fit_confidence(mixed, "by hand") == fitted


def test_questions_for_which_nothing_was_found_count_as_not_answered() -> None:
    nothing = Examples("none", np.zeros((0, len(FEATURES))), np.zeros(0, np.bool_), "b")
    first, second = fit_confidence([*parted(100, 4), nothing, nothing], "by hand").given
    assert (first.questions, first.answered - first.wrong) == (100, 75)
    assert (second.part, second.questions, second.answered, second.wrong) == ("b", 2, 0, 0)


def test_hard_questions_neither_lower_the_confidence_nor_choose_the_threshold() -> None:
    hard = [
        replace(one(n, 2.0 + n % 7 / 10, n % 2 == 0), part="b", is_hard=True) for n in range(60)
    ]
    alike = [replace(example, is_hard=False) for example in hard]
    fitted, mixed = (fit_confidence([*parted(100, 4), *more], "by hand") for more in (hard, alike))
    first, second = fitted.given
    assert (first.answered - first.wrong, first.wrong <= 8) == (75, True)
    assert (second.part, second.questions, second.answered, second.wrong) == ("b", 60, 60, 30)
    assert (first.is_hard, second.is_hard) == (False, True)
    surest = parted(8, 4)[1].rows
    assert fitted.model.confidences(surest)[0] > 0.9 > mixed.model.confidences(surest)[0]
    assert fitted.ranking == 1.0


@pytest.mark.parametrize("right", [0, 1])
def test_a_confidence_is_not_fitted_where_next_to_nothing_was_read_right(right) -> None:
    examples = [one(n, 1.0, n < right) for n in range(30)]
    with pytest.raises(InvalidSetting, match="were read right: train"):
        fit_confidence(examples, "by hand")
    with pytest.raises(InvalidSetting, match="were read right: train"):
        fit_confidence([], "by hand")


def test_only_the_span_with_the_best_odds_of_a_question_teaches() -> None:
    questions, others = parted(100, 4), parted(100, 4)
    for number, each in enumerate(others):
        each.rows[1, FEATURES.index("margin")] = number % 5
    assert fit_confidence(others, "by hand") == fit_confidence(questions, "by hand")


def test_the_threshold_is_the_lowest_with_so_few_wrong_answers() -> None:
    confidences, rights = [0.6, 0.9, 0.7, 0.8], [True, True, False, True]
    assert lowest_threshold(confidences, rights, 0.05) == 0.8
    assert lowest_threshold(confidences, rights, 0.25) == 0.6
    assert lowest_threshold([0.9, 0.9], [True, False], 0.05) == 1.0, "a tie stays together"
    assert lowest_threshold([], [], 0.05) == 1.0


class NumberModel:
    """Marks the first number of a passage; counts what it read."""

    name = "numbers"
    settings: dict[str, object] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.read: list[str] = []

    def windows(self, question: str, context: str, text: str) -> list[Window]:
        self.read.append(text)
        extents = tuple(Extent(*match.span()) for match in WORD.finditer(text))
        marks = [int(text[extent.start : extent.end].isdigit()) for extent in extents]
        return [Window({"input_ids": marks}, 0, extents)]

    def logits(self, window: Window) -> WindowLogits:
        marks = np.array(window.inputs["input_ids"], np.float32) * 5
        return WindowLogits(marks, marks, 0.0)


def question(half: str, answers: Sequence[str], document: str | None) -> Question:
    return Question("q", "Built?", "span", tuple(answers), document, None, bool(answers), half)


def test_each_marked_span_is_an_example_right_where_text_and_document_are(tmp_path) -> None:
    with Index(tmp_path, FakeEncoder()) as index:
        index.add(markdown("Built were 16.", "peru"))
        index.add(markdown("Built were 16 too.", "korea"))
        asked = [question("development", ["16"], "peru"), question("development", [], None)]
        told: list[tuple[int, int]] = []
        read = read_questions(NumberModel(), index, asked, lambda n, of: told.append((n, of)))
    found = [one.examples() for one in read]
    assert told == [(1, 2), (2, 2)]
    assert all(one.rows.shape == (len(one.rights), len(FEATURES)) for one in found)
    assert [int(example.rights.sum()) for example in found] == [1, 0]


def test_reported_questions_choose_nothing_and_are_not_read(tmp_path) -> None:
    model = NumberModel()
    asked = [question("development", ["16"], "peru"), question("reported", ["16"], "peru")]
    with (
        Index(tmp_path, FakeEncoder()) as index,
        pytest.raises(InvalidSetting, match="q is of the reported half"),
    ):
        read_questions(model, index, asked, lambda n, of: None)
    assert model.read == []


PLACES = ("Lima", "Cusco", "Piura", "Tacna", "Ica", "Puno", "Seoul", "Busan", "Jeju", "Daegu")


def squad(path: Path, count: int, **changed: object) -> Path:
    """Write paragraphs with two questions each; ``changed`` replaces keys of every question."""
    paragraphs = []
    for number in range(count):
        place, year = PLACES[number % 10], 1900 + number
        text = f"The port of {place} was built in {year}. Nobody knows what hall {number} cost."
        paragraphs.append({"context": text, "qas": [
            {"id": f"{number}a", "question": f"When was the port of {place} built?",
             "answers": [{"text": str(year), "answer_start": text.index(str(year))}]} | changed,
            {"id": f"{number}b", "question": f"Which place got a port in {year}?",
             "answers": [{"text": place, "answer_start": text.index(place)}]} | changed,
        ]})  # fmt: skip
    path.write_text(json.dumps({"data": [{"title": "Ports", "paragraphs": paragraphs}]}))
    return path


def check_refused(ran, message: str) -> None:
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.startswith("Usage: ") or ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give either --data DIR or --squad FILE."),
        (["--squad", "a.json", "--data", "."], "Give either --data DIR or --squad FILE."),
        (["--data", "nowhere"], "nowhere/squadshifts/amazon_reviews.json is missing: --data takes"),
        (["--squad", "nowhere.json"], "nowhere.json can't be read: No such file"),
        (["--squad", "a.json", "--epochs", "0"], "0 is not in the range"),
        (["--squad", "a.json", "--fit-only"], "--fit-only"),
        (["--squad", "a.json"], "is not in SQuAD's format"),
    ],
)
def test_what_train_can_t_do_is_told_in_a_sentence(
    run, tmp_path, monkeypatch, arguments, message
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text("{")
    check_refused(run("train", "--output", "reader", *arguments), message)
    assert not Path("reader").exists()


def test_train_needs_an_output_which_may_be_where_one_is(run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_refused(run("train", "--squad", "a.json"), "Missing option '--output'")
    check_refused(run("train", "--squad", "a.json", "--output", "."), "a.json can't be read")


def test_too_few_questions_or_a_wrong_place_are_refused_before_anything_is_trained(
    run, tmp_path
) -> None:
    arguments = ("train", "--output", str(tmp_path / "reader"), "--squad")
    few = str(squad(tmp_path / "few.json", 12))
    check_refused(run(*arguments, few), "20 are needed, about 100 in all")
    check_refused(run(*arguments, few), "few.json has 24 questions, of which")
    wrong = squad(tmp_path / "wrong.json", 60, answers=[{"text": "Oslo", "answer_start": 12}])
    ran = run(*arguments, str(wrong))
    check_refused(ran, "question '0a': its paragraph has 'Lima' at 12, not the answer 'Oslo'")
    for key, value in (("answers", [3]), ("answers", None), ("question", None)):
        ran = run(*arguments, str(squad(tmp_path / "odd.json", 60, **{key: value})))
        check_refused(ran, "not in SQuAD's format")


def test_what_the_search_will_need_is_checked_before_anything_is_trained(run, tmp_path) -> None:
    content = json.loads(squad(tmp_path / "a.json", 60).read_text())
    del content["data"][0]["title"]
    (tmp_path / "a.json").write_text(json.dumps(content))
    ran = run("train", "--output", str(tmp_path / "reader"), "--squad", str(tmp_path / "a.json"))
    check_refused(ran, "not in SQuAD's format: KeyError('title')")
    assert not (tmp_path / "reader").exists()


def test_the_file_of_one_s_own_questions_may_have_any_name(tmp_path) -> None:
    for name in ("My Häfen 서울.json", f"{'a' * 200}.json"):
        documents = load_benchmark(squad(tmp_path / name, 2)).documents
        assert len({document.id for document in documents}) == 2


def test_the_shipped_recipe_refuses_a_set_that_is_broken(run, tmp_path) -> None:
    (tmp_path / "squadshifts").mkdir()
    (tmp_path / "qamr").mkdir()
    names = ("amazon_reviews.json", "reddit.json", "new_wiki.json", "../qamr/wiki-sentences.tsv")
    for name in names:
        (tmp_path / "squadshifts" / name).write_text("{")
    arguments = ("train", "--output", str(tmp_path / "reader"), "--data", str(tmp_path))
    enable_progress_bar()  # as where no other test has turned it off in this process
    check_refused(run(*arguments, "--fit-only"), "reader holds no trained reader: train one first")
    check_refused(run(*arguments), "new_wiki.json is not in SQuAD's format")


def test_a_fifth_of_the_paragraphs_is_left_out_by_their_text() -> None:
    held_out = [is_held_out(f"Paragraph {number} 서울 👩‍👩‍👧\r\n") for number in range(1000)]
    assert 150 < sum(held_out) < 250
    assert is_held_out("") is True, "the checksum of nothing is 0"


@needs_the_shipped_reader
def test_training_on_own_questions_starts_without_dropout() -> None:
    from torch.nn import Dropout

    from training.start import shipped_model

    found = [part.p for part in shipped_model().modules() if isinstance(part, Dropout)]
    assert set(found) == {0.0}


@pytest.mark.slow
@needs_the_shipped_reader
def test_own_questions_make_a_reader_the_same_each_time_and_new_ones_another(
    run, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("training.own.fastest_device", lambda: torch.device("cpu"))
    mine = squad(tmp_path / "ports.json", 60)

    def weights(output: str) -> dict[str, object]:
        ran = run(
            "train", "--squad", str(mine), "--output", str(tmp_path / output), "--epochs", "1"
        )
        assert ran.status == 0, ran.err
        assert f"Written to {tmp_path / output}." in ran.out
        return load_file(tmp_path / output / "model.safetensors")

    one = weights("one")
    settings = json.loads((tmp_path / "one/reader.json").read_text())
    assert settings["trained"]["data"] == "ports.json"
    assert "questions of ports.json left out" in settings["confidence"]["fitted_on"]
    other = weights("other")
    assert [name for name in one if not bool((one[name] == other[name]).all())] == []
    squad(mine, 70)
    ran = run("train", "--squad", str(mine), "--output", str(tmp_path / "one"), "--epochs", "1")
    if ran.status == 0:
        again = load_file(tmp_path / "one/model.safetensors")
        assert any(bool((one[name] != again[name]).any()) for name in one)
    else:
        check_refused(ran, "another folder")
