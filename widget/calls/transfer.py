"""Handing a call over: what was asked for, and how far it has come. A field of the call, not a state."""

from dataclasses import dataclass
from enum import StrEnum


class TransferKind(StrEnum):
    """Blind: at once. Attended: after talking to the new party in a call of its own."""

    BLIND = "blind"
    ATTENDED = "attended"


class TransferState(StrEnum):
    """``ASKED``: the far end has not said yet whether it does that at all. ``TAKEN``: it is calling the new party."""

    ASKED = "asked"
    TAKEN = "taken"
    REFUSED = "refused"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Transfer:
    """``to`` is a number, or the account of the colleague whose primary key is ``agent_id`` (0 = nobody of ours)."""

    kind: TransferKind
    to: str
    agent_id: int = 0
    state: TransferState = TransferState.ASKED
    sip_code: int = 0
    """The final response that refused it; 0 = none."""
    by_server: bool = False
    """The carrier does not do it, so we join the two far ends ourselves."""

    @property
    def is_pending(self) -> bool:
        return self.state in {TransferState.ASKED, TransferState.TAKEN}
