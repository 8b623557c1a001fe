"""A question set in SQuAD v1.1's format as documents and questions: a paragraph is a document.

SQuADShifts (Miller et al., 2020) has articles that no model here was trained on. The articles'
halves are told apart by their titles, so that one chooses parameters and the other is reported.
"""

import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from corpus.document import Block, Document
from corpus.sentences import trim
from eval.question_sets import Half, InvalidQuestionFile, Question
from eval.retrieval import Progress
from index.index import Index

SAMPLE_SEED = 20_200_420


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Every paragraph as a document, and the questions on them."""

    documents: tuple[Document, ...]
    questions: tuple[Question, ...]


def load_benchmark(path: Path) -> Benchmark:
    """Read a file in SQuAD v1.1's format. Raises InvalidQuestionFile.

    A paragraph that the file has twice, in articles of the same half, is one document.
    """
    try:
        articles = json.loads(path.read_text("utf-8"))["data"]
    except OSError as error:
        raise InvalidQuestionFile(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidQuestionFile(f"{path} is not in SQuAD's format: {error!r}.") from None
    if not isinstance(articles, list):
        raise InvalidQuestionFile(f"{path} is not in SQuAD's format: 'data' is no list.")
    documents: list[Document] = []
    questions: list[Question] = []
    known: dict[tuple[Half, str], str] = {}
    for article_number, article in enumerate(articles):
        try:
            for number, paragraph in enumerate(article["paragraphs"]):
                title, text = article["title"], paragraph["context"]
                new = f"{_plain(path.stem)}-{article_number:03}-{number:03}"
                id_ = known.setdefault((half_of(title), text), new)
                if id_ == new:
                    documents.append(_document(id_, title, text, path.stem))
                questions += _questions(id_, title, paragraph["qas"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidQuestionFile(
                f"{path}, article {article_number}: not in SQuAD's format: {error!r}."
            ) from None
    return Benchmark(tuple(documents), tuple(questions))


def half_of(title: str) -> Half:
    """Return the half that an article belongs to: development for choosing, or reported."""
    return "reported" if zlib.crc32(title.encode()) % 2 else "development"


def drawn(questions: Sequence[Question], limit: int | None) -> tuple[Question, ...]:
    """Draw so many questions, the same at each run, in the order of the file."""
    if limit is None or limit >= len(questions):
        return tuple(questions)
    chance = random.Random(SAMPLE_SEED)
    return tuple(questions[i] for i in sorted(chance.sample(range(len(questions)), limit)))


def fill(index: Index, documents: Sequence[Document], progress: Progress) -> None:
    """Bring the documents into an index; those that it holds already cost nothing."""
    for number, document in enumerate(documents, 1):
        index.add(document)
        progress(number, len(documents))
    index.save_checkpoint()


def _plain(name: str) -> str:
    """Return a file's name in the characters that a document's id may have."""
    return regex.sub(r"[^a-z0-9._-]+", "-", name.lower())[:100]


def _document(id_: str, title: str, text: str, source: str) -> Document:
    whole = trim(text, 0, len(text))
    return Document(
        id=id_,
        title=" ".join(title.split()),
        origin=f"squadshifts:{source}/{id_}",
        language="en",
        text=text,
        blocks=(Block("text", whole.start, whole.end),),
    )


def _questions(document_id: str, title: str, entries: list[dict[str, Any]]) -> list[Question]:
    for entry in entries:
        for text in (entry["question"], *(answer["text"] for answer in entry["answers"])):
            if not isinstance(text, str):
                raise TypeError(f"{text!r} is no text")
    return [
        Question(
            id=entry["id"],
            question=entry["question"],
            kind="span",
            answers=tuple(dict.fromkeys(answer["text"] for answer in entry["answers"])),
            document=document_id,
            sentence=None,
            answerable=bool(entry["answers"]),
            half=half_of(title),
            note=title,
        )
        for entry in entries
    ]
