"""The recipe of the shipped reader, and the one for a user's own data."""

import hashlib
import random
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.retrieval import Progress
from eval.squadshifts import fill, load_benchmark
from index.index import Index
from training import negatives, searched
from training.exercises import Exercise, Item, all_items
from training.loop import Stage
from training.negatives import found_passages
from training.own_questions import (
    ARTICLES,
    CONTRASTS,
    DEVELOPMENT,
    DIGESTS,
    MORE_DIGESTS,
    PAIRS,
    TRAINING,
    TWINS,
    question_set,
    read_own,
)
from training.searched import searched_exercises
from training.sources import (
    SquadQuestion,
    agreed,
    own_exercises,
    own_questions,
    qamr_exercises,
    read_squad,
    squad_exercises,
)

SEED = 17

WINDOW = 192
"""Tokens that are read at once in training; the reader itself takes 384."""

LONG_WINDOW = 288
"""Those of all stages but the first two."""

STAGES = (
    Stage("qamr", epochs=1, rate=1.5e-4, final_rate=9.8e-5, warm_up=100, steps=900),
    Stage("mixed", epochs=1, rate=1.4e-4, final_rate=1.2e-4, warm_up=100, steps=1_200),
    Stage("articles", epochs=1, rate=1.2e-4, final_rate=2e-6, warm_up=50, steps=2_300),
    Stage("again", epochs=1, rate=1.4e-4, final_rate=1e-6, warm_up=100, steps=1_550,
          start=("qamr",), seed=100),
    Stage("third", epochs=1, rate=1.4e-4, final_rate=1e-6, warm_up=100, steps=1_550,
          start=("qamr",), seed=200),
    Stage("digests", epochs=1, rate=8e-5, final_rate=1e-6, warm_up=50, steps=2_000,
          start=("articles", "again", "third"), seed=300),
    Stage("more", epochs=1, rate=8e-5, final_rate=1e-6, warm_up=50, steps=2_000,
          start=("articles", "again", "third"), seed=400),
    Stage("contrasts", epochs=1, rate=8e-5, final_rate=1e-6, warm_up=50, steps=2_000,
          start=("articles", "again", "third"), seed=600),
    Stage("mean", epochs=0, rate=0, final_rate=0, warm_up=0,
          start=("digests", "more", "contrasts")),
)  # fmt: skip
"""QAMR first, for it is far from the questions that are asked; then SQuADShifts in short pieces and
our own questions on QAMR's sentences; then longer ones, of our own articles and of a third of
SQuADShifts, and our own questions with pairs of them that differ in a word or two. Twice more from
where QAMR left off, all of these in short pieces: other ways to about the same place, for the mean
of the three reads better than each. From there three ways, at a lower rate, through digests as the
collection has them, in the passages that our search finds, below their titles and headings: other
digests each, most of those of the third way asked about in contrasts. Their mean is it.
"""

WITHOUT_ANSWER = 0.15
"""Of the questions, those that also get a passage of the same text that lacks the answer."""

ARTICLE_WITHOUT_ANSWER = 0.05
"""The same of our own articles: they have questions without an answer already."""

BESIDE_DIGESTS = 8
"""Of all else but QAMR, one exercise in so many is read beside the digests."""

PIECE = (20, 75)
LONG_PIECE = (30, 160)
"""The least and the most words from which on a paragraph around an answer is cut off."""

OWN = (TRAINING, PAIRS, ARTICLES, DIGESTS, TWINS, MORE_DIGESTS, CONTRASTS)
"""Our own files that are trained on."""

JUDGED = 400
"""Questions of new_wiki's choosing half that tell how the training goes."""

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
        """Return a checksum of everything that is trained on, and of how it is cut."""
        windows = (WINDOW, LONG_WINDOW, PIECE, LONG_PIECE)
        shares = (WITHOUT_ANSWER, ARTICLE_WITHOUT_ANSWER, negatives.EVERY, BESIDE_DIGESTS)
        found = (searched.BESIDE, searched.ELSEWHERE, negatives.FOUND, searched.FOUND)
        total = hashlib.sha256(repr((*windows, *shares, *found)).encode())
        known = (self.wiki, DEVELOPMENT)
        for path in (*self.sets, *sorted(self.qamr.glob("*.tsv")), *OWN, *known):
            total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()

    @property
    def wiki(self) -> Path:
        """The file that chooses and reports."""
        return self.shifts / "new_wiki.json"


def epoch_of(
    data: Data, windows: Any, long_windows: Any, told: Progress
) -> Callable[[Stage, int], Sequence[tuple[Item, ...]]]:
    """Return what gives the exercises of an epoch: other neighbours and crops in each."""

    def items(stage: Stage, epoch: int) -> Sequence[tuple[Item, ...]]:
        exercises = EXERCISES[stage.name](data, SEED + stage.seed + epoch, told)
        return all_items(exercises, windows if stage.name in ("qamr", "mixed") else long_windows)

    return items


