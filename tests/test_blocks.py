"""Blocks of any text: they cover it in order, and a heading has words."""

import pytest
from conftest import check_that_all_is_covered
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.blocks import cover, markdown_blocks, plain_blocks, words_of
from corpus.document import Block

NASTY = st.lists(
    st.sampled_from(
        [
            *[
                "\r\n",
                "\r",
                "\n",
                "\n\n",
                "\r\n\r\n",
                "    ",
                "\t",
                " ",
                "\x0b",
                "\x0c",
                "\x1c",
                "\u2028",
            ],
            *[
                "# ",
                "## ",
                "===\n",
                "---\n",
                "***\n",
                "- ",
                "* ",
                "1. ",
                "> ",
                "```\n",
                "~~~",
                "<div>\n",
            ],
            *[
                "| a | b |\n",
                "|---|---|\n",
                "[a]: http://x.y\n",
                "<!-- ",
                "&amp;",
                "\\",
                "\ufeff",
                "▴",
            ],
            *[
                "Korea",
                "grew.",
                "Why?",
                'Why?"',
                "한국",
                "Ташкент",
                "e\u0301",
                "👩\u200d👧",
                "x" * 300,
                "\0",
            ],
        ]
    ),
    max_size=40,
).map("".join)


def test_a_paragraph_of_a_million_characters_is_one_block() -> None:
    text = "[*a* `b` " * 111_111 + "end"
    assert markdown_blocks(text) == (Block("text", 0, len(text)),)
    assert plain_blocks(text) == (Block("text", 0, len(text)),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("## Trade and  investment ##", "Trade and investment"),
        ("Trade\nand *aid*\n---", "Trade and *aid*"),
        ("**What is it?**", "What is it?"),
        ("- What is it?", "What is it?"),
        ("#MeToo in C#", "#MeToo in C#"),
        ("1. Trade", "1. Trade"),
        ("##", ""),
    ],
)
def test_the_words_of_a_heading_come_without_markup(text: str, words: str) -> None:
    assert words_of(text, Block("heading", 0, len(text), 2)) == words


def test_covering_adds_text_blocks_between_the_blocks_given() -> None:
    assert cover("aa bb cc dd", [Block("heading", 3, 5, 1)]) == (
        Block("text", 0, 2),
        Block("heading", 3, 5, 1),
        Block("text", 6, 11),
    )
    assert cover(" ", []) == ()


@given(st.text() | NASTY)
@example("")
@example("\x0b\n\x0b")
@example("- a\x1c\n\x1c- b")
def test_the_blocks_of_any_text_are_in_order_and_cover_it(text: str) -> None:
    check_that_all_is_covered(text, plain_blocks(text))
    check_that_all_is_covered(text, markdown_blocks(text))
