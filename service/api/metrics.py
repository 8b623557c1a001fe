"""Prometheus metrics: requests, questions and their stages, the queue, the index."""

import os
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import Response

from corpus.errors import AttacheError
from service.answerer import Answerer
from service.records import Timing

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_REFUSALS = ("overloaded", "timed-out", "client-gone")
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})


class Queue(Protocol):
    """What tells how many questions are worked on and wait."""

    @property
    def at_work(self) -> int:
        """Return how many are worked on."""

    @property
    def queued(self) -> int:
        """Return how many wait."""


class Metrics:
    """The counters of one application; nothing is shared between applications.

    shared: a folder in which the workers of one service add up their counters, which they do
    where ``PROMETHEUS_MULTIPROC_DIR`` named it when they were started.
    """

    def __init__(self, answerer: Answerer, queue: Queue, shared: Path | None = None) -> None:
        self._answerer = answerer
        self._queue = queue
        self._shared = shared
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "attache_requests", "Requests by route and status.", ("method", "route", "status"),
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "attache_request_seconds", "Seconds from request to reply.", ("route",),
            buckets=_BUCKETS, registry=registry,
        )  # fmt: skip
        self._questions = Counter(
            "attache_questions", "Questions, answered or abstained from.", ("answered",),
            registry=registry,
        )  # fmt: skip
        self._stages = Histogram(
            "attache_stage_seconds",
            "Seconds that a question waited in the queue, was encoded, searched for and read.",
            ("stage",), buckets=_BUCKETS, registry=registry,
        )  # fmt: skip
        self._refused = Counter(
            "attache_refusals", "Questions refused or given up, by reason.", ("reason",),
            registry=registry,
        )  # fmt: skip
        self._begin_at_zero()
        self._at_work = self._gauge("at_work", "Questions being worked on.", "livesum")
        self._queued = self._gauge("queued", "Questions waiting.", "livesum")
        self._generation = self._gauge("index_generation", "The index's generation.")
        self._documents = self._gauge("index_documents", "Documents in the index.")
        self._passages = self._gauge("index_passages", "Passages in the index.")

    def _gauge(self, name: str, text: str, mode: str = "mostrecent") -> Gauge:
        kind: dict[str, str] = {"multiprocess_mode": mode}
        return Gauge(f"attache_{name}", text, registry=self._registry, **kind)  # type: ignore[arg-type]

    def _begin_at_zero(self) -> None:
        """Show counters before the first event: without a zero, no rate sees the first one."""
        for answered in ("true", "false"):
            self._questions.labels(answered)
        for reason in _REFUSALS:
            self._refused.labels(reason)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request and its time, by the route's pattern rather than its path."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self.note_queue()

    def count_question(self, *, answered: bool) -> None:
        """Count a question that got its reply."""
        self._questions.labels(str(answered).lower()).inc()

    def count_stages(self, queue_seconds: float, timing: Timing) -> None:
        """Count how long each stage took."""
        self._stages.labels("queue").observe(queue_seconds)
        for stage in ("encode", "search", "read"):
            self._stages.labels(stage).observe(getattr(timing, stage) / 1000)

    def count_refusal(self, reason: str) -> None:
        """Count a question that was refused or given up: by the name of the problem."""
        self._refused.labels(reason).inc()

    def note_queue(self) -> None:
        """Note how many questions are worked on and wait."""
        self._at_work.set(self._queue.at_work)
        self._queued.set(self._queue.queued)

    def page(self) -> Response:
        """Write the metrics in Prometheus's text format, of all workers where they share them."""
        self.note_queue()
        try:
            manifest, size = self._answerer.index.state()
            self._generation.set(manifest.generation)
            self._documents.set(size.documents)
            self._passages.set(size.passages)
        except AttacheError:
            self._generation.set(float("nan"))
        registry = self._registry
        if self._shared is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=os.fspath(self._shared))  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
