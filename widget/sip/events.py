"""What a call tells its owner. Texts in events come from the far end and are hostile."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class FailureCause(Enum):
    """Why a call ended without a decision of either party."""

    NO_RESPONSE = "no_response"
    """Not a single response within `first_response_seconds`."""
    TIMEOUT = "timeout"
    """The far end stopped answering: timer B or H ran out, or a CANCEL was never followed by a final response."""
    TRANSPORT = "transport"
    """The name does not resolve, there is no route, or the socket refused the datagram."""
    LOST = "lost"
    """The connection broke after a provisional response: the far end may still be ringing."""
    AUTHENTICATION = "authentication"
    """A challenge of another realm or algorithm, no credentials for it, or the credentials were refused."""
    BAD_ANSWER = "bad_answer"
    """The call was answered without a session description; it was acknowledged and released."""


@dataclass(frozen=True, slots=True)
class Trying:
    """100: the next hop has the INVITE."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """180, with early media when `sdp` is there."""

    sdp: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """181, 182, 183 or another provisional response, with early media when `sdp` is there."""

    code: int
    sdp: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """2xx, already acknowledged. `sdp` is the answer to our offer; "" when theirs was answered by us (MediaChanged)."""

    sdp: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A final response 300 to 699 to the INVITE; also the 487 that follows our own CANCEL.

    `reason` is the text of the Reason header (RFC 3326) or "", `retry_after` is in seconds.
    """

    code: int
    phrase: str
    reason: str = ""
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class HungUp:
    """The call was released by BYE: by the far end, or, with `local`, by ourselves. `reason`: Reason header or ""."""

    reason: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The call ended by a fault."""

    cause: FailureCause


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A re-INVITE of the far end. `sdp` is its offer, "" when it asks for ours.

    Of a call that we made without an offer it is the far end's first one, in the 200; Answered follows its answer.
    Call `answer` once: with a session description it becomes the 200, with None a 488 that leaves the call as it was.
    It may be called later, from the loop.
    """

    sdp: str
    answer: Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class MediaAnswered:
    """The answer to an offer of ours in a running call.

    It came with the 200 to our `change_media`, or with the ACK of a re-INVITE that had no offer (section 13.2.1).
    An offer that was made while another one was open has taken its place, so not each one is answered.
    """

    sdp: str


@dataclass(frozen=True, slots=True)
class MediaRefused:
    """The far end refused our `change_media`; the call is as it was before."""

    code: int


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """The far end sent a digit by INFO: 0 to 9, A to D, * or #."""

    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """202 when the far end has taken our transfer; then what the new party answers, 100 to 199, as it is reported."""

    code: int


@dataclass(frozen=True, slots=True)
class TransferDone:
    """The new party answered the far end. Our call is still up: hang it up."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The far end refused, or did not reach the new party. Our call is as it was. `phrase` is hostile text."""

    code: int
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class Referred:
    """The far end asks us to call `target`, a hostile URI; only with `takes_refer`. It was answered with 202.

    `report(code, phrase)` tells it what became of that; a code of 200 or above is the last word.
    """

    target: str
    report: Callable[[int, str], None]


TransferEvent: TypeAlias = TransferProgress | TransferDone | TransferFailed | Referred


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The caller gave up before our answer; 487 was sent. `reason`: Reason header of the CANCEL or "", hostile text."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The ACK of our 200 arrived: the call is up on both sides. `sdp` is there only when the INVITE had no offer."""

    sdp: str | None = None


SipEvent: TypeAlias = (
    Trying
    | Ringing
    | Progress
    | Answered
    | Rejected
    | HungUp
    | Failed
    | MediaChanged
    | MediaAnswered
    | MediaRefused
    | DigitReceived
    | TransferEvent
)
"""Of an outgoing call. It ends in exactly one of Rejected, HungUp, Failed, also after our own `hang_up`."""

IncomingEvent: TypeAlias = (
    Cancelled
    | Confirmed
    | HungUp
    | Failed
    | MediaChanged
    | MediaAnswered
    | MediaRefused
    | DigitReceived
    | TransferEvent
)
"""Of an incoming call. After Cancelled, HungUp or Failed nothing follows."""
