"""Our own questions, as they are trained on and as question sets on the passages they are about."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.document import Block, Document
from corpus.errors import InvalidSetting
from eval.question_sets import Question
from eval.squadshifts import Benchmark
from training.qamr import Sentence, read_sentences

QUESTIONS = Path(__file__).parent / "questions"
TRAINING = QUESTIONS / "training.jsonl"
PAIRS = QUESTIONS / "pairs.jsonl"
DEVELOPMENT = QUESTIONS / "development.jsonl"
ARTICLES = QUESTIONS / "articles.jsonl"
HELD_OUT_ARTICLES = QUESTIONS / "held-out-articles.jsonl"


def near_misses(folder: Path) -> Benchmark:
    """Return the passages of QAMR with the questions on them that are left out of the training.

    Nearly half of these have no answer there: they ask for what stands just beside it. folder: of
    QAMR, whose sentences the passages are made of.
    """
    return _question_set((TRAINING, DEVELOPMENT), DEVELOPMENT, read_sentences(folder))


def held_out_articles() -> Benchmark:
    """Return our own articles with the questions on those that are left out of the training."""
    return _question_set((ARTICLES, HELD_OUT_ARTICLES), HELD_OUT_ARTICLES, {})


def own_entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the passages of a file of ours, with the questions on them.

    A passage is its own ``text``, with a ``title``, or the ids of its ``sentences`` in QAMR.
    """
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise InvalidSetting(f"{path}, line {number}: {error}.") from None


def passage_text(
    sentences: Mapping[str, Sentence], entry: dict[str, Any], path: Path, number: int
) -> str:
    """Return the passage of a line of a file of ours. Raises InvalidSetting."""
    if "text" in entry:
        return str(entry["text"])
    try:
        return " ".join(sentences[id_].text for id_ in entry["sentences"])
    except KeyError as error:
        raise InvalidSetting(f"{path}, line {number}: there is no sentence {error}.") from None


def _question_set(
    passages: Sequence[Path], questions: Path, sentences: Mapping[str, Sentence]
) -> Benchmark:
    """Return all passages as documents, and the questions of one of the files."""
    documents = {
        _id(entry): _document(entry, passage_text(sentences, entry, path, number))
        for path in passages
        for number, entry in enumerate(own_entries(path), 1)
    }
    asked = [
        _question(entry, position, asked)
        for entry in own_entries(questions)
        for position, asked in enumerate(entry["questions"], 1)
    ]
    return Benchmark(tuple(documents.values()), tuple(asked))


def _document(entry: dict[str, Any], text: str) -> Document:
    return Document(
        id=_id(entry),
        title=_title(entry),
        origin=f"training:{_id(entry)}",
        language="en",
        text=text,
        blocks=(Block("text", 0, len(text)),),
    )


def _question(entry: dict[str, Any], position: int, asked: dict[str, Any]) -> Question:
    return Question(
        id=f"{_id(entry)}-{position:02}",
        question=asked["question"],
        kind="span" if asked["answers"] else "near-miss",
        answers=tuple(asked["answers"]),
        document=_id(entry) if asked["answers"] else None,
        sentence=None,
        answerable=bool(asked["answers"]),
        half="development",
    )


def _title(entry: dict[str, Any]) -> str:
    return str(entry["title"] if "text" in entry else entry["sentences"][0])


def _id(entry: dict[str, Any]) -> str:
    if "text" in entry:
        return f"article-{hashlib.sha256(entry['text'].encode()).hexdigest()[:16]}"
    return str(entry["sentences"][0]).lower().replace(":", "-")
