"""How much of something each name has used; counts are kept in memory, so that a restart forgets them."""

import ipaddress
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands against the limit that is nearest to its end; ``reset`` in seconds from now."""

    allowed: bool
    limit: int
    window: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": f"{self.limit};w={self.window}",
        }
        return told if self.allowed else told | {"Retry-After": str(self.reset)}


class Quota:
    """Counts what each name uses of ``limit`` (``"60/minute; 1000/day"``)."""

    def __init__(self, limit: str) -> None:
        self._limits = parse_many(limit)
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def use(self, names: Iterable[tuple[str, int]]) -> Standing:
        """Count one use by each name, with what its limit is multiplied by; all or, where one is over, none."""
        wanted = [(_times(limit, factor), name) for name, factor in names for limit in self._limits]
        allowed = all(self._counter.test(limit, name) for limit, name in wanted)
        if allowed:
            for limit, name in wanted:
                self._counter.hit(limit, name)
        standings = [self._standing(limit, name, allowed) for limit, name in wanted]
        return min(standings, key=lambda s: (s.remaining, -s.reset))

    def spend(self, name: str, amount: int) -> None:
        """Count ``amount`` uses by ``name`` that have happened, as far as there is room for them."""
        for limit in self._limits:
            left = min(amount, self._counter.get_window_stats(limit, name).remaining)
            if left > 0:
                self._counter.hit(limit, name, cost=left)

    def over(self, name: str) -> bool:
        """Whether ``name`` has nothing left; counts nothing."""
        return not all(self._counter.test(limit, name) for limit in self._limits)

    def _standing(self, limit: RateLimitItem, name: str, allowed: bool) -> Standing:
        stats = self._counter.get_window_stats(limit, name)
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        return Standing(allowed, limit.amount, limit.get_expiry(), stats.remaining, reset)


def network(host: str) -> str:
    """The address to count by: of an IPv6 address its network, since a household has all of it."""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _times(limit: RateLimitItem, factor: int) -> RateLimitItem:
    return type(limit)(limit.amount * factor, limit.multiples, limit.namespace)
