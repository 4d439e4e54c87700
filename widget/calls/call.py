"""What there is to know about one call, outbound or inbound: an immutable snapshot."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from widget.calls.moment import Moment
from widget.calls.termination import Termination
from widget.calls.transfer import Transfer


class CallState(StrEnum):
    CALLING = "calling"
    RINGING = "ringing"
    TALKING = "talking"
    BRIDGED = "bridged"
    """The agent has left; the far end talks on with the party to whom the server joined it."""
    ENDED = "ended"


class Direction(StrEnum):
    OUTBOUND = "outbound"
    INBOUND = "inbound"


class CallStatus:
    """``callStatus`` of the browser contract's ``onCall`` (cc-sdk-contract.md, Events)."""

    CALLING, RINGING, TALKING, ENDED, NOT_ESTABLISHED = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a call may spend ringing, talking, and without its agent."""

    ring_seconds: float
    call_seconds: float
    reattach_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A snapshot: everything that there is to know about a call, and nothing that could change it."""

    id: str
    number: str
    started: Moment
    limits: Limits
    routes_left: int = 0
    direction: Direction = Direction.OUTBOUND
    state: CallState = CallState.CALLING
    early_media: bool = False
    ringing_at: datetime | None = None
    answered: Moment | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    duration_seconds: float | None = None
    termination: Termination | None = None
    muted: bool = False
    held: bool = False
    held_at: datetime | None = None
    held_by_far_end: bool = False
    transfer: Transfer | None = None
    """The latest one that was asked for."""
    bridged_at: datetime | None = None
    """When the agent left, where the call went on without them."""
    version: int = 1

    @property
    def call_status(self) -> int:
        """The contract's ``callStatus``: an ended call that was never answered counts as not established."""
        return call_status(self.state, answered=self.answered is not None)


_STATUS_OF = MappingProxyType(
    {
        CallState.CALLING: CallStatus.CALLING,
        CallState.RINGING: CallStatus.RINGING,
        CallState.TALKING: CallStatus.TALKING,
        CallState.BRIDGED: CallStatus.ENDED,
        CallState.ENDED: CallStatus.ENDED,
    }
)


def call_status(state: CallState, *, answered: bool) -> int:
    """The contract's number for a state; ``answered`` tells an ended call from one that was never established."""
    if state is CallState.ENDED and not answered:
        return CallStatus.NOT_ESTABLISHED
    return _STATUS_OF[state]
