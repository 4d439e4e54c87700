"""The session of one dialog: BYE both ways, re-INVITE and OPTIONS of the far end, ACK (RFC 3261 sections 13 to 15).

The same for calls that we made and calls that came in.
"""

import logging
from collections.abc import Callable
from enum import Enum, auto
from functools import cached_property

from widget.sip.auth import DigestClient
from widget.sip.compose import SDP_TYPE, HeaderList
from widget.sip.dialog import Dialog
from widget.sip.dialog_parts import DialogParts
from widget.sip.events import (
    DigitReceived,
    Failed,
    FailureCause,
    HungUp,
    MediaAnswered,
    MediaChanged,
    MediaRefused,
    TransferEvent,
)
from widget.sip.message import Request, Response
from widget.sip.options import answer_options, refuse_method
from widget.sip.our_offers import OfferHandlers, OurOffers
from widget.sip.reason import reason_text
from widget.sip.release import Release
from widget.sip.reliable import ReliableProvisionals
from widget.sip.running_transaction import ServerTransaction
from widget.sip.session_timer import SessionTimer
from widget.sip.stack import SentAck, Stack
from widget.sip.their_offers import TheirOffers, refuse_for_now
from widget.sip.transfer import is_transfer

logger = logging.getLogger(__name__)

SessionEvent = HungUp | Failed | MediaChanged | MediaAnswered | MediaRefused | DigitReceived | TransferEvent


class SessionState(Enum):
    """EARLY: the INVITE that opened it is not answered. RELEASING: our BYE is under way."""

    EARLY = auto()
    UP = auto()
    RELEASING = auto()
    ENDED = auto()


