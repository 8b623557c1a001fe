"""How the reader learns: its loss by hand, its batches, stopping and going on, what is written."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from conftest import VOCABULARY
from safetensors.torch import load_file
from small_training import item, small_model
from transformers import BertTokenizerFast

from corpus.sentences import Extent
from service.confidence import WEIGHED, ConfidenceModel, confidence_model
from service.windows import Windows
from training.batches import batches
from training.exercises import ANSWERS, Exercise, Reading, all_items, items_of
from training.export import write_reader, write_settings
from training.judge import judge_of
from training.loop import Stage, rate_at
from training.objective import batch_of, loss_of
from training.sources import SquadQuestion

WORDS = list(dict.fromkeys(VOCABULARY.split()))


def tiny_windows(folder, limit: int) -> Windows:
    tokenizer = BertTokenizerFast.from_pretrained(str(folder))
    return Windows(tokenizer.backend_tokenizer, tokenizer.model_input_names, limit)


def test_an_item_marks_the_tokens_of_the_answer_in_the_window_that_shows_it(tiny_model) -> None:
    text = "trade " * 60 + "Peru built 16 aircraft" + " forum" * 60
    reading = Reading("Korea?", text, (Extent(text.index("16"), text.index("16") + 2),))
    windows = tiny_windows(tiny_model, 40)
    (item,) = items_of(Exercise("Who built when?", (reading,)), windows)
    (answer,) = item.answers
    ids = item.window.inputs["input_ids"][answer.start : answer.end + 1]
    assert [WORDS[id_] for id_ in ids] == ["1", "##6"]
    (item,) = items_of(Exercise("who " * 500, (reading,)), windows)
    assert len(item.window) <= 40, "a question longer than the window is cut"
    assert item.answers


def test_a_passage_too_empty_or_with_an_answer_that_no_window_shows_is_left_out(tiny_model) -> None:
    windows = tiny_windows(tiny_model, 40)
    whole, empty = Reading("", "trade " * 60, (Extent(0, 359),)), Reading("", "")
    assert all_items([Exercise("who", (whole, empty))], windows) == []
    places = tuple(Extent(6 * n, 6 * n + 5) for n in range(6))
    ((item,),) = all_items([Exercise("", (Reading("", "trade " * 6, places), empty))], windows)
    assert len(item.answers) == ANSWERS


def logits(groups, width: int | None = None, padding: float = 0.0):
    """Make start and end logits by hand, from -1.0 to 1.2."""
    items = [one for group in groups for one in group]
    width = width or max(len(one.window) for one in items)
    made = []
    for step, period in ((5, 12), (7, 11)):
        made.append(torch.full((len(items), width), padding))
        for row, one in enumerate(items):
            for place in range(len(one.window)):
                made[-1][row, place] = (step * place + 3 * row) % period / 5 - 1
    return made[0], made[1]


def slow_loss(groups, start, end) -> float:
    """Compute the loss as the module describes it, span by span."""
    rows = zip(start.tolist(), end.tolist(), strict=True)
    alone, together = [], []
    for group in groups:
        all_spans = all_right = 0.0
        for one in group:
            s, e = ([math.exp(value) for value in logits] for logits in next(rows))
            own = range(one.window.first, one.window.first + len(one.window.extents))
            spans = {(i, j): s[i] * e[j] for i in own for j in own if i <= j < i + 30}
            right = sum(spans[a.start, a.end] for a in one.answers)
            null = s[0] * e[0]
            starts = {a.start for a in one.answers} or {0}
            ends = {a.end for a in one.answers} or {0}
            first = sum(s[p] for p in starts) / sum(s[p] for p in (0, *own))
            last = sum(e[p] for p in ends) / sum(e[p] for p in (0, *own))
            span = (right if one.answers else null) / (sum(spans.values()) + null)
            alone.append(-math.log(first) / 2 - math.log(last) / 2 - math.log(span))
            all_spans += sum(spans.values())
            all_right += right
        if all_right:
            together.append(-math.log(all_right / all_spans) if len(group) > 1 else 0.0)
    return sum(alone) / len(alone) + sum(together) / max(1, len(together))


def test_where_nothing_is_preferred_the_loss_is_what_can_be_counted() -> None:
    batch = batch_of([(item(2, (1, 1), own=1),)], 0)
    zeros = torch.zeros(1, 2)
    assert float(loss_of(zeros, zeros, batch)) == pytest.approx(2 * math.log(2))


@pytest.mark.parametrize(
    "groups",
    [
        [(item(9),)],
        [(item(9, (2, 2), (4, 6), (4, 8), (3, 3)),)],
        [(item(9, (4, 6)), item(12), item(7, (6, 6)))],
        [(item(9), item(5))],
        [(item(9, (4, 6)), item(12)), (item(7),), (item(8, (2, 4)),), (item(40, (3, 32)),)],
        [(item(2, (1, 1), own=1),)],
        [(item(40, (4, 5), own=38),), (item(50, (45, 49), own=6), item(45, own=3))],
    ],
)
def test_the_loss_is_the_one_that_is_computed_span_by_span(groups) -> None:
    start, end = logits(groups)
    found = float(loss_of(start, end, batch_of(groups, 0)))
    assert found == pytest.approx(slow_loss(groups, start, end), rel=1e-5)


def test_a_batch_goes_to_a_device_whole() -> None:
    batch = batch_of([(item(9, (4, 6)), item(12)), (item(7),)], 0)
    there = batch.to(torch.device("meta"))
    for name in ("own", "starts", "ends", "group"):
        moved = getattr(there, name)
        assert (moved.is_meta, moved.shape) == (True, getattr(batch, name).shape), name
    assert {name: values.shape for name, values in there.inputs.items() if values.is_meta} == {
        name: values.shape for name, values in batch.inputs.items()
    }


def test_what_pads_a_reading_changes_nothing_in_its_loss() -> None:
    one, longer = (item(6, (3, 4)),), (item(60, (10, 12)),)
    apart = [loss_of(*logits([group]), batch_of([group], 0)) for group in (one, longer)]
    assert apart[0] == pytest.approx(slow_loss([one], *logits([one])))
    together = logits([one], 60, padding=40.0), logits([longer])
    start, end = (torch.cat([short, long]) for short, long in zip(*together, strict=True))
    both = loss_of(start, end, batch_of([one, longer], 0))
    assert float(both) == pytest.approx(float(sum(apart)) / 2, rel=1e-6)


def test_an_answer_longer_than_any_span_does_not_drown_the_others(tiny_model) -> None:
    text = "trade " * 50
    exercise = Exercise("what", (Reading("", text, (Extent(0, 40 * 6 - 1),)),))
    groups = [*all_items([exercise], tiny_windows(tiny_model, 100)), (item(9, (4, 6)),)]
    assert float(loss_of(*logits(groups), batch_of(groups, 0))) < 30


def test_each_exercise_comes_once_in_batches_that_keep_to_the_budget() -> None:
    exercises = [(item(4 + n * n % 37, shift=n), item(5)) for n in range(1300)] + [(item(900),)]
    found = batches(exercises, 200, 1)
    assert sorted(id(one) for batch in found for one in batch) == sorted(map(id, exercises))
    for batch in found:
        readings = [len(one.window) for exercise in batch for one in exercise]
        assert len(readings) * max(readings) <= 200 or len(batch) == 1
    assert found == batches(exercises, 200, 1) != batches(exercises, 200, 2)
    assert batches([], 200, 1) == []


def test_the_rate_rises_to_its_height_and_falls_in_a_line() -> None:
    stage = Stage("s", epochs=1, rate=1.0, final_rate=0.1, warm_up=4)
    rates = [rate_at(stage, step, 14) for step in (0, 1, 3, 4, 9, 13)]
    assert rates == pytest.approx([0.25, 0.5, 1.0, 1.0, 0.55, 0.19])
    assert rate_at(stage, 2, 3) == 0.75, "a stage shorter than its warm-up"


def test_a_reader_is_written_at_half_precision_without_the_words(tmp_path) -> None:
    model = small_model()
    write_reader(model, tmp_path / "reader", None, {})
    written, own = load_file(tmp_path / "reader/model.safetensors"), model.state_dict()
    assert own.keys() - written.keys() == {"bert.embeddings.word_embeddings.weight"}
    for name, value in written.items():
        assert value.dtype == torch.float16
        gap = (value.float() - own[name]).abs()
        assert bool((gap <= own[name].abs() * 2**-11 + 2**-25).all()), name
    count = sum(value.numel() for value in written.values())
    size = (tmp_path / "reader/model.safetensors").stat().st_size
    assert 2 * count < size < 2 * count + 10_000


def test_a_threshold_just_below_1_is_stored_as_such_for_no_confidence_is_1(tmp_path) -> None:
    sure = ConfidenceModel(tuple(n / 7 for n in range(len(WEIGHED))), -1 / 3, 0.99996, "by hand")
    write_settings(tmp_path, sure, {"seed": 1})
    settings = json.loads((tmp_path / "reader.json").read_text())
    assert settings["trained"] == {"seed": 1}
    stored = confidence_model(settings)
    assert (*stored.weights, stored.bias) == pytest.approx((*sure.weights, sure.bias), abs=1e-5)
    assert stored.threshold == sure.threshold


def test_a_judge_gives_the_f1_and_the_exact_matches_of_the_best_spans(tiny_model) -> None:
    def first_word(input_ids, **_):
        zeros = torch.zeros(input_ids.shape)
        return SimpleNamespace(start_logits=zeros, end_logits=zeros)

    first_word.device = torch.device("cpu")
    windows = tiny_windows(tiny_model, 64)
    asked = [
        SquadQuestion("who", "Peru built aircraft.", (Extent(0, 4),)),
        SquadQuestion("who built", "Peru built aircraft. " * 9, (Extent(0, 10),)),
    ]
    assert judge_of(asked, windows, 0)(first_word) == {"f1": 83.33, "exact": 50.0, "questions": 2}
    titled = [replace(question, title="Chile left.") for question in asked]
    assert judge_of(titled, windows, 0)(first_word) == judge_of(asked, windows, 0)(first_word)


def test_a_judge_without_questions_judges_none(tiny_model) -> None:
    assert judge_of([], tiny_windows(tiny_model, 64), 0)(lambda **_: None)["questions"] == 0
