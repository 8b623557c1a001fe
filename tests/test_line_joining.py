"""Lines put together: which hyphens go, and where a blank is missing."""

import pytest

from corpus.formats.line_joining import Typesetting, before_next, typesetting

NOTHING = Typesetting(frozenset(), hyphenates=False)


def joined(before: str, line: str, known: Typesetting = NOTHING) -> str:
    return before_next(before, line, known) + line


@pytest.mark.parametrize(
    ("before", "line", "whole"),
    [
        ("coopera\xad", "tion", "cooperation"),
        ("Peru-", "Korea", "Peru-Korea"),
        ("a long-", "term plan", "a long-term plan"),
        ("2017-", "2018", "2017-2018"),
        ("pre-", "and post-war", "pre- and post-war"),
        ("Latin America–", "Asia", "Latin America–Asia"),
        ("a pause —", "and more", "a pause — and more"),
        ("Korea ", "grew", "Korea grew"),
        ("東京の", "大学", "東京の大学"),
        ("관계를 수립", "하였다.", "관계를 수립하였다."),
        ("타슈켄트", "에는 학교가", "타슈켄트에는 학교가"),
        ("많은 학생이", "공부한다.", "많은 학생이 공부한다."),
    ],
)
def test_two_lines_make_one_text(before, line, whole):
    assert joined(before, line) == whole


def test_a_hyphen_goes_where_the_document_writes_the_word_in_one():
    known = typesetting([["South Korea’s cooperation with Peru", "grew"]])
    assert joined("coopera-", "tion", known) == "cooperation"
    assert joined("digi-", "tal", known) == "digi-tal"


def test_a_hyphen_stays_where_the_document_writes_the_word_with_it():
    lines = ["a long-term", *["the coopera-", "tion of the two"] * 5]
    known = typesetting([lines])
    assert known.hyphenates
    assert joined("a long-", "term", known) == "a long-term"
    assert joined("digi-", "tal", known) == "digital"


def test_a_korean_word_is_whole_where_the_document_has_it_in_one_piece():
    known = typesetting([["우즈베키스탄 정부가", "말했다"]])
    assert joined("우즈베", "키스탄 정부", known) == "우즈베키스탄 정부"
    assert joined("우즈베", "키스탄 정부") == "우즈베 키스탄 정부"
