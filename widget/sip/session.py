"""The session of one dialog: BYE both ways, re-INVITE and OPTIONS of the far end, ACK (RFC 3261 sections 13 to 15).

The same for calls that we made and calls that came in.
"""

import logging
import secrets
from collections.abc import Callable
from enum import Enum, auto

from widget.sip.auth import DigestClient
from widget.sip.compose import SDP_TYPE, HeaderList
from widget.sip.dialog import Dialog
from widget.sip.events import Failed, FailureCause, HungUp, MediaAnswered, MediaChanged, MediaRefused, TransferEvent
from widget.sip.message import Request, Response
from widget.sip.options import answer_options, refuse_method
from widget.sip.reason import reason_header, reason_text
from widget.sip.reinvite import Reinvite, ReinviteHandlers
from widget.sip.running_transaction import ClientHandlers, ServerHandlers, ServerTransaction
from widget.sip.session_timer import SessionTimer
from widget.sip.stack import ALLOW, SUPPORTED, SentAck, Stack
from widget.sip.transaction import State
from widget.sip.transfer import Transfers, is_transfer
from widget.sip.transport import TransportError
from widget.sip.unacknowledged import Unacknowledged

logger = logging.getLogger(__name__)

SessionEvent = HungUp | Failed | MediaChanged | MediaAnswered | MediaRefused | TransferEvent
RETRY_AFTER_SECONDS = 10


class SessionState(Enum):
    """EARLY: the INVITE that opened it is not answered. RELEASING: our BYE is under way."""

    EARLY = auto()
    UP = auto()
    RELEASING = auto()
    ENDED = auto()


