"""Fit the sentence reader: its weights, its calibration and its threshold, on development data."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from corpus.errors import InvalidSetting
from eval.examples import Examples, Numbers, Truths
from service.reader import FEATURES, SentenceModel

PENALTIES = (0.01, 0.1, 1.0, 10.0)
"""Values of C, the inverse of the strength of the regularisation."""

FOLDS = 5
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Best:
    """The sentence chosen for one question: its score, and whether it holds the answer."""

    score: float
    holds: bool
    answerable: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to train, and how it did on development questions that it had not seen.

    trained_on: development, wider or both. worth: at its best threshold.
    """

    trained_on: str
    penalty: float
    worth: int
    best_holds: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, and the choices it was chosen from, best first.

    given, right: of the answers to ``questions`` questions, with every parameter but the threshold
    fitted on the other questions.
    """

    model: SentenceModel
    choices: tuple[Choice, ...]
    given: int
    right: int
    questions: int


def fit_sentence_reader(
    development: Sequence[Examples], wider: Sequence[Examples], fitted_on: str
) -> Fit:
    """Fit everything that the sentence reader learns; the same input gives the same model.

    development: choose how to train, calibrate and set the threshold, each by predictions on
    questions left out. wider: more questions to train the weights on, or none.
    """
    if not any(one.holds.any() for one in development):
        raise InvalidSetting("No development question finds a sentence with its answer.")
    choices = _choices(development, wider)
    chosen = choices[0]
    left_out = []
    for number, one in enumerate(development):
        others = [*development[:number], *development[number + 1 :]]
        left_out.append(best_of(one, _trained(chosen, others, wider)))
    scores = np.array([best.score for best in left_out])
    holds = np.array([best.holds for best in left_out])
    confidences = [
        _confidence(platt(np.delete(scores, i), np.delete(holds, i)), scores[i])
        for i in range(len(scores))
    ]
    judged = [
        replace(best, score=confidence)
        for best, confidence in zip(left_out, confidences, strict=True)
    ]
    threshold = best_threshold(judged)
    line = platt(scores, holds)
    weights = _trained(chosen, development, wider)
    model = SentenceModel(
        weights=tuple(round(float(weight), _DECIMALS) for weight in weights[:-1]),
        bias=round(float(weights[-1]), _DECIMALS),
        slope=round(float(line[0]), _DECIMALS),
        offset=round(float(line[1]), _DECIMALS),
        threshold=round(threshold, _DECIMALS),
        fitted_on=f"{fitted_on}; weights on {chosen.trained_on}, C {chosen.penalty:g}",
    )
    given = [best for best in judged if best.score >= threshold]
    return Fit(model, choices, len(given), sum(best.holds for best in given), len(judged))


def best_of(one: Examples, weights: Numbers) -> Best:
    """Return the sentence with the highest score, the first of equal ones."""
    if not len(one.rows):
        return Best(-1e9, False, one.answerable)
    scores = one.rows @ weights[:-1] + weights[-1]
    position = int(np.argmax(scores.round(6)))
    return Best(float(scores[position]), bool(one.holds[position]), one.answerable)


def worth(bests: Sequence[Best], threshold: float) -> int:
    """Count the right answers given, less the wrong ones: a wrong one is worse than none."""
    return sum(1 if best.holds else -1 for best in bests if best.score >= threshold)


def best_threshold(bests: Sequence[Best]) -> float:
    """Return the threshold of the greatest worth, ties to the higher.

    Thresholds lie on the lowest score, half-way between neighbouring ones, and on the highest:
    always to abstain is not among them.
    """
    scores = sorted({best.score for best in bests})
    middles = [(low + high) / 2 for low, high in itertools.pairwise(scores)]
    return max([scores[0], *middles, scores[-1]], key=lambda t: (worth(bests, t), t))


def model_json(model: SentenceModel) -> dict[str, object]:
    """Return what is stored with the reader, the weights by the names of their features."""
    return {
        "weights": dict(zip(FEATURES, model.weights, strict=True)),
        "bias": model.bias,
        "slope": model.slope,
        "offset": model.offset,
        "threshold": model.threshold,
        "fitted_on": model.fitted_on,
    }


def _choices(development: Sequence[Examples], wider: Sequence[Examples]) -> tuple[Choice, ...]:
    sources = ("development", "wider", "both") if wider else ("development",)
    choices = []
    for source in sources:
        for penalty in PENALTIES:
            way = Choice(source, penalty, 0, 0)
            bests = _folded(way, development, wider)
            best_worth = worth(bests, best_threshold(bests))
            choices.append(Choice(source, penalty, best_worth, sum(b.holds for b in bests)))
    return tuple(sorted(choices, key=lambda c: (-c.best_holds, -c.worth, c.penalty)))


def _folded(way: Choice, development: Sequence[Examples], wider: Sequence[Examples]) -> list[Best]:
    bests: list[Best] = []
    for fold in range(FOLDS):
        others = [one for number, one in enumerate(development) if number % FOLDS != fold]
        weights = _trained(way, others, wider)
        bests += [best_of(one, weights) for one in development[fold::FOLDS]]
    return bests


def _trained(way: Choice, development: Sequence[Examples], wider: Sequence[Examples]) -> Numbers:
    """Return weights and, last, the bias; both sources count as much, whatever their sizes."""
    sources = {"development": [development], "wider": [wider], "both": [development, wider]}
    parts = sources[way.trained_on]
    rows = np.concatenate([one.rows for part in parts for one in part])
    holds = np.concatenate([one.holds for part in parts for one in part])
    sizes = [sum(len(one.rows) for one in part) for part in parts]
    shares = np.concatenate([np.full(n, len(rows) / (len(parts) * n)) for n in sizes])
    return _logistic(rows, holds, shares, way.penalty)


def _logistic(rows: Numbers, holds: Truths, shares: Numbers, penalty: float) -> Numbers:
    """Regress on standardised features, then fold the standardisation back into the weights."""
    centre, width = rows.mean(axis=0), rows.std(axis=0)
    width[width == 0] = 1.0
    model = LogisticRegression(C=penalty, max_iter=1000)
    model.fit((rows - centre) / width, holds, sample_weight=shares)
    weights = model.coef_[0] / width
    return np.append(weights, model.intercept_[0] - weights @ centre)


def platt(scores: Numbers, holds: Truths) -> Numbers:
    """Return slope and offset of the log-odds that a score holds the answer (Platt, 1999).

    His smoothed targets stand in as weights of both outcomes, so that no slope is endless.
    """
    good, bad = int(holds.sum()), int((~holds).sum())
    target = np.where(holds, (good + 1) / (good + 2), 1 / (bad + 2))
    model = LogisticRegression(C=1e6, max_iter=1000)
    model.fit(
        np.concatenate([scores, scores])[:, None],
        np.repeat([True, False], len(scores)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return np.array([model.coef_[0, 0], model.intercept_[0]])


def _confidence(line: Numbers, score: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(line[0] * score + line[1], -30, 30))))
