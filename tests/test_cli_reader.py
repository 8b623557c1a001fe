"""The reader that is named on the command line or by ATTACHE_READER: used, or refused."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import FACTS
from small_readers import bert_reader
from test_eval_reading import squad_file
from two_notes import ignore

from eval.squadshifts import fill, load_benchmark
from index.index import Index

TEXTS = {name: text.rpartition("---\n")[2] for name, text in FACTS.items()}
ASK = ("ask", "how many were built", "--json")
ALL = (*ASK, "--min-confidence", "0")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A question-answering model of BERT's family with random weights."""
    return bert_reader(tmp_path_factory.mktemp("reader"))


# Named


def test_the_sentence_reader_is_named_sentence(run, monkeypatch, small) -> None:
    by_variable = run(*ALL).json
    monkeypatch.setenv("ATTACHE_READER", str(small))
    ran = run(*ALL, "--reader", "sentence")
    assert (ran.status, ran.json["models"]["reader"]) == (0, "sentence")
    assert ran.json["answer"]["text"] in TEXTS.values()  # a whole sentence, all that there is
    assert ran.json | {"timing_ms": None} == by_variable | {"timing_ms": None}


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_folder_reads_and_the_reply_names_it(run, monkeypatch, small, by) -> None:
    if by == "variable":
        monkeypatch.setenv("ATTACHE_READER", str(small))
    ran = run(*ALL, *(["--reader", str(small)] if by == "option" else []))
    assert ran.status == 0
    assert ran.json["models"]["reader"] == str(small)
    for answer in [ran.json["answer"], *ran.json["alternatives"]]:
        cited = answer["citation"]
        text = TEXTS[cited["document_id"]]
        assert text[cited["start"] : cited["end"]] == answer["text"] != ""


def test_a_model_without_a_fitted_confidence_answers_from_its_own_share_on(run, small) -> None:
    """Random weights favour no span: none of them has half of its passage's share."""
    ran = run(*ASK, "--reader", str(small))
    assert (ran.status, ran.json["answered"]) == (1, False)
    assert ran.json["abstention"]["threshold"] == 0.5


def test_a_folder_named_from_within_is_remembered_in_full(run, monkeypatch, small) -> None:
    monkeypatch.chdir(small.parent)
    assert run(*ALL, "--reader", small.name).json["models"]["reader"] == str(small)
    monkeypatch.chdir(small)
    assert run(*ALL, "--reader", ".").json["models"]["reader"] == str(small)


def test_a_folder_is_read_whether_fetching_is_allowed_or_not(run, small) -> None:
    assert run(*ALL, "--reader", str(small), "--download").status == 0


def test_each_line_of_a_batch_is_read_by_the_reader_named(run, typed, small) -> None:
    typed("how many\n?\n한국 🛩️\n".encode())
    ran = run("ask", "--batch", "-", "--reader", str(small))
    first, second, third = map(json.loads, ran.out.splitlines())
    assert ran.status == 2
    assert second["problem"]["type"] == "/problems/invalid-question"
    for entry in (first, third):
        assert entry["result"]["models"]["reader"] == str(small)


@pytest.mark.parametrize(
    "question", ["a" * 1000, "how many " * 111, "é" * 999 + "?", "🛩️ a", "몇 대", "\r\nhow\r\n"]
)
def test_a_question_of_any_letters_and_longer_than_the_window_is_read(run, small, question) -> None:
    ran = run("ask", question, "--json", "--min-confidence", "0", "--reader", str(small))
    assert (ran.status, ran.json["answered"]) == (0, True)


def test_a_reply_of_another_reader_is_verified_the_same_way(run, typed, small) -> None:
    typed(run(*ALL, "--reader", str(small)).out.encode())
    ran = run("verify", "-")
    assert (ran.status, ran.out.startswith("holds  1: answer")) == (0, True)


def test_a_search_reads_nothing_and_needs_no_reader(run, monkeypatch) -> None:
    monkeypatch.setenv("ATTACHE_READER", "no/such-model")
    ran = run("search", "how many were built", "--json")
    assert ran.status == 0
    assert len(ran.json["passages"]) == 2
    assert ran.json["models"]["reader"] == "no/such-model"
    monkeypatch.delenv("ATTACHE_READER")
    assert run("search", "how many were built", "--json").json["models"]["reader"] == "span"


