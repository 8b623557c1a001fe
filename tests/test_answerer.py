"""The answerer: which answer, when it abstains, what else it shows, and what it refuses."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader, answerer_over, markdown

from corpus.errors import GenerationNotReached, InvalidFilter, InvalidQuestion, InvalidSetting
from index.encoder import Encoder
from index.filters import Filters
from index.index import Index
from index.records import Hit
from service.answerer import QUESTION_LIMIT, READ_PASSAGES, Answerer, check_question
from service.reader import SentenceModel, SentenceReader
from service.records import Span, Timing
from service.span_model import SpanModel
from service.span_reader import SpanReader

FACTS = {"peru": "Built were 16 in Peru.", "korea": "Built were 4 in Korea."}
SURE = {"16": 0.9, "4": 0.6}


def test_the_most_confident_span_is_the_answer_and_the_others_are_alternatives(tmp_path) -> None:
    reply = answerer_over(tmp_path, FACTS, SURE).ask("How many were built?")
    assert reply.answered
    assert reply.answer is not None
    assert (reply.answer.text, reply.answer.confidence) == ("16", 0.9)
    assert [(other.text, other.confidence) for other in reply.alternatives] == [("4", 0.6)]
    assert reply.abstention is None


def test_the_reply_names_the_index_the_models_and_the_question(tmp_path) -> None:
    answerer = answerer_over(tmp_path, FACTS, SURE)
    reply = answerer.ask("  How many were built?\n")
    assert reply.question == "How many were built?"
    assert (reply.index.generation, reply.index.documents, reply.index.passages) == (2, 2, 2)
    assert reply.index.id == answerer.index.manifest().id
    assert (reply.models.encoder, reply.models.reader) == ("fake", "fake")


def test_below_the_threshold_it_abstains_and_shows_the_best_rejected_candidate(tmp_path) -> None:
    reply = answerer_over(tmp_path, FACTS, {"16": 0.4996, "4": 0.3}).ask("How many were built?")
    assert (reply.answered, reply.answer) == (False, None)
    abstention = reply.abstention
    assert abstention is not None
    assert (abstention.code, abstention.threshold) == ("low-confidence", 0.5)
    assert abstention.reason == (
        "The best candidate has a confidence of 0.4996, below the threshold of 0.5."
    )
    assert abstention.candidate is not None
    assert abstention.candidate.text == "16"
    assert [other.text for other in reply.alternatives] == ["4"]
    assert len(reply.passages) == 2


@pytest.mark.parametrize(
    ("least", "answered"), [(None, True), (0, True), (0.9, True), (0.91, False), (1, False)]
)
def test_min_confidence_takes_the_place_of_the_threshold(tmp_path, least, answered) -> None:
    reply = answerer_over(tmp_path, FACTS, SURE).ask("How many?", min_confidence=least)
    assert reply.answered is answered


def test_a_certain_answer_meets_a_min_confidence_of_1(tmp_path) -> None:
    assert answerer_over(tmp_path, FACTS, {"16": 1.0}).ask("How many?", min_confidence=1).answered


def test_an_impossible_answer_meets_a_min_confidence_of_0(tmp_path) -> None:
    assert answerer_over(tmp_path, FACTS, {"16": 0.0}).ask("How many?", min_confidence=0).answered


class UnsureFirst(FakeReader):
    """Gives its spans in the wrong order."""

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        return super().read(question, hits)[::-1]


@pytest.mark.parametrize("least", [0.7, 1.0])
def test_the_surest_span_wins_whatever_order_the_reader_has_it_in(tmp_path, least) -> None:
    index = answerer_over(tmp_path, FACTS, {}).index
    reply = Answerer(index, UnsureFirst(SURE)).ask("How many?", min_confidence=least)
    shown = reply.answer or (reply.abstention and reply.abstention.candidate)
    assert shown
    assert shown.text == "16"
    assert [other.text for other in reply.alternatives] == ["4"]


def test_no_alternative_equals_the_answer(tmp_path) -> None:
    facts = {"one": "It was 16.", "two": "The 16.", "three": "Or 4."}
    reply = answerer_over(tmp_path, facts, SURE).ask("How many?", alternatives=100)
    assert reply.answer is not None
    assert [citation.document_id for citation in reply.answer.support] == ["two"]
    assert [other.text for other in reply.alternatives] == ["4"]


def test_as_many_passages_and_alternatives_are_shown_as_were_asked_for(tmp_path) -> None:
    facts = {f"note-{number}": f"There were {number} ships." for number in range(5)}
    answerer = answerer_over(tmp_path, facts, {str(number): 0.9 for number in range(5)})
    for passages, alternatives in ((0, 0), (1, 2), (5, 4), (100, 100)):
        reply = answerer.ask("How many ships?", passages=passages, alternatives=alternatives)
        assert len(reply.passages) == min(passages, 5)
        assert len(reply.alternatives) == min(alternatives, READ_PASSAGES - 1)


def test_an_empty_index_has_no_answer_and_says_why(tmp_path) -> None:
    answerer = answerer_over(tmp_path, FACTS, SURE)
    for document_id in FACTS:
        answerer.index.remove(document_id)
    abstention = answerer.ask("How many were built?", min_confidence=0).abstention
    assert abstention is not None
    assert (abstention.code, abstention.candidate) == ("no-documents", None)
    assert abstention.reason == "The index holds no documents yet."


def test_filters_that_nothing_passes_leave_no_answer_and_no_passage(tmp_path) -> None:
    reply = answerer_over(tmp_path, FACTS, SURE).ask(
        "How many?", filters=Filters(countries=("UZ",)), min_confidence=0
    )
    assert reply.abstention is not None
    assert (reply.abstention.code, reply.abstention.candidate) == ("no-passages", None)
    assert reply.abstention.reason == "No document has the country UZ."
    assert reply.passages == ()


def test_what_no_document_has_is_named_and_else_that_the_filters_leave_nothing(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"a": "It was 16.", "b": "It was 17."}, {})

    def reason(**filters: Any) -> str:
        abstention = answerer.ask("How many?", filters=Filters(**filters)).abstention
        assert abstention is not None
        return abstention.reason

    answerer.index.add(replace(markdown("It was 18.", "c"), tags=("trade",), published="2020"))
    assert reason(tags=("Trade", "defence")) == "No document has the tag Trade or defence."
    assert reason(document_ids=("a",), tags=("trade",)) == "No passage passes the filters."
    assert reason(document_ids=tuple("vwxyz")) == "No document has the id v or w or x or others."
    assert reason(languages=("es",), published_from="2021") == (
        "No document has the language es, or a date from 2021 on."
    )
    assert reason(published_to="2019-06") == "No document has a date up to 2019-06."


def test_passages_without_a_span_leave_no_candidate(tmp_path) -> None:
    reply = answerer_over(tmp_path, FACTS, {}).ask("How many?", min_confidence=0)
    assert reply.abstention is not None
    assert (reply.abstention.code, reply.abstention.candidate) == ("no-passages", None)
    assert len(reply.passages) == 2


def test_an_answer_comes_only_from_documents_that_pass_the_filters(tmp_path) -> None:
    reply = answerer_over(tmp_path, FACTS, SURE).ask(
        "How many?", filters=Filters(document_ids=("korea",)), alternatives=9
    )
    assert reply.answer is not None
    assert (reply.answer.text, reply.alternatives) == ("4", ())


def test_a_search_shows_the_passages_without_reading_them(tmp_path) -> None:
    class Unread(FakeReader):
        def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
            raise AssertionError("a search reads nothing")

    index = answerer_over(tmp_path, FACTS, {}).index
    reply = Answerer(index, Unread({})).search("built in Korea")
    assert [found.document_id for found in reply.passages] == ["korea", "peru"]
    assert reply.passages[0].text == "Built were 4 in Korea."


def test_a_search_loads_no_model_that_reads(tmp_path) -> None:
    def none() -> SpanModel:
        raise AssertionError("a search reads nothing")

    index = answerer_over(tmp_path, FACTS, {}).index
    assert len(Answerer(index, SpanReader("none", none)).search("built in Korea").passages) == 2


def test_both_models_are_loaded_when_it_is_told_to(tmp_path) -> None:
    """Without a question being asked."""
    loaded: list[str] = []

    class Noted(FakeReader):
        def load(self) -> None:
            loaded.append("reader")

    class NotedIndex(Index):
        def encoder(self) -> Encoder:
            loaded.append("encoder")
            return super().encoder()

    Answerer(NotedIndex(tmp_path, FakeEncoder()), Noted({})).load()
    assert sorted(loaded) == ["encoder", "reader"]


def test_a_question_is_the_same_alone_and_among_many(tmp_path) -> None:
    """The same question alone and among 16 threads: identical but for its timing."""
    encoder, index = FakeEncoder(), Index(tmp_path, FakeEncoder())
    for number in range(40):
        index.add(markdown(f"Ship {number} was built in {1980 + number}.", f"ship-{number}"))
    model = SentenceModel((4.0, 4.0, 1.0, 2.0, 1.0, 0.5), -6.0, 1.0, 0.0, 0.3, "by hand")
    answerer = Answerer(index, SentenceReader(lambda: encoder, model))
    questions = [f"When was ship {number} built?" for number in range(40)]
    untimed = Timing(0, 0, 0, 0)

    def ask(question: str):
        return replace(answerer.ask(question), timing_ms=untimed)

    alone = [ask(question) for question in questions]
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(ask, questions * 3)) == alone * 3


def test_an_answer_after_a_replacement_is_of_the_new_text_and_none_is_of_the_old(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "It was 16."}, SURE)
    assert answerer.ask("How many?").answered
    answerer.index.add(markdown("No number here."))
    assert not answerer.ask("How many?").answered


def test_a_generation_that_is_not_reached_is_refused(tmp_path) -> None:
    answerer = answerer_over(tmp_path, FACTS, SURE)
    assert answerer.ask("How many?", min_generation=2).answered
    with pytest.raises(GenerationNotReached, match="reached generation 2, not 3"):
        answerer.ask("How many?", min_generation=3)
    with pytest.raises(GenerationNotReached):
        answerer.search("How many?", min_generation=3)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "The question is empty: write at least one word."),
        (" \n\t", "The question is empty: write at least one word."),
        ("?!…", "The question is empty: write at least one word."),
        ("a" * 1001, "The question has 1001 characters: at most 1000 are taken."),
        ("a\0b", "The question is not text: it holds a NUL or a lone surrogate."),
        ("a\udcff", "The question is not text: it holds a NUL or a lone surrogate."),
        (7, "A question must be text, not int."),
        (None, "A question must be text, not NoneType."),
        (b"who", "A question must be text, not bytes."),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_in_a_sentence(question, message) -> None:
    with pytest.raises(InvalidQuestion) as refused:
        check_question(question)
    assert str(refused.value) == message


def test_a_question_of_exactly_the_limit_is_taken_and_blanks_around_it_do_not_count() -> None:
    assert check_question(f"  {'a' * QUESTION_LIMIT}\n") == "a" * QUESTION_LIMIT


@pytest.mark.parametrize(
    "question",
    ['" OR 1=1 --', "NEAR(a b)", "a AND NOT *", "(((", "¿Quién?", "🛩️ a", "한국", "a:b^c", "-a +b"],
)
def test_signs_of_a_query_language_are_only_words(tmp_path, question) -> None:
    answerer = answerer_over(tmp_path, FACTS, SURE)
    if any(character.isalnum() for character in question):
        assert answerer.ask(question).answered
    else:
        with pytest.raises(InvalidQuestion):
            answerer.ask(question)


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan, math.inf, "0.5"])
def test_a_min_confidence_that_is_none_is_refused(tmp_path, value) -> None:
    with pytest.raises(InvalidSetting, match="min_confidence must be from 0 to 1, not"):
        answerer_over(tmp_path, FACTS, SURE).ask("How many?", min_confidence=value)


@pytest.mark.parametrize("name", ["passages", "alternatives"])
@pytest.mark.parametrize("value", [-1, 101, 10**30, 1.5, "3", True, None])
def test_a_count_that_is_none_is_refused(tmp_path, name, value) -> None:
    with pytest.raises(InvalidSetting, match=f"{name} must be from 0 to 100, not"):
        answerer_over(tmp_path, FACTS, SURE).ask("How many?", **{name: value})


def test_a_search_for_no_passage_is_refused(tmp_path) -> None:
    with pytest.raises(InvalidSetting, match="passages must be from 1 to 100, not 0"):
        answerer_over(tmp_path, FACTS, SURE).search("How many?", passages=0)


def test_a_filter_that_is_none_is_refused_before_anything_is_searched() -> None:
    with pytest.raises(InvalidFilter, match="use ISO 3166-1 codes such as PE"):
        Filters(countries=("Peru",))


def test_an_answerer_is_closed_by_its_block(tmp_path) -> None:
    with answerer_over(tmp_path, FACTS, SURE) as answerer:
        assert answerer.ask("How many?").answered
