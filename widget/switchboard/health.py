"""How a trunk does, judged from its answers to OPTIONS, and to calls where it never answers those; pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from widget.sip.probe import ProbeFailure, ProbeResult

SLOW_SECONDS = 1.0
"""An answer that takes longer is one, but calls will feel it."""
OVERLOADED = frozenset({408, 503})
"""What a peer, or a proxy before it, says when it cannot work; any other status comes from one that can."""
MAX_DETAIL = 120


class State(StrEnum):
    """DEGRADED: it failed lately, or is slow; DOWN: it failed several times in a row and is tried last."""

    UNKNOWN = "unknown"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


class Reason(StrEnum):
    """Why a trunk is not simply up; the admin has a sentence for each."""

    NONE = ""
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    OVERLOADED = "overloaded"
    SLOW = "slow"
    CALLS_ONLY = "calls_only"


FAILURES = frozenset({Reason.SILENT, Reason.UNREACHABLE, Reason.OVERLOADED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """``since`` is when ``state`` began. ``detail`` is the peer's own status line: hostile text."""

    state: State = State.UNKNOWN
    since: datetime
    reason: Reason = Reason.NONE
    detail: str = ""
    round_trip_ms: int | None = None
    checked_at: datetime | None = None
    failures: int = 0


def judge(before: Health, result: ProbeResult, now: datetime, *, failures_allowed: int) -> Health:
    """The health after one more check; ``failures_allowed`` in a row make a trunk DOWN, a good answer UP at once."""
    reason = _reason(result)
    if reason is Reason.SILENT and before.reason is Reason.CALLS_ONLY:
        return replace(before, checked_at=now)
    failures = before.failures + 1 if reason in FAILURES else 0
    state = State.UP
    if reason is not Reason.NONE:
        state = State.DOWN if failures >= failures_allowed else State.DEGRADED
    if before.state is State.DOWN and failures:
        state = State.DOWN
    return Health(
        state=state,
        since=before.since if state is before.state else now,
        reason=reason,
        detail=f"{result.code} {result.phrase}".strip()[:MAX_DETAIL] if result.code else "",
        round_trip_ms=round(result.round_trip_seconds * 1000) if result.code else None,
        checked_at=now,
        failures=failures,
    )


def after_call(before: Health, now: datetime, *, lives: bool) -> Health:
    """The health after an INVITE that showed whether the trunk lives.

    It counts where OPTIONS say nothing: some carriers leave them all unanswered, and would be tried last for ever.
    """
    if lives and before.state is State.DOWN and before.reason is Reason.SILENT:
        return replace(before, state=State.UP, since=now, reason=Reason.CALLS_ONLY, failures=0)
    if not lives and before.reason is Reason.CALLS_ONLY:
        return replace(before, state=State.DOWN, since=now, reason=Reason.SILENT, failures=1)
    return before


def _reason(result: ProbeResult) -> Reason:
    if result.failure is ProbeFailure.SILENCE:
        return Reason.SILENT
    if result.failure is ProbeFailure.NO_WAY:
        return Reason.UNREACHABLE
    if result.code in OVERLOADED:
        return Reason.OVERLOADED
    return Reason.SLOW if result.round_trip_seconds > SLOW_SECONDS else Reason.NONE
