"""Measures of answers, rankings and abstentions: pure functions on plain values.

A share of nothing is None: it is shown as such, and no average is made of it.
"""

import math
import string
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex

RIGHT_F1 = 0.5
"""The token F1 from which on an answer counts as right."""

_ARTICLES = regex.compile(r"\b(a|an|the)\b")
_WORD = regex.compile(r"\p{N}+(?:[.,:]\p{N}+)*|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*")


@dataclass(frozen=True, slots=True)
class Interval:
    """The lower and the upper end of a confidence interval."""

    low: float
    high: float


def normalised(text: str) -> str:
    """Fold a text as SQuAD's evaluation does: case, punctuation, articles and blanks gone.

    Rajpurkar et al., 2016, widened to the punctuation of every script. ``answer_key`` does not
    serve here: it parts 3.5 into two words, so that 3.7 would be half right.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in folded if not _is_punctuation(c))
    return " ".join(_ARTICLES.sub(" ", kept).split())


def exact_match(text: str, accepted: Sequence[str]) -> float:
    """Return 1 where the text equals an accepted answer, normalised (Rajpurkar et al., 2016)."""
    return float(any(normalised(text) == normalised(answer) for answer in accepted))


def token_f1(text: str, accepted: Sequence[str]) -> float:
    """Return the best F1 of the tokens shared with an accepted answer (Rajpurkar et al., 2016)."""
    return max((_f1(text, answer) for answer in accepted), default=0.0)


def is_right(
    text: str, accepted: Sequence[str], cited: str | None, documents: Collection[str]
) -> bool:
    """Tell whether an answer is right: token F1 of 0.5 or more, cited from a right document."""
    return cited in documents and token_f1(text, accepted) >= RIGHT_F1


def holds_answer(text: str, accepted: Sequence[str]) -> bool:
    """Tell whether an accepted answer stands in a text, as whole words in a row."""
    held = _words(text)
    return any(_stands_in(_words(answer), held) for answer in accepted)


def recall_at(rank: int | None, k: int) -> float:
    """Return 1 where the proving passage was found among the first ``k``; rank counts from 1."""
    return float(rank is not None and rank <= k)


def reciprocal_rank(rank: int | None, k: int) -> float:
    """Return 1 / rank where the rank is at most ``k``, else 0."""
    return 1 / rank if rank is not None and rank <= k else 0.0


def mean(values: Sequence[float]) -> float | None:
    """Return the average, None of nothing."""
    return math.fsum(values) / len(values) if values else None


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole, None of nothing."""
    return part / whole if whole else None


def abstention_precision(answerable: Sequence[bool], abstained: Sequence[bool]) -> float | None:
    """Return which share of the abstentions was of unanswerable questions."""
    of = [not can for can, passed in zip(answerable, abstained, strict=True) if passed]
    return share(sum(of), len(of))


def abstention_recall(answerable: Sequence[bool], abstained: Sequence[bool]) -> float | None:
    """Return which share of the unanswerable questions was abstained from."""
    of = [passed for can, passed in zip(answerable, abstained, strict=True) if not can]
    return share(sum(of), len(of))


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the nearest-rank percentile: the least value that so many percent don't exceed."""
    if not values:
        return None
    return sorted(values)[max(1, math.ceil(percent / 100 * len(values))) - 1]


def wilson(successes: int, trials: int, z: float = 1.959964) -> Interval:
    """Return the score interval of a share, 95 % unless told otherwise (Wilson, 1927)."""
    if not trials:
        return Interval(0.0, 1.0)
    observed = successes / trials
    centre = observed + z * z / (2 * trials)
    width = z * math.sqrt(observed * (1 - observed) / trials + (z / (2 * trials)) ** 2)
    scale = 1 + z * z / trials
    return Interval(max(0.0, (centre - width) / scale), min(1.0, (centre + width) / scale))


def _f1(text: str, answer: str) -> float:
    given, gold = normalised(text).split(), normalised(answer).split()
    if not given or not gold:
        return float(given == gold)
    common = sum((Counter(given) & Counter(gold)).values())
    return 2 * common / (len(given) + len(gold))


def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


def _words(text: str) -> list[str]:
    """Return the words without articles; a number keeps its points and commas."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [word for word in _WORD.findall(folded) if word not in ("a", "an", "the")]


def _stands_in(words: Sequence[str], held: Sequence[str]) -> bool:
    size = len(words)
    return size > 0 and any(
        list(held[start : start + size]) == list(words) for start in range(len(held) - size + 1)
    )
