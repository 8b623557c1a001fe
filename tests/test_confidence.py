"""Confidence: what each feature is, counted by hand, and what a fitted model makes of them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from conftest import document
from hypothesis import given
from hypothesis import strategies as st

from corpus.passages import Passage
from index.records import Hit
from service.confidence import (
    FEATURES,
    WEIGHED,
    ConfidenceModel,
    OwnShare,
    confidence_model,
    features,
    weighed,
)
from service.passage_reading import Marked, PassageReading

NOTE = document("A note.")
QUESTION = "How many aircraft has Lima?"
"""Its terms are many, aircraft and Lima; it asks for a number; Lima is its only name."""


def marked(text: str, score: float = 0.0, sentence: str = "", tokens: int = 1) -> Marked:
    return Marked(
        0, len(text), text, sentence or text, score, math.log(1 / 2), math.log(1 / 4), tokens
    )


def reading(
    passage: str, *spans: Marked, null: float = 0.0, total: float = 3.0, score: float = 0.5
) -> PassageReading:
    """A passage that was read; the dense score of its hit is half of the fused one."""
    found = Passage("d", 0, len(passage), passage, "", ())
    hit = Hit(1, found, NOTE, NOTE.sha256, score, score / 2, 0.0)
    return PassageReading(hit, spans, null, total)


LIMA = reading(
    "Lima built 16. Aircraft are loud.",
    marked("16", math.log(4), "Lima built 16."),
    marked("Lima", 0.0, "Lima built 16."),
    null=math.log(2), total=math.log(6), score=0.75,
)  # fmt: skip
KOREA = reading(
    "Korea built the 16 ships.",
    marked("the 16", math.log(5), tokens=2),
    marked("Korea", math.log(2)),
    null=math.log(10), total=math.log(10), score=0.5,
)  # fmt: skip


def rows_of(question: str, *readings: PassageReading) -> list[dict[str, float]]:
    """The features of each span by name."""
    return [dict(zip(FEATURES, row, strict=True)) for row in features(question, readings).tolist()]


def feature(name: str, question: str, *readings: PassageReading) -> float:
    """A feature of the first span."""
    return rows_of(question, *readings)[0][name]


def test_the_features_of_the_first_span_of_two_passages() -> None:
    first, _, other, _ = rows_of(QUESTION, LIMA, KOREA)
    assert first == pytest.approx(
        {
            "odds": math.log(4 / 2),
            "share_in_passage": math.log(4 / (6 + 2)),
            "share_in_all": math.log(4 / (6 + 10)),
            "margin": math.log(4 / 1),
            "margin_elsewhere": math.log(4 / 2),  # Korea, for «the 16» says the same
            "start_share": math.log(1 / 2),
            "end_share": math.log(1 / 4),
            "first": 1,
            "hit": 0.75,
            "dense": 0.375,
            "hit_behind_best": 0,
            "agreement": 1,
            # Of two passages none says many, one aircraft, one Lima: they count log 3, 2 and 2.
            "sentence_overlap": math.log(2) / math.log(12),
            "passage_overlap": math.log(4) / math.log(12),
            "unnamed": 0,
            "expected": 1,
            "length": 0,
            "headed": 0,
        }
    )
    assert other == pytest.approx(
        {
            "odds": math.log(5 / 10),
            "share_in_passage": math.log(5 / (10 + 10)),
            "share_in_all": math.log(5 / (6 + 10)),
            "margin": math.log(5 / 2),
            "margin_elsewhere": math.log(5 / 1),
            "start_share": math.log(1 / 2),
            "end_share": math.log(1 / 4),
            "first": 1,
            "hit": 0.5,
            "dense": 0.25,
            "hit_behind_best": 0.25,
            "agreement": 1,
            "sentence_overlap": 0,
            "passage_overlap": 0,
            "unnamed": 1,
            "expected": 1,
            "length": math.log(2),
            "headed": 0,
        }
    )


def test_a_later_span_lies_behind_the_first_and_agrees_with_nobody() -> None:
    _, second, *_ = rows_of(QUESTION, LIMA, KOREA)
    assert second["first"] == 0
    assert second["margin"] == pytest.approx(-math.log(4))
    assert second["margin_elsewhere"] == pytest.approx(-math.log(5))
    assert (second["agreement"], second["expected"]) == (0, -1)


def test_a_span_without_another_has_wide_margins() -> None:
    (row,) = rows_of("Who?", reading("Lima.", marked("Lima", 2)))
    assert (row["margin"], row["margin_elsewhere"], row["agreement"]) == (10, 10, 0)


def test_a_difference_counts_up_to_20() -> None:
    (row,) = rows_of("Who?", reading("Lima.", marked("Lima", 900), null=-900, total=-300))
    assert (row["odds"], row["share_in_all"]) == (20, 20)


def test_only_first_spans_of_other_passages_agree() -> None:
    own = reading("It was 16.", marked("16"), marked("It"))
    same = reading("The 16.", marked("the 16,"))
    second = reading("4 or 16.", marked("4"), marked("16"))
    without = reading("…", total=-math.inf)
    assert feature("agreement", QUESTION, own) == 0
    assert feature("agreement", QUESTION, own, second, without) == 0
    assert feature("agreement", QUESTION, own, same, second, same) == 2


@pytest.mark.parametrize(
    ("question", "unnamed"),
    [
        ("Who led Peru?", 0),
        ("Who led Chile?", 1),
        ("Who led Peru or Chile in 2011?", 1 / 3),
        ("How did Peru fare in 2012?", 1 / 2),
        ("who led it", 0),
        ("Chile had whom?", 0),  # the first word is in capitals whatever it is
        ("Did it rain? Chile had whom?", 0),
        ("Who led Peru's army?", 0),
        ("Who led Peru’s army?", 0),
        ("Who sold the iPhone?", 0),
        ("Who built 5G masts?", 0),
        ("¿Quién gobernó en Peru?", 0),
        ("누가 Peru에서?", 0),
    ],
)
def test_names_and_numbers_of_the_question_that_a_passage_lacks_are_counted(
    question: str, unnamed: float
) -> None:
    found = reading("In 2011 Humala led Peru, which had 5G masts and the iPhone.", marked("Humala"))
    assert feature("unnamed", question, found) == pytest.approx(unnamed)


def test_a_title_and_a_context_name_things_too() -> None:
    passage = Passage("d", 0, 7, "It was.", "Chile", ())
    hit = Hit(1, passage, replace(NOTE, title="Trade in Peru"), NOTE.sha256, 0.5, 0.5, 0.0)
    (row,) = rows_of("Is Peru in Chile?", PassageReading(hit, (marked("It"),), 0.0, 1.0))
    assert (row["unnamed"], row["passage_overlap"], row["sentence_overlap"]) == (0, 1, 0)


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("How many were built?", "16", 1),
        ("How many were built?", "aircraft", -1),
        ("When was it built?", "2012", 1),
        ("When was it built?", "Lima", -1),
        ("Why was it built?", "Lima", 0),
        ("Who led it?", "Ollanta Humala", 1),
        ("Who led it?", "Humala", 1),
        ("Which country built it?", "Peru", 1),
        ("Where was it built?", "서울", 1),
        ("Who led it?", "led", -1),
    ],
)
def test_an_answer_is_of_the_kind_asked_for_or_not(
    question: str, answer: str, expected: int
) -> None:
    assert feature("expected", question, reading(f"It was {answer}.", marked(answer))) == expected


def test_without_readings_or_spans_there_are_no_rows_but_all_columns() -> None:
    assert features("Who?", []).shape == (0, len(FEATURES))
    assert features("Who?", [reading("…", total=-math.inf)]).shape == (0, len(FEATURES))


def test_the_rows_stand_in_the_order_of_the_readings_and_their_spans() -> None:
    firsts = [row["first"] for row in rows_of("Who?", LIMA, KOREA)]
    hits = [row["hit"] for row in rows_of("Who?", LIMA, KOREA)]
    assert (firsts, hits) == ([1, 0, 1, 0], [0.75, 0.75, 0.5, 0.5])


LOGITS = st.floats(-1e30, 1e30)
SPANS = st.builds(marked, st.text(min_size=1, max_size=9), LOGITS, tokens=st.integers(0, 30))
READINGS = st.builds(
    lambda passage, spans, null, total: reading(passage, *spans, null=null, total=total),
    st.text(max_size=20), st.lists(SPANS, max_size=3), LOGITS, LOGITS,
)  # fmt: skip


@given(st.text(max_size=30), st.lists(READINGS, max_size=4))
def test_features_are_finite_and_a_confidence_is_from_0_to_1(
    question: str, readings: list[PassageReading]
) -> None:
    rows = features(question, readings)
    assert rows.shape == (sum(len(one.spans) for one in readings), len(FEATURES))
    assert np.isfinite(rows).all()
    for weight in (-1e6, 0.0, 1e6):
        found = ConfidenceModel((weight,) * len(WEIGHED), 1.0, 0.5, "by hand").confidences(rows)
        assert ((found >= 0) & (found <= 1)).all()


def stored(**changed: object) -> dict[str, object]:
    """A confidence model as a reader's settings hold it; the weights are 0, 1, 2 …"""
    weights = {name: number for number, name in enumerate(WEIGHED)}
    model = {"weights": weights, "bias": -1, "threshold": 0.4, "fitted_on": "ten questions"}
    return {"confidence": model | changed}


