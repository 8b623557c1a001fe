"""Whether the service can answer: a probe question is answered now and then."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from corpus.errors import AttacheError, NotReady
from service.answerer import Answerer
from service.records import IndexState

_LOG = logging.getLogger("attache")

PROBE = "What is this collection about?"
"""The question that is asked to see that questions are answered."""

_PROVES_FOR = 5.0
"""Seconds for which an answered question proves that the next one will be."""

_PATIENCE = 2.0
"""Seconds for which a probe is waited for."""


class Readiness:
    """Knows when a question was last answered; asks one where that is too long ago."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._lock = threading.Lock()
        self._answered_at = float("-inf")
        self._executor = ThreadPoolExecutor(1, "probe")
        self._probe: Future[None] | None = None

    def note_answered(self) -> None:
        """Take note that a question was answered, which spares a probe."""
        self._answered_at = time.monotonic()

    def check(self) -> IndexState:
        """Return the state of the index. Raises NotReady, IndexFailure or ModelError."""
        manifest, size = self._answerer.index.state()
        if time.monotonic() - self._answered_at > _PROVES_FOR:
            self._wait_for_probe()
        return IndexState(manifest.id, manifest.generation, size.documents, size.passages)

    def _wait_for_probe(self) -> None:
        """Wait for the one probe that is under way; start it where there is none."""
        with self._lock:
            if self._probe is None or self._probe.done():
                self._probe = self._executor.submit(self._ask)
            probe = self._probe
        try:
            probe.result(_PATIENCE)
        except TimeoutError:
            raise NotReady(
                f"The probe question was not answered within {_PATIENCE:g} seconds."
            ) from None
        except AttacheError:
            raise
        except Exception as error:
            _LOG.exception("The probe question failed")
            raise NotReady("The probe question failed; the error has been logged.") from error

    def _ask(self) -> None:
        self._answerer.ask(PROBE)
        self.note_answered()
