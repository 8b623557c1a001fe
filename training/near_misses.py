"""Our own questions as a question set on the passages they were written for.

Nearly half of them have no answer there: they ask for what stands just beside it.
"""

import json
from collections.abc import Iterator, Mapping
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


def near_misses(folder: Path) -> Benchmark:
    """Return all passages as documents, and the questions that are left out of the training.

    folder: of QAMR, whose sentences the passages are made of.
    """
    sentences = read_sentences(folder)
    documents = {
        _id(entry): _document(entry, passage_text(sentences, entry, path, number))
        for path in (TRAINING, DEVELOPMENT)
        for number, entry in enumerate(own_entries(path), 1)
    }
    questions = [
        _question(entry, position, asked)
        for entry in own_entries(DEVELOPMENT)
        for position, asked in enumerate(entry["questions"], 1)
    ]
    return Benchmark(tuple(documents.values()), tuple(questions))


def own_entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the passages of a file of ours: the ids of the sentences, and the questions on them."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise InvalidSetting(f"{path}, line {number}: {error}.") from None


def passage_text(
    sentences: Mapping[str, Sentence], entry: dict[str, Any], path: Path, number: int
) -> str:
    """Return the passage of a line of a file of ours. Raises InvalidSetting."""
    try:
        return " ".join(sentences[id_].text for id_ in entry["sentences"])
    except KeyError as error:
        raise InvalidSetting(f"{path}, line {number}: there is no sentence {error}.") from None


def _document(entry: dict[str, Any], text: str) -> Document:
    return Document(
        id=_id(entry),
        title=entry["sentences"][0],
        origin=f"qamr:{entry['sentences'][0]}",
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


def _id(entry: dict[str, Any]) -> str:
    return str(entry["sentences"][0]).lower().replace(":", "-")
