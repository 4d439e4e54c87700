"""What can happen to a call. Past tense; ``…Requested`` is what an agent asked for."""

from dataclasses import dataclass
from enum import StrEnum

from widget.calls.commands import Timer
from widget.calls.transfer import TransferKind


class CarrierFault(StrEnum):
    """A call attempt that got no final answer."""

    SILENT = "silent"
    TRANSPORT = "transport"
    AUTHENTICATION = "authentication"
    BAD_ANSWER = "bad_answer"
    LOST = "lost"
    """The way broke after the carrier had begun to work on the call: it may ring there still."""
    FULL = "full"
    """The trunk had no place for the call."""


@dataclass(frozen=True, slots=True)
class CarrierRang:
    """180, or a 183 whose ``sdp`` is early media."""

    sdp: str | None = None


@dataclass(frozen=True, slots=True)
class CarrierAnswered:
    sdp: str


@dataclass(frozen=True, slots=True)
class CarrierRejected:
    sip_code: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CarrierHungUp:
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CarrierFailed:
    fault: CarrierFault


@dataclass(frozen=True, slots=True)
class FarEndHeld:
    """The far end put us on hold, or took us back."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class HoldRefused:
    """The far end did not take our offer to hold or to resume."""


@dataclass(frozen=True, slots=True)
class AnswerRequested:
    """The agent takes an inbound call."""


@dataclass(frozen=True, slots=True)
class RejectRequested:
    """The agent does not take an inbound call."""


@dataclass(frozen=True, slots=True)
class MuteRequested:
    """The agent's own microphone off, or on again."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class HoldRequested:
    on: bool = True


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """Hand the call to a number, or to the colleague ``agent_id``; attended: to whom the agent talks already."""

    kind: TransferKind
    to: str
    agent_id: int = 0


@dataclass(frozen=True, slots=True)
class TransferTaken:
    """The far end does it, and is calling the new party."""


@dataclass(frozen=True, slots=True)
class TransferMade:
    """The new party has the call."""


@dataclass(frozen=True, slots=True)
class TransferRefused:
    """The far end does not transfer, or did not reach the new party."""

    sip_code: int = 0


@dataclass(frozen=True, slots=True)
class FarEndsJoined:
    """The server has joined the far end with the new party: the two talk on without the agent."""


@dataclass(frozen=True, slots=True)
class OtherSideLeft:
    """Whom the far end was joined with has left."""


@dataclass(frozen=True, slots=True)
class BothSilent:
    """Nothing is heard any more of two far ends that were joined."""


@dataclass(frozen=True, slots=True)
class HangUpRequested:
    """The agent wants the call to end, whatever its state."""


@dataclass(frozen=True, slots=True)
class AudioFailed:
    """The carrier's SDP cannot be used, or the relay refused it."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class RelayLost:
    """The relay process that carried this call's audio died."""


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """Neither a socket nor audio of the agent is left."""


@dataclass(frozen=True, slots=True)
class AgentReturned:
    """The agent's audio is back."""


@dataclass(frozen=True, slots=True)
class ServerStopping:
    """The process that owns the call is about to end."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    timer: Timer


Event = (
    CarrierRang
    | CarrierAnswered
    | CarrierRejected
    | CarrierHungUp
    | CarrierFailed
    | FarEndHeld
    | HoldRefused
    | AnswerRequested
    | RejectRequested
    | MuteRequested
    | HoldRequested
    | TransferRequested
    | TransferTaken
    | TransferMade
    | TransferRefused
    | FarEndsJoined
    | OtherSideLeft
    | BothSilent
    | HangUpRequested
    | AudioFailed
    | RelayLost
    | AgentLeft
    | AgentReturned
    | ServerStopping
    | TimerFired
)
