"""The stages of a training: stopped and taken up, where each starts from, and their mean."""

import json
from dataclasses import replace

import pytest
import torch
from small_training import item, small_model

from corpus.errors import InvalidSetting
from training.loop import Stage, Training

STAGES = (
    Stage("first", epochs=2, rate=1e-2, final_rate=1e-3, warm_up=2, tokens=60, average=0.5),
    Stage("then", epochs=1, rate=1e-2, final_rate=0.0, warm_up=1, tokens=40, average=0.9),
)


def exercises(stage: Stage, epoch: int):
    shift = epoch + 5 * (stage.name != "first")
    return [(item(8 + n, (3, 4), shift=n + shift), item(7, shift=n)) for n in range(12)]


class Stopped(Exception):
    """What somebody who stops a training is here."""


def judge_that_stops(at: int | None = None):
    """Return what judges nothing, and stops the training at one of its calls."""
    calls = iter(range(1, 1000))

    def judge(model) -> dict[str, float]:
        if next(calls) == at:
            raise Stopped
        return {"f1": 0.0}

    return judge


def train(folder, stages=STAGES, *, seed=1, data="", judge=None, judge_every=1, given=exercises):
    """Train in a folder, with a checkpoint every two steps; return the weights."""
    model = small_model()
    training = Training(
        model, stages, folder, seed=seed, data=data, pad=0, judge=judge or judge_that_stops(),
        judge_every=judge_every, save_every=2,
    )  # fmt: skip
    training.run(given)
    return model.state_dict()


def check_same(one, other) -> None:
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


@pytest.mark.parametrize("at", [1, 2, 3, 4, 7, 11, 13])
def test_a_training_stopped_at_a_step_and_taken_up_ends_with_the_same_bits(tmp_path, at) -> None:
    with pytest.raises(Stopped):
        train(tmp_path / "parted", judge=judge_that_stops(at))
    whole = train(tmp_path / "whole")
    check_same(train(tmp_path / "parted"), whole)
    check_same(train(tmp_path / "parted"), whole)


def test_a_training_stopped_between_two_stages_ends_with_the_same_bits(tmp_path) -> None:
    def only_first(stage, epoch):
        if stage.name == "then":
            raise Stopped
        return exercises(stage, epoch)

    with pytest.raises(Stopped):
        train(tmp_path / "parted", given=only_first)
    check_same(train(tmp_path / "parted"), train(tmp_path / "whole"))


def test_measuring_changes_nothing_of_what_is_learned(tmp_path) -> None:
    check_same(train(tmp_path / "often"), train(tmp_path / "never", judge_every=1000))


def test_what_is_learned_differs_from_the_start_and_by_seed(tmp_path) -> None:
    found = [small_model().state_dict(), train(tmp_path / "1"), train(tmp_path / "2", seed=2)]
    start, one, other = (weights["qa_outputs.weight"].tolist() for weights in found)
    assert start != one != other


def test_another_recipe_seed_or_data_in_the_same_folder_is_refused(tmp_path) -> None:
    train(tmp_path, STAGES[:1])
    message = r"checkpoint\.pt belongs to another recipe, seed or data: name another folder"
    others = ((STAGES[:1], {"seed": 2}), (STAGES[1:], {}), (STAGES[:1], {"data": "other"}))
    for stages, other in others:
        with pytest.raises(InvalidSetting, match=message):
            train(tmp_path, stages, **other)


def test_a_checkpoint_that_can_t_be_read_is_refused(tmp_path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"cut off")
    with pytest.raises(InvalidSetting, match=r"checkpoint\.pt"):
        train(tmp_path, STAGES[:1])


def learned(folder, name: str) -> dict[str, torch.Tensor]:
    return torch.load(folder / f"{name}.pt", weights_only=True)


def test_a_stage_goes_on_from_the_one_that_it_names(tmp_path) -> None:
    apart = replace(STAGES[1], name="apart", start=("first",))
    train(tmp_path, (*STAGES, apart))
    check_same(learned(tmp_path, "apart"), learned(tmp_path, "then"))


def test_a_stage_with_a_seed_of_its_own_learns_in_another_order(tmp_path) -> None:
    again = replace(STAGES[1], name="again", start=("first",), seed=5)
    train(tmp_path, (*STAGES, again))
    one, other = (learned(tmp_path, name)["qa_outputs.weight"] for name in ("then", "again"))
    assert not torch.equal(one, other)


def test_a_stage_may_start_from_the_mean_of_others_which_is_judged_first(tmp_path) -> None:
    mean = replace(STAGES[1], name="mean", start=("first", "then"), steps=0)
    train(tmp_path, (*STAGES, mean))
    first, then, halfway = (learned(tmp_path, name) for name in ("first", "then", "mean"))
    for name, value in halfway.items():
        assert torch.allclose(value, (first[name] + then[name]) / 2, atol=1e-7), name
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    (judged,) = [line for line in logged if line["stage"] == "first + then"]
    assert (judged["step"], judged["f1"], judged["judged"]) == (0, 0.0, True)


def test_a_stage_from_one_that_is_not_there_is_refused(tmp_path) -> None:
    train(tmp_path)
    (tmp_path / "first.pt").unlink()
    mean = replace(STAGES[1], name="mean", start=("first", "then"))
    with pytest.raises(InvalidSetting, match=r"first\.pt can't be read: train anew"):
        train(tmp_path, (*STAGES, mean))
