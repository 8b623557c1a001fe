"""The evaluation of a reader: what it reads for each question, and figures checked by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader
from two_notes import ignore

from eval.metrics import Interval, wilson
from eval.question_sets import Question
from eval.reading import Read, ReadingRow, paragraph_hit, reading_rows, reading_tables, write_rows
from eval.squadshifts import fill, load_benchmark
from eval.tables import Table, Value, markdown
from index.index import Index
from index.records import Hit
from service.answerer import READ_PASSAGES
from service.records import Span

LIMA = "Lima built 16 aircraft."
SEOUL = "Seoul signed a plan with Lima in March."

ASKED = {
    "How many aircraft were built?": (LIMA, "16 aircraft"),
    "When was a plan signed?": (SEOUL, "March"),
    "Who signed a plan?": (SEOUL, "Seoul"),
    "Which city built aircraft?": (LIMA, "Lima"),
}
TOLD: dict[str, dict[str, float]] = {
    "How many aircraft were built?": {"16": 0.9, "March": 0.3},
    "When was a plan signed?": {"March": 0.8, "aircraft": 0.85},
    "Who signed a plan?": {},
    "Which city built aircraft?": {"Lima": 0.6},
}


class Told:
    """Finds for each question the words it was told, and keeps what it was given to read."""

    name = "told"
    threshold = 0.5

    def __init__(self, answers: Mapping[str, Mapping[str, float]]) -> None:
        self.answers = answers
        self.given: list[list[str]] = []

    def load(self) -> None:
        """Nothing is loaded."""

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        self.given.append([hit.passage.text for hit in hits])
        return FakeReader(self.answers[question]).read(question, hits)


def squad_file(folder: Path, asked: Mapping[str, tuple[str, str]], title: str = "Lima") -> Path:
    """Write a set in SQuAD's format: an article whose paragraphs have these questions."""
    paragraphs: dict[str, list[dict[str, object]]] = {}
    for number, (question, (text, answer)) in enumerate(asked.items(), 1):
        entry = {"id": f"q{number}", "question": question, "answers": [
            {"text": answer, "answer_start": text.find(answer)}]}  # fmt: skip
        paragraphs.setdefault(text, []).append(entry)
    listed = [{"context": text, "qas": entries} for text, entries in paragraphs.items()]
    path = folder / "set.json"
    path.write_text(json.dumps({"data": [{"title": title, "paragraphs": listed}]}), "utf-8")
    return path


def filled(
    folder: Path, asked: Mapping[str, tuple[str, str]]
) -> tuple[Index, tuple[Question, ...]]:
    """Bring a set into an index of its own; give that and the questions."""
    benchmark = load_benchmark(squad_file(folder, asked))
    index = Index(folder / "index", FakeEncoder())
    fill(index, benchmark.documents, ignore)
    return index, benchmark.questions


def read(folder: Path, asked: Mapping[str, tuple[str, str]], reader: Told) -> dict[str, ReadingRow]:
    """Read a set with an index of its own; give the rows by question id."""
    index, questions = filled(folder, asked)
    return {row.id: row for row in reading_rows(reader, index, questions, ignore)}


def only(table: Table) -> dict[str, Value]:
    (row,) = table.rows
    return dict(zip([column.name for column in table.columns], row, strict=True))


# What is read


def test_each_question_is_read_three_ways(tmp_path) -> None:
    rows = read(tmp_path, ASKED, Told(TOLD))
    assert rows["q1"] == ReadingRow(
        id="q1",
        half=rows["q1"].half,
        paragraph=Read(f1=pytest.approx(2 / 3), exact=0, right=True, confidence=0.9),
        found=Read(f1=pytest.approx(2 / 3), exact=0, right=True, confidence=0.9),
        other=Read(f1=0, exact=0, right=False, confidence=0.3),
    )
    # The surest span of both paragraphs is the wrong one.
    assert rows["q2"].paragraph == Read(1, 1, True, 0.8)
    assert rows["q2"].found == rows["q2"].other == Read(0, 0, False, 0.85)


def test_a_reading_without_a_span_is_worth_nothing_and_is_not_sure(tmp_path) -> None:
    row = read(tmp_path, ASKED, Told(TOLD))["q3"]
    assert row.paragraph == row.found == row.other == Read(0, 0, False, 0)


def test_a_question_has_no_pair_where_every_other_passage_holds_its_answer(tmp_path) -> None:
    row = read(tmp_path, ASKED, Told(TOLD))["q4"]
    assert row.paragraph == row.found == Read(1, 1, True, 0.6)
    assert row.other is None


