"""Blocks of plain text: its title, headings, questions, lists and wrapped paragraphs."""

from pathlib import Path

import pytest
from conftest import shown

from corpus.blocks import plain_blocks

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"


def plain(text: str) -> list[str]:
    return shown(text, plain_blocks(text))


def test_a_plain_text_begins_with_its_title_and_has_headings() -> None:
    text = "Korea and Peru\n\nThey met.\n\nDefence\n\nThey agreed.\n\nTrade rose."
    assert plain(text) == [
        "h1 Korea and Peru",
        "t They met.",
        "h2 Defence",
        "t They agreed.",
        "t Trade rose.",
    ]


def test_the_title_is_the_longest_line_of_the_menu_a_text_begins_with() -> None:
    text = "Menu\n\nPress Releases\n\nForum Kicks Off (Mar. 17)\n\nContact\n\nThe forum opened."
    assert plain(text) == [
        *["h2 Menu", "h2 Press Releases", "h1 Forum Kicks Off (Mar. 17)", "h2 Contact"],
        "t The forum opened.",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "It ends like a sentence.",
        'It ends like a "sentence."',
        "It announces:",
        "It goes on,",
        "The first aircraft flew. (Photo: Andina)",
        "> Timur Kurbanklichev, researcher",
        "* Officials (8)",
        "- Korea and LAC",
        "▴ Pedro Brolo",
        "x" * 101,
        "https://www.mofa.go.kr",
        "- 12 -",
        "***",
    ],
)
def test_a_line_that_is_no_heading_is_text(line: str) -> None:
    assert plain(f"They met.\n\n{line}\n\nThey agreed.") == [
        "t They met.",
        f"t {line}",
        "t They agreed.",
    ]


def test_a_title_may_be_longer_than_a_heading() -> None:
    title = "x" * 200
    assert plain(f"{title}\n\nThey met.") == [f"h1 {title}", "t They met."]
    assert plain(f"{title}x\n\nThey met.") == [f"t {title}x", "t They met."]


def test_heading_like_lines_at_the_end_are_a_signature() -> None:
    assert plain("They met.\n\nKim Min-ji\n\nSeoul") == ["t They met.", "t Kim Min-ji", "t Seoul"]


def test_a_long_run_of_heading_like_lines_is_a_table_whose_last_line_is_a_heading() -> None:
    rows = [f"Row {letter}" for letter in "ABCDEFGHI"]
    assert plain("\n\n".join(["They met.", *rows, "They agreed."])) == [
        *["t They met.", *(f"t {row}" for row in rows[:-1]), "h2 Row I", "t They agreed."]
    ]


def test_numbered_lines_in_a_row_are_a_list_and_one_alone_is_a_heading() -> None:
    text = "Go.\n\n1. Trade\n\n2. Defence\n\nThey met.\n\n3. Culture\n\nThey sang."
    assert plain(text) == [
        *["t Go.", "t 1. Trade", "t 2. Defence", "t They met.", "h2 3. Culture", "t They sang."]
    ]


def test_a_question_with_an_answer_below_is_a_question() -> None:
    text = 'They met. What did they say?\n\nThey agreed.\n\n왜？\n\n좋아서.\n\n"Why?"\n\nWho knows.'
    assert plain(text) == [
        *[
            "q They met. What did they say?",
            "t They agreed.",
            "q 왜？",
            "t 좋아서.",
            'q "Why?"',
            "t Who knows.",
        ]
    ]


def test_a_question_that_also_states_something_is_text_outside_an_interview() -> None:
    text = "It cost 5 million. Was it worth it?\n\nMany think so."
    assert plain(text) == ["t It cost 5 million. Was it worth it?", "t Many think so."]
    interview = "They met. Why?\n\nTo talk.\n\nWho?\n\nAll.\n\nWhen?\n\nIn May."
    assert plain(interview)[0] == "q They met. Why?"


def test_a_question_without_an_answer_below_is_text() -> None:
    assert plain("Why?\n\nWho?\n\nHe did.\n\nWhen?") == ["t Why?", "q Who?", "t He did.", "t When?"]
    assert plain("They met.\n\nWhy?\n\nDefence\n\nIt is.") == [
        "t They met.",
        "t Why?",
        "h2 Defence",
        "t It is.",
    ]
    long = "x" * 400 + "?"
    assert plain(f"{long}\n\nHe did.") == [f"t {long}", "t He did."]


def test_wrapped_lines_stay_together_and_the_next_mark_begins_a_block() -> None:
    wrapped = (
        "The two countries signed a Free Trade Agreement in\n"
        "2011, and the total volume of trade has doubled\n"
        "since. Investment is also increasing."
    )
    assert plain(wrapped) == [f"t {wrapped}"]
    assert plain(f"{wrapped}\n- First\n- Second\n  and more\n1) Third") == [
        *[f"t {wrapped}", "t - First", "t - Second\n  and more", "t 1) Third"]
    ]


def test_a_year_that_begins_a_wrapped_line_is_no_list_mark() -> None:
    wrapped = (
        "The ministers met in the capital of Peru on March\n17. They agreed to meet again in Seoul."
    )
    assert plain(wrapped) == [f"t {wrapped}"]


def test_lines_that_are_not_wrapped_are_blocks() -> None:
    assert plain("Embassy of Korea\nLima\nTel. +51 1 632 5000") == [
        *["t Embassy of Korea", "t Lima", "t Tel. +51 1 632 5000"]
    ]
    long = "They met in Lima. " * 8 + "They agreed."
    assert plain(f"{long}\n* Officials (8): many") == [f"t {long}", "t * Officials (8): many"]


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\u2028"])
def test_every_kind_of_line_break_separates_paragraphs(break_: str) -> None:
    assert plain(f"Title{break_ * 2}They met.{break_ * 2}They agreed.") == [
        *["h1 Title", "t They met.", "t They agreed."]
    ]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents are not beside this checkout")
def test_the_seed_documents_fall_into_headings_questions_and_text() -> None:
    uzbekistan, peru, lac = (
        path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))
    )
    assert plain(uzbekistan)[0].startswith("h1 A high-tech vector of cooperation")
    assert plain(uzbekistan)[-1].startswith("t > Timur Kurbanklichev")

    found = plain(peru)
    assert [block[0] for block in found].count("q") == 9
    assert [block for block in found if block.startswith("h")] == [
        "h2 The Korean role on the international scene"
    ]
    assert "q What are the highlights of defense cooperation?" in found
    assert [block for block in found if "(Photo: " in block and not block.startswith("t ")] == []

    assert plain(lac)[:5] == [
        "h2 All Menu Close",
        "h2 Press Releases",
        "h2 Home News & Notice Press Releases",
        "h1 「Korea-LAC Digital Cooperation Forum」Kicks Off (Mar. 17)",
        "h2 담당부서 작성자 연락처",
    ]
    assert all(block.startswith("t ") for block in plain(lac)[5:])
