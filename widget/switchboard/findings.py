"""What a test of a trunk found, step by step, as plain values: the words are the admin's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_FACT = 200
Facts = Mapping[str, str | int | float]


class Step(StrEnum):
    """In the order in which they are taken; each needs those before it."""

    SETTINGS = "settings"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    OPTIONS = "options"
    CREDENTIALS = "credentials"
    CALL = "call"


class Outcome(StrEnum):
    """NOTE: it works, or may work, but somebody should know."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """``reason`` says which sentence it is, ``facts`` what stands in it; those that came from outside are hostile."""

    step: Step
    outcome: Outcome
    reason: str
    facts: Facts = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """For the channel layer."""
        facts = {name: fact[:MAX_FACT] if isinstance(fact, str) else fact for name, fact in self.facts.items()}
        return {"step": self.step.value, "outcome": self.outcome.value, "reason": self.reason, "facts": facts}


def ok(step: Step, reason: str, **facts: str | float) -> Finding:
    return Finding(step, Outcome.OK, reason, facts)


def note(step: Step, reason: str, **facts: str | float) -> Finding:
    return Finding(step, Outcome.NOTE, reason, facts)


def fail(step: Step, reason: str, **facts: str | float) -> Finding:
    return Finding(step, Outcome.FAIL, reason, facts)
