"""The span reader: exact words with a confidence in a total order, and what it leads to."""

import json
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from conftest import FakeEncoder, answerer_over, markdown

from corpus.errors import ModelError
from corpus.sentences import Extent
from index.index import Index
from index.records import Hit
from service.answerer import Answerer
from service.citations import span_text
from service.confidence import WEIGHED, ConfidenceModel
from service.span_model import WindowLogits
from service.span_reader import SpanReader
from service.windows import Window

BY_ODDS = ConfidenceModel(
    tuple(1.0 if name == "odds" else 0.0 for name in WEIGHED), 0.0, 0.5, "by hand"
)
"""The sigmoid of a span's logit less that of «no answer»."""

FACTS = {"peru": "Built were 16 in Peru.", "korea": "Built were 4 in Korea."}


class Marks:
    """Gives the words it was told their logits and all others -20; the null is 0."""

    name = "marks"

    def __init__(self, logits: Mapping[str, float], settings: Any = None) -> None:
        self.told = {zlib.crc32(word.encode()): logit for word, logit in logits.items()}
        self.settings = settings or {}

    def windows(self, question: str, context: str, text: str) -> list[Window]:
        tokens = list(re.finditer(r"\w+|[^\w\s]", text))
        ids = [zlib.crc32(token.group().encode()) for token in tokens]
        extents = tuple(Extent(*token.span()) for token in tokens)
        return [Window({"input_ids": ids}, 0, extents)] if tokens else []

    def logits(self, window: Window) -> WindowLogits:
        halves = [self.told.get(token, -20) / 2 for token in window.inputs["input_ids"]]
        return WindowLogits(np.asarray(halves, np.float32), np.asarray(halves, np.float32), 0.0)


def reader(logits: Mapping[str, float], model: ConfidenceModel | None = BY_ODDS) -> SpanReader:
    return SpanReader("marks", lambda: Marks(logits), model)


def answerer(folder, documents: Mapping[str, str], reader: SpanReader) -> Answerer:
    return Answerer(answerer_over(folder, documents, {}).index, reader)


def hits_of(folder, documents: Mapping[str, str], question: str) -> tuple[Hit, ...]:
    index = Index(folder, FakeEncoder())
    for document_id, text in documents.items():
        index.add(markdown(text, document_id))
    return index.search(question).hits


def test_the_surest_span_is_first_with_the_logit_as_its_score(tmp_path) -> None:
    hits = hits_of(tmp_path, FACTS, "How many?")
    spans = reader({"16": 1, "4": 2}).read("How many?", hits)
    assert [(span_text(span), span.score) for span in spans[:2]] == [("4", 2), ("16", 1)]
    assert spans[0].confidence == pytest.approx(1 / (1 + math.exp(-2)), abs=1e-6)
    assert spans[1].confidence == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-6)


def test_each_span_is_at_its_place_in_the_document(tmp_path) -> None:
    text = "# Peru\n\n🛩️ It rained.\n\nLima built 16."
    hits = hits_of(tmp_path, {"note": text}, "How many?")
    best = reader({"16": 9}).read("How many?", hits)[0]
    assert text[best.start : best.end] == "16"


def test_equally_sure_spans_come_by_score_then_passage_then_place(tmp_path) -> None:
    """Confidences at the bound of the sigmoid are equal; the scores still tell them apart."""
    facts = {"a": "Lima or Cusco.", "b": "Lima or Cusco or Puno."}
    hits = hits_of(tmp_path, facts, "Where?")
    spans = reader({"Lima": 40, "Cusco": 40, "Puno": 50}).read("Where?", hits)[:5]
    first, second = sorted({hit.passage_id for hit in hits})
    assert len({span.confidence for span in spans}) == 1
    assert [(span_text(s), s.hit.passage_id) for s in spans] == [
        ("Puno", second),
        ("Lima", first),
        ("Cusco", first),
        ("Lima", second),
        ("Cusco", second),
    ]


def test_without_passages_or_words_there_is_nothing_to_read(tmp_path) -> None:
    assert reader({}).read("Who?", []) == []
    assert reader({}).read("…", hits_of(tmp_path, {"dots": "… — …"}, "who")) == []


def test_hits_in_another_order_give_the_same_spans(tmp_path) -> None:
    facts = {**FACTS, "lima": "In Lima 16 were built.", "ships": "Of ships, 7 came."}
    every = ConfidenceModel((0.1,) * len(WEIGHED), -9.0, 0.5, "never sure enough to stop")
    read = reader({"16": 3, "4": 2, "7": 2, "Lima": 1}, every)
    hits = hits_of(tmp_path, facts, "How many were built?")
    assert len(hits) == 4
    spans = read.read("How many were built?", hits)
    assert spans == read.read("How many were built?", hits[::-1])
    assert spans == read.read("How many were built?", hits[2:] + hits[:2])


def test_a_model_is_loaded_when_it_is_first_needed_and_not_before() -> None:
    loaded: list[str] = []

    def load() -> Marks:
        loaded.append("marks")
        return Marks({})

    given = SpanReader("marks", load)
    assert loaded == []
    given.load()
    assert loaded != []
    assert (given.name, given.threshold) == ("marks", 0.5)


def fitted(**changed: object) -> dict[str, object]:
    """Settings with a confidence model whose weights are all 0."""
    model = {"weights": dict.fromkeys(WEIGHED, 0), "bias": 1, "threshold": 0.7, "fitted_on": "x"}
    return {"confidence": model | changed}