class Session(DialogParts):
    """One dialog with its media negotiation. After `emit` got HungUp or Failed nothing follows.

    `has_agreed`: the INVITE's own offer is answered, so that another one may be made (RFC 3311 section 5.1).
    `reliable`: provisional responses of ours that wait for their PRACK.
    """

    def __init__(
        self,
        stack: Stack,
        dialog: Dialog,
        *,
        digest: DigestClient | None,
        emit: Callable[[SessionEvent], None],
        is_early: bool = False,
        owns_call_id: bool | None = None,
    ) -> None:
        """`owns_call_id`: the call is of our making, as is one with credentials when nothing is said."""
        self.stack = stack
        self.dialog = dialog
        self.state = SessionState.EARLY if is_early else SessionState.UP
        self.digest = digest
        self.has_agreed = not is_early
        self.reliable: ReliableProvisionals | None = None
        self._emit = emit
        self._replaced: Callable[[Session], None] = _kept
        self._acks: tuple[SentAck, ...] = ()
        self.local_sdp = ""
        self.timer = SessionTimer(stack, dialog, digest, reinvite=self._reinvite_for_timer, lost=self.hang_up)
        self._owns_call_id = digest is not None if owns_call_id is None else owns_call_id
        stack.dialogs[dialog.id] = self

    @property
    def is_up(self) -> bool:
        """Whether the INVITE that opened it is answered, and nobody has hung up."""
        return self.state is SessionState.UP

    @cached_property
    def _ours(self) -> OurOffers:
        handlers = OfferHandlers(
            self._media_acknowledged,
            self._media_agreed,
            self._media_refused,
            self._lost,
            may_send=lambda: not self._theirs.is_open,
        )
        return OurOffers(self.stack, self.dialog, self.digest, self.timer, handlers, owns_call_id=self._owns_call_id)

    @cached_property
    def _theirs(self) -> TheirOffers:
        return TheirOffers(self)

    # What we ask of the far end.

    def send_ack(self, cseq: int, headers: HeaderList = (), sdp: str = "") -> None:
        """Acknowledge the 2xx of an INVITE of ours, again in the same words when it is repeated."""
        if known := next((each for each in self._acks if each.cseq == cseq), None):
            self.stack.repeat_ack(known)
            return
        about_body = (SDP_TYPE,) if sdp else ()
        ack = self.dialog.request("ACK", cseq, (*headers, *self.stack.own_headers, *about_body), sdp)
        self._acks = (*self._acks, self.stack.send_ack(ack, cseq, self.dialog.next_hop()))

    def forget_ack(self, cseq: int) -> None:
        """The 2xx is not repeated any more."""
        self._acks = tuple([each for each in self._acks if each.cseq != cseq])

    def change_media(self, sdp: str) -> None:
        """Offer `sdp`: MediaAnswered or MediaRefused follows. Before the answer by UPDATE, if media is agreed on."""
        if self.state is SessionState.UP:
            self._ours.make("INVITE", sdp)
        elif self.state is SessionState.EARLY and self.has_agreed:
            self._ours.make("UPDATE", sdp)
        else:
            self._emit(MediaRefused(491))

    def _media_acknowledged(self, response: Response, headers: HeaderList) -> None:
        self.dialog.refresh_target(response)
        self.send_ack(response.cseq, headers)

    def _media_agreed(self, response: Response, offered: str) -> None:
        if self.state in {SessionState.UP, SessionState.EARLY}:
            self.dialog.refresh_target(response)
            self.local_sdp = offered
            self.timer.accepted(response)
            self._emit(MediaAnswered(response.sdp))

    def _media_refused(self, code: int) -> None:
        self._emit(MediaRefused(code))

    def _reinvite_for_timer(self) -> None:
        """The peer takes no UPDATE: offer again what is agreed on; an offer under way is as good."""
        if self.local_sdp and not (self._ours.is_busy or self._theirs.is_open):
            self._ours.make("INVITE", self.local_sdp, is_refresh=True)

    def _lost(self) -> None:
        """The far end does not know this dialog any more, or is gone (section 12.2.1.2)."""
        self.hang_up()

    def hang_up(self, *, reason: str = "") -> None:
        """Send BYE; HungUp(local) follows when it is answered, or given up. Idempotent."""
        if self.state is not SessionState.UP:
            return
        self.state = SessionState.RELEASING
        self.timer.stop()
        if self.made("_theirs"):
            self._theirs.stop_answering()
        Release(self.stack, self.dialog, self.digest, reason, self._released).begin()

    def _released(self) -> None:
        self.end(HungUp(local=True))

    # What the far end asks of us.

    def receive(self, transaction: ServerTransaction) -> None:
        """A request in this dialog."""
        request = transaction.request
        if not self.dialog.takes(request):
            refuse_for_now(transaction)
        elif request.method == "BYE":
            self._receive_bye(transaction)
        elif request.method == "INVITE":
            self._receive_offer(transaction)
        elif request.method == "UPDATE" and not request.sdp:
            self._receive_refresh(transaction)
        elif request.method == "UPDATE":
            self._receive_offer(transaction)
        elif request.method == "PRACK":
            self._receive_prack(transaction)
        elif request.method == "INFO":
            self.digits.receive(transaction, self._emit)
        elif is_transfer(request):
            self.transfers.receive(transaction)
        elif request.method == "OPTIONS":
            answer_options(transaction)
        else:
            refuse_method(transaction)

    def acknowledge(self, request: Request) -> None:
        """The ACK of a 2xx of ours."""
        self._theirs.acknowledge(request)

    def _receive_bye(self, transaction: ServerTransaction) -> None:
        transaction.respond(200)
        self.end(HungUp(reason_text(transaction.request)))

    def _receive_prack(self, transaction: ServerTransaction) -> None:
        """RFC 3262 section 3; with an offer it is answered as an UPDATE is."""
        described = self.reliable.acknowledged(transaction.request) if self.reliable else None
        if described is None:
            transaction.respond(481)
            return
        self.has_agreed = self.has_agreed or described
        if transaction.request.sdp and self.has_agreed:
            self._receive_offer(transaction)
        else:
            transaction.respond(200)

    def _receive_offer(self, transaction: ServerTransaction) -> None:
        """A re-INVITE (section 14.2) or UPDATE. One at a time; while we are releasing it is too late."""
        if self.state is SessionState.RELEASING:
            transaction.respond(481)
        elif self._ours.is_under_way:
            transaction.respond(491)
        elif self._theirs.is_open or not self._takes_offer(transaction.request):
            refuse_for_now(transaction)
        else:
            self._theirs.receive(transaction)

    def _takes_offer(self, request: Request) -> bool:
        """Before the answer only UPDATE and PRACK, and those only when the first offer is answered."""
        return self.state is SessionState.UP or (request.method != "INVITE" and self.has_agreed)

    def _receive_refresh(self, transaction: ServerTransaction) -> None:
        """UPDATE without an offer: the session timer, or another Contact (RFC 3311 section 5.2)."""
        self.dialog.refresh_target(transaction.request)
        headers = self.timer.answer(transaction.request) if self.state is SessionState.UP else ()
        transaction.respond(200, headers=(self.contact(transaction), *headers, self.stack.allow))

    def answer(self, transaction: ServerTransaction, sdp: str, acknowledged: Callable[[Request], None]) -> None:
        """Answer the INVITE that opens the session."""
        self.state = SessionState.UP
        self._theirs.answer(transaction, sdp, acknowledged)

    def late_answer(self, transaction: ServerTransaction) -> Callable[[Request], None]:
        """What to do about the ACK of an INVITE that perhaps had no offer."""
        return self._theirs.tell_late_answer(transaction)

    def contact(self, transaction: ServerTransaction) -> tuple[str, str]:
        """The Contact header of our responses."""
        return self._theirs.contact(transaction)

    def never_acknowledged(self) -> None:
        """Section 13.3.1.4: without ACK the session is ended by BYE."""
        logger.warning("call=%s answer never acknowledged", self.dialog.id.call_id)
        emit, self._emit = self._emit, _nobody
        self.hang_up()
        emit(Failed(FailureCause.TIMEOUT))

    # The end.

    def end(self, event: SessionEvent) -> None:
        """Leave the table of dialogs and tell the owner. Idempotent."""
        if self.state is not SessionState.ENDED:
            self.leave()
            self._emit(event)

    def leave(self) -> None:
        """Leave the table of dialogs; the owner knows already."""
        if self.state is SessionState.ENDED:
            return
        self.state = SessionState.ENDED
        for part in (self.timer, *self.made("transfers", "digits", "_ours", "_theirs")):
            part.stop()
        if self.reliable:
            self.reliable.stop()
        self.stack.forget_dialog(self.dialog.id)

    # Taking over.

    def tell(self, event: SessionEvent) -> None:
        """Let the owner hear of something that another dialog brings."""
        self._emit(event)

    def serve(self, emit: Callable[[SessionEvent], None], replaced: Callable[["Session"], None]) -> None:
        """From now on this is the owner; `replaced` is called when another session takes this one's place."""
        self._emit = emit
        self._replaced = replaced

    def confirm(self, response: Response) -> None:
        """The 2xx of the INVITE: the dialog is early no longer, and its route set is that of the 2xx (13.2.2.4)."""
        self.state = SessionState.UP
        self.has_agreed = True
        self.dialog.confirm(response)

    def make_way_for(self, new: "Session") -> None:
        """Hand the owner over, and release the far end (RFC 3891 section 3)."""
        new.serve(self._emit, self._replaced)
        self._replaced(new)
        self._emit = _nobody
        self.hang_up()


def _nobody(_event: SessionEvent) -> None:
    """The owner was told of the end already."""


def _kept(_new: Session) -> None:
    """Nobody keeps this session."""