def test_the_weights_are_found_by_the_names_of_the_features() -> None:
    weights = {name: number for number, name in reversed(list(enumerate(WEIGHED)))}
    model = confidence_model(stored(weights=weights))
    assert model == ConfidenceModel(
        tuple(map(float, range(len(WEIGHED)))), -1.0, 0.4, "ten questions"
    )


def test_a_confidence_is_the_sigmoid_of_the_weighted_features_and_the_bias() -> None:
    """The first feature is 1 and weighs 0, the second 2 and weighs 1; the bias is -1."""
    row = [1.0, 2.0] + [0.0] * (len(FEATURES) - 2)
    (confidence,) = confidence_model(stored()).confidences(np.asarray([row]))
    assert confidence == pytest.approx(1 / (1 + math.exp(-1)))


def test_under_a_heading_some_features_count_and_with_weights_of_their_own() -> None:
    passage = replace(LIMA.hit.passage, context="Defence")
    under = replace(LIMA, hit=replace(LIMA.hit, passage=passage))
    rows = features(QUESTION, [under, KOREA])
    first, _, other, _ = (dict(zip(WEIGHED, row, strict=True)) for row in weighed(rows).tolist())
    named = dict(zip(FEATURES, rows[0].tolist(), strict=True))
    counted = {name: value for name, value in first.items() if value}
    assert counted == {
        "headed": 1.0,
        **{
            f"{n} headed": named[n]
            for n in ("odds", "share_in_all", "hit", "dense", "passage_overlap")
        },
    }
    assert {name for name, value in other.items() if "headed" in name and value} == set()
    assert [other[name] for name in FEATURES] == rows[2].tolist()


@pytest.mark.parametrize("name", WEIGHED)
def test_a_model_without_a_feature_is_refused_by_its_name(name: str) -> None:
    weights = {other: 1.0 for other in WEIGHED if other != name}
    with pytest.raises(KeyError, match=name):
        confidence_model(stored(weights=weights))


@pytest.mark.parametrize("settings", [{}, {"confidence": None}, {"base": "minilm"}])
def test_settings_without_a_model_are_unfitted(settings: dict[str, object]) -> None:
    assert isinstance(confidence_model(settings), OwnShare)


def test_an_unfitted_confidence_is_the_share_that_the_model_gives_the_span() -> None:
    """The passage's only span has a logit of log 9 against a null of 0: nine tenths."""
    rows = features("Who?", [reading("Lima.", marked("Lima", math.log(9)), total=math.log(9))])
    (confidence,) = OwnShare().confidences(rows)
    assert confidence == pytest.approx(0.9)
    assert OwnShare().threshold == 0.5
