"""Our own passages and questions: those that are trained on, and those that are held out."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus.document import Document
from corpus.errors import InvalidSetting
from corpus.formats import read_bytes
from eval.question_sets import Question
from eval.squadshifts import Benchmark
from training.qamr import Sentence, read_sentences

QUESTIONS = Path(__file__).parent / "questions"
TRAINING = QUESTIONS / "training.jsonl"
PAIRS = QUESTIONS / "pairs.jsonl"
ARTICLES = QUESTIONS / "articles.jsonl"
DIGESTS = QUESTIONS / "digests.jsonl"
TWINS = QUESTIONS / "twins.jsonl"
MORE_DIGESTS = QUESTIONS / "more-digests.jsonl"
CONTRASTS = QUESTIONS / "contrasts.jsonl"
DEVELOPMENT = QUESTIONS / "development.jsonl"
HELD_OUT_ARTICLES = QUESTIONS / "held-out-articles.jsonl"
HELD_OUT_DIGESTS = QUESTIONS / "held-out-digests.jsonl"

UNTITLED = "_"
"""The title of a passage that has none: nothing is read before it."""


@dataclass(frozen=True, slots=True)
class OwnPassage:
    """A passage and our questions on it, each with its accepted answers, none where it lacks one.

    text: may be Markdown with headings. sentences: the ids in QAMR of the sentences it is made of;
    none where we wrote it.
    """

    title: str
    text: str
    sentences: tuple[str, ...]
    questions: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def id(self) -> str:
        """Its id as a document."""
        if self.sentences:
            return self.sentences[0].lower().replace(":", "-")
        return f"article-{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"


def read_own(path: Path, sentences: Mapping[str, Sentence]) -> list[OwnPassage]:
    """Read a file of ours. sentences: QAMR's, by id. Raises InvalidSetting."""
    found = []
    for number, entry in _lines(path):
        try:
            ids = tuple(entry.get("sentences", ()))
            text = " ".join(sentences[id_].text for id_ in ids) if ids else entry["text"]
            title = UNTITLED if ids else entry["title"]
            questions = tuple((q["question"], tuple(q["answers"])) for q in entry["questions"])
        except KeyError as error:
            raise InvalidSetting(f"{path}, line {number}: there is no {error}.") from None
        found.append(OwnPassage(title, text, ids, questions))
    return found


def sentence_ids(paths: Iterable[Path]) -> set[str]:
    """Return the ids of QAMR's sentences that passages of some files of ours are made of."""
    return {id_ for path in paths for _, entry in _lines(path) for id_ in entry["sentences"]}


def near_misses(folder: Path) -> Benchmark:
    """Return the passages of QAMR that are held out, with our questions on them.

    Nearly half of these have no answer there: they ask for what stands just beside it. Left out are
    passages of an article that others of its sentences are trained on. folder: of QAMR.
    """
    sentences = read_sentences(folder)
    trained = {sentences[id_].article for id_ in sentence_ids((TRAINING, PAIRS))}
    return question_set(
        passage
        for passage in read_own(DEVELOPMENT, sentences)
        if not trained & {sentences[id_].article for id_ in passage.sentences}
    )


def held_out_articles() -> Benchmark:
    """Return the articles of our own that are held out, with our questions on them."""
    return question_set(read_own(HELD_OUT_ARTICLES, {}))


def held_out_digests() -> Benchmark:
    """Return digests like the collection's, on other countries, with our questions on them."""
    return question_set(read_own(HELD_OUT_DIGESTS, {}))


def question_set(passages: Iterable[OwnPassage]) -> Benchmark:
    """Return passages as documents, and the questions on them."""
    known = list(passages)
    return Benchmark(
        tuple(_document(passage) for passage in known),
        tuple(
            _question(passage, position, asked, answers)
            for passage in known
            for position, (asked, answers) in enumerate(passage.questions, 1)
        ),
    )


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise InvalidSetting(f"{path}, line {number}: {error}.") from None


def _document(passage: OwnPassage) -> Document:
    origin = f"training:{passage.id}"
    parsed = read_bytes(passage.text.encode(), "own.md", origin, passage.id)
    return replace(parsed.document, title=passage.title, language="en")


def _question(passage: OwnPassage, position: int, asked: str, answers: tuple[str, ...]) -> Question:
    return Question(
        id=f"{passage.id}-{position:02}",
        question=asked,
        kind="span" if answers else "near-miss",
        answers=answers,
        document=passage.id if answers else None,
        sentence=None,
        answerable=bool(answers),
        half="development",
    )
