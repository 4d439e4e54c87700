"""How many messages one source may send before anything of them is parsed: a token bucket per address.

Pure: the time is an argument. It bounds what a flood costs us; who may call at all is decided after parsing.
"""

from collections import OrderedDict
from dataclasses import dataclass

MAX_SOURCES = 10_000


@dataclass(slots=True)
class Bucket:
    """What one source has left, and when that was last counted."""

    tokens: float
    at: float


class TokenBuckets:
    """One bucket per source host. The longest silent sources are forgotten first, so spoofed ones cost no memory."""

    def __init__(self, *, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def takes(self, host: str, now: float) -> bool:
        """Whether one more message of this host is within its rate. `now`: seconds of a monotonic clock."""
        bucket = self._buckets.get(host)
        if bucket is None:
            bucket = self._add(host, now)
        self._buckets.move_to_end(host)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _add(self, host: str, now: float) -> Bucket:
        if len(self._buckets) >= MAX_SOURCES:
            self._buckets.popitem(last=False)
        bucket = self._buckets[host] = Bucket(self._burst, now)
        return bucket