def test_the_threshold_and_the_confidence_are_those_in_the_settings_of_the_model(tmp_path) -> None:
    fresh = SpanReader("marks", lambda: Marks({"16": 9}, fitted()))
    assert fresh.threshold == 0.7
    hits = hits_of(tmp_path, FACTS, "How many?")
    assert fresh.read("How many?", hits)[0].confidence == pytest.approx(0.731059, abs=1e-6)


def test_a_confidence_model_that_is_given_goes_before_the_settings() -> None:
    given = SpanReader("marks", lambda: Marks({}, {"confidence": "broken"}), BY_ODDS)
    assert given.threshold == 0.5


@pytest.mark.parametrize(
    "settings",
    [
        fitted(weights={name: 1 for name in WEIGHED if name != "unnamed"}),
        fitted(weights=[1] * len(WEIGHED)),
        fitted(weights=dict.fromkeys(WEIGHED, "much")),
        fitted(weights=dict.fromkeys(WEIGHED, math.nan)),
        fitted(bias=None),
        fitted(threshold=math.nan),
        {"confidence": {}},
        {"confidence": "sure"},
        {"confidence": []},
        ["confidence"],
    ],
    ids=lambda settings: json.dumps(settings)[:60],
)
def test_settings_that_fit_no_confidence_are_refused_with_what_to_do(settings) -> None:
    broken = SpanReader("marks", lambda: Marks({}, settings))
    for use in (broken.load, lambda: broken.threshold, lambda: broken.read("Who?", [])):
        with pytest.raises(ModelError) as refused:
            use()
        assert str(refused.value).startswith(
            "The reader marks has a confidence model that doesn't fit"
        )


def test_the_message_names_the_command_that_fits_the_confidence_of_a_span_reader() -> None:
    broken = SpanReader("marks", lambda: Marks({}, {"confidence": {}}))
    with pytest.raises(ModelError, match="train it again with `attache train`"):
        broken.load()


def test_a_model_without_a_fitted_confidence_gives_its_own_share(tmp_path) -> None:
    """16 has a logit of 9 against a null of 0, and no other word counts."""
    sure = answerer(tmp_path, FACTS, SpanReader("marks", lambda: Marks({"16": 9})))
    assert sure.reader.threshold == 0.5
    reply = sure.ask("How many were built?")
    assert reply.answer is not None
    assert reply.answer.text == "16"
    assert reply.answer.confidence == pytest.approx(0.9999, abs=1e-4)


def test_a_model_without_a_fitted_confidence_abstains_where_no_answer_is_likelier(tmp_path) -> None:
    reply = answerer(tmp_path, FACTS, SpanReader("marks", lambda: Marks({"16": -1}))).ask(
        "How many?"
    )
    assert not reply.answered


def test_equal_answers_of_two_documents_are_one_answer_with_support(tmp_path) -> None:
    facts = {"one": "There were 16 ships.", "two": "Ships: 16!", "three": "Or 4 ships."}
    reply = answerer(tmp_path, facts, reader({"16": 0.5, "4": 0.1})).ask("How many ships?")
    assert reply.answer is not None
    assert reply.answer.text == "16"
    cited = [reply.answer.citation, *reply.answer.support]
    assert sorted(citation.document_id for citation in cited) == ["one", "two"]
    places = [facts[c.document_id][c.start : c.end] for c in cited]
    assert places == ["16", "16"]
    assert reply.alternatives[0].text == "4"
    assert "16" not in {other.text for other in reply.alternatives}


def test_agreement_makes_an_answer_surer_than_one_with_a_better_logit(tmp_path) -> None:
    facts = {"one": "There were 16 ships.", "two": "Ships: 16!", "three": "Or 4 ships."}
    weights = tuple({"odds": 1.0, "agreement": 2.0}.get(name, 0.0) for name in WEIGHED)
    agreeing = reader({"16": 3, "4": 4}, ConfidenceModel(weights, 0.0, 0.5, "by hand"))
    reply = answerer(tmp_path, facts, agreeing).ask("How many ships?")
    assert reply.answer is not None
    assert reply.answer.text == "16"


def test_below_the_threshold_the_best_rejected_candidate_is_shown(tmp_path) -> None:
    reply = answerer(tmp_path, FACTS, reader({"16": -1, "4": -2})).ask("How many were built?")
    assert (reply.answered, reply.answer) == (False, None)
    assert reply.abstention is not None
    assert (reply.abstention.code, reply.abstention.threshold) == ("low-confidence", 0.5)
    candidate = reply.abstention.candidate
    assert candidate is not None
    assert (candidate.text, candidate.citation.document_id) == ("16", "peru")
    assert candidate.confidence == pytest.approx(1 / (1 + math.exp(1)), abs=1e-4)
    assert reply.alternatives[0].text == "4"


@pytest.mark.parametrize(
    ("least", "answered"), [(None, False), (0, True), (0.26, True), (0.27, False), (1, False)]
)
def test_the_users_own_min_confidence_is_honoured(tmp_path, least, answered) -> None:
    """A logit of -1 is a confidence of 0.2689."""
    reply = answerer(tmp_path, FACTS, reader({"16": -1})).ask("How many?", min_confidence=least)
    assert reply.answered is answered
    if not answered:
        assert reply.abstention is not None
        assert reply.abstention.threshold == (0.5 if least is None else least)
