"""How many requests a key or an address may send in a time."""

import math
import time

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from corpus.errors import InvalidSetting


class RateLimit:
    """Counts requests in this process, in a window that slides: two numbers for each caller."""

    def __init__(self, rate: str) -> None:
        """Take a rate such as ``60/minute`` or ``5/second; 1000/hour``. Raises InvalidSetting."""
        self._limits = parsed_rate(rate)
        self._counts = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def seconds_to_wait(self, who: str) -> int:
        """Count a request; return the seconds to wait where it is one too many, else 0."""
        for limit in self._limits:
            if not await self._counts.hit(limit, who):
                window = await self._counts.get_window_stats(limit, who)
                return max(1, math.ceil(window.reset_time - time.time()))
        return 0


def parsed_rate(rate: str) -> list[RateLimitItem]:
    """Read a rate, or several between semicolons, the shortest time first. InvalidSetting."""
    try:
        found = parse_many(rate)
    except ValueError:
        found = []
    if not found or any(limit.amount < 1 or limit.get_expiry() < 1 for limit in found):
        raise InvalidSetting(
            f"The rate {rate[:80]!r} is none: write it such as 60/minute or 5/second; 1000/hour."
        )
    return sorted(found)
