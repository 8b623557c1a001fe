"""What the command line refuses: it says why in a sentence, and the exit status is 2."""

import sqlite3

import pytest
from conftest import FakeEncoder, markdown

import attache
from index.index import Index


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", ""], "The question is empty"),
        (["ask", " \t"], "The question is empty"),
        (["ask", "a\udcff"], "a NUL or a lone surrogate"),
        (["ask", "how", "--country", "Peru"], "use ISO 3166-1 codes such as PE"),
        (["ask", "how", "--language", "\udcff"], "use codes such as en"),
        (["ask", "how", "--tag", "\udcff"], "The filter tags holds"),
        (["ask", "how", "--document", "../x"], "an id has 1 to 128"),
        (["ask", "how", "--from", "soon"], "is not a date"),
        (["ask", "how", "--from", "2023-02-29"], "is not a day of the calendar"),
        (["ask", "how", "--from", "2024", "--to", "2023"], "swap them"),
        (["ask", "how", "--min-confidence", "nan"], "must be from 0 to 1, not nan"),
        (["ask", "how", "--min-confidence", "1.5"], "must be from 0 to 1, not 1.5"),
        (["ask", "how", "--min-confidence", "high"], "is not a valid float"),
        (["ask", "how", "--passages", "-1"], "passages must be from 0 to 100, not -1"),
        (["ask", "how", "--passages", "9" * 40], "passages must be from 0 to 100"),
        (["ask", "how", "--alternatives", "three"], "is not a valid integer"),
        (["ask", "how", "--unheard-of"], "No such option"),
        (["ask"], "Give either a question or --batch FILE."),
        (["ask", "how", "--batch", "-"], "Give either a question or --batch FILE."),
        (["ask", "--batch", "/nowhere/x"], "No such file"),
        (["search", "how", "--passages", "0"], "passages must be from 1 to 100, not 0"),
        (["search"], "Missing argument"),
        (["show"], "Missing argument"),
        (["show", "unheard-of"], "There is no document 'unheard-of'"),
        (["show", "\udcff"], "There is no document '\\udcff'"),
        (["show", "../etc/passwd"], "There is no document"),
        (["verify", "/nowhere/x"], "No such file"),
        (["serve", "--port", "65536"], "not in the range"),
        (["serve", "--reader", ""], "The reader's name is empty"),
        (["ask", "how", "--reader", " "], "The reader's name is empty"),
        (["ask", "how", "--reader", "no/such"], "The reader no/such is neither a folder nor"),
        (["ask", "how", "--reader"], "requires an argument"),
        (["list", "--index", ""], "it is empty"),
        (["list", "--index", "~nobody-of-this-name"], "There is no such user"),
        (["add"], "Missing argument"),
        (["frobnicate"], "No such command"),
        ([], "Usage:"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_a_sentence_and_the_status_is_2(
    run, arguments, message
) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize("name", ["ATTACHE_INDEX", "ATTACHE_ENCODER", "ATTACHE_READER"])
def test_a_blank_variable_is_refused(monkeypatch, capsys, name) -> None:
    monkeypatch.setenv(name, " ")
    assert attache.run(["list"]) == 2
    assert f"{name} is set but empty" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["list"], ["show", "x"], ["status"], ["ask", "who"],
                                       ["search", "who"], ["remove", "x"], ["rebuild"]])  # fmt: skip
def test_without_an_index_every_command_says_how_to_make_one(run, tmp_path, arguments) -> None:
    for folder in (tmp_path / "missing", tmp_path):
        ran = run(*arguments, index=folder)
        assert (ran.status, ran.out) == (2, "")
        assert f"There is no index in {folder}. Make one with `attache add --index" in ran.err


@pytest.mark.parametrize("arguments", [["list"], ["status"], ["ask", "who"], ["remove", "x"]])
def test_a_damaged_index_and_one_of_another_version_are_refused(run, own, arguments) -> None:
    with sqlite3.connect(own / "index.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    ran = run(*arguments, index=own)
    assert (ran.status, "has format 99" in ran.err) == (2, True)
    (own / "index.sqlite").write_bytes(b"rubbish" * 1000)
    ran = run(*arguments, index=own)
    assert (ran.status, "is damaged" in ran.err) == (2, True)


def test_an_index_of_another_encoder_is_refused_with_what_mends_it(run, tmp_path) -> None:
    Index(tmp_path, FakeEncoder()).add(markdown("One."))
    ran = run("ask", "which one", index=tmp_path)
    assert ran.status == 2
    assert "attache rebuild" in ran.err


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "This is not JSON"),
        (b"\xff", "The reply is not UTF-8: byte 0 can't be read."),
        (b"{}", "This JSON is no reply"),
        (b'{"answered": true, "answer": {"citation": {}}}', "lacks a field of the contract"),
    ],
)
def test_what_is_no_reply_is_refused(run, typed, data, message) -> None:
    typed(data)
    ran = run("verify", "-")
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
