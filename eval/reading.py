"""How well a reader reads: the right paragraph, what the search finds, and what holds no answer."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from corpus.passages import Passage
from corpus.sentences import sentences
from eval import calibration, metrics
from eval.metrics import exact_match, holds_answer, is_right, token_f1
from eval.question_sets import Question
from eval.report import RISKS
from eval.retrieval import Progress
from eval.tables import Column, Table, Value
from index.filters import Filters
from index.index import Index
from index.records import Hit
from index.search import weighted_sum
from service.answerer import READ_PASSAGES
from service.citations import span_text
from service.reader import Reader
from service.records import Span

_LOOKED_AT = 20
"""Passages among which the best one without the answer is looked for."""

_SHARES = tuple(number / 10 for number in range(1, 11))

_READING_COLUMNS = (
    Column("half", "text"), Column("n", "count"), Column("right paragraph F1"), Column("EM"),
    Column("end to end F1"), Column("end to end EM"), Column("end to end right"),
    Column("no-answer AUROC", "ratio"), Column("pairs", "count"),
)  # fmt: skip
_CONFIDENCE_COLUMNS = (
    Column("half", "text"), Column("ECE", "ratio"), Column("AUROC", "ratio"),
    Column("area under risk–coverage", "ratio"),
    *(column for risk in RISKS for column in (
        Column(f"coverage at {risk:.0%} wrong"), Column(f"95 % at {risk:.0%}", "interval"),
    )),
    Column("given at the threshold"), Column("wrong among them"),
    Column("95 % wrong", "interval"),
)  # fmt: skip
_CURVE_COLUMNS = (
    Column("half", "text"), *(Column(f"{share:.0%} answered") for share in _SHARES),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """The best span of one reading: its token F1, its exact match, and its confidence.

    right: token F1 of 0.5 or more, in the right document. Without a span, all is 0.
    """

    f1: float = 0.0
    exact: float = 0.0
    right: bool = False
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One question, read three ways: its own paragraph; the passages that the search finds; and
    the best found passage of another paragraph without the answer, None where all hold it."""

    id: str
    half: str
    paragraph: Read
    found: Read
    other: Read | None


def reading_rows(
    reader: Reader, index: Index, questions: Sequence[Question], progress: Progress
) -> tuple[ReadingRow, ...]:
    """Read each question's own paragraph and what the index finds for it."""
    rows = []
    for number, question in enumerate(questions, 1):
        hits = index.search(question.question, limit=_LOOKED_AT).hits
        others = [hit for hit in hits if _is_without(hit, question)] if question.answers else []
        rows.append(
            ReadingRow(
                id=question.id,
                half=question.half,
                paragraph=_read(reader, question, [paragraph_hit(index, question, hits)]),
                found=_read(reader, question, hits[:READ_PASSAGES]),
                other=_read(reader, question, others[:1]) if others else None,
            )
        )
        progress(number, len(questions))
    return tuple(rows)


def paragraph_hit(index: Index, question: Question, hits: Sequence[Hit]) -> Hit:
    """Return the question's own document as one passage, with the scores of its best one.

    hits: what the search found, whose scores are taken where the document is among them: a search
    of one document alone sets its fused score by another measure.
    """
    id_ = cast("str", question.document)
    hit = next((hit for hit in hits if hit.provenance.id == id_), None)
    if hit is None:
        hit = index.search(question.question, Filters(document_ids=(id_,)), limit=1).hits[0]
        hit = replace(hit, score=weighted_sum({0: hit.dense}, {})[0])
    text = index.document(id_).document.text
    whole = Passage(id_, 0, len(text), text, "", sentences(text, 0, len(text)))
    return replace(hit, passage=whole)


