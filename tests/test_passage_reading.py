"""Reading one passage: spans at exact places of the document, apart from each other."""

import math
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import Words, document
from hypothesis import given
from hypothesis import strategies as st

from corpus.passages import Passage, cut
from corpus.sentences import Extent, sentences
from index.records import Hit
from service.passage_reading import SPANS, PassageReading, context_of, read_passage
from service.span_model import WindowLogits
from service.windows import Window

TOKEN = re.compile(r"\w+|[^\w\s]")
NOTE = document("A note.")


class ByWord:
    """Has a token for each word and mark; their start and end logits are those told, else 0.

    nulls: those of the windows, by turns. width, step: tokens of a window, and from one window's
    first to the next one's.
    """

    name = "by word"
    settings: Mapping[str, object] = {}

    def __init__(
        self,
        logits: Mapping[str, tuple[float, float]],
        nulls: Sequence[float] = (0.0,),
        width: int = 100,
        step: int = 50,
    ) -> None:
        self.told = {zlib.crc32(word.encode()): pair for word, pair in logits.items()}
        self.nulls = nulls
        self.width, self.step = width, step
        self.asked: list[tuple[str, str, str]] = []

    def windows(self, question: str, context: str, text: str) -> list[Window]:
        self.asked.append((question, context, text))
        tokens = list(TOKEN.finditer(text))
        last = max(0, len(tokens) - self.width)
        starts = range(0, last + self.step, self.step) if tokens else ()
        return [
            self._window(number, tokens[first : first + self.width])
            for number, first in enumerate(starts)
        ]

    def logits(self, window: Window) -> WindowLogits:
        pairs = [self.told.get(token, (0.0, 0.0)) for token in window.inputs["input_ids"]]
        start, end = np.asarray(pairs, np.float32).T
        return WindowLogits(start, end, self.nulls[window.inputs["number"][0] % len(self.nulls)])

    @staticmethod
    def _window(number: int, tokens: Sequence[re.Match[str]]) -> Window:
        ids = [zlib.crc32(token.group().encode()) for token in tokens]
        extents = tuple(Extent(*token.span()) for token in tokens)
        return Window({"input_ids": ids, "number": [number]}, 0, extents)


def hit_of(passage: Passage) -> Hit:
    return Hit(1, passage, NOTE, NOTE.sha256, 0.5, 0.5, 0.0)


def hit(text: str, start: int = 0, context: str = "") -> Hit:
    """A hit with a passage of this text that starts at an offset of its document."""
    found = tuple(Extent(start + s.start, start + s.end) for s in sentences(text, 0, len(text)))
    return hit_of(Passage("d", start, start + len(text), text, context, found))


def texts(reading: PassageReading) -> list[str]:
    return [span.text for span in reading.spans]


@pytest.mark.parametrize(
    "before",
    ["It rained.\n\n# Peru\n\n", "🛩️ 대사는 갔다.\r\n\r\n# 페루\r\n\r\n", "# A\n\nX.  \n\n"],
)
def test_a_span_is_at_its_place_in_the_document(before: str) -> None:
    whole = document(f"{before}Lima built 16 aircraft.\n\nIt rained.\n")
    (passage,) = (p for p in cut(whole, Words(), budget=9).passages if "Lima" in p.text)
    assert passage.start > 0
    reading = read_passage(ByWord({"16": (5, 0), "aircraft": (0, 5)}), "How many?", hit_of(passage))
    best = reading.spans[0]
    assert whole.text[best.start : best.end] == best.text == "16 aircraft"
    assert (best.sentence, best.tokens, best.score) == ("Lima built 16 aircraft.", 2, 10)


def test_a_span_stays_in_one_sentence() -> None:
    model = ByWord({"Lima": (9, 3), "Cusco": (4, 9)})
    reading = read_passage(model, "Who?", hit("One. By Lima. Cusco won. Two.", 7))
    assert texts(reading)[:2] == ["Cusco", "Lima"]
    assert [span.sentence for span in reading.spans[:2]] == ["Cusco won.", "By Lima."]


class WithBlanks(ByWord):
    """Gives each token the space before it, as DeBERTa's tokenizers do."""

    @staticmethod
    def _window(number: int, tokens: Sequence[re.Match[str]]) -> Window:
        window = ByWord._window(number, tokens)
        extents = [Extent(max(0, extent.start - 1), extent.end) for extent in window.extents]
        return Window(window.inputs, 0, tuple(extents))


