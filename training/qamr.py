"""QAMR (Michael et al., 2018): questions on single sentences, whose tokens become plain text."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import InvalidSetting

_WRITTEN = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
    "``": '"',
    "`": "'",
    "''": '"',
    "--": "–",
    "#": "£",
}
_CLOSING = frozenset((",", ".", ";", ":", "?", "!", ")", "]", "}", "%", "''", "'", "...", "-RRB-"))
_OPENING = frozenset(("(", "[", "{", "$", "€", "£", "#", "``", "`", "-LRB-", "-LSB-", "-LCB-"))
_ENDINGS = frozenset(("'s", "'S", "n't", "'ll", "'re", "'ve", "'d", "'m", "-RSB-", "-RCB-"))
_QUESTIONS = ("dev.tsv", "test.tsv")
_SENTENCES = "wiki-sentences.tsv"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article as plain text; where each of its tokens starts and ends in it."""

    id: str
    text: str
    tokens: tuple[tuple[int, int], ...]

    @property
    def article(self) -> str:
        """The article that it stands in."""
        return ":".join(self.id.split(":")[:3])

    @property
    def place(self) -> tuple[int, int]:
        """Its paragraph and its number there."""
        paragraph, number = self.id.split(":")[3:5]
        return int(paragraph), int(number)


@dataclass(frozen=True, slots=True)
class SentenceQuestion:
    """A question with the answers, as (start, end) in its sentence, that two people gave."""

    sentence: Sentence
    question: str
    answers: tuple[tuple[int, int], ...]


def read_sentences(folder: Path) -> dict[str, Sentence]:
    """Read every sentence by its id, in the order of the file. Raises InvalidSetting."""
    found = {}
    for row in _rows(folder / _SENTENCES, 2):
        text, tokens = plain(row[1].split(" "))
        found[row[0]] = Sentence(row[0], text, tokens)
    return found


def read_questions(folder: Path) -> list[SentenceQuestion]:
    """Read the questions whose answer is one run of words that two of three people gave."""
    sentences = read_sentences(folder)
    found = {}
    for name in _QUESTIONS:
        for row in _rows(folder / name, 9):
            sentence = sentences.get(row[0])
            if sentence is None:
                raise InvalidSetting(f"{folder / name}: there is no sentence {row[0]!r}.")
            answers = _shared([row[6], row[7], row[8]], sentence)
            if answers:
                found[sentence.id, row[5]] = SentenceQuestion(sentence, row[5], answers)
    return list(found.values())


def articles(sentences: dict[str, Sentence]) -> dict[str, list[Sentence]]:
    """Return the sentences of each article in their order there."""
    found: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in sentences.values():
        found[sentence.article].append(sentence)
    return {name: sorted(group, key=lambda s: s.place) for name, group in found.items()}


def plain(tokens: list[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Join tokens of the Penn Treebank's style as they are written, and say where each stands."""
    text = ""
    places = []
    before = ""
    quotes = 0
    for raw in tokens:
        written = ("``", "''")[quotes % 2] if raw == '"' else raw  # open and close by turns
        quotes += raw in ('"', "``", "''")
        apart = not (written in _CLOSING or written in _ENDINGS or before in _OPENING)
        if text and apart:
            text += " "
        shown = _WRITTEN.get(written, written)
        places.append((len(text), len(text) + len(shown)))
        text += shown
        before = written
    return text, tuple(places)


def _shared(given: list[str], sentence: Sentence) -> tuple[tuple[int, int], ...]:
    counts = Counter(
        run for answer in given if (run := _run(answer.rpartition(":")[2])) is not None
    )
    shared = [run for run, count in counts.items() if count > 1 and run[1] < len(sentence.tokens)]
    return tuple((sentence.tokens[first][0], sentence.tokens[last][1]) for first, last in shared)


def _run(answer: str) -> tuple[int, int] | None:
    """Return the first and the last index, or nothing where they are no unbroken run."""
    if not all(part.isdigit() for part in answer.split()) or not answer.split():
        return None
    indices = sorted({int(part) for part in answer.split()})
    if indices[-1] - indices[0] != len(indices) - 1:
        return None
    return indices[0], indices[-1]


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise InvalidSetting(f"{path} can't be read: {error.strerror}.") from None
    for number, line in enumerate(lines, 1):
        row = line.split("\t")
        if len(row) < columns:
            raise InvalidSetting(f"{path}, line {number}: {len(row)} columns, not {columns}.")
        yield row
