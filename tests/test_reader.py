"""The sentence reader: which sentence it picks, how sure it is, and what it looks at."""

import math

import pytest
from conftest import FakeEncoder, markdown

from index.index import Index
from index.records import Hit
from service.reader import FEATURES, SentenceModel, SentenceReader, features, shipped_model

OVERLAP_ONLY = SentenceModel((0.0, 1.0, 0.0, 0.0, 0.0, 0.0), -0.5, 2.0, 0.0, 0.5, "by hand")


def hits_of(folder, text: str, question: str) -> tuple[Hit, ...]:
    index = Index(folder, FakeEncoder())
    index.add(markdown(text))
    return index.search(question).hits


def reader(model: SentenceModel = OVERLAP_ONLY) -> SentenceReader:
    return SentenceReader(FakeEncoder, model)


def test_each_sentence_is_a_span_with_its_exact_place_best_first(tmp_path) -> None:
    text = "Trade grew. Peru built aircraft. It rained."
    hits = hits_of(tmp_path, text, "Who built aircraft?")
    spans = reader().read("Who built aircraft?", hits)
    assert [text[span.start : span.end] for span in spans] == [
        "Peru built aircraft.",
        "Trade grew.",
        "It rained.",
    ]


def test_the_score_is_the_weighted_features_and_the_confidence_its_sigmoid(tmp_path) -> None:
    hits = hits_of(tmp_path, "Peru built aircraft. It rained.", "built aircraft")
    best, other = reader().read("built aircraft", hits)
    assert (best.score, other.score) == (0.5, -0.5)
    assert best.confidence == pytest.approx(1 / (1 + math.exp(-1)))
    assert other.confidence == pytest.approx(1 / (1 + math.exp(1)))


def test_a_score_of_any_size_gives_a_confidence_from_0_to_1(tmp_path) -> None:
    hits = hits_of(tmp_path, "Peru built aircraft. It rained.", "built aircraft")
    steep = SentenceModel((0.0, 1e9, 0.0, 0.0, 0.0, 0.0), -5e8, 1e9, 0.0, 0.5, "by hand")
    assert [round(s.confidence, 9) for s in reader(steep).read("built aircraft", hits)] == [1, 0]


def test_equal_sentences_come_in_the_order_of_the_text(tmp_path) -> None:
    hits = hits_of(tmp_path, "It rained.\n\nIt rained.\n\nIt rained.", "rain")
    spans = reader().read("rain", hits)
    assert [span.start for span in spans] == sorted(span.start for span in spans)


def test_without_passages_there_is_nothing_to_read() -> None:
    assert reader().read("Who?", []) == []


def test_words_of_a_heading_count_as_context_and_not_as_the_sentence_s_own(tmp_path) -> None:
    hits = hits_of(tmp_path, "# Peru\n\nAircraft were built.", "Peru aircraft")
    ((_, overlap, context_overlap, _, _, _),) = features("Peru aircraft", hits, FakeEncoder())
    assert min(overlap, context_overlap) > 0.3
    assert overlap + context_overlap == pytest.approx(1)


def test_a_rare_word_of_the_question_counts_more_than_a_common_one(tmp_path) -> None:
    text = "Korea traded.\n\nKorea gave.\n\nKorea signed."
    rows = features("Korea signed", hits_of(tmp_path, text, "Korea signed"), FakeEncoder())
    assert sorted(row[FEATURES.index("overlap")] > 0.5 for row in rows) == [False, False, True]


def test_each_feature_has_a_column_and_each_sentence_a_row(tmp_path) -> None:
    hits = hits_of(tmp_path, "One. Two. Three.", "three")
    assert features("three", hits, FakeEncoder()).shape == (3, len(FEATURES))


def test_the_shipped_model_has_a_weight_for_each_feature_and_a_threshold_that_can_be_met() -> None:
    model = shipped_model()
    assert len(model.weights) == len(FEATURES)
    assert 0 < model.threshold < 1
    assert model.slope > 0
    assert SentenceReader(FakeEncoder).threshold == model.threshold


def test_the_encoder_is_asked_for_only_when_something_is_read() -> None:
    def none() -> FakeEncoder:
        raise AssertionError("nobody asked yet")

    assert SentenceReader(none, OVERLAP_ONLY).read("Who?", []) == []


def test_the_encoder_is_loaded_when_the_reader_is_told_to() -> None:
    asked: list[str] = []

    def encoder() -> FakeEncoder:
        asked.append("encoder")
        return FakeEncoder()

    sentence_reader = SentenceReader(encoder, OVERLAP_ONLY)
    assert asked == []
    sentence_reader.load()
    assert asked == ["encoder"]
