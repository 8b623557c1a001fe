"""Fitting a reader's confidence, on questions that its weights were not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from corpus.errors import InvalidSetting
from eval.calibration import auroc, calibration_error, coverage_at
from eval.fit import platt
from eval.metrics import is_right
from eval.question_sets import Question, refuse_reported
from eval.retrieval import Progress
from index.index import Index
from index.network import on_all_cores
from index.records import Hit
from service.answerer import READ_PASSAGES
from service.confidence import (
    FEATURES,
    Confidence,
    ConfidenceModel,
    Rows,
    features,
    weighed,
)
from service.passage_reading import PassageReading, read_passage
from service.reading_on import read_hits
from service.span_model import SpanModel

Truths = npt.NDArray[np.bool_]

PENALTIES = (0.01, 0.1, 1.0, 10.0)
"""Values of C, the inverse of the strength of the regularisation."""

WRONG = 0.1
"""The most wrong answers among those given that the threshold allows."""

FOLDS = 10


@dataclass(frozen=True, slots=True)
class Examples:
    """The spans that a reader marks for one question, surest first or not.

    rows: their features, shape (spans, len(FEATURES)). rights: which of them are right. part: the
    set of questions that it is of. is_hard: whether the set is harder than what people ask; it then
    teaches what tells right from wrong, but not how often an answer is right.
    """

    question_id: str
    rows: Rows
    rights: Truths
    part: str = ""
    is_hard: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """How many of a set's questions are answered at the threshold, and how many wrongly.

    is_hard: whether the set had no part in choosing it.
    """

    part: str
    questions: int
    answered: int
    wrong: int
    is_hard: bool


@dataclass(frozen=True, slots=True)
class Stopping:
    """What comes of not reading on where the first passages are enough, on the questions fitted on.

    changed: so many have another surest span than with all passages read. passages: read of a
    question, on average.
    """

    questions: int
    changed: int
    passages: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A confidence model, and how it does on questions left out of its fitting.

    given: at its threshold, for each set of questions. error, ranking: expected calibration error
    and AUROC over those on which it was chosen, which are all but the hard ones.
    """

    model: ConfidenceModel
    penalty: float
    given: tuple[Given, ...]
    error: float | None
    ranking: float | None
    stopping: Stopping | None = None


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """What a reader marks in every passage found for a question. part, is_hard: as of Examples."""

    question: Question
    hits: tuple[Hit, ...]
    readings: tuple[PassageReading, ...]
    part: str = ""
    is_hard: bool = False

    def examples(self, confidence: Confidence | None = None) -> Examples:
        """Return the spans of all passages, or of those that would be read with a confidence."""
        asked, readings = self.question, self.read_with(confidence)
        rights = [
            is_right(span.text, asked.answers, reading.hit.provenance.id, asked.documents)
            for reading in readings
            for span in reading.spans
        ]
        rows = features(asked.question, readings)
        return Examples(asked.id, rows, np.array(rights, np.bool_), self.part, self.is_hard)

    def read_with(self, confidence: Confidence | None) -> Sequence[PassageReading]:
        """Return the readings that there would be with a confidence; all of them without one."""
        if confidence is None:
            return self.readings
        known = {one.hit.passage_id: one for one in self.readings}
        return read_hits(
            self.question.question,
            self.hits,
            lambda hits: [known[hit.passage_id] for hit in hits],
            confidence,
        )


def read_questions(
    model: SpanModel,
    index: Index,
    questions: Sequence[Question],
    progress: Progress,
    part: str = "",
    *,
    is_hard: bool = False,
) -> tuple[ReadQuestion, ...]:
    """Read all that the index finds for each question.

    Raises InvalidSetting for a reported one.
    """
    refuse_reported(tuple(questions))
    found = []
    for number, question in enumerate(questions, 1):
        hits = index.search(question.question, limit=READ_PASSAGES).hits
        readings = on_all_cores(partial(read_passage, model, question.question), hits)
        found.append(ReadQuestion(question, hits, tuple(readings), part, is_hard))
        progress(number, len(questions))
    return tuple(found)


def fit_reader(read: Sequence[ReadQuestion], fitted_on: str) -> Fitted:
    """Fit a confidence as it is used: on the passages that are read where it decides on them.

    Which those are, a confidence says that was fitted on all passages first.
    """
    first = fit_confidence([one.examples() for one in read], fitted_on)
    fitted = fit_confidence([one.examples(first.model) for one in read], fitted_on)
    stopped = [one.read_with(fitted.model) for one in read]
    changed = sum(
        _best(one, readings, fitted.model) != _best(one, one.readings, fitted.model)
        for one, readings in zip(read, stopped, strict=True)
    )
    passages = sum(map(len, stopped)) / len(stopped)
    return replace(fitted, stopping=Stopping(len(read), changed, passages))


def _best(
    one: ReadQuestion, readings: Sequence[PassageReading], model: ConfidenceModel
) -> tuple[int, int] | None:
    """Return the place of the surest span: its passage's id and its start."""
    places = [(r.hit.passage_id, span.start) for r in readings for span in r.spans]
    if not places:
        return None
    confidences = model.confidences(features(one.question.question, readings))
    return places[int(np.argmax(confidences))]


