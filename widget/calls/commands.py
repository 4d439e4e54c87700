"""What the call machine asks for. The switchboard carries commands out, in the order given."""

from dataclasses import dataclass
from enum import StrEnum


class Timer(StrEnum):
    """A timer that fires is an event: ``TimerFired(timer)``."""

    RING = "ring"
    LENGTH = "length"
    REATTACH = "reattach"


@dataclass(frozen=True, slots=True)
class SendInvite:
    """Send the INVITE; the call's row is already committed."""


@dataclass(frozen=True, slots=True)
class ConnectAudio:
    """Connect the carrier's audio as its SDP (an answer or early media) says."""

    sdp: str


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


Command = SendInvite | ConnectAudio | HangUpCarrier | ReleaseMedia | StartTimer | StopTimer