def first_exercises(data: Data, seed: int, _told: Progress) -> list[Exercise]:
    """Return QAMR, less articles that share a sentence with new_wiki or with what is held out."""
    kept_apart = " ".join(dict.fromkeys(question.text for question in read_squad(data.wiki)))
    return qamr_exercises(data.qamr, seed, share=WITHOUT_ANSWER, without=kept_apart)


def mixed_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return SQuADShifts with what our search finds beside it, and our own questions."""
    return _shifts(data, seed, told, every=1, words=PIECE) + own_exercises(TRAINING, data.qamr)


def article_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return our own articles, a third of SQuADShifts, and our own questions with the pairs."""
    shifts = _shifts(data, seed + 1, told, every=3, words=LONG_PIECE)
    return _articles(seed, words=LONG_PIECE, cut_all=False) + shifts + _own(data)


def again_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return all of SQuADShifts and all of our own, in short pieces."""
    shifts = _shifts(data, seed + 2, told, every=1, words=PIECE)
    return _articles(seed, words=PIECE, cut_all=True) + shifts + _own(data)


def digest_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return two files of our own digests, and a part of what was read before."""
    return _searched(data, seed, told, DIGESTS, TWINS) + _known(data, seed, told)


def more_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return the third file of them, and a part of what was read before."""
    return _searched(data, seed, told, MORE_DIGESTS) + _known(data, seed, told)


def contrast_exercises(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return the digests asked about in contrasts, and a part of what was read before."""
    return _searched(data, seed, told, CONTRASTS) + _known(data, seed, told)


def _known(data: Data, seed: int, told: Progress) -> list[Exercise]:
    """Return a part of all but QAMR and the digests, so that it isn't forgotten."""
    shifts = _shifts(data, seed + 2, told, every=BESIDE_DIGESTS, words=LONG_PIECE)
    others = _articles(seed, words=LONG_PIECE, cut_all=True, titled=True) + _own(data)
    return shifts + random.Random(seed).sample(others, len(others) // BESIDE_DIGESTS)


EXERCISES = {
    "qamr": first_exercises,
    "mixed": mixed_exercises,
    "articles": article_exercises,
    "again": again_exercises,
    "third": again_exercises,
    "digests": digest_exercises,
    "more": more_exercises,
    "contrasts": contrast_exercises,
}
"""What each stage reads."""


def _searched(data: Data, seed: int, told: Progress, *paths: Path) -> list[Exercise]:
    """Return the questions of files of our own documents as the search finds their passages."""
    exercises = []
    for path in paths:
        documents = read_own(path, {})
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        with Index(data.work / f"digests-{checksum}") as index:
            fill(index, question_set(documents).documents, told)
            exercises += searched_exercises(index, documents, seed, told)
    return exercises


def _articles(
    seed: int, *, words: tuple[int, int], cut_all: bool, titled: bool = False
) -> list[Exercise]:
    """Return the questions on our own articles, which are read below their titles or without."""
    asked, share = own_questions(ARTICLES, {}), ARTICLE_WITHOUT_ANSWER
    written = asked if titled else [replace(question, title="") for question in asked]
    return squad_exercises(written, seed, found={}, share=share, words=words, cut_all=cut_all)


def _own(data: Data) -> list[Exercise]:
    """Return our own questions on QAMR's sentences."""
    return [one for path in (TRAINING, PAIRS) for one in own_exercises(path, data.qamr)]


def _shifts(
    data: Data, seed: int, told: Progress, *, every: int, words: tuple[int, int]
) -> list[Exercise]:
    """Return one question of SQuADShifts in ``every``; which ones, their words decide."""
    found = found_passages(data.sets, data.work, told)
    questions = [question for path in data.sets for question in agreed(read_squad(path))]
    kept = [
        replace(question, title="")  # one of reviews and comments is only a number or says nothing
        for question in questions
        if zlib.crc32(question.question.encode()) // 8 % every == 0
    ]
    return squad_exercises(kept, seed, found=found, share=WITHOUT_ANSWER, words=words)


def choosing_questions(wiki: Path) -> list[SquadQuestion]:
    """Return the questions by which the training is judged, of the half that may choose.

    Without their titles, which most stages read none of.
    """
    titles = {q.note for q in load_benchmark(wiki).questions if q.half == "development"}
    questions = [replace(question, title="") for question in read_squad(wiki, titles)]
    return random.Random(5).sample(questions, min(JUDGED, len(questions)))


def own_data_stages(epochs: int) -> tuple[Stage, ...]:
    """Return the stages for a user's own data, on top of the shipped reader."""
    return (Stage("own", epochs=epochs, rate=5e-5, final_rate=5e-6, warm_up=20),)


def own_data_items(
    questions: Iterable[SquadQuestion], seed: int, windows: Any
) -> Sequence[tuple[Item, ...]]:
    """Return a user's questions as exercises, some with the rest of the text beside them."""
    share = WITHOUT_ANSWER
    return all_items(squad_exercises(questions, seed, found={}, share=share, words=PIECE), windows)