def fit_confidence(examples: Sequence[Examples], fitted_on: str) -> Fitted:
    """Fit the probability that a span is right, and the threshold that keeps WRONG.

    Each is judged on questions left out: the regression by folds of the questions, its penalty by
    its log-likelihood there. The threshold is the lowest one with so few wrong answers. Hard
    questions are among those that the regression learns from; what turns its scores into
    probabilities, the penalty and the threshold come from the others.
    """
    kept = [one for one in examples if len(one.rows)]
    held = sum(bool(one.rights.any()) for one in kept)
    if min(held, sum(not one.rights.all() for one in kept)) < FOLDS:
        raise InvalidSetting(
            f"Of {len(kept)} questions {held} were read right: train on more, or fit on more. "
            f"{FOLDS} with a right span and {FOLDS} with a wrong one are needed."
        )
    left_out = {penalty: _left_out(kept, penalty) for penalty in PENALTIES}
    asked = np.array([not one.is_hard for one in kept])
    penalty = max(PENALTIES, key=lambda one: _likelihood(*(a[asked] for a in left_out[one])))
    confidences, rights = left_out[penalty]
    confidences = confidences.round(4)  # as an answer shows it
    chosen_on = confidences[asked].tolist(), rights[asked].tolist()
    threshold = lowest_threshold(*chosen_on, WRONG)
    weights = _surest_calibrated(kept, _regression(kept, penalty))
    model = ConfidenceModel(
        weights=tuple(float(weight) for weight in weights[:-1]),
        bias=float(weights[-1]),
        threshold=threshold,
        fitted_on=fitted_on,
    )
    return Fitted(
        model=model,
        penalty=penalty,
        given=_given(examples, kept, confidences >= threshold, rights),
        error=calibration_error(*chosen_on),
        ranking=auroc(*chosen_on),
    )


def _given(
    examples: Sequence[Examples], kept: Sequence[Examples], answered: Truths, rights: Truths
) -> tuple[Given, ...]:
    """Count by set; a question for which nothing was read is one that is not answered."""
    found = []
    for part in dict.fromkeys(one.part for one in examples):
        of = np.array([one.part == part for one in kept])
        wrong = int((answered & of & ~rights).sum())
        asked = [one for one in examples if one.part == part]
        given = int((answered & of).sum())
        found.append(Given(part, len(asked), given, wrong, asked[0].is_hard))
    return tuple(found)


def lowest_threshold(confidences: Sequence[float], rights: Sequence[bool], risk: float) -> float:
    """Return the lowest threshold that gives at most this share of wrong answers; else 1."""
    answered = coverage_at(confidences, rights, risk).answered
    return sorted(confidences, reverse=True)[answered - 1] if answered else 1.0


def _left_out(examples: Sequence[Examples], penalty: float) -> tuple[Rows, Truths]:
    """Return the surest span's confidence and truth of each question, by folds left out."""
    confidences, rights = np.zeros(len(examples)), np.zeros(len(examples), np.bool_)
    for fold in range(FOLDS):
        others = [one for number, one in enumerate(examples) if number % FOLDS != fold]
        weights = _surest_calibrated(others, _regression(others, penalty))
        for number in range(fold, len(examples), FOLDS):
            odds, rights[number] = _surest(examples[number], weights)
            confidences[number] = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return confidences, rights


def _likelihood(confidences: Rows, rights: Truths) -> float:
    chances = np.clip(np.where(rights, confidences, 1 - confidences), 1e-9, 1)
    return float(np.log(chances).mean())


def _surest(one: Examples, weights: Rows) -> tuple[float, bool]:
    odds = weighed(one.rows) @ weights[:-1] + weights[-1]
    best = int(np.argmax(odds))
    return float(odds[best]), bool(one.rights[best])


def _regression(examples: Sequence[Examples], penalty: float) -> Rows:
    """Regress on standardised features; return the weights of the features and, last, the bias.

    Only the span of each question with the best odds counts: with the others it would learn to tell
    a question's spans apart, which is not what tells one question from another.
    """
    best = [int(one.rows[:, FEATURES.index("odds")].argmax()) for one in examples]
    rows = weighed(np.stack([one.rows[at] for one, at in zip(examples, best, strict=True)]))
    rights = np.array([one.rights[at] for one, at in zip(examples, best, strict=True)])
    centre, width = rows.mean(axis=0), rows.std(axis=0)
    width[width == 0] = 1.0
    model = LogisticRegression(C=penalty, max_iter=2000)
    model.fit((rows - centre) / width, rights)
    weights = model.coef_[0] / width
    return np.append(weights, model.intercept_[0] - weights @ centre)


def _surest_calibrated(examples: Sequence[Examples], weights: Rows) -> Rows:
    """Scale the log-odds so that they hold for the surest span of each question that is not hard.

    By Platt's method (1999).
    """
    surest = [_surest(one, weights) for one in examples if not one.is_hard]
    odds, rights = np.array([o for o, _ in surest]), np.array([r for _, r in surest])
    if rights.all() or not rights.any():
        return weights
    slope, offset = (float(value) for value in platt(odds, rights))
    if slope <= 0:  # too few questions to tell: it would turn the order round
        return weights
    return np.append(weights[:-1] * slope, weights[-1] * slope + offset)
