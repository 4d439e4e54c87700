"""What a page may ask for: one class per frame of the socket. ``id`` is the command's own, and makes it idempotent."""

from collections.abc import Mapping
from dataclasses import dataclass

from widget.devices import Device


@dataclass(frozen=True, slots=True)
class RegisterOptions:
    """What the page passed to ``register()``; ``None`` = not said, so the application's mode decides."""

    no_work_mode: bool | None = None
    is_remark: bool | None = None
    is_information: bool | None = None
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """First frame of every socket, and again to renew. ``since``: last event seen, ``None`` for a fresh page."""

    id: str
    token: str
    options: RegisterOptions
    since: int | None


@dataclass(frozen=True, slots=True)
class OfferAudio:
    id: str
    sdp: str


@dataclass(frozen=True, slots=True)
class Dial:
    """``colleague``: the account of who is called without a carrier; then there is no ``phone``."""

    id: str
    phone: str
    info: str
    colleague: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    id: str


@dataclass(frozen=True, slots=True)
class AnswerCall:
    id: str


@dataclass(frozen=True, slots=True)
class RejectCall:
    id: str


@dataclass(frozen=True, slots=True)
class Mute:
    id: str
    on: bool


@dataclass(frozen=True, slots=True)
class Hold:
    id: str
    on: bool


@dataclass(frozen=True, slots=True)
class PressKeys:
    """``digits``: what a telephone has keys for."""

    id: str
    digits: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """``to``: a colleague's account or a number. ``kind``: blind or attended."""

    id: str
    to: str
    kind: str


@dataclass(frozen=True, slots=True)
class CompleteTransfer:
    id: str


@dataclass(frozen=True, slots=True)
class CancelTransfer:
    id: str


@dataclass(frozen=True, slots=True)
class SwapCalls:
    id: str


@dataclass(frozen=True, slots=True)
class WatchColleagues:
    """Whether the page wants to see who of the group is there, now and when it changes."""

    id: str
    on: bool


@dataclass(frozen=True, slots=True)
class ChooseStatus:
    id: str
    status: int


@dataclass(frozen=True, slots=True)
class WriteRemark:
    """``labels`` ``None`` = not said, so they stay."""

    id: str
    call_id: str
    text: str
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ExtendWrapUp:
    id: str


@dataclass(frozen=True, slots=True)
class SignOut:
    id: str


@dataclass(frozen=True, slots=True)
class FinishWrapUp:
    id: str


@dataclass(frozen=True, slots=True)
class ChooseDevices:
    """The whole choice; a kind that is ``None`` or left out follows the system's default."""

    id: str
    chosen: Mapping[str, Device | None]


@dataclass(frozen=True, slots=True)
class FoldWidget:
    """The agent folded the widget to a bar, or opened it again."""

    id: str
    on: bool


@dataclass(frozen=True, slots=True)
class Search:
    """``text`` as typed in the number field: digits or letters of recent calls and colleagues; hostile."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Ping:
    id: str


Intent = (
    Authenticate
    | OfferAudio
    | Dial
    | HangUp
    | AnswerCall
    | RejectCall
    | Mute
    | Hold
    | PressKeys
    | Transfer
    | CompleteTransfer
    | CancelTransfer
    | SwapCalls
    | WatchColleagues
    | ChooseStatus
    | WriteRemark
    | ExtendWrapUp
    | FinishWrapUp
    | SignOut
    | ChooseDevices
    | FoldWidget
    | Search
    | Ping
)
