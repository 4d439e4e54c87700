"""Offers of the far end within a call, and our 2xx to them (RFC 3261 sections 13.3.1.4 and 14.2, RFC 3311)."""

import secrets
from collections.abc import Callable
from typing import Protocol

from widget.sip.compose import SDP_TYPE
from widget.sip.dialog import Dialog
from widget.sip.events import MediaAnswered, MediaChanged
from widget.sip.message import Request
from widget.sip.running_transaction import ServerTransaction
from widget.sip.session_timer import SessionTimer
from widget.sip.stack import SUPPORTED, Stack
from widget.sip.transaction import State
from widget.sip.transaction_users import ServerHandlers
from widget.sip.transport import TransportError
from widget.sip.unacknowledged import Unacknowledged

RETRY_AFTER_SECONDS = 10


class Negotiating(Protocol):
    """What is needed of the session. `is_up`: the INVITE that opened it is answered."""

    stack: Stack
    dialog: Dialog
    timer: SessionTimer
    local_sdp: str

    @property
    def is_up(self) -> bool:
        """See above."""

    def tell(self, event: MediaChanged | MediaAnswered) -> None:
        """Let the owner know."""

    def never_acknowledged(self) -> None:
        """64 T1 passed without an ACK of our 2xx."""


class TheirOffers:
    """One at a time; the owner decides about each."""

    __slots__ = ("_offer", "_session", "_unacknowledged")

    def __init__(self, session: Negotiating) -> None:
        self._session = session
        self._offer: ServerTransaction | None = None
        self._unacknowledged: dict[int, Unacknowledged] = {}

    @property
    def is_open(self) -> bool:
        """Whether the owner still thinks about one."""
        return self._offer is not None

    def receive(self, transaction: ServerTransaction) -> None:
        """Ask the owner; with another one open, or before the first offer is answered, `refuse_for_now` instead.

        It may come before the ACK of our last 2xx, which goes on being repeated (RFC 5407 section 3.1.5), but not
        while that ACK has to bring the answer to an offer of ours.
        """
        if any(not pending.transaction.request.sdp for pending in self._unacknowledged.values()):
            transaction.respond(491)
            return
        self._offer = transaction
        handlers = ServerHandlers(
            failure=self._forget, ack=self.acknowledge, cancel=lambda _cancel: self._refuse(transaction, 487)
        )
        transaction.listen(handlers)
        if transaction.request.method == "INVITE":
            transaction.respond(100)
        self._session.tell(MediaChanged(transaction.request.sdp, lambda sdp: self._decided(transaction, sdp)))

    def answer(self, transaction: ServerTransaction, sdp: str, acknowledged: Callable[[Request], None]) -> None:
        """Send 200 with `sdp` and repeat it until the ACK; without one the session is given up."""
        self._send_answer(transaction, sdp)
        clock = self._session.stack.clock
        pending = Unacknowledged(clock, transaction, acknowledged, self._session.never_acknowledged)
        self._unacknowledged[transaction.request.cseq] = pending
        pending.begin()

    def acknowledge(self, request: Request) -> None:
        """The ACK of a 2xx of ours."""
        if pending := self._unacknowledged.pop(request.cseq, None):
            pending.stop()
            pending.acknowledged(request)

    def tell_late_answer(self, transaction: ServerTransaction) -> Callable[[Request], None]:
        """For the ACK of an INVITE without an offer: it answers ours (section 13.2.1)."""

        def acknowledged(ack: Request) -> None:
            if not transaction.request.sdp and ack.sdp:
                self._session.tell(MediaAnswered(ack.sdp))

        return acknowledged

    def contact(self, transaction: ServerTransaction) -> tuple[str, str]:
        """The Contact header of our responses."""
        stack = self._session.stack
        try:
            return "Contact", transaction.flow().contact(stack.config.contact_user)
        except TransportError:
            host, port = stack.transport.address
            return "Contact", f"<sip:{host}:{port}>"

    def stop_answering(self) -> None:
        """Repeat the 2xx no more."""
        for pending in self._unacknowledged.values():
            pending.stop()
        self._unacknowledged.clear()

    def stop(self) -> None:
        """The session ended: an open offer is answered by that (section 15.1.2)."""
        self.stop_answering()
        if self._offer:
            self._refuse(self._offer, 487)

    def _decided(self, transaction: ServerTransaction, sdp: str | None) -> None:
        """The owner's decision; a late or second one is without effect."""
        if self._offer is not transaction or transaction.state not in {State.PROCEEDING, State.TRYING}:
            return
        if sdp is None:
            self._refuse(transaction, 488)
            return
        self._offer = None
        self._session.dialog.refresh_target(transaction.request)
        if transaction.request.method == "INVITE":
            self.answer(transaction, sdp, self.tell_late_answer(transaction))
        else:
            self._send_answer(transaction, sdp)

    def _send_answer(self, transaction: ServerTransaction, sdp: str) -> None:
        session = self._session
        session.local_sdp = sdp or session.local_sdp
        timer = session.timer.answer(transaction.request) if session.is_up else ()
        headers = (self.contact(transaction), *timer, session.stack.allow, SUPPORTED, *((SDP_TYPE,) if sdp else ()))
        transaction.respond(200, headers=headers, body=sdp)

    def _refuse(self, transaction: ServerTransaction, code: int) -> None:
        self._offer = None
        transaction.respond(code)

    def _forget(self) -> None:
        self._offer = None


def refuse_for_now(transaction: ServerTransaction) -> None:
    """500 with a time to come again: an earlier offer is still open, or the request came out of order."""
    transaction.respond(500, headers=(("Retry-After", str(secrets.randbelow(RETRY_AFTER_SECONDS) + 1)),))