def test_the_first_word_of_a_sentence_is_of_it_with_the_blank_before_it_too() -> None:
    model = WithBlanks({"Cusco": (9, 0), "won": (0, 9)})
    assert texts(read_passage(model, "Who?", hit("By Lima. Cusco won.")))[0] == "Cusco won"


def test_a_span_does_not_run_into_the_mark_of_the_next_item_of_a_list() -> None:
    whole = document("1. Lima built 16 aircraft.\n2. Cusco won.\n")
    (passage,) = cut(whole, Words(), budget=99).passages
    assert [whole.text[s.start : s.end] for s in passage.sentences][1] == "Cusco won."
    reading = read_passage(ByWord({"16": (9, 0), "2": (0, 9)}), "How many?", hit_of(passage))
    assert texts(reading)[0].startswith("16")
    assert all("\n" not in text for text in texts(reading))


def test_of_all_spans_only_those_in_one_sentence_count_in_the_total() -> None:
    """Each of the sentences has three tokens, hence six spans, of which each scores 0."""
    reading = read_passage(ByWord({}), "Who?", hit("By Lima. Cusco won."))
    assert reading.log_total == pytest.approx(math.log(12))


def test_the_model_is_given_the_question_the_title_the_heading_and_the_passage() -> None:
    model, found = ByWord({}), hit("It was 16.", context="Peru › Lima")
    read_passage(model, "How many?", found)
    assert model.asked == [("How many?", "D. Peru › Lima", "It was 16.")]
    assert context_of(found) == "D. Peru › Lima"


@pytest.mark.parametrize(
    ("title", "heading", "read"),
    [
        ("Korea and Peru", "Trade", "Korea and Peru. Trade"),
        ("What now?", "Trade", "What now? Trade"),
        ("Korea", "Korea", "Korea"),
        ("Korea", "Korea › Trade", "Korea › Trade"),
        ("Korea", "Korean trade", "Korea. Korean trade"),
        ("Korea", "", "Korea"),
    ],
)
def test_a_title_that_is_a_heading_too_is_read_once(title: str, heading: str, read: str) -> None:
    found = hit("It was 16.", context=heading)
    titled = replace(found, provenance=replace(found.provenance, title=title))
    assert context_of(titled) == read


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("Colonial_history_of_the_United_States", "Colonial history of the United States"),
        ("ships and " * 30, "ships and " * 15 + "ships and"),
        ("x" * 161, "x" * 160),
        ("ships " + "x" * 160, "ships"),
        ("_", ""),
    ],
)
def test_a_title_is_read_up_to_a_length_in_whole_words_where_there_are_any(
    title: str, read: str
) -> None:
    found = hit("It was 16.")
    titled = replace(found, provenance=replace(found.provenance, title=title))
    assert context_of(titled) == read


def test_the_logs_of_the_shares_are_those_among_the_tokens_of_the_window() -> None:
    """Two tokens: the first starts with a logit of log 3 against 0, so has three quarters."""
    reading = read_passage(
        ByWord({"one": (math.log(3), 0), "two": (0, math.log(4))}), "Who?", hit("one two")
    )
    best = reading.spans[0]
    assert best.text == "one two"
    assert best.start_share == pytest.approx(math.log(3 / 4))
    assert best.end_share == pytest.approx(math.log(4 / 5))


def test_the_total_is_of_all_spans() -> None:
    """Two tokens have three spans, whose logits are all 0."""
    reading = read_passage(ByWord({}), "Who?", hit("one two"))
    assert reading.log_total == pytest.approx(math.log(3))


def test_the_null_of_a_long_passage_is_the_least_of_its_windows() -> None:
    model = ByWord({}, nulls=(3, -1, 2), width=2, step=2)
    assert read_passage(model, "Who?", hit("a b c d e f")).null == -1


def test_the_total_of_a_long_passage_is_of_the_spans_of_all_its_windows() -> None:
    """Three windows of two tokens, with three spans each."""
    model = ByWord({}, width=2, step=2)
    assert read_passage(model, "Who?", hit("a b c d e f")).log_total == pytest.approx(math.log(9))


def test_a_span_of_two_windows_counts_once_in_the_total() -> None:
    """a b, b c: a, b, c, a b and b c are five spans, though b is read twice."""
    model = ByWord({}, width=2, step=1)
    assert read_passage(model, "Who?", hit("a b c")).log_total == pytest.approx(math.log(5))


