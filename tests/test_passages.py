"""Passages: whole sentences packed within a budget, under the path of their headings."""

from conftest import Words, document, sentences_of, texts

from corpus.passages import CONTEXT_LIMIT, Passage, cut
from corpus.sentences import Extent

# Packing


def test_sentences_are_packed_until_the_budget_is_full() -> None:
    result = cut(document("One two. Three four. Five six."), Words(), budget=6)
    assert texts(result) == ["One two. Three four.", "Five six."]
    assert result.passages[0] == Passage(
        "d", 0, 20, "One two. Three four.", "", (Extent(0, 8), Extent(9, 20))
    )


def test_short_paragraphs_are_packed_together() -> None:
    result = cut(document("One two.\n\nThree four.\n\nFive six."), Words(), budget=9)
    assert texts(result) == ["One two.\n\nThree four.\n\nFive six."]


def test_a_paragraph_is_not_split_where_it_fits_alone_and_the_passage_is_half_full() -> None:
    text = "One two three four.\n\nFive six. Seven eight."
    assert texts(cut(document(text), Words(), budget=8)) == [
        "One two three four.",
        "Five six. Seven eight.",
    ]


def test_a_paragraph_is_split_where_the_passage_would_be_less_than_half_full() -> None:
    text = "One two.\n\nThree four. Five six."
    assert texts(cut(document(text), Words(), budget=8)) == ["One two.\n\nThree four.", "Five six."]


def test_a_paragraph_over_the_budget_is_split_wherever_it_stands() -> None:
    text = "One two three four.\n\nA b. C d. E f. G h."
    assert texts(cut(document(text), Words(), budget=8)) == [
        "One two three four.\n\nA b.",
        "C d. E f.",
        "G h.",
    ]


def test_sentences_come_without_their_list_marks() -> None:
    (passage,) = cut(
        document("- Trade grew. It doubled.\n- Aid fell."), Words(), budget=30
    ).passages
    assert passage.text == "- Trade grew. It doubled.\n- Aid fell."
    assert sentences_of(passage) == ["Trade grew.", "It doubled.", "Aid fell."]


# Contexts


def test_a_passage_stands_under_the_path_of_its_headings() -> None:
    text = "# Korea\n\nOne.\n\n## **Trade**\n\nTwo.\n\n### Aid\n\nThree.\n\n## Art\n\nFour.\n\n# Peru\n\nFive."
    result = cut(document(text), Words(), budget=50)
    assert [(passage.context, passage.text) for passage in result.passages] == [
        ("Korea", "One."),
        ("Korea › Trade", "Two."),
        ("Korea › Trade › Aid", "Three."),
        ("Korea › Art", "Four."),
        ("Peru", "Five."),
    ]
    assert [text[extent.start : extent.end] for extent in result.contexts] == [
        *["# Korea", "## **Trade**", "### Aid", "## Art", "# Peru"]
    ]


def test_a_question_holds_until_the_next_heading_or_question() -> None:
    text = "# Talk\n\nWhy?\n\nBecause.\n\nIt is.\n\nWho?\n\nHe.\n\n## End\n\nBye."
    result = cut(document(text), Words(), budget=50)
    assert [(passage.context, passage.text) for passage in result.passages] == [
        ("Talk › Why?", "Because.\n\nIt is."),
        ("Talk › Who?", "He."),
        ("Talk › End", "Bye."),
    ]


def test_a_heading_with_nothing_under_it_is_still_a_context() -> None:
    text = "# Korea\n\n## Empty\n\n## Trade\n\nTwo."
    result = cut(document(text), Words(), budget=50)
    assert texts(result) == ["Two."]
    assert len(result.contexts) == 3


def test_a_rule_that_stands_alone_between_headings_is_no_passage() -> None:
    result = cut(document("# Korea\n\n---\n\n## Trade\n\nTwo.\n\n---\n"), Words(), budget=50)
    assert texts(result) == ["Two.\n\n---"]
    assert result.contexts == (Extent(0, 7), Extent(9, 12), Extent(14, 22))


def test_a_document_of_headings_only_is_text() -> None:
    result = cut(document("# Korea\n\n## Trade\n"), Words(), budget=50)
    assert texts(result) == ["# Korea\n\n## Trade"]
    assert result.contexts == ()
    assert sentences_of(result.passages[0]) == ["Korea", "Trade"]


def test_a_heading_too_long_to_be_read_as_one_is_text() -> None:
    words = "word " * 99 + "word"
    result = cut(document(f"# {words}\n\nTwo."), Words(), budget=200)
    assert texts(result) == [f"# {words}\n\nTwo."]


def test_the_outermost_headings_go_where_a_context_is_over_its_limit() -> None:
    long = " ".join(["outer"] * 47)
    result = cut(document(f"# {long}\n\n## Trade\n\nTwo."), Words(), budget=50)
    assert result.passages[0].context == "Trade"


def test_a_heading_over_the_limit_is_cut_at_a_word() -> None:
    result = cut(document("# " + " ".join(["long"] * 60) + "\n\nTwo."), Words(), budget=50)
    assert result.passages[0].context == " ".join(["long"] * 47) + "…"
    assert len(Words().token_offsets(result.passages[0].context)) == CONTEXT_LIMIT
