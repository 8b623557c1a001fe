"""The span reader: marks the exact words of the answer, and says how sure it is of them."""

import threading
from collections.abc import Callable, Sequence
from functools import partial

from corpus.errors import ModelError
from index.network import on_all_cores
from index.records import Hit
from service.confidence import Confidence, confidence_model, features
from service.passage_reading import read_passage
from service.reading_on import read_hits
from service.records import Span
from service.span_model import SpanModel


class SpanReader:
    """Reads each passage by itself with a span model, such as the shipped one, until it is sure.

    Its confidence is the probability that the span is right, fitted on questions that the model was
    not trained on. A model that brings none gives its own share of the span, not calibrated.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], SpanModel],
        confidence: Confidence | None = None,
    ) -> None:
        """Take the model's name and the function that loads it, which is called once, when needed.

        confidence: to use instead of the model's own.
        """
        self.name = name
        self._load = load
        self._model: SpanModel | None = None
        self._confidence = confidence
        self._lock = threading.Lock()

    def load(self) -> None:
        """Load the model and what it knows of its confidence. Raises ModelError."""
        with self._lock:
            if self._model is None:
                model = self._load()
                self._confidence = self._confidence or _confidence_of(model)
                self._model = model

    @property
    def threshold(self) -> float:
        """The least confidence at which a span is given as an answer."""
        return self._loaded()[1].threshold

    def read(self, question: str, hits: Sequence[Hit]) -> list[Span]:
        """Return the best spans of each passage, surest first, ties by score and place."""
        model, confidence = self._loaded()
        read = partial(on_all_cores, partial(read_passage, model, question))
        readings = read_hits(question, hits, read, confidence)
        confidences = confidence.confidences(features(question, readings))
        marked = [(reading.hit, span) for reading in readings for span in reading.spans]
        spans = [
            Span(hit, one.start, one.end, round(one.score, 4), round(float(confidence), 6))
            for (hit, one), confidence in zip(marked, confidences, strict=True)
        ]
        return sorted(spans, key=lambda s: (-s.confidence, -s.score, s.hit.passage_id, s.start))

    def _loaded(self) -> tuple[SpanModel, Confidence]:
        self.load()
        assert self._model is not None
        assert self._confidence is not None
        return self._model, self._confidence


def _confidence_of(model: SpanModel) -> Confidence:
    try:
        return confidence_model(model.settings)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The reader {model.name} has a confidence model that doesn't fit ({error!r}): "
            "train it again with `attache train`."
        ) from None