def test_a_place_found_in_two_windows_is_one_span() -> None:
    model = ByWord({"Lima": (9, 9), "Cusco": (5, 5)}, width=4, step=2)
    reading = read_passage(model, "Who?", hit("a b Lima c d e f Cusco", 100))
    assert texts(reading)[:2] == ["Lima", "Cusco"]
    assert [(span.start, span.score) for span in reading.spans[:2]] == [(104, 18), (117, 10)]
    assert len({span.start for span in reading.spans}) == len(reading.spans)


def test_an_answer_is_found_in_the_last_window() -> None:
    text = "word " * 995 + "Lima built 16 aircraft."
    model = ByWord({"16": (9, 9)}, width=100, step=36)
    best = read_passage(model, "How many?", hit(text, 3)).spans[0]
    assert (best.start, best.text) == (3 + text.index("16"), "16")


def test_the_best_of_spans_that_share_words_is_kept() -> None:
    model = ByWord({"the": (4, 0), "16": (5, 0), "new": (3, 0), "aircraft": (0, 5)})
    reading = read_passage(model, "How many?", hit("Lima built the 16 new aircraft there"))
    assert texts(reading)[0] == "16 new aircraft"
    assert not {"the 16 new aircraft", "new aircraft", "aircraft"} & set(texts(reading))


def test_a_place_far_from_a_certain_answer_is_still_shown_as_the_next_one() -> None:
    """The 30 spans that begin with the answer all have a better logit than the next place has."""
    text = f"Lima {' '.join(f'w{number}' for number in range(60))} Cusco"
    model = ByWord({"Lima": (20, 20), "Cusco": (9, 9)})
    assert texts(read_passage(model, "Who?", hit(text)))[:2] == ["Lima", "Cusco"]


def test_the_next_place_is_shown_where_start_and_end_of_the_best_are_apart() -> None:
    """More than 50 spans begin at Lima or end at Peru, each with a logit of 20 against 18."""
    words = " ".join(f"w{number}" for number in range(20))
    model = ByWord({"Lima": (20, 0), "Peru": (0, 20), "Cusco": (9, 9)})
    found = read_passage(model, "Who?", hit(f"{words} Lima in Peru {words} {words} Cusco"))
    assert texts(found)[:2] == ["Lima in Peru", "Cusco"]


@pytest.mark.parametrize("text", ["…", "— ( ) .", "***", "“ ” ! ?"])
def test_a_passage_of_punctuation_has_no_span(text: str) -> None:
    reading = read_passage(ByWord({}), "Who?", hit(text))
    assert reading.spans == ()


@pytest.mark.parametrize("text", ["", " \r\n"])
def test_a_passage_without_tokens_has_no_span_and_no_share(text: str) -> None:
    reading = read_passage(ByWord({}), "Who?", hit(text))
    assert (reading.spans, reading.null, reading.log_total) == ((), 0, -math.inf)


def test_one_token_is_a_passage() -> None:
    reading = read_passage(ByWord({"서울": (1, 2)}, nulls=(-4,)), "어디?", hit("서울"))
    assert texts(reading) == ["서울"]
    assert (reading.spans[0].score, reading.spans[0].start_share, reading.null) == (3, 0, -4)
    assert reading.log_total == pytest.approx(3)


PARTS = st.sampled_from(
    ["Lima", "16", "$", "%", "(", ")", "“", "”", ". ", " ", "\r\n", "-", "에서", "서울", "👩‍👩‍👧", "e\u0301", ","]
)  # fmt: skip


@given(
    st.lists(PARTS, max_size=40).map("".join),
    st.integers(0, 9),
    st.dictionaries(
        st.sampled_from(["Lima", "16", "$", "(", ".", "에서", "서울"]),
        st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    ),
    st.integers(1, 20),
)
def test_spans_lie_inside_the_passage_apart_and_best_first(
    text: str, start: int, told: dict[str, tuple[float, float]], width: int
) -> None:
    found = hit(text, start)
    reading = read_passage(ByWord(told, width=width, step=max(1, width // 2)), "Who?", found)
    assert len(reading.spans) <= SPANS
    assert [s.score for s in reading.spans] == sorted(
        (s.score for s in reading.spans), reverse=True
    )
    in_order = sorted(reading.spans, key=lambda span: span.start)
    assert all(one.end <= other.start for one, other in pairwise(in_order))
    for span in reading.spans:
        assert start <= span.start < span.end <= start + len(text)
        assert text[span.start - start : span.end - start] == span.text
        assert span.text in span.sentence
        assert span.sentence in text
        touched = [s for s in found.passage.sentences if s.start < span.end and span.start < s.end]
        assert len(touched) <= 1
