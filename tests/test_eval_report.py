"""Tables are made of the rows, and the commands print them."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eval import cli
from eval.metrics import Interval, wilson
from eval.question_sets import InvalidQuestionFile
from eval.report import (
    calibration_table,
    given_table,
    kind_table,
    retrieval_table,
    system_table,
    write_details,
)
from eval.retrieval import RetrievalRow
from eval.run import Row
from eval.tables import Column, Table, Value, json_text, markdown, shown

RIGHT = Row(
    system="a", id="q1", kind="number", half="reported", answerable=True, answered=True,
    failure="", text="16", quoted="The other 16.", document="peru", start=0, end=2,
    confidence=0.9, exact_match=1.0, f1=1.0, holds=True, is_right=True, cites_proof=True,
    citation_exact=True, proof_rank=1, milliseconds=10.0,
)  # fmt: skip
WRONG = replace(
    RIGHT, id="q2", confidence=0.6, exact_match=0.0, f1=0.0, holds=False, is_right=False,
    cites_proof=False, milliseconds=20.0,
)  # fmt: skip
WITHHELD = replace(
    RIGHT, id="q3", kind="date", answered=False, confidence=0.2, exact_match=0.0, f1=0.0,
    milliseconds=30.0,
)  # fmt: skip
UNKNOWN = replace(
    RIGHT, id="q4", kind="unanswerable", answerable=False, answered=False, confidence=0.1,
    exact_match=0.0, f1=0.0, holds=False, is_right=False, cites_proof=False, milliseconds=40.0,
)  # fmt: skip
FAILED = replace(
    WRONG, id="q5", answered=False, failure="RuntimeError: x", confidence=1.0,
    citation_exact=False, milliseconds=math.inf,
)  # fmt: skip
APART = replace(RIGHT, id="q6", kind="yes-no", exact_match=0.0, f1=0.0, holds=False, is_right=False)


def only(table: Table) -> dict[str, Value]:
    (row,) = table.rows
    return dict(zip([column.name for column in table.columns], row, strict=True))


def test_an_average_counts_every_question_asked_and_no_kind_apart() -> None:
    values = only(system_table([RIGHT, WRONG, WITHHELD, UNKNOWN, APART]))
    assert (values["n"], values["answered"], values["failed"]) == (4, 2, 0)
    assert values["EM"] == values["F1"] == values["gold in quote"] == pytest.approx(1 / 3)
    assert values["F1 overall"] == 2 / 4
    assert values["right among given"] == 1 / 2
    assert values["abstention precision"] == 1 / 2
    assert values["abstention recall"] == 1
    assert (values["p50 ms"], values["p95 ms"]) == (20, 40)


def test_what_is_given_is_judged_by_itself_with_its_intervals() -> None:
    fooled = replace(UNKNOWN, id="q7", answered=True)
    rows = [RIGHT, WRONG, WITHHELD, UNKNOWN, fooled, APART]
    values = only(given_table([*rows, replace(UNKNOWN, id="q8")]))
    assert (values["given"], values["F1 of these"]) == (3, pytest.approx(1 / 3))
    assert (values["wrong of these"], values["95 % wrong"]) == (2 / 3, wilson(2, 3))
    assert (values["answerable answered"], values["95 % answered"]) == (2 / 3, wilson(2, 3))
    assert (values["unanswerable abstained"], values["95 % abstained"]) == (2 / 3, wilson(2, 3))
    nothing = only(given_table([WITHHELD]))
    assert (nothing["given"], nothing["wrong of these"], nothing["answerable answered"]) == (
        0, None, 0,
    )  # fmt: skip


def test_a_failure_stays_in_every_denominator_and_is_no_abstention() -> None:
    values = only(system_table([RIGHT, FAILED]))
    assert values["n"] == 2
    assert values["failed"] == 1
    assert values["F1"] == values["right among given"] == values["citation exact"] == 1 / 2
    assert values["abstention precision"] is None
    assert values["p95 ms"] == math.inf


def test_the_order_of_a_run_changes_no_table() -> None:
    rows = [RIGHT, WRONG, WITHHELD, UNKNOWN, FAILED]
    assert system_table(rows) == system_table(rows[::-1])
    assert calibration_table(rows) == calibration_table(rows[::-1])
    assert kind_table(rows, "a") == kind_table(rows[::-1], "a")


def test_kinds_apart_are_shown_without_f1() -> None:
    table = kind_table([RIGHT, WRONG, APART], "a")
    number, yes_no = table.rows
    names = [column.name for column in table.columns]
    assert dict(zip(names, number, strict=True))["F1"] == 1 / 2
    shown_apart = dict(zip(names, yes_no, strict=True))
    assert (shown_apart["kind"], shown_apart["F1"], shown_apart["score"]) == ("yes-no", None, None)
    assert shown_apart["cites the proof"] == 1


def test_calibration_is_about_the_best_candidate_given_or_not() -> None:
    table = calibration_table([RIGHT, WRONG, WITHHELD, UNKNOWN])
    names = [column.name for column in table.columns]
    values = dict(zip(names, table.rows[0], strict=True))
    assert (values["event"], values["n"], values["came true"]) == ("quote holds the answer", 4, 2)
    # True at 0.9 and 0.2, false at 0.6 and 0.1: three of four pairs in order.
    assert values["AUROC"] == 3 / 4
    assert values["coverage at 5% risk"] == 1 / 4


def test_a_retrieval_line_is_the_average_of_its_ranks() -> None:
    rows = [
        RetrievalRow("dense", f"q{n}", "reported", rank) for n, rank in enumerate((1, 4, 20, None))
    ]
    values = only(retrieval_table(rows))
    assert (values["recall@1"], values["recall@5"], values["recall@20"]) == (1 / 4, 2 / 4, 3 / 4)
    assert values["MRR@10"] == (1 + 1 / 4) / 4


def test_values_are_shown_in_their_style() -> None:
    assert shown(0.1234, "percent") == "12.3"
    assert shown(0.1234, "ratio") == "0.123"
    assert shown(7, "count") == "7"
    assert shown(None, "percent") == "–"
    assert shown(math.inf, "milliseconds") == "∞"
    assert shown(Interval(0.1, 0.25), "interval") == "10.0–25.0"
    assert shown("a|b", "text") == r"a\|b"


def test_a_table_is_markdown_or_json() -> None:
    table = Table(
        "T", "Note.", (Column("name", "text"), Column("ms", "milliseconds")), (("a", math.inf),)
    )
    assert markdown([table]) == "**T**\n\nNote.\n\n| name | ms |\n| --- | ---: |\n| a | ∞ |"
    assert json.loads(json_text([table]))["tables"][0]["rows"] == [{"name": "a", "ms": None}]


def test_details_are_a_json_object_for_every_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_details(path, [FAILED, RIGHT], [RetrievalRow("dense", "q1", "reported", None)])
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(row["table"], row.get("id", "q1")) for row in rows] == [
        ("answer", "q1"), ("answer", "q5"), ("retrieval", "q1"),
    ]  # fmt: skip
    assert rows[1]["milliseconds"] is None
    assert rows[0]["score"] == 1


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.evaluate, list(arguments))


@pytest.mark.parametrize("command", ["questions", "retrieval", "fit"])
def test_the_help_of_every_command_gives_an_example(command: str) -> None:
    text = invoke(command, "--help").output
    assert f"Example: attache eval {command}" in text


def test_a_faulty_question_file_stops_the_command_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("{}\n", "utf-8")
    result = invoke("questions", "--questions", str(path))
    assert isinstance(result.exception, InvalidQuestionFile)
    assert f"{path}, line 1" in str(result.exception)
