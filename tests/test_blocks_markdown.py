"""Blocks of Markdown: its headings, list items, table rows, and what it does not show."""

import pytest
from conftest import check_that_all_is_covered, shown

from corpus.blocks import markdown_blocks


def markdown(text: str) -> list[str]:
    return shown(text, markdown_blocks(text))


def test_markdown_headings_keep_their_levels() -> None:
    text = "# One\n\nA\n===\n\nB\n---\n\n### Three ###\ntext\n"
    assert markdown(text) == ["h1 # One", "h1 A\n===", "h2 B\n---", "h3 ### Three ###", "t text"]


def test_list_items_and_table_rows_are_blocks_of_their_own() -> None:
    text = "- one\n  - two\n- three\n  more\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
    assert markdown(text) == [
        *["t - one", "t - two", "t - three\n  more"],
        *["t | a | b |", "t |---|---|", "t | 1 | 2 |", "t | 3 | 4 |"],
    ]


def test_what_markdown_does_not_show_is_text_too() -> None:
    text = (
        "Go.\n\n[ref]: http://a.b\n\n---\n\n```\n# no heading\n\ncode\n```\n\n<div>\n# no\n</div>\n"
    )
    assert markdown(text) == [
        *[
            "t Go.",
            "t [ref]: http://a.b\n\n---",
            "t ```\n# no heading\n\ncode\n```",
            "t <div>\n# no\n</div>",
        ]
    ]


def test_headings_and_questions_inside_lists_and_quotations_are_text() -> None:
    assert markdown("> # Quoted\n> Why?\n\n- # Item\n- Why?\n- So.\n") == [
        *["t > # Quoted", "t > Why?", "t - # Item", "t - Why?", "t - So."]
    ]


def test_a_markdown_question_is_found_in_bold_too() -> None:
    assert markdown("**What did they say?**\n\nThey agreed.\n\nWhy?\n\n# End\n") == [
        *["q **What did they say?**", "t They agreed.", "t Why?", "h1 # End"]
    ]


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_markdown_lines_are_counted_as_the_parser_counts_them(break_: str) -> None:
    text = break_.join(["# A\x0bB\x1cC\u2028D\x85E", "", "text", "", "## F", "", "last"])
    assert markdown(text) == ["h1 # A\x0bB\x1cC\u2028D\x85E", "t text", "h2 ## F", "t last"]


def test_what_is_nested_too_deep_for_the_parser_is_covered() -> None:
    text = "\n".join("  " * depth + f"- item {depth}" for depth in range(60))
    check_that_all_is_covered(text, markdown_blocks(text))
    deep = ">" * 5_000 + " quoted"
    assert markdown(deep) == [f"t {deep}"]
