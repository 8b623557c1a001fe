"""The tools for assistants: what they describe, what they give, and how they refuse."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import answerer_over, markdown

from corpus.errors import AttacheError, DocumentNotFound, InvalidFilter, InvalidSetting
from service.answerer import Answerer
from service.tools import TOOLS, Told

PERU = "---\ntitle: Peru\npublisher: The Post\npublished: 2021-05\ncountries: [PE]\n---\n"
LONG = "".join(f"Line {number:03} of it. " for number in range(500)).strip()


@pytest.fixture
def answerer(tmp_path: Path) -> Answerer:
    """Two documents; «16» is a sure answer, «40» is not."""
    texts = {"peru": f"{PERU}Built were 16 aircraft, or 40.", "long": LONG}
    return answerer_over(tmp_path / "index", texts, {"16": 0.9, "40": 0.2})


@pytest.fixture
def call(answerer: Answerer) -> Callable[..., Told]:
    return lambda tool, **given: TOOLS[tool].call(lambda: answerer, given)


def test_an_answer_is_the_exact_words_with_their_place_and_source(call, answerer) -> None:
    told = call("ask", question="How many aircraft were built?")
    assert told.record["answered"] is True
    citation = told.record["answer"]["citation"]
    assert told.record["answer"]["text"] == "16"
    assert (citation["document_id"], citation["publisher"]) == ("peru", "The Post")
    text = answerer.index.document("peru").document.text
    assert text[citation["start"] : citation["end"]] == "16"
    assert told.text.splitlines()[0] == "16"
    assert "Built were **16** aircraft" in told.text
    assert f"peru, characters {citation['start']}–{citation['end']}" in told.text


def test_what_only_the_page_and_developers_use_is_left_out(call) -> None:
    record = call("ask", question="How many aircraft?", min_confidence=1).record
    assert not {"timing_ms", "models"} & record.keys()
    assert "link" not in record["abstention"]["candidate"]["citation"]
    assert not {"dense", "lexical"} & record["passages"][0].keys()


def test_no_answer_is_a_result_that_shows_the_nearest_passages(call) -> None:
    told = call("ask", question="How many aircraft?", min_confidence=0.95, passages=1)
    assert told.record["answered"] is False
    assert told.record["answer"] is None
    assert told.record["abstention"]["code"] == "low-confidence"
    assert len(told.record["passages"]) == 1
    assert told.text.startswith("No answer is sure enough to be given.")
    assert "Nearest passages:" in told.text


def test_alternatives_are_given_where_they_are_asked_for(call) -> None:
    question = "How many aircraft were built?"
    assert call("ask", question=question).record["alternatives"] == []
    (other,) = call("ask", question=question, alternatives=3).record["alternatives"]
    assert other["text"] == "40"


def test_filters_hold_for_ask_and_search(call) -> None:
    of_uzbekistan = call("ask", question="How many were built?", countries=["UZ"])
    assert of_uzbekistan.record["abstention"]["code"] == "no-passages"
    found = call("search", question="Line", document_ids=["peru"], published_to="2021")
    assert [passage["document_id"] for passage in found.record["passages"]] == ["peru"]
    assert call("search", question="Line", languages=["ko"]).text == "No passage was found."


@pytest.mark.parametrize("written", ["PE", '["PE"]', ["PE"]])
def test_a_list_may_come_as_its_value_or_as_json(call, written) -> None:
    assert call("ask", question="How many were built?", countries=written).record["answered"]


def test_what_is_null_counts_as_left_out(call) -> None:
    given = {"countries": None, "published_from": None, "min_confidence": None}
    assert call("ask", question="How many were built?", **given).record["answered"]


def test_a_document_is_shown_from_its_beginning_with_what_is_left(call) -> None:
    told = call("document", document_id="long")
    assert told.record["text"] == LONG[:4_000]
    assert (told.record["before"], told.record["after"]) == (0, len(LONG) - 4_000)
    assert told.record["document"]["characters"] == len(LONG)
    assert "read on with start 4000." in told.text
    assert told.text.endswith(LONG[:4_000].strip())


def test_a_document_can_be_read_on_to_its_end(call) -> None:
    read, start = "", 0
    while start < len(LONG):
        record = call("document", document_id="long", start=start).record
        read, start = read + record["text"], record["end"]
    assert read == LONG


@pytest.mark.parametrize(
    ("given", "extent"),
    [
        ({"start": 2000, "end": 2004}, (1500, 2504)),
        ({"start": 2000, "end": 2004, "around": 10}, (1990, 2014)),
        ({"start": 2000, "end": 2004, "around": 0}, (2000, 2004)),
        ({"start": 100, "end": 104}, (0, 604)),
        ({"end": 10}, (0, 10)),
        ({"start": 7990, "end": 99_999}, (7490, 7999)),
    ],
)
def test_offsets_are_shown_with_what_stands_around_them(call, given, extent) -> None:
    assert len(LONG) == 7_999
    record = call("document", document_id="long", **given).record
    assert (record["start"], record["end"]) == extent
    assert record["text"] == LONG[slice(*extent)]


def test_the_page_on_which_an_excerpt_starts_is_told(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": LONG}, {})
    answerer.index.add(replace(markdown(LONG, "paged"), pages=(0, 3_000, 6_000)))
    document = TOOLS["document"]
    told = document.call(lambda: answerer, {"document_id": "paged", "start": 3_000})
    assert told.record["page"] == 2
    assert "paged, p. 2, characters 3000–7000 of 7999" in told.text
    assert document.call(lambda: answerer, {"document_id": "note"}).record["page"] is None


def test_one_call_never_gives_more_than_the_limit(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"book": "A word. " * 5_000}, {})
    given = {"document_id": "book", "start": 100, "end": 39_000, "around": 20}
    record = TOOLS["document"].call(lambda: answerer, given).record
    assert (record["start"], record["end"]) == (80, 20_080)
    assert record["after"] == record["document"]["characters"] - 20_080


@pytest.mark.parametrize(
    ("tool", "given", "error", "message"),
    [
        ("ask", {}, InvalidSetting, "The argument question is missing"),
        ("ask", {"question": " "}, AttacheError, "The question is empty"),
        ("ask", {"question": 7}, InvalidSetting, "The argument question can't be 7"),
        ("ask", {"question": "Who?", "country": "PE"}, InvalidSetting, "takes countries, tags"),
        ("ask", {"question": "Who?", "countries": ["Peru"]}, InvalidFilter, "'Peru': use ISO"),
        ("ask", {"question": "Who?", "published_to": "soon"}, InvalidFilter, "soon"),
        ("ask", {"question": "Who?", "min_confidence": 2}, InvalidSetting, "can't be 2"),
        ("search", {"question": "Who?", "passages": 51}, InvalidSetting, "can't be 51"),
        ("document", {"document_id": "gone"}, DocumentNotFound, "'gone'"),
        ("document", {"document_id": "../x"}, DocumentNotFound, "an id has"),
        ("document", {"document_id": "long", "start": 7999}, InvalidSetting, "from 0 to 7998"),
        ("document", {"document_id": "long", "start": 5, "end": 5}, InvalidSetting, "larger end"),
        ("document", {"document_id": "long", "start": -1}, InvalidSetting, "can't be -1"),
    ],
)
def test_what_is_wrong_is_said_with_its_value(call, tool, given, error, message) -> None:
    with pytest.raises(error) as raised:
        call(tool, **given)
    assert message in str(raised.value)


def test_every_argument_and_every_tool_is_described() -> None:
    assert set(TOOLS) == {"ask", "search", "document"}
    for tool in TOOLS.values():
        schema = tool.input_schema()
        assert schema["additionalProperties"] is False
        assert all(argument["description"] for argument in schema["properties"].values())
        assert "Offsets count Unicode code points" in tool.description
    assert "exact quote" in TOOLS["ask"].description
    assert "cite" in TOOLS["ask"].description
    assert "not an error" in TOOLS["ask"].description


def test_what_is_left_out_of_a_record_is_left_out_of_its_schema() -> None:
    schema = TOOLS["ask"].output_schema()
    assert schema["type"] == "object"
    assert "timing_ms" not in schema["properties"]
    assert "link" not in schema["$defs"]["Citation"]["required"]
    assert not {"Timing", "Models"} & schema["$defs"].keys()
