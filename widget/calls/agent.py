"""The agent status machine: offline, idle, busy, post-call, break.

``BUSY`` is what an agent in a call shows, and what an agent may choose; ``POST_CALL`` is entered and left by the
machine. A status that is chosen during a call waits for its end. An agent who leaves during a call stays busy until it
ends: the call outlives the page.
"""

from dataclasses import dataclass, replace
from enum import IntEnum


class AgentStatus(IntEnum):
    """``onSeatStatus`` of the browser contract, and ``status`` of the original API (4.2)."""

    OFFLINE = 1
    IDLE = 2
    BUSY = 3
    POST_CALL = 4
    BREAK = 5


CHOOSABLE = frozenset({AgentStatus.IDLE, AgentStatus.BUSY, AgentStatus.BREAK})


@dataclass(frozen=True, slots=True)
class Agent:
    """``present``: a page is signed in and its audio is, or was, up. ``chosen``: the status between calls."""

    status: AgentStatus = AgentStatus.OFFLINE
    present: bool = False
    in_call: bool = False
    chosen: AgentStatus = AgentStatus.IDLE

    @property
    def following(self) -> AgentStatus | None:
        """What the call will be followed by, where it is not being ready; None without a call."""
        return self.chosen if self.in_call and self.chosen is not AgentStatus.IDLE else None

    def arrived(self, *, wraps_up: bool = False) -> "Agent":
        """Signed in, with audio. ``wraps_up``: after-call work that began before the agent left still runs."""
        if self.status is not AgentStatus.OFFLINE:
            return replace(self, present=True)
        return replace(self, present=True, status=AgentStatus.POST_CALL if wraps_up else self.chosen)

    def left(self) -> "Agent":
        """The last page of the agent is gone."""
        return replace(self, present=False, status=self.status if self.in_call else AgentStatus.OFFLINE)

    def chose(self, status: AgentStatus) -> "Agent":
        """One of :data:`CHOOSABLE`; it takes effect at once between calls, and after the call during one."""
        if self.in_call or not self.present:
            return replace(self, chosen=status)
        return replace(self, chosen=status, status=status)

    def call_started(self) -> "Agent":
        return replace(self, in_call=True, status=AgentStatus.BUSY)

    def call_ended(self, *, wraps_up: bool) -> "Agent":
        """``wraps_up``: the call was established and the group leaves time for after-call work."""
        return replace(self, in_call=False, status=self._after_call(wraps_up=wraps_up))

    def _after_call(self, *, wraps_up: bool) -> AgentStatus:
        if not self.present:
            return AgentStatus.OFFLINE
        return AgentStatus.POST_CALL if wraps_up else self.chosen

    def wrap_up_finished(self) -> "Agent":
        return replace(self, status=self.chosen) if self.status is AgentStatus.POST_CALL else self
