"""How many requests a key or an address may send in a time: a bucket of tokens for each.

``60/minute`` lets sixty requests come at once, and then one a second. A caller is one number, the
moment at which its bucket is full again; looking at one takes no longer where there are many, which
is why this isn't left to the library `limits`, whose memory goes through all of them each time.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from corpus.errors import InvalidSetting

_RATE = re.compile(r"\s*([0-9]{1,9})\s*/\s*(second|minute|hour|day)\s*")
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_NANO = 1_000_000_000
_SWEPT_AT = 10_000
_CALLERS_LIMIT = 1_000_000
"""Callers that are remembered; past that all begin anew, rather than fill the memory."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in a time. interval, period: in nanoseconds."""

    interval: int
    period: int


class RateLimit:
    """Counts the requests of this process; to be used from one thread."""

    def __init__(self, rate: str, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """Take a rate such as ``60/minute`` or ``5/second; 1000/hour``. Raises InvalidSetting."""
        self._rates = parsed_rates(rate)
        self._clock = clock
        self._full_at: dict[str, tuple[int, ...]] = {}
        self._sweep_at = _SWEPT_AT

    def seconds_to_wait(self, who: str) -> int:
        """Count a request; return the seconds to wait where it is one too many, else 0."""
        now = self._clock()
        full_at = tuple(max(now, at) for at in self._full_at.get(who, (now,) * len(self._rates)))
        used = tuple(at + rate.interval for at, rate in zip(full_at, self._rates, strict=True))
        late = max(at - now - rate.period for at, rate in zip(used, self._rates, strict=True))
        if late > 0:
            return -(-late // _NANO)
        self._full_at[who] = used
        if len(self._full_at) >= self._sweep_at:
            self._sweep(now)
        return 0

    def count_more(self, who: str, number: int) -> None:
        """Count requests that are not refused any more: the caller's next ones wait for them."""
        now = self._clock()
        full_at = self._full_at.get(who, (now,) * len(self._rates))
        self._full_at[who] = tuple(
            max(now, at) + number * rate.interval
            for at, rate in zip(full_at, self._rates, strict=True)
        )

    def _sweep(self, now: int) -> None:
        """Forget who could send as much as somebody new."""
        self._full_at = {who: at for who, at in self._full_at.items() if max(at) > now}
        if len(self._full_at) >= _CALLERS_LIMIT:
            self._full_at.clear()
        self._sweep_at = max(_SWEPT_AT, 2 * len(self._full_at))


def parsed_rates(rate: str) -> tuple[Rate, ...]:
    """Read a rate, or several between semicolons. Raises InvalidSetting."""
    found = [_RATE.fullmatch(part) for part in rate.split(";")]
    rates = [
        Rate(_SECONDS[part[2]] * _NANO // int(part[1]), _SECONDS[part[2]] * _NANO)
        for part in found
        if part and int(part[1])
    ]
    if len(rates) < len(found):
        raise InvalidSetting(
            f"The rate {rate[:80]!r} is none: write it such as 60/minute or 5/second; 1000/hour."
        )
    return tuple(rates)
