"""What reaches the terminal: marks, sources, and no character that takes effect there."""

from dataclasses import replace

import pytest
from conftest import answerer_over

from service.records import Answer, Reply
from service.terminal import (
    marked_quote,
    passage_lines,
    percent,
    printable,
    reply_lines,
    source_lines,
)

DIGEST = """---
title: Interview
kind: digest
publisher: Attaché
published: 2023
sources:
  - title: The original
    publisher: A paper
    published: 2023-05
    url: https://example.org/original
---
# Aircraft

Built were 16 in Peru.
"""


def reply_to(folder, text: str = DIGEST, **options) -> Reply:
    return answerer_over(folder, {"note": text}, {"16": 0.94, "Peru": 0.6}).ask(
        "How many?", **options
    )


def test_an_answer_is_shown_with_its_marked_quote_and_its_source(tmp_path) -> None:
    reply = reply_to(tmp_path)
    assert reply.answer is not None
    start = reply.answer.citation.start
    assert list(reply_lines(reply, color=False)) == [
        "16",
        "94% sure",
        "",
        "Aircraft",
        "Built were **16** in Peru.",
        "",
        "Interview (Attaché, as of 2023)",
        "Digest: the source's facts retold in Attaché's own words, based on",
        "  The original (A paper, 2023-05, https://example.org/original)",
        f"note, characters {start}–{start + 2}",
        "",
        "Other candidates:",
        "  Peru (60% sure, note)",
    ]


def test_an_abstention_is_shown_with_its_reason_and_the_rejected_candidate(tmp_path) -> None:
    reply = reply_to(tmp_path, "Built were 16.", min_confidence=1)
    assert list(reply_lines(reply, color=False)) == [
        "No answer is sure enough to be given.",
        "The best candidate has a confidence of 0.94, below the threshold of 1.",
        "",
        "Rejected candidate (94% sure):",
        "  Built were **16**.",
        "  note",
        "  note, characters 11–13",
    ]


@pytest.mark.parametrize(
    ("sure", "headline"),
    [
        (0.5, "No answer is sure enough to be given."),
        (0.4996, "No answer was found in the documents."),
    ],
)
def test_that_no_answer_was_found_is_not_said_of_a_likely_candidate(
    tmp_path, sure, headline
) -> None:
    reply = answerer_over(tmp_path, {"note": "It was 16."}, {"16": sure}).ask(
        "How many?", min_confidence=1
    )
    assert next(reply_lines(reply, color=False)) == headline


def test_without_any_candidate_no_answer_was_found(tmp_path) -> None:
    reply = answerer_over(tmp_path, {"note": "It was 16."}, {}).ask("How many?")
    assert next(reply_lines(reply, color=False)) == "No answer was found in the documents."


def test_an_abstention_names_the_other_candidates_too(tmp_path) -> None:
    reply = reply_to(tmp_path, min_confidence=1)
    assert list(reply_lines(reply, color=False))[-3:] == [
        "",
        "Other candidates:",
        "  Peru (60% sure, note)",
    ]


@pytest.mark.parametrize(("sure", "shown"), [(0.01, True), (0.0099, False)])
def test_words_that_are_next_to_impossible_are_no_candidates(tmp_path, sure, shown) -> None:
    answerer = answerer_over(
        tmp_path, {"note": "Built were 16 in Peru."}, {"16": 0.9, "Peru": sure}
    )
    reply = answerer.ask("How many?")
    assert ("Other candidates:" in reply_lines(reply, color=False)) == shown
    assert [other.text for other in reply.alternatives] == ["Peru"]


def test_support_is_listed(tmp_path) -> None:
    texts = {"one": "It was 16.", "two": "---\ntitle: Two\npublished: 2020\n---\nYes, 16."}
    reply = answerer_over(tmp_path, texts, {"16": 0.9}).ask("How many?")
    assert list(reply_lines(reply, color=False))[-2:] == ["Also in:", "  Two (2020)"]


def test_without_color_nothing_but_text_is_printed(tmp_path) -> None:
    for reply in (reply_to(tmp_path), reply_to(tmp_path, min_confidence=1)):
        lines = [*reply_lines(reply, color=False), *passage_lines(reply.passages, color=False)]
        assert "\x1b" not in "".join(lines)


def test_with_color_the_answer_is_bold_and_underlined_in_its_quote(tmp_path) -> None:
    reply = reply_to(tmp_path)
    assert reply.answer is not None
    quote = marked_quote(reply.answer.citation, color=True)
    assert quote == "Built were \x1b[1m\x1b[4m16\x1b[0m in Peru."


