"""What the call machine asks for. The switchboard carries commands out, in the order given."""

from dataclasses import dataclass
from enum import StrEnum

from widget.calls.transfer import Transfer


class Timer(StrEnum):
    """A timer that fires is an event: ``TimerFired(timer)``."""

    RING = "ring"
    LENGTH = "length"
    REATTACH = "reattach"


@dataclass(frozen=True, slots=True)
class SendInvite:
    """Send the INVITE; the call's row is already committed."""


@dataclass(frozen=True, slots=True)
class SendRinging:
    """Tell the carrier that the agent's phone rings (180)."""


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """Answer the carrier's INVITE and connect the audio that it offers."""


@dataclass(frozen=True, slots=True)
class SendRejection:
    """Refuse the carrier's INVITE with this final response."""

    sip_code: int


@dataclass(frozen=True, slots=True)
class ConnectAudio:
    """Connect the carrier's audio as its SDP (an answer or early media) says."""

    sdp: str


@dataclass(frozen=True, slots=True)
class OfferHold:
    """Put the far end on hold, or take it back, by a new offer (RFC 3264 section 8.4)."""

    on: bool


@dataclass(frozen=True, slots=True)
class PassOn:
    """Hand the far end over. ``TransferMade`` or ``TransferRefused`` must follow, ``TransferTaken`` may come before."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class JoinFarEnds:
    """Do ourselves what the carrier does not: call the new party unless the agent talks to them already, and join the
    two. ``FarEndsJoined`` or ``TransferRefused`` must follow."""


@dataclass(frozen=True, slots=True)
class HangUpCarrier:
    """CANCEL or BYE, whichever the dialog's state asks for; ``reason`` goes into a Reason header."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseMedia:
    """Close the carrier leg and count what passed."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    timer: Timer


Command = (
    SendInvite
    | SendRinging
    | SendAnswer
    | SendRejection
    | ConnectAudio
    | OfferHold
    | PassOn
    | JoinFarEnds
    | HangUpCarrier
    | ReleaseMedia
    | StartTimer
    | StopTimer
)
