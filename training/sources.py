"""From the data sets to exercises: what is read with each question, and what doesn't answer it."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import regex

from corpus.errors import InvalidSetting
from corpus.sentences import Extent, sentences
from eval.metrics import normalised, token_f1
from service.passage_reading import title_of
from training.exercises import Exercise, Reading
from training.own_questions import DEVELOPMENT, read_own, sentence_ids
from training.qamr import Sentence, SentenceQuestion, articles, read_questions, read_sentences

Found = Mapping[str, Sequence[str]]
"""The texts that our own search finds for some of the questions, best first."""

_TELLING = 10
"""Words from which on a sentence that stands in two texts is the same sentence."""

_AGREED = 0.5
"""The least token F1 between two of a question's accepted answers: below, nobody agrees."""


@dataclass(frozen=True, slots=True)
class SquadQuestion:
    """A question of a file in SQuAD's format, with its paragraph; no answers: unanswerable.

    people: how many gave an answer. is_agreed: whether two of them gave about the same. title: what
    is read before the paragraph, if anything.
    """

    question: str
    text: str
    answers: tuple[Extent, ...]
    people: int = 1
    is_agreed: bool = True
    title: str = ""


def read_squad(path: Path, titles: Set[str] | None = None) -> list[SquadQuestion]:
    """Read a file in SQuAD's format, 1.1 or 2.0; ``titles`` keeps only those articles.

    Raises InvalidSetting.
    """
    try:
        found = []
        for article in json.loads(path.read_text("utf-8"))["data"]:
            if titles is not None and article["title"] not in titles:
                continue
            titled = title_of(str(article.get("title") or ""))
            for paragraph in article["paragraphs"]:
                text = paragraph["context"]
                for entry in paragraph["qas"]:
                    answers = () if entry.get("is_impossible") else _placed(entry, text, path)
                    given = [answer["text"] for answer in entry["answers"]]
                    alike = any(token_f1(a, [b]) >= _AGREED for a, b in combinations(given, 2))
                    question = entry["question"]
                    if not isinstance(question, str) or not question.strip():
                        raise TypeError(f"the question {question!r} is no text")
                    found.append(SquadQuestion(question, text, answers, len(given), alike, titled))
    except OSError as error:
        raise InvalidSetting(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidSetting(f"{path} is not in SQuAD's format: {error!r}.") from None
    return found


def _placed(entry: dict[str, object], text: str, path: Path) -> tuple[Extent, ...]:
    found = {}
    for answer in entry["answers"]:  # type: ignore[attr-defined]
        start, end = answer["answer_start"], answer["answer_start"] + len(answer["text"])
        if start < 0 or not answer["text"] or text[start:end] != answer["text"]:
            raise InvalidSetting(
                f"{path}: question {entry.get('id')!r}: its paragraph has {text[start:end]!r} at "
                f"{start}, not the answer {answer['text']!r}. Put the answer_start right."
            )
        found[start, end] = Extent(start, end)
    return tuple(found.values())


def squad_exercises(
    questions: Iterable[SquadQuestion],
    seed: int,
    *,
    found: Found,
    share: float,
    words: tuple[int, int],
    cut_all: bool = False,
) -> list[Exercise]:
    """Return a question's paragraph, mostly cut down to some sentences around the answer.

    words: the least and the most words from which on no more sentences are taken in. cut_all: a
    paragraph without an answer is cut down too, so that its length doesn't tell.
    With a question in ``found`` goes a passage of another paragraph; with a share of the others,
    their own paragraph without the sentences that hold an answer.
    """
    chance = random.Random(seed)
    exercises = []
    for question in questions:
        if not question.answers:
            whole = Reading(question.title, question.text)
            only = _cropped(question, words, chance) if cut_all else whole
            exercises.append(Exercise(question.question, (only,)))
            continue
        readings = [_cropped(question, words, chance)]
        if question.question in found:
            other = _elsewhere(question, found[question.question], chance)
        else:
            other = _without_answer(question) if chance.random() < share else None
        if other is not None:
            readings.append(other)
        exercises.append(Exercise(question.question, tuple(readings)))
    return exercises


def agreed(questions: Iterable[SquadQuestion]) -> list[SquadQuestion]:
    """Return the questions on whose answer two people agree, and those that only one answered."""
    return [question for question in questions if question.people < 2 or question.is_agreed]


def qamr_exercises(folder: Path, seed: int, *, share: float, without: str = "") -> list[Exercise]:
    """Return QAMR's questions with their sentence, alone or among others of its article.

    share: of the questions that also get other sentences of the article without the answer.
    without: a text that is kept for measuring; an article that shares a sentence with it is left
    out, and so is one of our own held-out questions.
    """
    chance = random.Random(seed)
    around = articles(read_sentences(folder))
    kept = normalised(without)
    shared = {name for name, group in around.items() if any(_stands_in(s, kept) for s in group)}
    apart = sentence_ids((DEVELOPMENT,))
    shared |= {name for name, group in around.items() if any(s.id in apart for s in group)}
    exercises = []
    for question in read_questions(folder):
        if question.sentence.article in shared:
            continue
        group = around[question.sentence.article]
        readings = [_among(question, group, chance)]
        if chance.random() < share:
            others = _others(question, group, chance)
            if others is not None:
                readings.append(others)
        exercises.append(Exercise(question.question, tuple(readings)))
    return exercises


def own_exercises(path: Path, folder: Path) -> list[Exercise]:
    """Return the questions of a file of ours on QAMR's sentences, each with its passage.

    folder: of QAMR. Raises InvalidSetting.
    """
    return [
        Exercise(one.question, (Reading("", one.text, one.answers),))
        for one in own_questions(path, read_sentences(folder))
    ]


def own_questions(path: Path, sentences: Mapping[str, Sentence]) -> list[SquadQuestion]:
    """Return the questions of a file of ours; an answer counts wherever ``places`` finds it.

    sentences: QAMR's, by id, where the file names them. Raises InvalidSetting.
    """
    found = []
    for number, passage in enumerate(read_own(path, sentences), 1):
        for question, answers in passage.questions:
            stands = places(passage.text, answers)
            if answers and not stands:
                raise InvalidSetting(
                    f"{path}, line {number}: {list(answers)} is not in its passage."
                )
            title = "" if passage.sentences else passage.title
            found.append(SquadQuestion(question, passage.text, stands, title=title))
    return found


def places(text: str, answers: Sequence[str]) -> tuple[Extent, ...]:
    """Return where the answers stand in a text as whole words and whole numbers."""
    return tuple(
        Extent(*match.span())
        for answer in answers
        for match in regex.finditer(rf"(?<!\w|\d[.,]){regex.escape(answer)}(?!\w|[.,]\d)", text)
    )


def _cropped(question: SquadQuestion, words: tuple[int, int], chance: random.Random) -> Reading:
    """Keep a run of sentences with every answer in it, or any run: now and then, all of them."""
    text = question.text
    parts = sentences(text, 0, len(text))
    holding = [
        number
        for number, part in enumerate(parts)
        if any(part.start < a.end and a.start < part.end for a in question.answers)
    ]
    if not question.answers and parts:
        holding = [chance.randrange(len(parts))]
    if not holding or chance.random() < 0.1:
        return Reading(question.title, text, question.answers)
    first, last = holding[0], holding[-1]
    enough = chance.randint(*words)
    while last - first + 1 < len(parts):
        if len(text[parts[first].start : parts[last].end].split()) >= enough:
            break
        if first and (last + 1 == len(parts) or chance.random() < 0.5):
            first -= 1
        else:
            last += 1
    return _piece(question, parts[first].start, parts[last].end)


def _piece(question: SquadQuestion, start: int, end: int) -> Reading:
    inside = tuple(
        Extent(answer.start - start, answer.end - start)
        for answer in question.answers
        if start <= answer.start and answer.end <= end
    )
    return Reading(question.title, question.text[start:end], inside)


def _without_answer(question: SquadQuestion) -> Reading | None:
    """Return the paragraph without the sentences that hold an answer, where something is left."""
    text = question.text
    kept = [
        text[part.start : part.end]
        for part in sentences(text, 0, len(text))
        if not any(part.start < a.end and a.start < part.end for a in question.answers)
    ]
    left = " ".join(kept)
    answers = [text[a.start : a.end] for a in question.answers]
    if len(left.split()) < 10 or holds_any(left, answers):
        return None
    return Reading(question.title, " ".join(left.split()[:80]))


def _elsewhere(
    question: SquadQuestion, found: Sequence[str], chance: random.Random
) -> Reading | None:
    """Return one of the best passages of other paragraphs that hold none of the answers."""
    answers = [question.text[a.start : a.end] for a in question.answers]
    texts = [text for text in found if text not in question.text and not holds_any(text, answers)]
    return Reading("", chance.choice(texts[:3])) if texts else None


def _among(question: SentenceQuestion, group: Sequence[Sentence], chance: random.Random) -> Reading:
    """Set a sentence among up to three neighbours: two times of five, none."""
    alone = Reading("", question.sentence.text, tuple(Extent(*a) for a in question.answers))
    if chance.random() < 0.4:
        return alone
    at = next(n for n, sentence in enumerate(group) if sentence.id == question.sentence.id)
    first = last = at
    for _ in range(chance.randint(1, 3)):
        if first and (last + 1 == len(group) or chance.random() < 0.5):
            first -= 1
        elif last + 1 < len(group):
            last += 1
    before = " ".join(sentence.text for sentence in group[first:at])
    after = " ".join(sentence.text for sentence in group[at + 1 : last + 1])
    if len((before + after).split()) > 90:
        return alone
    if before and chance.random() < 0.25:
        return replace(alone, context=before, text=f"{alone.text} {after}".strip())
    shift = len(before) + 1 if before else 0
    answers = tuple(Extent(start + shift, end + shift) for start, end in question.answers)
    return Reading("", f"{before} {alone.text} {after}".strip(), answers)


def _others(
    question: SentenceQuestion, group: Sequence[Sentence], chance: random.Random
) -> Reading | None:
    """Return one or two sentences of the same article without the answer."""
    answers = [question.sentence.text[start:end] for start, end in question.answers]
    others = [s for s in group if s.id != question.sentence.id and not holds_any(s.text, answers)]
    if not others:
        return None
    first = chance.randrange(len(others))
    return Reading("", " ".join(s.text for s in others[first : first + 2]))


def _stands_in(sentence: Sentence, text: str) -> bool:
    words = normalised(sentence.text)
    return words.count(" ") >= _TELLING - 1 and words in text


def holds_any(text: str, answers: Sequence[str]) -> bool:
    """Tell whether one of the answers stands in a text as whole words, as written or folded."""
    whole = f" {normalised(text)} "
    return any(
        f" {normalised(answer)} " in whole
        or regex.search(rf"(?<!\w){regex.escape(answer)}(?!\w)", text, regex.IGNORECASE)
        for answer in answers
    )
