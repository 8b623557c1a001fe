"""The sentences that the reader sees for development questions, to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus.sentences import Extent
from eval.metrics import holds_answer
from eval.question_sets import Question, refuse_reported
from eval.retrieval import Progress
from index.encoder import Encoder, EncoderIdentity, Vectors
from index.index import Index
from index.records import Hit
from service.answerer import READ_PASSAGES
from service.reader import FEATURES, candidates_of, features

Numbers = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Examples:
    """The sentences that the reader sees for one question.

    rows: features, shape (sentences, len(FEATURES)). holds: which ones hold an accepted answer.
    """

    question_id: str
    answerable: bool
    rows: Numbers
    holds: Truths


class RememberingEncoder:
    """Encodes each passage once: the same sentences are found by many questions."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    @property
    def identity(self) -> EncoderIdentity:
        """The identity of the encoder behind it."""
        return self._encoder.identity

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode questions, which are not remembered."""
        return self._encoder.encode_questions(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode the passages that were not seen before."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._encoder.encode_passages(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def token_offsets(self, text: str) -> Sequence[Extent]:
        """Return the extent of each token of the text."""
        return self._encoder.token_offsets(text)


def examples_of(
    index: Index, questions: Sequence[Question], progress: Progress
) -> tuple[Examples, ...]:
    """Return the sentences found for each question. Raises InvalidSetting for a reported one."""
    refuse_reported(tuple(questions))
    encoder = RememberingEncoder(index.encoder())
    found = []
    for number, question in enumerate(questions, 1):
        hits = index.search(question.question, limit=READ_PASSAGES).hits
        rows = (
            features(question.question, hits, encoder).astype(np.float64)
            if hits
            else np.empty((0, len(FEATURES)))
        )
        found.append(Examples(question.id, question.answerable, rows, _labels(question, hits)))
        progress(number, len(questions))
    return tuple(found)


def _labels(question: Question, hits: Sequence[Hit]) -> Truths:
    """Tell for each sentence, in the reader's order, whether it holds an accepted answer."""
    labels = [
        candidate.hit.provenance.id in question.documents
        and holds_answer(candidate.text, question.answers)
        for candidate in candidates_of(hits)
    ]
    return np.array(labels, np.bool_)