def test_the_right_words_of_another_paragraph_are_not_right(tmp_path) -> None:
    """«with Lima» shares a word with the answer, and stands in the other paragraph only."""
    asked = {"Who was there?": (LIMA, "Lima"), "How many?": (SEOUL, "March")}
    told = Told({"Who was there?": {"with Lima": 0.7}, "How many?": {}})
    row = read(tmp_path, asked, told)["q1"]
    assert row.found == Read(pytest.approx(2 / 3), 0, False, 0.7)


def test_the_paragraph_what_is_found_and_one_other_are_read(tmp_path) -> None:
    asked = {f"Which ship is number {n}?": (f"Ship {n} is {n}{n}.", f"{n}{n}") for n in range(8)}
    index, questions = filled(tmp_path, asked)
    reader = Told({question: {} for question in asked})
    for question in questions:
        reading_rows(reader, index, [question], ignore)
        (own, found, (other,)), reader.given = reader.given, []
        assert own == [asked[question.question][0]]
        best = index.search(question.question, limit=READ_PASSAGES).hits
        assert found == [hit.passage.text for hit in best]
        assert other != own[0]


def test_an_answer_counts_as_held_only_as_whole_words(tmp_path) -> None:
    asked = {"How many?": (LIMA, "16"), "How many more?": ("Bogotá built 160.", "160")}
    told = {"How many?": {"16": 0.9}, "How many more?": {"160": 0.8}}
    row = read(tmp_path, asked, Told(told))["q1"]
    # «160» holds no «16», though the reader finds these signs in it: its words, not their place.
    assert row.other == Read(1, 1, False, 0.9)


def test_no_passage_of_the_own_paragraph_is_the_other_one(tmp_path) -> None:
    """The paragraph is cut into several passages, most of which don't hold the answer."""
    long = " ".join(f"Ship number {n} was built in the yard." for n in range(100))
    reader = Told({"Which ship was last?": {}})
    row = read(tmp_path, {"Which ship was last?": (long, "99")}, reader)["q1"]
    assert row.other is None
    assert len(reader.given) == 2
    assert len(reader.given[1]) > 1


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"Ship number {n} was built in the yard." for n in range(100)) + " It was 16.",
        "First line.\r\n\r\nIt was 16.\r\n",
        "  \n It was 16.  ",
        "🛩️🛩️ 페루에서 16대를 만들었다. It was 16.",
        "16",
    ],
)
def test_the_own_paragraph_is_read_whole_whatever_it_was_cut_into(tmp_path, text) -> None:
    index, (question,) = filled(tmp_path, {"How many?": (text, "16")})
    passage = paragraph_hit(index, question, ()).passage
    assert (passage.start, passage.end, passage.text) == (0, len(text), text)
    for extent in passage.sentences:
        assert text[extent.start : extent.end].strip() == text[extent.start : extent.end] != ""


def test_own_paragraph_and_other_passage_are_scored_by_the_same_search(tmp_path) -> None:
    """A search among one document alone has a best BM25 of its own: its scores compare to none."""
    other = "The ship was built, a ship built well."
    asked = {"Which ship was built?": ("A ship came.", "came"), "How?": (other, "well")}
    index, (question, _) = filled(tmp_path, asked)
    _, second = index.search(question.question).hits
    hit = paragraph_hit(index, question, index.search(question.question).hits)
    assert hit.provenance.id == second.provenance.id
    assert (hit.score, hit.dense) == (second.score, second.dense)


def test_each_question_read_is_told(tmp_path) -> None:
    index, questions = filled(tmp_path, ASKED)
    told: list[tuple[int, int]] = []
    reading_rows(Told(TOLD), index, questions, lambda *done: told.append(done))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_question_that_its_paragraph_does_not_answer_makes_no_pair(tmp_path) -> None:
    """SQuAD 2.0 has such questions: no passage is the right one for them."""
    index, questions = filled(tmp_path, ASKED)
    unanswerable = replace(questions[0], answers=(), answerable=False)
    (row,) = reading_rows(Told(TOLD), index, [unanswerable], ignore)
    assert row.other is None


# Tables, from rows


def row(id_: str, *, sure: float, right: bool, half: str = "reported") -> ReadingRow:
    value = Read(float(right), float(right), right, sure)
    return ReadingRow(id_, half, value, value, None)


def test_the_figures_on_reading_are_the_averages_of_the_rows(tmp_path) -> None:
    rows = list(read(tmp_path, ASKED, Told(TOLD)).values())
    values = only(reading_tables(rows, "told", 0.5)[0])
    assert values["n"] == 4
    assert values["right paragraph F1"] == pytest.approx((2 / 3 + 1 + 0 + 1) / 4)
    assert values["EM"] == (0 + 1 + 0 + 1) / 4
    assert values["end to end F1"] == pytest.approx((2 / 3 + 0 + 0 + 1) / 4)
    assert values["end to end EM"] == (0 + 0 + 0 + 1) / 4
    assert values["end to end right"] == 2 / 4
    # The own paragraphs' 0.9, 0.8 and 0 win over the others' 0.3, 0.85 and 0: 3, 2 and half of one.
    assert values["pairs"] == 3
    assert values["no-answer AUROC"] == pytest.approx(5.5 / 9)


