"""What consumers say to the switchboard: plain, serialisable messages over the channel layer.

A command carries an id and is idempotent by it; its answer is a ``command.done`` message to the channel that asked.
"""

from dataclasses import asdict, dataclass
from typing import Any

CHANNEL = "ccsdk.switchboard"


def agent_group(agent_id: int) -> str:
    """The channel-layer group of all sockets of one agent."""
    return f"ccsdk.agent.{agent_id}"


def presence_group(group_id: int) -> str:
    """The channel-layer group of all sockets that look at the agents of one group."""
    return f"ccsdk.presence.{group_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """``agent`` is the agent's primary key, ``channel`` the channel of the socket that speaks."""

    agent: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJoined(Message):
    """A page signed in. ``resumes``: the same page after a dropped socket, whose audio may still be up."""

    resumes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLeft(Message):
    """A socket closed. ``signed_out``: by us, because its credential is no longer good."""

    signed_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Message):
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAudio(Command):
    """The browser's SDP offer; the answer comes back as ``sdp``."""

    sdp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial(Command):
    """Start an outbound call; ``callId`` comes back once its record is committed.

    ``colleague`` is the account of an agent of the group, who is called without a carrier; ``phone`` is "" then.
    """

    phone: str
    info: str
    colleague: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp(Command):
    """End the current call, whatever its state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCall(Command):
    """Take the inbound call that rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectCall(Command):
    """Do not take the inbound call that rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute(Command):
    """The agent's own microphone off, or on again."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command):
    """Put the far end on hold, or take it back."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PressKeys(Command):
    """Send keys (0-9, A-D, * and #) to the far end, where the browser does not."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Command):
    """Hand the call to a colleague's account or a number. ``kind``: blind at once, attended after talking to them."""

    to: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTransfer(Command):
    """Join the far end with the party that is consulted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTransfer(Command):
    """End the consultation, or take back what a colleague has not answered, and go on with the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapCalls(Command):
    """Talk to the other of the two: one holds while the agent talks to the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseStatus(Command):
    """Idle, busy or short break, by the contract's number; during a call it waits for the end."""

    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRemark(Command):
    """Keep the agent's note about a call of their own; ``labels`` ``None`` leaves them as they are."""

    call_id: str
    text: str
    labels: list[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendWrapUp(Command):
    """Start the time for after-call work anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishWrapUp(Command):
    """End after-call work now."""


_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind
    for kind in (
        PageJoined,
        PageLeft,
        OfferAudio,
        Dial,
        HangUp,
        AnswerCall,
        RejectCall,
        Mute,
        Hold,
        PressKeys,
        Transfer,
        CompleteTransfer,
        CancelTransfer,
        SwapCalls,
        ChooseStatus,
        WriteRemark,
        ExtendWrapUp,
        FinishWrapUp,
    )
}


def pack(message: Message) -> dict[str, Any]:
    return {"type": "desk.message", "kind": type(message).__name__, "fields": asdict(message)}


def unpack(packed: dict[str, Any]) -> Message:
    """The reverse of :func:`pack`; raises KeyError or TypeError for what no version of ours sends."""
    return _KINDS[packed["kind"]](**packed["fields"])
