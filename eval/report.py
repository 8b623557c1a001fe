"""From the values of each question to tables: every average is made of the rows, here."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from eval import calibration, metrics
from eval.retrieval import RetrievalRow
from eval.run import Row
from eval.tables import Column, Table, Value

RISKS = (0.05, 0.10)

_SYSTEM_COLUMNS = (
    Column("system", "text"), Column("n", "count"), Column("answered", "count"),
    Column("failed", "count"), Column("EM"), Column("F1"), Column("F1 overall"),
    Column("gold in quote"), Column("right among given"), Column("abstention precision"),
    Column("abstention recall"), Column("citation exact"), Column("p50 ms", "milliseconds"),
    Column("p95 ms", "milliseconds"),
)  # fmt: skip
_GIVEN_COLUMNS = (
    Column("system", "text"), Column("given", "count"), Column("F1 of these"),
    Column("wrong of these"), Column("95 % wrong", "interval"), Column("answerable answered"),
    Column("95 % answered", "interval"), Column("unanswerable abstained"),
    Column("95 % abstained", "interval"),
)  # fmt: skip
_RETRIEVAL_COLUMNS = (
    Column("ranking", "text"), Column("half", "text"), Column("n", "count"), Column("recall@1"),
    Column("recall@5"), Column("recall@20"), Column("MRR@10", "ratio"),
)  # fmt: skip
_KIND_COLUMNS = (
    Column("kind", "text"), Column("n", "count"), Column("answered", "count"), Column("EM"),
    Column("F1"), Column("score"), Column("gold in quote"), Column("cites the proof"),
    Column("proof read"),
)  # fmt: skip
_CALIBRATION_COLUMNS = (
    Column("system", "text"), Column("event", "text"), Column("n", "count"),
    Column("came true", "count"), Column("ECE", "ratio"), Column("AUROC", "ratio"),
    Column("area under risk–coverage", "ratio"),
    *(column for risk in RISKS for column in (
        Column(f"coverage at {risk:.0%} risk"), Column(f"95 % at {risk:.0%}", "interval"),
    )),
)  # fmt: skip

Test = Callable[[Row], bool]


def _is_answerable(row: Row) -> bool:
    return row.answerable


_EVENTS: tuple[tuple[str, Test], ...] = (
    ("quote holds the answer", lambda row: row.holds),
    ("answer is right", lambda row: row.is_right),
    ("question is answerable", _is_answerable),
)


def system_table(rows: Sequence[Row]) -> Table:
    """Return a line for each system, over the questions that count in averages."""
    scored = [row for row in rows if row.is_scored]
    return Table(
        "Systems",
        "EM, F1 and gold in quote: of the answerable questions, an abstention counting as 0. "
        "F1 overall: of all, with 1 for abstaining from an unanswerable one and 0 for answering "
        "it. Right: F1 of 0.5 or more, cited from the right document.",
        _SYSTEM_COLUMNS,
        tuple(_system_line(name, _of_system(scored, name)) for name in _systems(rows)),
    )


def given_table(rows: Sequence[Row]) -> Table:
    """Return a line for each system, on the answers that it gives."""
    scored = [row for row in rows if row.is_scored]
    return Table(
        "Answers given",
        "At the threshold, with Wilson intervals. A wrong answer has an F1 below 0.5, or is cited "
        "from another document; one to an unanswerable question is wrong, with an F1 of 0.",
        _GIVEN_COLUMNS,
        tuple(_given_line(name, _of_system(scored, name)) for name in _systems(rows)),
    )


def retrieval_table(rows: Sequence[RetrievalRow]) -> Table:
    """Return a line for each ranking and half."""
    keys = dict.fromkeys((row.ranking, row.half) for row in rows)
    lines = []
    for ranking, half in sorted(keys, key=lambda key: key[1]):
        ranks = [row.rank for row in rows if (row.ranking, row.half) == (ranking, half)]
        recalls = [metrics.mean([metrics.recall_at(rank, k) for rank in ranks]) for k in (1, 5, 20)]
        reciprocal = metrics.mean([metrics.reciprocal_rank(rank, 10) for rank in ranks])
        lines.append((ranking, half, len(ranks), *recalls, reciprocal))
    return Table(
        "Retrieval",
        "The share of the questions whose proving passage is among the first k.",
        _RETRIEVAL_COLUMNS,
        tuple(lines),
    )


def kind_table(rows: Sequence[Row], system: str) -> Table:
    """Return a line for each kind of question, for one system."""
    of_system = _of_system(rows, system)
    kinds = sorted({row.kind for row in of_system})
    return Table(
        f"By kind: {system}",
        "Score: F1, or 1 for abstaining where the question is unanswerable. Cites the proof: "
        "answered from the proving sentence. Proof read: it stands in a passage that was read. "
        "The kinds yes-no and several-places have no accepted span and are in no average.",
        _KIND_COLUMNS,
        tuple(_kind_line(k, [row for row in of_system if row.kind == k]) for k in kinds),
    )


def relation_table(rows: Sequence[Row], system: str) -> Table:
    """Return a line for each relation, for one system: what an id has before its first hyphen."""
    of_system = _of_system(rows, system)
    relations = sorted({_relation(row) for row in of_system})
    return Table(
        f"By relation: {system}",
        "The relation is the first word of a question's id.",
        (Column("relation", "text"), *_KIND_COLUMNS[1:]),
        tuple(
            _kind_line(name, [row for row in of_system if _relation(row) == name])
            for name in relations
        ),
    )


def _relation(row: Row) -> str:
    return row.id.partition("-")[0]


def calibration_table(rows: Sequence[Row]) -> Table:
    """Return a line for each system and event that its confidence may be about."""
    scored = [row for row in rows if row.is_scored]
    return Table(
        "Calibration",
        "Of the best candidate for every question, given or not; for an unanswerable question no "
        "event comes true. Coverage: the share of the questions that could be answered at this "
        "risk, with its Wilson interval.",
        _CALIBRATION_COLUMNS,
        tuple(
            _calibration_line(name, event, test, _of_system(scored, name))
            for name in _systems(rows)
            for event, test in _EVENTS
        ),
    )


def question_tables(rows: Sequence[Row], retrieval: Sequence[RetrievalRow]) -> tuple[Table, ...]:
    """Return every table on a question set; the kinds are those of the first system."""
    first = _systems(rows)[:1]
    return (
        system_table(rows),
        given_table(rows),
        retrieval_table(retrieval),
        *(kind_table(rows, system) for system in first),
        *(relation_table(rows, system) for system in first),
        calibration_table(rows),
    )


def write_details(path: Path, rows: Iterable[Row], retrieval: Iterable[RetrievalRow]) -> None:
    """Write every row as a JSON object a line, in the order of system or ranking, then id."""
    lines = [
        *(_detail("answer", row) for row in sorted(rows, key=lambda r: (r.system, r.id))),
        *(
            _detail("retrieval", row)
            for row in sorted(retrieval, key=lambda r: (r.ranking, r.question_id))
        ),
    ]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


def _system_line(name: str, rows: Sequence[Row]) -> tuple[Value, ...]:
    answerable = [row for row in rows if row.answerable]
    given = [row for row in rows if not row.abstained]
    cited = [row.citation_exact for row in rows if row.citation_exact is not None]
    can, passed = [row.answerable for row in rows], [row.abstained for row in rows]
    times = [row.milliseconds for row in rows]
    return (
        name,
        len(rows),
        sum(row.answered for row in rows),
        sum(bool(row.failure) for row in rows),
        metrics.mean([row.exact_match for row in answerable]),
        metrics.mean([row.f1 for row in answerable]),
        metrics.mean([row.score for row in rows]),
        metrics.mean([float(row.answered and row.holds) for row in answerable]),
        metrics.share(sum(row.is_right for row in given), len(given)),
        metrics.abstention_precision(can, passed),
        metrics.abstention_recall(can, passed),
        metrics.share(sum(cited), len(cited)),
        metrics.percentile(times, 50),
        metrics.percentile(times, 95),
    )


def _given_line(name: str, rows: Sequence[Row]) -> tuple[Value, ...]:
    given = [row for row in rows if row.answered]
    wrong = sum(not row.is_right for row in given)
    answerable = [row for row in rows if row.answerable]
    answered = sum(row.answered for row in answerable)
    others = [row for row in rows if not row.answerable]
    abstained = sum(row.abstained for row in others)
    return (
        name,
        len(given),
        metrics.mean([row.f1 for row in given]),
        metrics.share(wrong, len(given)),
        metrics.wilson(wrong, len(given)),
        metrics.share(answered, len(answerable)),
        metrics.wilson(answered, len(answerable)),
        metrics.share(abstained, len(others)),
        metrics.wilson(abstained, len(others)),
    )


def _kind_line(kind: str, rows: Sequence[Row]) -> tuple[Value, ...]:
    with_answers = [row for row in rows if row.answerable and row.is_scored]
    scored = [row for row in rows if row.is_scored]
    answerable = [row for row in rows if row.answerable]
    return (
        kind,
        len(rows),
        sum(row.answered for row in rows),
        metrics.mean([row.exact_match for row in with_answers]),
        metrics.mean([row.f1 for row in with_answers]),
        metrics.mean([row.score for row in scored]),
        metrics.mean([float(row.answered and row.holds) for row in with_answers]),
        metrics.mean([float(row.answered and row.cites_proof) for row in answerable]),
        metrics.mean([float(row.proof_rank is not None) for row in answerable]),
    )


def _calibration_line(name: str, event: str, test: Test, rows: Sequence[Row]) -> tuple[Value, ...]:
    confidences, trues = [row.confidence for row in rows], [test(row) for row in rows]
    coverages: list[Value] = []
    for risk in RISKS:
        answered = calibration.coverage_at(confidences, trues, risk).answered
        coverages += [metrics.share(answered, len(rows)), metrics.wilson(answered, len(rows))]
    ranking = calibration.auroc(confidences, trues)
    if test is _is_answerable:  # a confidence is not about that: it can only rank
        return (name, event, len(rows), sum(trues), None, ranking, None, *(None for _ in coverages))
    return (
        name,
        event,
        len(rows),
        sum(trues),
        calibration.calibration_error(confidences, trues),
        ranking,
        calibration.risk_coverage_area(confidences, trues),
        *coverages,
    )


def _systems(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.system for row in rows))


def _of_system(rows: Sequence[Row], name: str) -> list[Row]:
    """Return one system's rows by question id, so that no sum depends on the order of a run."""
    return sorted((row for row in rows if row.system == name), key=lambda row: row.id)


def _detail(table: str, row: Row | RetrievalRow) -> str:
    values = {"table": table, **asdict(row)}
    if isinstance(row, Row):
        values["score"] = row.score
        values["milliseconds"] = row.milliseconds if math.isfinite(row.milliseconds) else None
    return json.dumps(values, ensure_ascii=False, allow_nan=False)
