"""The kind of thing a question asks for, and whether a sentence holds a new one."""

import pytest

from service.expected import expected_kind, holds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many aircraft were built?", "number"),
        ("HOW MUCH did it cost?", "number"),
        ("What share of the trade was it?", "number"),
        ("When was it signed?", "date"),
        ("In which year was it signed?", "date"),
        ("Who is the ambassador?", "name"),
        ("Where did they meet?", "name"),
        ("What is the name of the ship?", "name"),
        ("Why was it built?", ""),
        ("Is it so?", ""),
        ("", ""),
    ],
)
def test_a_question_asks_for_a_number_a_date_a_name_or_leaves_it_open(question, kind) -> None:
    assert expected_kind(question) == kind


@pytest.mark.parametrize(
    ("kind", "sentence", "question", "expected"),
    [
        ("", "Whatever it says in 2016.", "Why?", 0),
        ("number", "They built 16.", "How many were built?", 1),
        ("number", "They built sixteen thousand.", "How many were built?", 1),
        ("number", "They built them.", "How many were built?", -1),
        ("number", "They built 16.", "How many of the 16 were built?", -1),
        ("number", "They built 16.", "How many were built in 2016?", 1),
        ("date", "It was signed in March.", "When was it signed?", 1),
        ("date", "It was signed in 2011.", "When was the 2011 treaty signed?", -1),
        ("date", "It was signed.", "When was it signed?", -1),
        ("name", "The minister met Ana Gómez.", "Who met the minister?", 1),
        ("name", "The minister visited Peru.", "Who visited Peru?", -1),
        ("name", "This is Peru's.", "Who visited Peru?", -1),
        ("name", "He met O'Higgins.", "Whom did he meet?", 1),
        ("name", "He met O'Higgins.", "Who met O'Higgins?", -1),
        ("name", "Ministers met.", "Who met?", -1),
        ("name", "대사는 조영준이다.", "Who is the ambassador?", 1),
    ],
)
def test_a_sentence_holds_such_a_thing_only_where_the_question_does_not_name_it(
    kind, sentence, question, expected
) -> None:
    assert holds(kind, sentence, question) == expected
