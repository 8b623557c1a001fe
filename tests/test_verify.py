"""Verifying replies: what each verdict means, and JSON that is no reply."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader, answerer_over, markdown

from corpus.errors import InvalidSetting
from index.index import Index
from service.answerer import Answerer
from service.verify import Verdict, verify

TEXT = "Built were 16 in Peru. It rained."


@pytest.fixture
def index(tmp_path) -> Index:
    return answerer_over(tmp_path, {"note": TEXT}, {}).index


def reply_of(index: Index, answers: dict[str, float] | None = None) -> dict[str, Any]:
    return asdict(Answerer(index, FakeReader(answers or {"16": 0.9})).ask("How many?"))


def verdicts(index: Index, reply: Any) -> list[str]:
    text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
    return [verdict.verdict for verdict in verify(index, text)]


def test_a_citation_of_an_unchanged_document_holds(index) -> None:
    text = json.dumps(reply_of(index))
    assert verify(index, text) == [Verdict("1: answer", "note", 11, 13, "16", "holds")]


def test_the_words_may_still_stand_in_a_document_that_changed_elsewhere(index) -> None:
    reply = reply_of(index)
    index.add(markdown(TEXT.replace("rained", "snowed")))
    assert verdicts(index, reply) == ["holds-in-changed-document"]


def test_words_that_stand_there_no_more_differ_and_are_shown(index) -> None:
    reply = reply_of(index)
    index.add(markdown(TEXT.replace("16", "20")))
    (verdict,) = verify(index, json.dumps(reply))
    assert (verdict.verdict, verdict.found, verdict.holds) == ("differs", "20", False)


def test_a_document_that_was_removed_is_gone(index) -> None:
    reply = reply_of(index)
    index.remove("note")
    assert verdicts(index, reply) == ["document-gone"]


def test_every_answer_of_a_reply_is_checked(tmp_path) -> None:
    facts = {"one": "It was 16.", "two": "The 16. Or 4."}
    index = answerer_over(tmp_path, facts, {}).index
    reply = reply_of(index, {"16": 0.9, "4": 0.8})
    places = [verdict.place for verdict in verify(index, json.dumps(reply))]
    assert places == ["1: answer", "1: answer/support/0", "1: alternatives/0"]


def test_the_candidate_of_an_abstention_is_checked(index) -> None:
    reply = reply_of(index, {"16": 0.1})
    assert [v.place for v in verify(index, json.dumps(reply))] == ["1: candidate"]


def test_an_abstention_without_a_candidate_cites_nothing(index) -> None:
    assert verdicts(index, reply_of(index, {"nowhere": 0.9})) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("text",), "17"),
        (("citation", "quote", "text"), "17"),
        (("citation", "passage", "text"), "Built were 17 in Peru."),
        (("citation", "passage", "start"), 1),
        (("citation", "start"), 12),
        (("citation", "start"), -22),
        (("citation", "end"), 10**30),
        (("citation", "end"), 11),
    ],
)
def test_a_reply_that_was_altered_differs(index, path, value) -> None:
    reply = reply_of(index)
    record = reply["answer"]
    for name in path[:-1]:
        record = record[name]
    record[path[-1]] = value
    assert verdicts(index, reply) == ["differs"]


def test_the_lines_of_a_batch_are_checked_and_its_problems_passed_over(index) -> None:
    lines = [
        json.dumps({"id": 1, "result": reply_of(index)}),
        json.dumps({"id": 2, "problem": {"type": "/problems/invalid-question"}}),
        "",
        json.dumps({"id": 4, "result": reply_of(index)}),
    ]
    found = verify(index, "\n".join(lines) + "\n")
    assert [verdict.place for verdict in found] == ["1: answer", "2: answer"]


def test_a_line_of_a_batch_may_hold_characters_that_elsewhere_end_a_line(tmp_path) -> None:
    index = answerer_over(tmp_path, {"note": "It was 16\u2028or\u0085so."}, {}).index
    line = json.dumps({"id": 1, "result": reply_of(index)}, ensure_ascii=False)
    assert "\u2028" in line
    assert verdicts(index, f"{line}\n{line}\n") == ["holds", "holds"]


@pytest.mark.parametrize(
    "text",
    ["", "not JSON", "{", "[" * 100_000, '{"answered": 1' + "0" * 5000 + "}", "\ufeff{}", "NaN,"],
)
def test_what_is_not_json_is_refused(index, text) -> None:
    with pytest.raises(InvalidSetting, match="This is not JSON"):
        verify(index, text)


@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", "7", '"answered"', "NaN", '{"result": null}', "[[]]"]
)
def test_json_that_is_no_reply_is_refused(index, text) -> None:
    with pytest.raises(InvalidSetting, match="This JSON is no reply"):
        verify(index, text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("alternatives",), {"text": "16"}),
        (("alternatives",), ["16"]),
        (("abstention",), "no"),
        (("answer",), "16"),
        (("answer", "support"), "none"),
        (("answer", "support"), [None]),
        (("answer", "text"), 16),
        (("answer", "citation"), None),
        (("answer", "citation"), []),
        (("answer", "citation", "start"), None),
        (("answer", "citation", "start"), "11"),
        (("answer", "citation", "start"), True),
        (("answer", "citation", "end"), 13.0),
        (("answer", "citation", "document_id"), 7),
        (("answer", "citation", "document_id"), "\ud800"),
        (("answer", "citation", "quote"), None),
        (("answer", "citation", "quote", "text"), "\ud800"),
        (("answer", "citation", "passage"), "text"),
        (("answer", "citation", "passage", "end"), None),
    ],
)
def test_a_reply_with_a_field_of_another_kind_is_refused_in_a_sentence(index, path, value) -> None:
    reply = reply_of(index)
    record = reply
    for name in path[:-1]:
        record = record[name]
    record[path[-1]] = value
    with pytest.raises(InvalidSetting, match=r"^The (reply|citation)"):
        verify(index, json.dumps(reply))


def test_a_reply_that_lacks_a_field_is_refused(index) -> None:
    reply = reply_of(index)
    del reply["answer"]["citation"]["document_sha256"]
    with pytest.raises(InvalidSetting, match="at 1: answer lacks a field"):
        verify(index, json.dumps(reply))


def test_an_id_that_no_document_can_have_is_a_document_gone(index) -> None:
    reply = reply_of(index)
    reply["answer"]["citation"]["document_id"] = "../\0\u202e"
    assert verdicts(index, reply) == ["document-gone"]


def test_verifying_needs_no_encoder(tmp_path) -> None:
    index = answerer_over(tmp_path, {"note": TEXT}, {}).index
    text = json.dumps(reply_of(index))
    assert verify(Index(tmp_path, FakeEncoder("another")), text)[0].holds
