"""What the widget shows of an agent: plain values, read by ``widget.snapshots``, drawn by ``widget.rendering``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from widget.visible_text import visible


@dataclass(frozen=True, slots=True)
class CallView:
    """One call as the agent sees it. ``state``: calling, ringing, talking or ended; texts are hostile."""

    id: str
    state: str
    number: str
    caller: str
    info: str
    direction: str
    early_media: bool
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int | None
    termination: str
    """Slug of ``widget.calls.termination.Cause``, "" while the call lives."""
    remark: str
    muted: bool = False
    held: bool = False
    held_by_far_end: bool = False
    labels: tuple[str, ...] = ()
    held_at: datetime | None = None
    colleague: str = ""
    """Name of the agent at the other end, or from whom the call came; "" = nobody of ours."""
    colleague_account: str = ""
    transfer_to: str = ""
    """To whom it shall go: a number, or a colleague's name."""
    transfer_state: str = ""
    """Slug of ``widget.calls.transfer.TransferState``, "" = none was asked for."""
    transfer_code: int = 0
    """SIP status that refused it, 0 = none."""
    transfer_inside: bool = False
    can_take_back: bool = False
    """Whether the server itself calls the number to which the call is transferred."""
    """To a colleague: that can be taken back."""
    consulted: CallView | None = None
    """The call with whom the agent talks while this one waits."""
    consult_result: CallView | None = None
    """The latest such call, once it is over and this one still waits."""

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def other_side(self) -> str:
        """The number of who is called or calls; "" = a caller who withholds it. Hostile."""
        return self.caller if self.is_inbound else self.number

    @property
    def other_name(self) -> str:
        """Name of the colleague who is the other side, "" for anybody else."""
        return self.colleague if self.colleague_account and self.colleague_account == self.other_side else ""

    @property
    def handed_by(self) -> str:
        """Name of the colleague from whom the call came, "" where they are the other side themselves."""
        return "" if self.other_name else visible(self.colleague)


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent: ``call`` is the live call, or the last one (state ended) while its result shall be shown."""

    account: str
    name: str
    display_number: str
    status: int
    status_since: datetime
    leg_connected: bool
    call: CallView | None
    wrap_up: CallView | None
    wrap_up_ends_at: datetime | None
    version: int
    region: str = ""
    """Country whose numbers the agent reads nationally; "" = that of their own number."""
    next_status: int = 0
    """What the agent chose for after the call, of the contract's numbers; 0 = ready as usual."""
    recent: tuple[CallView, ...] = ()
    """The latest calls that ended, newest first."""


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """What ``register()`` and the agent's mode came to: which parts exist, and the language tag."""

    workbench: bool
    remark: bool
    information: bool
    language: str
    remark_required: bool = False
    dial_pad: bool = True
    mute: bool = True
    hold: bool = True
    blind_transfer: bool = True
    consult_transfer: bool = True
    history: bool = True
    masks_numbers: bool = False
    labels: tuple[str, ...] = ()
    """What a call may be marked with after it, in the order of the mode."""
    statuses: tuple[int, ...] = (2, 3, 5)
    """What the agent may choose by hand, of the contract's numbers."""
    opens_for_calls: bool = True
    """Whether a widget that is folded to a bar opens when a call comes in."""
    theme: str = "auto"
    """light, dark, or auto: as the browser prefers."""
    accent: str = ""
    """Colour ``#rrggbb`` of what stands out; "" = the widget's own."""
