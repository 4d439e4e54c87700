"""A token bucket: how much one socket may say. Pure; ``now`` is in seconds of the monotonic clock."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """``rate`` per second in the long run, ``burst`` at once."""

    rate: float
    burst: float
    tokens: float
    filled_at: float

    @classmethod
    def full(cls, *, rate: float, burst: float, now: float) -> "TokenBucket":
        return cls(rate, burst, burst, now)

    def take(self, now: float) -> bool:
        """Take one token; False when there is none."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
