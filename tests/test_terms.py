"""Terms: what the words of a text become, and which of a question's are looked for."""

import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import terms as terms_module
from index.terms import query_terms, terms


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


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_a_text_of_ascii_has_the_terms_that_it_has_beside_other_scripts(text):
    """Such a text is looked through by a pattern of its own; a word in Hangul leaves it."""
    assert [*terms(f"{text} 한")] == [*terms(text), "한"]


@given(st.text(max_size=60))
def test_a_term_is_one_word_in_utf_8_without_marks_or_capitals(text):
    for term in terms(text):
        assert term.split() == [term]
        assert term.encode().decode() == term
        assert term == term.casefold()
        assert not any(unicodedata.combining(character) for character in term)


def test_every_sort_of_space_and_line_end_divides_terms():
    spaces = [chr(code) for code in range(sys.maxunicode) if chr(code).isspace()]
    assert len(spaces) > 20
    for space in spaces:
        assert list(terms(f"peru{space}korea")) == ["peru", "korea"], repr(space)


def test_threads_that_stem_at_once_get_the_same_terms():
    words = " ".join(f"trading{number} новый{number} bridges" for number in range(2000))
    expected = list(terms(words))
    terms_module._pairs_or_stem.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        assert all(found == expected for found in threads.map(lambda _: list(terms(words)), "abcd"))
