"""Lexical search: what a term is, and BM25 over the terms."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import lexical
from index.filters import Condition
from index.lexical import query_terms, terms
from index.schema import TABLES

EVERYTHING = Condition("1", ())


def table(*texts: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(TABLES[-1])
    for passage_id, text in enumerate(texts, 1):
        lexical.add(connection, passage_id, text)
    return connection


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trade TRADE trades trading", ["trade", "trade", "trade", "trade"]),
        ("São Tomé, Perú", ["sao", "tome", "peru"]),
        ("Sa\u0303o Tome\u0301", ["sao", "tome"]),
        ("Straße", ["strass"]),
        ("KT-1P", ["kt", "1p"]),
        ("US$ 1,234.56 and 3.5%", ["us", "1,234.56", "and", "3.5"]),
        ("in 2021.", ["in", "2021"]),
        ("ﬁve ２０２０", ["five", "2020"]),
        ("한국은", ["한국", "국은"]),
        ("\u1112\u1161\u11ab국", ["한국"]),
        ("페", ["페"]),
        ("KOICA는", ["koica", "는"]),
        ("韓国との", ["韓国", "国と", "との"]),
        ("новый нового новая", ["нов", "нов", "нов"]),
        ("Корейский корейского", ["корейск", "корейск"]),
        ("ёлка елка", ["елк", "елк"]),
        ("", []),
        ("?! … — \U0001f600", []),
    ],
)
def test_terms_are_folded_stems_decimals_and_pairs(text, expected):
    assert list(terms(text)) == expected


def test_a_question_is_searched_without_its_stop_words():
    assert query_terms("How many of the aircraft were built in Peru?") == [
        "mani", "aircraft", "built", "peru"
    ]  # fmt: skip
    assert query_terms("Peru, Peru and PERU") == ["peru"]


def test_a_question_of_stop_words_only_is_searched_with_them():
    assert query_terms("What is this?") == ["what", "is", "this"]


def test_a_question_has_128_terms_at_most():
    assert len(query_terms(" ".join(f"w{number}" for number in range(500)))) == 128


def test_bm25_is_what_the_formula_gives():
    """Two passages of 4 and 2 terms, one word of the question in the first of them only.

    idf = ln((2 - 1 + 0.5) / (1 + 0.5)) = 0, for which FTS5 puts 1e-6; tf part = 1 · 2.2 /
    (1 + 1.2 · (0.25 + 0.75 · 4 / 3)) = 0.88.
    """
    with closing(table("alpha beta gamma delta", "beta gamma")) as connection:
        found = lexical.search(connection, "alpha", EVERYTHING, 10)
    assert found == {1: pytest.approx(0.88e-6)}


def test_the_passage_with_more_of_the_rare_words_comes_first():
    texts = ["Peru trade", "Peru aircraft", "Peru gas", "Peru forum", "Peru aircraft aircraft"]
    with closing(table(*texts)) as connection:
        assert list(lexical.search(connection, "aircraft in Peru", EVERYTHING, 2)) == [5, 2]


def test_equal_scores_are_ordered_by_id_and_cut_there():
    with closing(table(*["Peru trade"] * 30)) as connection:
        assert list(lexical.search(connection, "trade", EVERYTHING, 5)) == [1, 2, 3, 4, 5]


def test_scores_of_chosen_passages_are_those_of_the_search():
    texts = ["Peru trade", "aircraft", "trade of aircraft", "nothing"]
    with closing(table(*texts)) as connection:
        found = lexical.search(connection, "trade of aircraft", EVERYTHING, 10)
        assert lexical.scores(connection, "trade of aircraft", [1, 3, 4]) == {
            1: found[1], 3: found[3]
        }  # fmt: skip
        assert lexical.scores(connection, "trade", []) == {}


def test_removed_passages_are_not_found_and_do_not_count():
    with closing(table("Peru trade", "Peru", "Peru gas")) as connection:
        lexical.remove(connection, [2])
        found = lexical.search(connection, "Peru trade", EVERYTHING, 10)
    with closing(table("Peru trade")) as fresh:
        lexical.add(fresh, 3, "Peru gas")
        assert lexical.search(fresh, "Peru trade", EVERYTHING, 10) == found


QUESTIONS = [
    'trade" OR "gas', "trade*", "NEAR(trade gas)", "trade AND NOT gas", "terms:trade", "-trade",
    "^trade", "trade + gas", "(trade", "{terms} : trade", "trade'; DROP TABLE lexicon; --",
    "trade\0gas", "\ud800 trade", "%trade%", "trade\u0301", "“trade”",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_never_read_as_a_query(question):
    with closing(table("trade and gas", "lexicon", "peru")) as connection:
        assert 1 in lexical.search(connection, question, EVERYTHING, 10)
        assert 3 not in lexical.search(connection, question, EVERYTHING, 10)


@pytest.mark.parametrize("question", ["", "?", "...", '"', "*", "\0", "\u0301", "🙂", "- -"])
def test_a_question_without_a_word_finds_nothing(question):
    with closing(table("trade", "gas")) as connection:
        assert lexical.search(connection, question, EVERYTHING, 10) == {}
        assert lexical.scores(connection, question, [1, 2]) == {}


@given(st.text(max_size=40))
def test_any_text_finds_itself_where_it_has_a_term_and_never_fails(text):
    with closing(table(text, "other")) as connection:
        found = lexical.search(connection, text, EVERYTHING, 10)
        assert lexical.scores(connection, text, [1]) == {k: v for k, v in found.items() if k == 1}
        if any(character.isalpha() and character.isascii() for character in text):
            assert 1 in found


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("한국은 페루와 협정을 맺었다", "페루는 어디에 있습니까?"),
        ("Президент подписал новый договор", "Что сказано в новом договоре?"),
        ("El Perú firmó un acuerdo", "peru acuerdos"),
        ("It grew by 3.5 percent", "Did it grow by 3.5%?"),
    ],
)
def test_other_forms_of_a_word_find_it(text, question):
    with closing(table("nothing of that", text)) as connection:
        assert list(lexical.search(connection, question, EVERYTHING, 10)) == [2]