@pytest.mark.parametrize("command", [["list"], ["show", "peru"], ["status"]])
def test_commands_that_ask_nothing_do_not_look_for_the_reader(run, monkeypatch, command) -> None:
    monkeypatch.setenv("ATTACHE_READER", "no/such-model")
    assert run(*command).status == 0


# Refused


@pytest.mark.parametrize("command", [["ask", "how many"], ["serve", "--port", "0"]])
def test_an_unknown_reader_is_refused_with_its_name_and_what_to_do(
    run, monkeypatch, command
) -> None:
    message = (
        "attache: The reader no/such-model is neither a folder nor a model on this machine. "
        "Pass --download to fetch it, or name a folder.\n"
    )
    ran = run(*command, "--reader", "no/such-model")
    assert (ran.status, ran.out, ran.err) == (2, "", message)
    monkeypatch.setenv("ATTACHE_READER", "no/such-model")
    ran = run(*command)
    assert (ran.status, ran.out, ran.err) == (2, "", message)


def test_a_reader_that_cannot_be_fetched_is_refused(run) -> None:
    """Fetching is off in the tests, as it is without a network."""
    ran = run("ask", "how many", "--reader", "no/such-model", "--download")
    assert (ran.status, ran.out) == (2, "")
    assert "The reader no/such-model could not be downloaded (" in ran.err
    assert "check the name and the network, or name a folder." in ran.err


@pytest.mark.parametrize("name", ["", "  ", "\t"])
@pytest.mark.parametrize("command", [["ask", "how many"], ["serve", "--port", "0"]])
def test_a_blank_name_is_refused(run, command, name) -> None:
    ran = run(*command, "--reader", name)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "attache: The reader's name is empty: give one, or leave it out.\n"


@pytest.mark.parametrize("name", ["a b", "../x/y/z", "\udcff", "한국", "-", "/etc/hosts"])
def test_a_name_that_nothing_can_bear_is_refused(run, name) -> None:
    ran = run("ask", "how many", "--reader", name)
    assert (ran.status, ran.out) == (2, "")
    assert "neither a folder nor a model on this machine" in ran.err


@pytest.mark.parametrize("name", ["encoder's folder", "all-MiniLM-L6-v2"])
def test_an_encoder_has_no_head_for_questions_and_is_refused(run, tiny_model, name) -> None:
    ran = run(*ASK, "--reader", str(tiny_model) if name == "encoder's folder" else name)
    assert (ran.status, ran.out) == (2, "")
    assert "has no question-answering head with a start and an end" in ran.err
    assert "name an extractive question-answering model" in ran.err


def test_a_folder_without_a_whole_model_is_refused(run, small, tmp_path) -> None:
    for left_out in ("*", "model.safetensors", "config.json"):
        folder = tmp_path / f"without {left_out}".replace("*", "all")
        shutil.copytree(small, folder, ignore=shutil.ignore_patterns(left_out))
        ran = run("ask", "how many", "--reader", str(folder))
        assert (ran.status, ran.out) == (2, ""), left_out
        assert f"The reader {folder} can't be loaded from {folder} (" in ran.err, left_out


def test_broken_weights_are_refused(run, small, tmp_path) -> None:
    shutil.copytree(small, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"rubbish" * 100)
    ran = run("ask", "how many", "--reader", str(tmp_path / "broken"))
    assert (ran.status, ran.out) == (2, "")
    assert "can't be loaded from" in ran.err


def test_only_what_asks_takes_a_reader(run) -> None:
    for command in (["search", "how"], ["list"], ["add", "x.md"], ["verify"]):
        ran = run(*command, "--reader", "sentence")
        assert (ran.status, "No such option '--reader'" in ran.err) == (2, True)


# The evaluation


@pytest.fixture
def benchmark(tmp_path, tiny_model) -> list[str]:
    """A set of two articles, one of each half, and its index, made with the small encoder."""
    asked = {f"Which ship is {n}?": (f"Ship {n} came.", f"Ship {n} came.") for n in range(3)}
    first = json.loads(squad_file(tmp_path, asked, "Lima").read_text("utf-8"))["data"]
    again = {f"Which train is {n}?": (f"Train {n} left.", str(n)) for n in range(4)}
    path = squad_file(tmp_path, again, "Bogota")
    second = json.loads(path.read_text("utf-8"))["data"]
    path.write_text(json.dumps({"data": first + second}), "utf-8")
    with Index(tmp_path / "index", str(tiny_model)) as index:
        fill(index, load_benchmark(path).documents, ignore)
    return ["eval", "reading", "--data", str(path), "--index", str(tmp_path / "index")]


