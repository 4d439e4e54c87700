"""A call from one agent to another: no carrier, no SIP message, the same words as a SIP call.

What the caller's side offers reaches the callee's as a carrier's INVITE would, and back, so that a live call does not
know the difference. The audio goes through two carrier legs of ours that send to each other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from widget.sip.events import (
    Answered,
    Cancelled,
    HungUp,
    IncomingEvent,
    MediaAnswered,
    MediaChanged,
    MediaRefused,
    Rejected,
    Ringing,
    SipEvent,
)

if TYPE_CHECKING:
    from widget.switchboard.live_call import LiveCall

OURSELVES = "127.0.0.1"
"""Where the other side's audio is: both legs belong to this host's relay."""
BUSY_HERE, NOT_ACCEPTABLE, UNAVAILABLE = 486, 488, 480


@dataclass(frozen=True, slots=True)
class TakeOver:
    """To the callee: the caller leaves, and ``source``, a call that they hold, becomes yours."""

    source: "LiveCall"


class ColleagueLine:
    """One call. ``caller`` and ``callee`` are its two ends; nothing follows after its end.

    ``ring`` offers the callee's end to the colleague's desk.
    """

    def __init__(
        self, *, call_id: str, agent_id: int, number: str, caller: str, ring: Callable[["CalledEnd"], None]
    ) -> None:
        self._ring = ring
        self.call_id = call_id
        self.caller = CallingEnd(self, agent_id)
        self.callee = CalledEnd(self, call_id=call_id, number=number, caller=caller)
        self.is_answered = False
        self.ended = False

    def ring(self) -> None:
        self._ring(self.callee)

    def end(self) -> bool:
        """True the first time."""
        was_up, self.ended = not self.ended, True
        return was_up


class CallingEnd:
    """What an outgoing call is for the one who called; ``agent_id`` is who is called."""

    sent_at: float | None = None
    """No INVITE ever leaves."""

    def __init__(self, line: ColleagueLine, agent_id: int) -> None:
        self._line = line
        self.call_id = line.call_id
        self.agent_id = agent_id
        self.on_event: Callable[[SipEvent], None] = _nobody

    @property
    def ended(self) -> bool:
        return self._line.ended

    def call(self, sdp: str, on_event: Callable[[SipEvent], None]) -> None:
        """Let the colleague ring."""
        self.on_event = on_event
        self._line.callee.sdp = sdp
        self._line.ring()

    def hang_up(self, *, reason: str = "") -> None:
        """The other side hears that we gave up, or left."""
        if self._line.end():
            self._line.callee.on_event(HungUp(reason) if self._line.is_answered else Cancelled())

    def refused(self, sip_code: int) -> None:
        """Nobody rang at all."""
        if self._line.end():
            self.on_event(Rejected(sip_code, ""))

    def give(self, source: "LiveCall") -> None:
        """Hand the colleague a call that is held meanwhile."""
        if self._line.is_answered and not self._line.ended:
            self._line.callee.on_event(TakeOver(source))
        else:
            source.transfer_refused(UNAVAILABLE)

    def change_media(self, sdp: str) -> None:
        """Offer ``sdp`` in the answered call: MediaAnswered or MediaRefused follows."""
        if self._line.is_answered and not self._line.ended:
            self._line.callee.on_event(_offer(sdp, self.on_event))


class CalledEnd:
    """What an incoming call is for the one who is called."""

    def __init__(self, line: ColleagueLine, *, call_id: str, number: str, caller: str) -> None:
        self._line = line
        self.call_id = call_id
        self.number = number
        self.caller = caller
        self.sdp = ""
        self.source = (OURSELVES, 0)
        self.on_event: Callable[[IncomingEvent | TakeOver], None] = _nobody

    @property
    def ended(self) -> bool:
        return self._line.ended

    def ring(self) -> None:
        if not self._line.ended:
            self._line.caller.on_event(Ringing())

    def answer(self, sdp: str) -> None:
        if not self._line.ended:
            self._line.is_answered = True
            self._line.caller.on_event(Answered(sdp))

    def reject(self, code: int) -> None:
        self._line.caller.refused(code)

    def hang_up(self) -> None:
        if not self._line.is_answered:
            self.reject(UNAVAILABLE)
        elif self._line.end():
            self._line.caller.on_event(HungUp())

    def change_media(self, sdp: str) -> None:
        """Offer ``sdp`` in the answered call: MediaAnswered or MediaRefused follows."""
        if self._line.is_answered and not self._line.ended:
            self._line.caller.on_event(_offer(sdp, self.on_event))

    def release(self) -> None:
        """End it in silence: both sides know what comes instead."""
        self._line.end()


class HandedCall:
    """A colleague's call that rings here and, once answered, becomes ours; until then they keep it."""

    def __init__(self, source: "LiveCall", *, number: str, caller: str) -> None:
        self.live = source
        self.call_id = f"{source.call.id}-handed"
        self.number = number
        self.caller = caller
        self.sdp = ""
        self.source = (OURSELVES, 0)
        self.ended = False
        self.on_event: Callable[[IncomingEvent], None] = _nobody

    def ring(self) -> None:
        self.live.transfer_taken()

    def reject(self, code: int) -> None:
        if not self.ended:
            self.ended = True
            self.live.transfer_refused(code)

    def hang_up(self) -> None:
        self.reject(UNAVAILABLE)

    def cancel(self) -> None:
        """The colleague took it back, or it is over."""
        if not self.ended:
            self.ended = True
            self.on_event(Cancelled())

    def release(self) -> None:
        """It is taken."""
        self.ended = True

    def change_media(self, sdp: str) -> None:
        """There is no audio before it is taken."""


def _offer(sdp: str, answered: Callable[[MediaAnswered | MediaRefused], None]) -> MediaChanged:
    def answer(answer: str | None) -> None:
        answered(MediaRefused(NOT_ACCEPTABLE) if answer is None else MediaAnswered(answer))

    return MediaChanged(sdp, answer)


def _nobody(_event: object) -> None:
    """Nobody listens yet."""
