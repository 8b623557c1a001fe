"""Prometheus metrics: requests, their latency, abstentions, and the index's generation."""

import time
from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from corpus.errors import AttacheError
from service.answerer import Answerer

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one application; nothing is shared between applications."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "attache_requests", "Requests by route and status.", ("route", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "attache_request_seconds", "Seconds from request to reply.", ("route",),
            buckets=_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._questions = Counter(
            "attache_questions", "Questions, answered or abstained from.", ("answered",),
            registry=self._registry,
        )  # fmt: skip
        self._generation = Gauge(
            "attache_index_generation", "The index's generation.", registry=self._registry
        )

    async def measure(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Count a request and its time, by the route's pattern rather than its path."""
        started = time.perf_counter()
        status = 500  # of a defect, whose reply is written further out
        try:
            response = await call_next(request)
            status = response.status_code
        finally:
            route = getattr(request.scope.get("route"), "path", "none")
            self._requests.labels(route, str(status)).inc()
            self._seconds.labels(route).observe(time.perf_counter() - started)
        return response

    def count_question(self, *, answered: bool) -> None:
        """Count a question that got its reply."""
        self._questions.labels(str(answered).lower()).inc()

    def page(self) -> Response:
        """Write the metrics in Prometheus's text format."""
        try:
            self._generation.set(self._answerer.index.manifest().generation)
        except AttacheError:
            self._generation.set(float("nan"))
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
