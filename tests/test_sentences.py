"""Sentences: where a text is cut, where it is not, and that nothing is lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.sentences import Extent, sentences, stop_before, trim, without_mark

NASTY = st.lists(
    st.sampled_from(
        [
            *[
                ". ",
                ".",
                "! ",
                "? ",
                "…",
                "... ",
                "。",
                "！",
                "다. ",
                '."',
                '" ',
                "'",
                ".) ",
                "[1] ",
            ],
            *["\r\n", "\n\n", "\n", "\t", "\x0b", "\x1c", "\u2028", "\ufeff", "\u3000", " "],
            *["- ", "• ", "▴", "1. ", "2) ", "> ", "# ", "Dr. ", "U.S. ", "e.g. ", "г. ", "No. 5"],
            *[
                "Korea",
                "grew",
                "A",
                "é",
                "e\u0301",
                "한국",
                "Ташкент",
                "👩\u200d👧",
                "\u200d",
                "x" * 300,
            ],
        ]
    ),
    max_size=30,
).map("".join)


def cut(text: str) -> list[str]:
    return [text[extent.start : extent.end] for extent in sentences(text, 0, len(text))]


@pytest.mark.parametrize(
    "marked",
    [
        "It grew. | Then it fell! | Did it? | Yes… | Well.",
        "The company invested 6.2 billion dollars. | It built 1,000 homes.",
        "Write to cspark99@korea.kr. | See www.mofa.go.kr/eng/a.do?m=1. | Open report.pdf. | Done.",
        "Dr. Kim, Gen. Lee and Mrs. Choi met Prof. Diaz. | They agreed.",
        "J. K. Rowling and Martin Luther King Jr. wrote. | Others read.",
        "The U.S. President came. | He lives in the U.S. | The president left.",
        "They met at 9 a.m. in Washington, D.C. on Monday. | It rained.",
        "It rose vs. Japan (cf. Fig. 3), i.e. Korea won. | See pp. 3 and p. 4.",
        "Health, environment, etc. sectors grew. | So did trade, etc. | Fish did not.",
        "He said No. 5 was here. | I said No. | Nobody spoke.",
        "The forum (Mar. 17) opened on Wed. Mar. 17. | It closed in Oct. | The end.",
        "LX, Samsung Co. Ltd. and Hyundai Inc. signed. | All agreed.",
        "Founded in 1945. | Peru joined in 2012. | 20 people came.",
        "Wait... and see. | Wait... | Nothing came.",
        '"We agreed." | He left. | "Really?" he said. | (See above.) | The end.',
        "It was signed.[1] | It was ratified.[2][3] | It holds.² | Good.",
        "**It was signed.** | Then _it held._ | Good.",
        "1. First thing. | 2. Second thing. | IV. Fourth thing.",
        "They named:\n- trade.\n| - defence.",
        "El Sr. García y la Sra. López leyeron el art. 5 y la Ley núm. 30. | ¿Qué pasó? | ¡Nada!",
        "EE.UU. apoyó. | EE. UU. también apoyó al Ud. señalado. | Fin.",
        "А. С. Пушкин родился в 1799 г. в Москве. | Он писал.",
        "Экспорт вырос до 5 млн. долл. США, т.е. вдвое. | См. стр. 5. | Театр им. Навои открыт.",
        "한국과 우즈베키스탄은 수교했다. | 양국은 협력한다. | 2024. 3. 15. 서울에서 만났다. | 끝.",
        "今天很好。|明天呢？|好！|「はい。」|彼は言った。",
        "Shavkat Mirziyoyev keldi. | Oʻzbekiston rivojlanmoqda.",
        "A wrapped line. | Another sentence\nthat goes on\nover lines.",
    ],
)
def test_a_text_is_cut_where_the_bars_stand(marked: str) -> None:
    expected = [part.strip() for part in marked.split("|")]
    assert cut(marked.replace("| ", "").replace("|", "")) == expected


def test_a_blank_line_ends_a_sentence_even_before_a_lower_case_letter() -> None:
    assert cut("It grew.\n\nand fell.") == ["It grew.", "and fell."]


def test_a_table_row_is_not_cut_between_its_cells() -> None:
    assert cut("| Approved. | Signed |") == ["| Approved. | Signed |"]


def test_line_breaks_alone_do_not_cut() -> None:
    assert cut("Seoul\nand\n\nLima") == ["Seoul\nand\n\nLima"]


def test_only_the_range_asked_for_is_cut_and_offsets_are_those_of_the_whole_text() -> None:
    text = "Zero. One. Two. Three."
    assert sentences(text, 5, 15) == (Extent(6, 10), Extent(11, 15))


def test_a_blank_range_has_no_sentence() -> None:
    assert sentences(" \n\x1c\u2028 ", 0, 5) == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- Trade grew.", "Trade grew."),
        ("* Officials (8)", "Officials (8)"),
        ("▴Adriana Padilla", "Adriana Padilla"),
        ("△ (Session 3)", "(Session 3)"),
        ("1. First", "First"),
        ("2) Second", "Second"),
        ("> Timur", "Timur"),
        ("> - # 3. Deep", "Deep"),
        ("## Heading", "Heading"),
        ("*Emphasis* stays", "*Emphasis* stays"),
        ("#hashtag stays", "#hashtag stays"),
        ("2012. A year stays", "2012. A year stays"),
        ("-5 degrees stay", "-5 degrees stay"),
        ("-", "-"),
        ("1. ", "1. "),
    ],
)
def test_list_marks_are_dropped_where_a_sentence_is_shown(text: str, shown: str) -> None:
    extent = without_mark(text, Extent(0, len(text)))
    assert text[extent.start : extent.end] == shown


@pytest.mark.parametrize(
    ("text", "reach", "kept"),
    [
        ("one two\nthree, four five", 15, "one two"),
        ("one two three, four five", 18, "one two three,"),
        ("at 12:30 it was done", 8, "at 12:30"),
        ("one two three four", 10, "one two"),
        ("one two three four", 7, "one two"),
        ("한국과;우즈베키스탄", 7, "한국과;우즈베"),
        ("ae\u0301e\u0301e\u0301", 4, "ae\u0301"),
        ("👩\u200d👩\u200d👧👩\u200d👩\u200d👧", 8, "👩\u200d👩\u200d👧"),
        ("e" + "\u0301" * 20, 5, "e" + "\u0301" * 4),
    ],
)
def test_a_long_sentence_is_cut_at_the_best_place_in_reach(
    text: str, reach: int, kept: str
) -> None:
    assert text[: stop_before(text, 0, reach)] == kept


def check_that_nothing_is_lost(text: str, start: int, end: int) -> None:
    position = start
    for extent in sentences(text, start, end):
        assert text[position : extent.start].strip() == ""
        assert start <= position <= extent.start < extent.end <= end
        assert trim(text, extent.start, extent.end) == extent
        position = extent.end
    assert text[position:end].strip() == ""


@given(st.text() | NASTY, st.integers(0, 40), st.integers(0, 40))
@example("a.\x1cB", 0, 0)
@example("。\u200d。", 0, 0)
def test_each_non_blank_character_is_in_exactly_one_sentence(
    text: str, skip: int, drop: int
) -> None:
    start = min(skip, len(text))
    check_that_nothing_is_lost(text, start, max(start, len(text) - drop))


@given(NASTY)
def test_dropping_the_mark_keeps_the_end_and_leaves_something(text: str) -> None:
    for extent in sentences(text, 0, len(text)):
        shown = without_mark(text, extent)
        assert extent.start <= shown.start < shown.end == extent.end
        assert not text[shown.start].isspace()


@pytest.mark.parametrize(
    "piece", [".", "a.a.", '"""', ". ", "U.S. ", ".(((", "1. ", '."', "。", "\u0301", " "]
)
def test_a_million_hostile_characters_are_cut_like_any_others(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    found = sentences(text, 0, len(text))
    assert sum(extent.end - extent.start for extent in found) >= len(text.replace(" ", "")) - 1
