"""Questions with their accepted answers and proving sentences, and the files they stand in."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from corpus.errors import InvalidSetting

Half = Literal["development", "reported"]

KINDS_APART = frozenset({"yes-no", "several-places"})
"""Kinds without an accepted span: reported apart, in no average."""

SEEDS = Path(__file__).parent / "questions" / "seeds.jsonl"
"""Questions on the shipped collection, of both halves."""

FURTHER = SEEDS.with_name("further.jsonl")
"""Further ones on the first three documents, all of the development half."""

RELATIONS = SEEDS.with_name("relations.jsonl")
"""Those on the other documents, which are divided between the halves."""


class InvalidQuestionFile(InvalidSetting):
    """A question file that can't be read, or a line of it that says something impossible."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set.

    answers: the accepted ones, none where it is unanswerable or of a kind apart. document: the id
    of the one that holds the answer. sentence: the exact one that proves it. half: development
    questions may choose parameters, reported ones never. also_in: others that hold the answer too.
    """

    id: str
    question: str
    kind: str
    answers: tuple[str, ...]
    document: str | None
    sentence: str | None
    answerable: bool
    half: Half
    note: str = ""
    also_in: tuple[str, ...] = ()

    @property
    def is_scored(self) -> bool:
        """Whether the question counts in the averages."""
        return self.kind not in KINDS_APART

    @property
    def documents(self) -> frozenset[str]:
        """The documents that a right answer may be cited from."""
        return frozenset(self.also_in) | ({self.document} if self.document else set())


def load_questions(path: Path, half: Half | None = None) -> tuple[Question, ...]:
    """Read a question file, JSON Lines; ``half`` keeps only that one.

    Raises InvalidQuestionFile with the file, the line and what is wrong there.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except OSError as error:
        raise InvalidQuestionFile(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise InvalidQuestionFile(f"{path} is not UTF-8 at byte {error.start}.") from None
    questions: dict[str, Question] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = _question(line)
            if question.id in questions:
                raise ValueError(f"the id {question.id!r} stands there twice")
        except ValueError as error:
            raise InvalidQuestionFile(f"{path}, line {number}: {error}.") from None
        questions[question.id] = question
    if not questions:
        raise InvalidQuestionFile(f"{path} holds no question.")
    return tuple(q for q in questions.values() if half is None or q.half == half)


def collection_questions(half: Half | None = None) -> tuple[Question, ...]:
    """Return the questions on the shipped collection, those of all files."""
    files = (SEEDS, FURTHER, RELATIONS)
    return tuple(question for file in files for question in load_questions(file, half))


def refuse_reported(questions: tuple[Question, ...]) -> None:
    """Raise InvalidSetting where a reported question is about to choose a parameter."""
    for question in questions:
        if question.half != "development":
            raise InvalidSetting(
                f"The question {question.id} is of the reported half: "
                "parameters are chosen on development questions only."
            )


def _question(line: str) -> Question:
    values = json.loads(line)  # its error is a ValueError that names the column
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    _check_keys(values)
    _check_types(values)
    note = values.get("note") or ""
    also_in = tuple(values.get("also_in") or ())
    lists = {"answers": tuple(values["answers"]), "also_in": also_in}
    question = Question(**{**values, **lists, "note": note})
    _check_sense(question)
    return question


_OPTIONAL = {"note", "also_in"}


def _check_keys(values: dict[str, Any]) -> None:
    known = [item.name for item in fields(Question)]
    for key in values:
        if key not in known:
            raise ValueError(f"the key {key!r} is unknown, use {', '.join(known)}")
    for key in known:
        if key not in values and key not in _OPTIONAL:
            raise ValueError(f"the key {key!r} is missing")


def _check_types(values: dict[str, Any]) -> None:
    for key in ("id", "question", "kind"):
        if not isinstance(values[key], str) or not values[key].strip():
            raise ValueError(f"{key!r} must be text, not {values[key]!r:.60}")
    for key in ("document", "sentence"):
        if values[key] is not None and not isinstance(values[key], str):
            raise ValueError(f"{key!r} must be text or null, not {values[key]!r:.60}")
    if not isinstance(values.get("note") or "", str):
        raise ValueError(f"'note' must be text or null, not {values['note']!r:.60}")
    if not isinstance(values["answerable"], bool):
        raise ValueError(f"'answerable' must be true or false, not {values['answerable']!r:.60}")
    answers = values["answers"]
    if not isinstance(answers, list) or not all(isinstance(a, str) and a.strip() for a in answers):
        raise ValueError(f"'answers' must be a list of texts, not {answers!r:.60}")
    also_in = values.get("also_in") or []
    if not isinstance(also_in, list) or not all(isinstance(id_, str) for id_ in also_in):
        raise ValueError(f"'also_in' must be a list of documents' ids, not {also_in!r:.60}")
    if values["half"] not in get_args(Half):
        raise ValueError(f"'half' must be development or reported, not {values['half']!r:.60}")


def _check_sense(question: Question) -> None:
    if not question.answerable and question.answers:
        raise ValueError("the question is unanswerable, yet 'answers' are given")
    if question.sentence is not None and question.document is None:
        raise ValueError("'sentence' is given without the 'document' it stands in")
    if question.answerable and question.is_scored:
        if not question.answers:
            raise ValueError(f"a question of kind {question.kind!r} needs 'answers'")
        if question.document is None:
            raise ValueError(f"a question of kind {question.kind!r} needs a 'document'")
