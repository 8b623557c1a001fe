"""The recipe of the shipped reader, and the one for a user's own data."""

import hashlib
import random
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.retrieval import Progress
from eval.squadshifts import load_benchmark
from training.exercises import Exercise, Item, all_items
from training.loop import Stage
from training.negatives import found_passages
from training.own_questions import ARTICLES, PAIRS, TRAINING
from training.sources import (
    SquadQuestion,
    agreed,
    own_exercises,
    qamr_exercises,
    read_squad,
    squad_exercises,
)

SEED = 17

WINDOW = 192
"""Tokens that are read at once in training; the reader itself takes twice as many."""

LONG_WINDOW = 288
"""Those of the last stage, which reads longer pieces."""

STAGES = (
    Stage("qamr", epochs=1, rate=1.5e-4, final_rate=9.8e-5, warm_up=100, steps=900),
    Stage("mixed", epochs=1, rate=1.4e-4, final_rate=1.2e-4, warm_up=100, steps=1_200),
    Stage("articles", epochs=1, rate=1.2e-4, final_rate=2e-6, warm_up=50, steps=2_300),
)
"""QAMR first, for it is far from the questions that are asked; then SQuADShifts in short pieces and
our own questions on QAMR's sentences. At last longer ones: our own articles, a third of
SQuADShifts, and our own questions again with pairs of questions that differ in a word or two.
"""

WITHOUT_ANSWER = 0.15
"""Of the questions, those that also get a passage of the same text that lacks the answer."""

JUDGED = 400
"""Questions of new_wiki's choosing half that tell how the training goes."""

_OWN = (TRAINING, PAIRS, ARTICLES)
_PIECE = (20, 75)
_LONG_PIECE = (30, 160)
_SETS = ("amazon_reviews", "reddit")


@dataclass(frozen=True, slots=True)
class Data:
    """The folders of the data sets, and the one for what is made of them."""

    shifts: Path
    qamr: Path
    work: Path

    @property
    def sets(self) -> tuple[Path, ...]:
        """The files of SQuADShifts that are trained on: never new_wiki."""
        return tuple(self.shifts / f"{name}.json" for name in _SETS)

    def fingerprint(self) -> str:
        """Return a checksum of everything that is trained on."""
        total = hashlib.sha256()
        for path in (*self.sets, *sorted(self.qamr.glob("*.tsv")), *_OWN, self.wiki):
            total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()

    @property
    def wiki(self) -> Path:
        """The file that chooses and reports."""
        return self.shifts / "new_wiki.json"


def epoch_of(
    data: Data, windows: Any, long_windows: Any, told: Progress
) -> Callable[[str, int], Sequence[tuple[Item, ...]]]:
    """Return what gives the exercises of an epoch: other neighbours and crops in each."""

    def items(stage: str, epoch: int) -> Sequence[tuple[Item, ...]]:
        seed = SEED + epoch
        if stage == "articles":
            return all_items(last_exercises(data, seed, told), long_windows)
        if stage == "qamr":
            paragraphs = dict.fromkeys(question.text for question in read_squad(data.wiki))
            kept_apart = " ".join(paragraphs)
            exercises = qamr_exercises(data.qamr, seed, share=WITHOUT_ANSWER, without=kept_apart)
            return all_items(exercises, windows)
        return all_items(mixed_exercises(data, seed, told), windows)

    return items


def mixed_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return SQuADShifts with what our search finds beside it, and our own questions."""
    return _shifts(data, seed, told, every=1, words=_PIECE) + own_exercises(TRAINING, data.qamr)


def last_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return our own articles, a third of SQuADShifts, and our own questions with the pairs."""
    written = [
        SquadQuestion(one.question, one.readings[0].text, one.readings[0].answers)
        for one in own_exercises(ARTICLES, data.qamr)
    ]
    articles = squad_exercises(written, seed, found={}, share=0.05, words=_LONG_PIECE)
    own = [one for path in (TRAINING, PAIRS) for one in own_exercises(path, data.qamr)]
    return articles + _shifts(data, seed + 1, told, every=3, words=_LONG_PIECE) + own


def _shifts(
    data: Data, seed: int, told: Progress, *, every: int, words: tuple[int, int]
) -> list[Exercise]:
    """Return one question of SQuADShifts in ``every``; which ones, their words decide."""
    found = found_passages(data.sets, data.work, told)
    questions = [question for path in data.sets for question in agreed(read_squad(path))]
    kept = [q for q in questions if zlib.crc32(q.question.encode()) // 8 % every == 0]
    return squad_exercises(kept, seed, found=found, share=WITHOUT_ANSWER, words=words)


def choosing_questions(wiki: Path) -> list[SquadQuestion]:
    """Return the questions by which the training is judged, of the half that may choose."""
    titles = {q.note for q in load_benchmark(wiki).questions if q.half == "development"}
    questions = read_squad(wiki, titles)
    return random.Random(5).sample(questions, min(JUDGED, len(questions)))


def own_data_stages(epochs: int) -> tuple[Stage, ...]:
    """Return the stages for a user's own data, on top of the shipped reader."""
    return (Stage("own", epochs=epochs, rate=5e-5, final_rate=5e-6, warm_up=20),)


def own_data_items(
    questions: Iterable[SquadQuestion], seed: int, windows: Any
) -> Sequence[tuple[Item, ...]]:
    """Return a user's questions as exercises, some with the rest of the text beside them."""
    return all_items(squad_exercises(questions, seed, found={}, share=WITHOUT_ANSWER), windows)
