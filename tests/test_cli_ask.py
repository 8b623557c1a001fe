"""The commands ask, search and verify: what each prints, and its exit status."""

import json

import pytest
from conftest import markdown

from index.index import Index


def test_an_answer_is_printed_and_the_status_is_0(run) -> None:
    ran = run("ask", "how many were built", "--min-confidence", "0")
    assert ran.status == 0
    assert "% sure" in ran.out
    assert "**Built were" in ran.out
    assert "\x1b" not in ran.out


def test_an_abstention_is_printed_and_the_status_is_1(run) -> None:
    ran = run("ask", "how many were built", "--min-confidence", "1")
    assert ran.status == 1
    assert ran.out.startswith("No answer is sure enough to be given.\n")
    assert "Rejected candidate" in ran.out


def test_json_is_printed_for_an_answer_and_an_abstention(run) -> None:
    assert run("ask", "how many", "--json", "--min-confidence", "0").json["answered"] is True
    assert run("ask", "how many", "--json", "--min-confidence", "1").json["answered"] is False


def test_a_search_prints_passages_and_the_status_is_1_where_there_is_none(run) -> None:
    found = run("search", "how many were built in peru", "--passages", "1")
    assert (found.status, found.out.count("score")) == (0, 1)
    none = run("search", "how many", "--country", "UZ")
    assert (none.status, none.out) == (1, "No passage was found.\n")


def test_filters_reach_the_search(run) -> None:
    for option, value in (("--country", "PE"), ("--tag", "built"), ("--document", "peru"),
                          ("--from", "2021"), ("--to", "2021-06")):  # fmt: skip
        found = run("search", "built", option, value, "--json").json["passages"]
        assert [passage["document_id"] for passage in found] == ["peru"], option


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_dash_reads_the_question_from_standard_input(run, typed, command) -> None:
    typed("\ufeffhow many were built\r\n".encode())
    assert run(command, "-", "--json").json["question"] == "how many were built"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"caf\xe9", "attache: The question is not UTF-8: byte 3 can't be read.\n"),
        (b"", "attache: The question is empty: write at least one word.\n"),
        (b"a" * 1001, "attache: The question has 1001 characters: at most 1000 are taken.\n"),
    ],
)
def test_standard_input_that_is_no_question_is_refused(run, typed, data, message) -> None:
    typed(data)
    ran = run("ask", "-")
    assert (ran.status, ran.out, ran.err) == (2, "", message)


# --batch


def test_a_batch_answers_each_line_and_tells_of_each_bad_one(run, tmp_path) -> None:
    """Blank lines are passed over but counted: the id is the line's number."""
    asked = tmp_path / "questions.txt"
    asked.write_bytes(b"\xef\xbb\xbfhow many\r\n\n  \n?\ncaf\xe9\nwho built\nwhere")
    ran = run("ask", "--batch", str(asked))
    entries = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.status == 2
    assert [entry["id"] for entry in entries] == [1, 4, 5, 6, 7]
    assert [next(name for name in entry if name != "id") for entry in entries] == [
        "result", "problem", "problem", "result", "result",
    ]  # fmt: skip
    assert entries[0]["result"]["question"] == "how many"
    assert entries[1]["problem"]["type"] == "/problems/invalid-question"
    assert entries[2]["problem"]["detail"] == "The question is not UTF-8 at byte 3."


def test_a_batch_from_standard_input_without_a_bad_line_has_the_status_0(run, typed) -> None:
    typed(b"how many\nwho\n")
    ran = run("ask", "--batch", "-", "--min-confidence", "1")
    assert ran.status == 0
    assert [json.loads(line)["result"]["answered"] for line in ran.out.splitlines()] == [False] * 2


def test_an_empty_batch_prints_nothing(run, typed) -> None:
    typed(b"\n\n")
    ran = run("ask", "--batch", "-")
    assert (ran.status, ran.out) == (0, "")


# verify


def test_a_reply_is_verified_and_the_status_tells_whether_all_holds(
    run, typed, own, tiny_model
) -> None:
    asked = run("ask", "it was", "--json", "--min-confidence", "0", index=own).out
    typed(asked.encode())
    ran = run("verify", "-", index=own)
    assert (ran.status, ran.out) == (0, "holds  1: answer  note 0–10 «It was 16.»\n")
    Index(own, str(tiny_model)).add(markdown("It was 17.", "note"))
    typed(asked.encode())
    ran = run("verify", "--json", index=own)
    assert ran.status == 1
    assert ran.json == [
        {"place": "1: answer", "document_id": "note", "start": 0, "end": 10, "text": "It was 16.",
         "verdict": "differs", "found": "It was 17."}
    ]  # fmt: skip