def reading_tables(rows: Sequence[ReadingRow], reader: str, threshold: float) -> tuple[Table, ...]:
    """Return the tables on reading, on confidence and on the risk at each coverage."""
    halves = {half: [row for row in rows if row.half == half] for half in sorted(_halves(rows))}
    return (
        Table(
            f"Reading: {reader}",
            "Of the best span for every question, however sure. Right paragraph: its own is read. "
            f"End to end: what the search finds is read, {READ_PASSAGES} passages; F1 and EM "
            "whatever the document, right only from the right one. No-answer: whether the "
            "confidence tells the right paragraph from the best passage found elsewhere without "
            "the answer.",
            _READING_COLUMNS,
            tuple(_reading_line(half, part) for half, part in halves.items()),
        ),
        Table(
            f"Confidence, end to end: {reader}",
            "Whether the confidence of the best span says how often it is right. Coverage: the "
            "share of the questions that could be answered with so many wrong answers, with its "
            f"Wilson interval. The threshold is {threshold}.",
            _CONFIDENCE_COLUMNS,
            tuple(_confidence_line(half, part, threshold) for half, part in halves.items()),
        ),
        Table(
            f"Wrong answers by coverage, end to end: {reader}",
            "The share of wrong answers where the surest so many questions are answered.",
            _CURVE_COLUMNS,
            tuple((half, *_risks(part)) for half, part in halves.items()),
        ),
    )


def write_rows(path: Path, rows: Sequence[ReadingRow]) -> None:
    """Write every row as a JSON object a line, by id."""
    ordered = sorted(rows, key=lambda row: row.id)
    lines = [json.dumps({"table": "reading", **asdict(row)}) for row in ordered]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


def _is_without(hit: Hit, question: Question) -> bool:
    """Tell whether a passage of another document holds no accepted answer."""
    return hit.provenance.id not in question.documents and not holds_answer(
        hit.passage.text, question.answers
    )


def _read(reader: Reader, question: Question, hits: Sequence[Hit]) -> Read:
    spans = reader.read(question.question, hits)
    return read_of(max(spans, key=lambda span: span.confidence), question) if spans else Read()


def read_of(span: Span, question: Question) -> Read:
    """Return how a span does for a question."""
    text, accepted = span_text(span), question.answers
    right = is_right(text, accepted, span.hit.provenance.id, question.documents)
    return Read(token_f1(text, accepted), exact_match(text, accepted), right, span.confidence)


def _reading_line(half: str, rows: Sequence[ReadingRow]) -> tuple[Value, ...]:
    pairs = [(row.paragraph.confidence, row.other.confidence) for row in rows if row.other]
    scores = [confidence for pair in pairs for confidence in pair]
    return (
        half,
        len(rows),
        metrics.mean([row.paragraph.f1 for row in rows]),
        metrics.mean([row.paragraph.exact for row in rows]),
        metrics.mean([row.found.f1 for row in rows]),
        metrics.mean([row.found.exact for row in rows]),
        metrics.mean([float(row.found.right) for row in rows]),
        calibration.auroc(scores, [True, False] * len(pairs)),
        len(pairs),
    )


def _confidence_line(half: str, rows: Sequence[ReadingRow], threshold: float) -> tuple[Value, ...]:
    confidences = [row.found.confidence for row in rows]
    rights = [row.found.right for row in rows]
    coverages: list[Value] = []
    for risk in RISKS:
        answered = calibration.coverage_at(confidences, rights, risk).answered
        coverages += [metrics.share(answered, len(rows)), metrics.wilson(answered, len(rows))]
    given = [row.found.right for row in rows if round(row.found.confidence, 4) >= threshold]
    wrong = given.count(False)
    return (
        half,
        calibration.calibration_error(confidences, rights),
        calibration.auroc(confidences, rights),
        calibration.risk_coverage_area(confidences, rights),
        *coverages,
        metrics.share(len(given), len(rows)),
        metrics.share(wrong, len(given)),
        metrics.wilson(wrong, len(given)),
    )


def _risks(rows: Sequence[ReadingRow]) -> list[Value]:
    """Return the share of wrong answers among the surest 10 %, 20 % … of the questions."""
    surest = sorted(rows, key=lambda row: (-row.found.confidence, row.id))
    counts = [max(1, round(share * len(rows))) for share in _SHARES]
    return [metrics.share(sum(not r.found.right for r in surest[:n]), n) for n in counts]


def _halves(rows: Sequence[ReadingRow]) -> set[str]:
    return {row.half for row in rows}