class Session:
    """One dialog with its media negotiation. After `emit` got HungUp or Failed nothing follows."""

    def __init__(
        self,
        stack: Stack,
        dialog: Dialog,
        *,
        digest: DigestClient | None,
        emit: Callable[[SessionEvent], None],
        is_early: bool = False,
    ) -> None:
        self.stack = stack
        self.dialog = dialog
        self.state = SessionState.EARLY if is_early else SessionState.UP
        self._digest = digest
        self._emit = emit
        self._offer: ServerTransaction | None = None
        self._unacknowledged: Unacknowledged | None = None
        self._reinvite: Reinvite | None = None
        self._acks: dict[int, SentAck] = {}
        self.local_sdp = ""
        self._offered_sdp = ""
        self.timer = SessionTimer(stack, dialog, digest, reinvite=self._reinvite_for_timer, lost=self.hang_up)
        self.transfers = Transfers(stack, dialog, digest, emit=lambda event: self._emit(event))
        stack.dialogs[dialog.id] = self

    # What we ask of the far end.

    def send_ack(self, cseq: int, headers: HeaderList = ()) -> None:
        """Acknowledge the 2xx of an INVITE of ours, again in the same words when it is repeated."""
        if known := self._acks.get(cseq):
            self.stack.repeat_ack(known)
            return
        ack = SentAck(self.dialog.request("ACK", cseq, (*headers, *self.stack.own_headers)))
        self._acks[cseq] = ack
        self.stack.send_ack(ack, self.dialog.next_hop())

    def change_media(self, sdp: str) -> None:
        """Offer `sdp` by re-INVITE: MediaAnswered or MediaRefused follows.

        At once MediaRefused(491) while another offer is open (section 14.1).
        """
        if self.state is not SessionState.UP or self._reinvite or self._offer:
            self._emit(MediaRefused(491))
            return
        if self._digest:
            self._digest.begin()
        self._offered_sdp = sdp
        handlers = ReinviteHandlers(
            self._media_accepted, self._media_refused, self._lost, may_send=lambda: self._offer is None
        )
        self._reinvite = Reinvite(
            self.stack, self.dialog, self._digest, sdp, self._digest is not None, handlers, self.timer
        )
        self._reinvite.send()

    def _media_accepted(self, response: Response, headers: HeaderList) -> None:
        is_new = response.cseq not in self._acks
        self.dialog.refresh_target(response)
        self.send_ack(response.cseq, headers)
        if is_new and self.state is SessionState.UP:
            self._reinvite = None
            self.local_sdp = self._offered_sdp
            self.timer.accepted(response)
            self._emit(MediaAnswered(response.sdp))

    def _media_refused(self, code: int) -> None:
        self._reinvite = None
        if self.state is SessionState.UP:
            self._emit(MediaRefused(code))

    def _reinvite_for_timer(self) -> None:
        """The peer takes no UPDATE: offer again what is agreed on; an offer under way is as good."""
        if self.local_sdp and not (self._reinvite or self._offer):
            self.change_media(self.local_sdp)

    def _lost(self) -> None:
        """The far end does not know this dialog any more, or is gone (section 12.2.1.2)."""
        self._reinvite = None
        self.hang_up()

    def hang_up(self, *, reason: str = "") -> None:
        """Send BYE; HungUp(local) follows when it is answered, or given up. Idempotent."""
        if self.state is not SessionState.UP:
            return
        self.state = SessionState.RELEASING
        self.timer.stop()
        self._stop_answering()
        if self._digest:
            self._digest.begin()
        self._send_bye(reason)

    def _send_bye(self, reason: str) -> None:
        uri, _ = self.dialog.path()
        credentials = self._digest.headers("BYE", uri) if self._digest else ()
        bye = self.dialog.next_request("BYE", (*credentials, *reason_header(reason), *self.stack.own_headers))
        handlers = ClientHandlers(lambda response: self._bye_answered(response, reason), self._released, self._released)
        self.stack.send(bye, self.dialog.next_hop(), handlers)

    def _bye_answered(self, response: Response, reason: str) -> None:
        if response.code < 200 or self.state is SessionState.ENDED:
            return
        if self._digest and self._digest.takes(response):
            self._send_bye(reason)
        else:
            self._released()

    def _released(self) -> None:
        self.end(HungUp(local=True))

    # What the far end asks of us.

    def receive(self, transaction: ServerTransaction) -> None:
        """A request in this dialog."""
        request = transaction.request
        if not self.dialog.takes(request):
            transaction.respond(500, headers=(("Retry-After", str(secrets.randbelow(RETRY_AFTER_SECONDS) + 1)),))
        elif request.method == "BYE":
            self._receive_bye(transaction)
        elif request.method == "INVITE":
            self._receive_offer(transaction)
        elif request.method == "UPDATE" and not request.body:
            self._receive_refresh(transaction)
        elif request.method == "UPDATE":
            self._receive_offer(transaction)
        elif is_transfer(request):
            self.transfers.receive(transaction)
        elif request.method == "OPTIONS":
            answer_options(transaction)
        else:
            refuse_method(transaction)

    def acknowledge(self, request: Request) -> None:
        """The ACK of a 2xx of ours."""
        pending = self._unacknowledged
        if pending and pending.is_for(request):
            self._stop_answering()
            pending.acknowledged(request)

    def _receive_bye(self, transaction: ServerTransaction) -> None:
        transaction.respond(200)
        if self._offer:
            self._offer.respond(487)
        self.end(HungUp(reason_text(transaction.request)))

    def _receive_offer(self, transaction: ServerTransaction) -> None:
        """A re-INVITE (section 14.2). One at a time; while we are releasing it is too late."""
        if self.state is SessionState.RELEASING:
            transaction.respond(481)
        elif self._reinvite and not self._reinvite.is_waiting:
            transaction.respond(491)
        elif self._offer or self.state is SessionState.EARLY:
            transaction.respond(500, headers=(("Retry-After", str(secrets.randbelow(RETRY_AFTER_SECONDS) + 1)),))
        elif transaction.request.body and not transaction.request.sdp:
            transaction.respond(415, headers=(("Accept", "application/sdp"),))
        else:
            self._stop_answering()
            self._ask_owner(transaction)

    def _receive_refresh(self, transaction: ServerTransaction) -> None:
        """UPDATE without an offer: the session timer, or another Contact (RFC 3311 section 5.2)."""
        self.dialog.refresh_target(transaction.request)
        headers = self.timer.answer(transaction.request) if self.state is SessionState.UP else ()
        transaction.respond(200, headers=(self.contact(transaction), *headers, ALLOW))

    def _ask_owner(self, transaction: ServerTransaction) -> None:
        self._offer = transaction
        transaction.listen(
            ServerHandlers(
                failure=self._offer_failed, ack=self.acknowledge, cancel=lambda: self._refuse_offer(transaction, 487)
            )
        )
        if transaction.request.method == "INVITE":
            transaction.respond(100)
        self._emit(MediaChanged(transaction.request.sdp, lambda sdp: self._answer_offer(transaction, sdp)))

    def _answer_offer(self, transaction: ServerTransaction, sdp: str | None) -> None:
        """The owner's decision; a late or second one is without effect."""
        if self._offer is not transaction or transaction.state not in {State.PROCEEDING, State.TRYING}:
            return
        if sdp is None:
            self._refuse_offer(transaction, 488)
            return
        self._offer = None
        self.dialog.refresh_target(transaction.request)
        if transaction.request.method == "UPDATE":
            self._send_answer(transaction, sdp)
            return
        self.answer(transaction, sdp, lambda ack: self._offer_acknowledged(transaction, ack))

    def _refuse_offer(self, transaction: ServerTransaction, code: int) -> None:
        self._offer = None
        transaction.respond(code)

    def _offer_failed(self) -> None:
        self._offer = None

    def _offer_acknowledged(self, transaction: ServerTransaction, ack: Request) -> None:
        if not transaction.request.sdp and ack.sdp:
            self._emit(MediaAnswered(ack.sdp))

    # Our 2xx.

    def answer(self, transaction: ServerTransaction, sdp: str, acknowledged: Callable[[Request], None]) -> None:
        """Send 200 with `sdp` and repeat it until the ACK; without one the session is given up."""
        self.state = SessionState.UP
        self._send_answer(transaction, sdp)
        self._unacknowledged = Unacknowledged(self.stack.clock, transaction, acknowledged, self._never_acknowledged)
        self._unacknowledged.begin()

    def _send_answer(self, transaction: ServerTransaction, sdp: str) -> None:
        self.local_sdp = sdp
        headers = (self.contact(transaction), *self.timer.answer(transaction.request), ALLOW, SUPPORTED, SDP_TYPE)
        transaction.respond(200, headers=headers, body=sdp)

    def contact(self, transaction: ServerTransaction) -> tuple[str, str]:
        """The Contact header of our responses."""
        try:
            return "Contact", transaction.flow().contact(self.stack.config.contact_user)
        except TransportError:
            host, port = self.stack.transport.address
            return "Contact", f"<sip:{host}:{port}>"

    def _never_acknowledged(self) -> None:
        """Section 13.3.1.4: without ACK the session is ended by BYE."""
        logger.warning("call=%s answer never acknowledged", self.dialog.id.call_id)
        emit, self._emit = self._emit, _nobody
        self.hang_up()
        emit(Failed(FailureCause.TIMEOUT))

    def _stop_answering(self) -> None:
        if self._unacknowledged:
            self._unacknowledged.stop()
            self._unacknowledged = None

    # The end.

    def end(self, event: SessionEvent) -> None:
        """Leave the table of dialogs and tell the owner. Idempotent."""
        if self.state is SessionState.ENDED:
            return
        self.state = SessionState.ENDED
        self._stop_answering()
        self.timer.stop()
        self.transfers.stop()
        if self._reinvite:
            self._reinvite.is_stopped = True
        self.stack.forget_dialog(self.dialog.id)
        self._emit(event)


def _nobody(_event: SessionEvent) -> None:
    """The owner was told of the end already."""