def test_the_figures_on_confidence_are_of_the_surest_span_end_to_end(tmp_path) -> None:
    """Right at 0.9 and 0.6, wrong at 0.85 and 0."""
    rows = list(read(tmp_path, ASKED, Told(TOLD)).values())
    _, confidence, curve = reading_tables(rows, "told", 0.5)
    values = only(confidence)
    # Four values make one bin: they promise 2.35 right answers of four, and two are.
    assert values["ECE"] == pytest.approx(0.35 / 4)
    assert values["AUROC"] == 3 / 4
    assert values["area under risk–coverage"] == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert values["coverage at 5% wrong"] == values["coverage at 10% wrong"] == 1 / 4
    assert values["given at the threshold"] == 3 / 4
    assert values["wrong among them"] == 1 / 3
    assert reading_tables(rows[::-1], "told", 0.5)[1:] == (confidence, curve)
    # 10 % to 30 % of four questions are one, 40 % to 60 % two, 70 % and 80 % three, then all.
    assert curve.rows[0][1:] == (0, 0, 0, 1 / 2, 1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 2, 1 / 2)


def test_coverage_is_the_most_that_can_be_answered_with_so_many_wrong() -> None:
    """Of 20 questions, the eleventh and the twelfth surest are answered wrong."""
    rows = [row(f"q{n:02}", sure=1 - n / 100, right=n not in (11, 12)) for n in range(1, 21)]
    _, confidence, curve = reading_tables(rows, "told", 0.88)
    values = only(confidence)
    assert values["coverage at 5% wrong"] == 10 / 20
    assert values["coverage at 10% wrong"] == 20 / 20  # 2 of 20
    assert values["95 % at 5%"] == wilson(10, 20)
    assert values["given at the threshold"] == 12 / 20
    assert values["wrong among them"] == 2 / 12
    wrong = (0, 0, 0, 0, 0, 2 / 12, 2 / 14, 2 / 16, 2 / 18, 2 / 20)
    assert curve.rows[0][1:] == pytest.approx(wrong)


def test_a_confidence_at_the_threshold_is_given_and_one_below_is_not() -> None:
    rows = [row("q1", sure=0.5, right=False), row("q2", sure=0.4999, right=True)]
    values = only(reading_tables(rows, "told", 0.5)[1])
    assert (values["given at the threshold"], values["wrong among them"]) == (1 / 2, 1)


def test_where_nothing_is_given_and_nothing_paired_no_figure_is_made_up() -> None:
    tables = reading_tables([row("q1", sure=0.1, right=True)], "told", 0.5)
    values = only(tables[0]) | only(tables[1])
    assert (values["no-answer AUROC"], values["pairs"]) == (None, 0)
    assert (values["given at the threshold"], values["wrong among them"]) == (0, None)
    assert values["95 % wrong"] == Interval(0, 1)
    assert markdown(tables).splitlines()[6].endswith("| – | 0 |")


def test_each_half_has_a_line_of_its_own() -> None:
    rows = [
        row("q1", sure=0.9, right=True),
        row("q2", sure=0.8, right=False, half="development"),
        row("q3", sure=0.7, right=False, half="development"),
    ]
    tables = reading_tables(rows, "told", 0.5)
    assert [[line[0] for line in table.rows] for table in tables] == [
        ["development", "reported"]
    ] * 3
    assert [line[1:4] for line in tables[0].rows] == [(2, 0, 0), (1, 1, 1)]


def test_the_tables_name_the_reader_and_its_threshold_and_may_have_no_line() -> None:
    tables = reading_tables([], "told", 0.25)
    assert [table.title.endswith(": told") for table in tables] == [True] * 3
    assert "The threshold is 0.25." in tables[1].note
    assert [table.rows for table in tables] == [(), (), ()]


def test_details_are_a_json_object_for_every_row_by_id(tmp_path) -> None:
    rows = read(tmp_path, ASKED, Told(TOLD))
    write_rows(tmp_path / "rows.jsonl", [rows["q4"], rows["q2"]])
    first, second = map(json.loads, (tmp_path / "rows.jsonl").read_text("utf-8").splitlines())
    assert first == {
        "table": "reading", "id": "q2", "half": rows["q2"].half,
        "paragraph": {"f1": 1, "exact": 1, "right": True, "confidence": 0.8},
        "found": {"f1": 0, "exact": 0, "right": False, "confidence": 0.85},
        "other": {"f1": 0, "exact": 0, "right": False, "confidence": 0.85},
    }  # fmt: skip
    assert (second["id"], second["other"]) == ("q4", None)