def test_an_evaluation_of_reading_asks_the_chosen_half_only(run, benchmark, tmp_path) -> None:
    """The titles' checksums decide: Lima is for development, Bogota is reported."""
    for half, expected in (("development", [3]), ("reported", [4]), ("all", [3, 4])):
        details = tmp_path / "rows.jsonl"
        ran = run(*benchmark, "--half", half, "--json", "--details", str(details))
        assert ran.status == 0
        assert [line["n"] for line in ran.json["tables"][0]["rows"]] == expected
        rows = [json.loads(line) for line in details.read_text("utf-8").splitlines()]
        assert len(rows) == sum(expected)
        assert {row["half"] for row in rows} == (
            {"development", "reported"} if half == "all" else {half}
        )
    assert run(*benchmark, "--json").json["tables"][0]["rows"][0]["half"] == "reported"


def test_a_sentence_that_is_the_answer_is_read_without_a_fault(run, benchmark) -> None:
    """Each paragraph of the development half is its own answer; a reported one is a third of it."""
    tables = run(*benchmark, "--half", "all", "--json").json["tables"]
    development, reported = tables[0]["rows"]
    assert (development["right paragraph F1"], development["EM"]) == (1, 1)
    assert (reported["right paragraph F1"], reported["EM"]) == (1 / 2, 0)  # 2 · 1 / (3 + 1)
    assert (development["pairs"], reported["pairs"]) == (3, 4)


def test_an_evaluation_of_reading_draws_so_many_questions(run, benchmark) -> None:
    for limit, asked in (("1", 1), ("2", 2), ("99", 4)):
        (line,) = run(*benchmark, "--limit", limit, "--json").json["tables"][0]["rows"]
        assert line["n"] == asked
    assert run(*benchmark, "--limit", "0").status == 2


def test_an_evaluation_of_reading_prints_markdown_and_names_the_reader(
    run, benchmark, small
) -> None:
    ran = run(*benchmark, "--limit", "1")
    assert ran.out.startswith("**Reading: sentence**\n")
    assert ran.out.count("\n| reported | ") == 3
    assert run(*benchmark, "--limit", "1", "--reader", str(small)).out.startswith(
        f"**Reading: {small}**\n"
    )


def test_an_evaluation_refuses_an_unknown_reader_with_what_can_be_done_there(
    run, benchmark
) -> None:
    """What the message says to pass is an option of the command."""
    ran = run(*benchmark, "--reader", "no/such-model")
    assert (ran.status, ran.out) == (2, "")
    assert "The reader no/such-model is neither a folder nor a model on this machine." in ran.err
    for option in re.findall(r"--[a-z]+", ran.err):
        assert option in run("eval", "reading", "--help").out


def test_the_questions_on_a_collection_are_asked_of_the_reader_named(
    run, own, small, tmp_path
) -> None:
    question = {
        "id": "q1", "question": "How many?", "kind": "number", "answers": ["16"],
        "document": "note", "sentence": "It was 16.", "answerable": True, "half": "reported",
    }  # fmt: skip
    (tmp_path / "asked.jsonl").write_text(json.dumps(question), "utf-8")
    arguments = ["eval", "questions", "--questions", str(tmp_path / "asked.jsonl"),
                 "--index", str(own), "--systems", "attache", "--details", str(tmp_path / "rows")]  # fmt: skip
    found = {}
    for reader in ("sentence", str(small)):
        assert run(*arguments, "--reader", reader).status == 0
        found[reader] = json.loads((tmp_path / "rows").read_text("utf-8").splitlines()[0])
        assert (found[reader]["failure"], found[reader]["citation_exact"]) == ("", True)
    assert found["sentence"]["text"] == "It was 16."
    assert found[str(small)]["confidence"] != found["sentence"]["confidence"]
    assert run(*arguments, "--reader", "no/such-model").status == 2
