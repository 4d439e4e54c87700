"""A bad line: what is lost of a stream, and how late the rest comes."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """`loss` is a share from 0 to 1. Each packet comes `delay_seconds` late, and up to `jitter_seconds` later still."""

    loss: float = 0.0
    delay_seconds: float = 0.0
    jitter_seconds: float = 0.0

    @property
    def is_none(self) -> bool:
        """A good line."""
        return not (self.loss or self.delay_seconds or self.jitter_seconds)

    def lateness(self, chance: random.Random) -> float | None:
        """Seconds until one packet arrives, None when it never does."""
        if chance.random() < self.loss:
            return None
        return self.delay_seconds + chance.random() * self.jitter_seconds


GOOD_LINE = Impairment()
