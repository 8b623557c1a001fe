"""The shipped weights: their logits are pinned, and they read as they are said to."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from index.models import DEFAULT_WEIGHTS_SHA256
from service.confidence import WEIGHED, confidence_model
from service.decoder import best_spans
from service.span_model import SpanModel, load_span_model, shipped_folder
from service.torch_span_model import load_from_folder

SHIPPED = Path(str(files("service") / "span_reader"))
MEGABYTES = 30
TOLERANCE = 0.1
"""Processors round the last bits of float32 differently, and a value to its neighbour of 256 then."""

GOLDEN = [
    (
        "How many aircraft were built in Peru?",
        "",
        "Four of the aircraft were built in South Korea, the other 16 in Peru.",
        (6.305, 6.042, 5.888, -66.153, -58.121),
    ),
    (
        "Who opened the forum?",
        "Opening",
        "The minister of science, Choi Kiyoung, opened the forum on March 17. The minister of foreign affairs spoke next.",
        (6.702, 5.939, 6.373, -106.616, -90.787),
    ),
    (
        "What did the port cost?",
        "",
        "The port was opened in 2019. It has four berths.",
        (7.994, -4.522, -3.305, -77.712, -76.312),
    ),
    (
        "서울의 인구는?",
        "",
        "서울의 인구는 940만 명이다.",
        (5.044, 4.691, 2.359, -142.786, -120.326),
    ),
    (
        "When did the Korean president visit Peru?",
        "Japan and Peru: digest of an interview. Visits",
        "The president of Korea came to Tokyo in May. A visit of Japan's emperor to Lima is planned.",
        (8.279, 4.263, 4.171, -114.589, -131.318),
    ),
]
"""Question, context and passage; the null, the highest start and end, the sums of starts and ends."""


@pytest.fixture(scope="module")
def model() -> SpanModel:
    return load_span_model()


@pytest.mark.parametrize(("question", "context", "text", "expected"), GOLDEN)
def test_the_logits_of_the_shipped_weights_are_these(
    model, question, context, text, expected
) -> None:
    (window,) = model.windows(question, context, text)
    logits = model.logits(window)
    start, end = logits.start, logits.end
    found = (logits.null, start.max(), end.max(), start.sum(), end.sum())
    assert found[:3] == pytest.approx(expected[:3], abs=TOLERANCE)
    assert found[3:] == pytest.approx(expected[3:], abs=TOLERANCE * len(start))


def test_int8_reads_as_the_weights_that_are_stored_do(model) -> None:
    """The answers of the passages that hold one are the same in PyTorch; no logit is far off."""
    with shipped_folder() as folder:
        source = load_from_folder("span", folder)
    for number, (question, context, text, _) in enumerate(GOLDEN):
        (window,) = model.windows(question, context, text)
        found, wanted = model.logits(window), source.logits(window)
        best, expected = (best_spans(one.start, one.end, 1)[0] for one in (found, wanted))
        assert number > 1 or best.extent(window.extents) == expected.extent(window.extents)
        assert np.abs(found.start - wanted.start).mean() < 0.3
        assert np.abs(found.end - wanted.end).mean() < 0.3


def test_a_passage_has_the_same_bits_alone_and_after_any_other(model) -> None:
    windows = [model.windows(question, context, text)[0] for question, context, text, _ in GOLDEN]
    alone = [load_span_model().logits(window) for window in windows[:1]]
    together = [model.logits(window) for window in [*windows, *windows[::-1], windows[0]]]
    for logits in (together[0], together[len(windows) * 2 - 1], together[-1]):
        assert np.array_equal(logits.start, alone[0].start)
        assert np.array_equal(logits.end, alone[0].end)
        assert logits.null == alone[0].null


def test_what_is_shipped_is_small_and_names_what_it_stands_on() -> None:
    size = sum(path.stat().st_size for path in SHIPPED.iterdir())
    assert size <= MEGABYTES * 1_000_000
    settings = json.loads((SHIPPED / "reader.json").read_text("utf-8"))
    assert settings["base_sha256"] == DEFAULT_WEIGHTS_SHA256
    assert set(settings["confidence"]["weights"]) == set(WEIGHED)
    assert 0.5 < confidence_model(settings).threshold < 1


def test_the_card_names_data_licences_command_figures_and_limits() -> None:
    card = (SHIPPED / "README.md").read_text("utf-8")
    for named in (
        "QAMR", "SQuADShifts", "Michael et al., 2018", "Miller et al., 2020", "MIT", "CC BY 4.0",
        "Apache-2.0", "attache train --data", "attache eval reading --data", "## Limits",
    ):  # fmt: skip
        assert named in card