def test_an_answer_that_is_a_whole_sentence_is_marked_in_its_passage(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "One came. 16 left.\nTwo stayed."}, {"16 left.": 1})
    answer = answerer.ask("Who left?").answer
    assert answer is not None
    assert marked_quote(answer.citation, color=False) == "One came. **16 left.** Two stayed."


def test_a_document_that_is_no_digest_shows_its_address(tmp_path) -> None:
    reply = reply_to(tmp_path, "---\ntitle: T\nurl: https://example.org/t\n---\n16")
    assert reply.answer is not None
    assert list(source_lines(reply.answer.citation)) == [
        "T",
        "https://example.org/t#:~:text=16",
        "note, characters 0–2",
    ]


def test_passages_are_shown_with_their_scores_and_place(tmp_path) -> None:
    (found,) = reply_to(tmp_path, "---\ntitle: Ships\n---\n# Aircraft\n\nBuilt were\n16.").passages
    lines = list(passage_lines([replace(found, score=0.5, dense=0.25, lexical=1.5)], color=False))
    assert lines == [
        "1. Ships › Aircraft",
        "   score 0.50 (dense 0.25, BM25 1.5), note, characters 12–26",
        "   Built were 16.",
        "",
    ]


def test_a_passage_of_a_digest_is_shown_as_one(tmp_path) -> None:
    (found,) = reply_to(tmp_path).passages
    assert found.kind == "digest"
    _, _, known, *_ = passage_lines([found], color=False)
    assert known == "   digest, Attaché, as of 2023"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb\rc", "a\nb�c"),
        ("\x1b[31mred\x1b[0m", "�[31mred�[0m"),
        ("\x00\x07\x08\x7f", "����"),
        ("\x85\x9b31m", "��31m"),
        ("\u202eevil\u202c", "�evil�"),
        ("\u2066\u2069\u200e\u200f\u061c", "�����"),
        ("\udcff", "�"),
        ("José 🛩️ 한국 العربية", "José 🛩️ 한국 العربية"),
    ],
)
def test_control_and_direction_characters_are_shown_and_take_no_effect(text, shown) -> None:
    assert printable(text) == shown


def test_nothing_a_document_holds_takes_effect_in_the_terminal(tmp_path) -> None:
    """ESC and bidi marks in text and heading; titles can hold C1 controls and bidi marks."""
    text = (
        '---\ntitle: "T\\u202e\\u009b"\npublisher: "P\\u2066"\n---\n'
        "# H\u202e\x1b[1m\n\nIt \x1b[31mwas\u202e 16 \x1b]0;title\x07 or so.\n"
        + ("More control characters than a few make a file a binary one. " * 5)
    )
    answerer = answerer_over(tmp_path, {"note": text}, {"\x1b[31mwas\u202e 16": 0.9, "so": 0.8})
    for reply in (answerer.ask("What?"), answerer.ask("What?", min_confidence=1)):
        lines = [*reply_lines(reply, color=False), *passage_lines(reply.passages, color=False)]
        printed = "\n".join(lines)
        assert printed == printable(printed)
        assert "16" in printed


@pytest.mark.parametrize(
    ("confidence", "shown"),
    [
        (1.0, "100%"),
        (0.9999, "99%"),
        (0.94, "94%"),
        (0.29, "29%"),
        (0.005, "under 1%"),
        (0, "under 1%"),
    ],
)
def test_a_confidence_is_never_rounded_up(tmp_path, confidence, shown) -> None:
    answer = reply_to(tmp_path).answer
    assert isinstance(answer, Answer)
    assert percent(replace(answer, confidence=confidence)) == f"{shown} sure"


def test_of_many_sources_of_a_digest_three_are_shown(tmp_path) -> None:
    entries = "".join(f"  - title: Source {number}\n" for number in range(1, 6))
    reply = reply_to(
        tmp_path, f"---\ntitle: T\nkind: digest\nsources:\n{entries}---\nBuilt were 16.\n"
    )
    assert reply.answer is not None
    assert list(source_lines(reply.answer.citation))[2:6] == [
        "  Source 1", "  Source 2", "  Source 3", "  and 2 more: `attache show note`"
    ]  # fmt: skip


def test_a_page_and_near_copies_are_named(tmp_path) -> None:
    reply = reply_to(tmp_path)
    assert reply.answer is not None
    citation = replace(reply.answer.citation, page=2, copies=("other", "third"))
    *_, copies, place = source_lines(citation)
    assert copies == "Nearly the same in other, third"
    assert place == f"note, p. 2, characters {citation.start}–{citation.end}"
    (found,) = [replace(one, page=3, copies=("other",)) for one in reply.passages]
    _, scores, _, copies, *_ = passage_lines([found], color=False)
    assert scores.endswith(f"note, p. 3, characters {found.start}–{found.end}")
    assert copies == "   nearly the same in other"
