"""A call that we make: INVITE with authentication, early media, forks and CANCEL (RFC 3261 sections 9 and 13.2)."""

import logging
from collections.abc import Callable

from widget.sip.auth import DigestClient, same_credentials
from widget.sip.call_request import CallRequest, capabilities
from widget.sip.caller_id import from_address, identity_headers
from widget.sip.compose import MAX_FORWARDS, OutgoingRequest, new_tag
from widget.sip.dialog import Dialog
from widget.sip.early_dialogs import EarlyDialogs
from widget.sip.events import (
    Answered,
    Failed,
    FailureCause,
    HungUp,
    MediaChanged,
    Progress,
    Rejected,
    Ringing,
    SipEvent,
    Trying,
)
from widget.sip.invitation import Invitation
from widget.sip.late_offer import LateOffer
from widget.sip.message import Response
from widget.sip.reason import reason_text, retry_after
from widget.sip.session import Session, SessionEvent
from widget.sip.session_timer import longer, offer_headers, wants_longer
from widget.sip.stack import Stack
from widget.sip.transferable import TransferableCall
from widget.sip.transport import Flow
from widget.sip.trunk import Trunk
from widget.sip.uri import Hop, dialled_uri, way_to

logger = logging.getLogger(__name__)

FAILS_OVER = frozenset({500, 502, 503, 504})
"""The address has trouble of its own: another one of the trunk may do better (RFC 3263 section 4.3)."""


class OutgoingCall(TransferableCall):
    """One INVITE and what becomes of it. Ends in exactly one of Rejected, HungUp, Failed."""

    def __init__(
        self,
        stack: Stack,
        trunk: Trunk,
        digest: DigestClient,
        wanted: CallRequest,
        on_event: Callable[[SipEvent], None],
        on_end: Callable[["OutgoingCall"], None],
    ) -> None:
        """Sends nothing yet. Raises InvalidUriError for a number that may not be dialled."""
        self.call_id = wanted.call_id
        self._wanted = wanted
        self._stack = stack
        self._trunk = trunk
        self._digest = digest
        self._uri = dialled_uri(wanted.number, trunk.host, trunk.port)
        self._on_event = on_event
        self._on_end = on_end
        self._tag = new_tag()
        self._session_seconds = wanted.session_seconds
        self._unwanted = False
        self._forks: tuple[Session, ...] = ()
        self._session: Session | None = None
        self._late_offer: LateOffer | None = None
        self._early = EarlyDialogs(stack, digest, self._emit)
        self._invitation = Invitation(stack, way_to(trunk), wanted.first_response_seconds, self)
        self.ended = False

    @property
    def sent_at(self) -> float | None:
        """When the first INVITE left, in seconds of the loop's clock; None before."""
        return self._invitation.sent_at

    def start(self) -> None:
        """Find the way to the trunk and send the INVITE."""
        logger.info("call=%s INVITE to trunk=%d uri=%r", self.call_id, self._trunk.id, self._uri)
        self._invitation.start()

    def hang_up(self, *, reason: str = "") -> None:
        """End the call as its state asks: wait for a provisional response, CANCEL, or BYE. Idempotent."""
        if self.ended:
            return
        if self._session:
            if self._late_offer:
                self._late_offer.answer()  # BYE must not overtake the ACK (section 15).
            self._session.hang_up(reason=reason)
        elif not self._unwanted:
            logger.info("call=%s given up by us", self.call_id)
            self._unwanted = True
            self._invitation.cancel()

    def give_up(self) -> None:
        """Nobody answers, or the user agent closes and can wait no longer: the owner is told, the far end is not."""
        self._finish(Failed(FailureCause.TIMEOUT))

    def change_media(self, sdp: str) -> None:
        """Offer `sdp` in the call, for hold or another address: MediaAnswered or MediaRefused follows.

        Before the answer only a far end that agreed on media reliably (RFC 3262) takes that; else nothing happens.
        """
        if session := self._session or self._early.current:
            session.change_media(sdp)

    def transfer(self, number: str) -> None:
        """Blind transfer in the answered call: TransferDone or TransferFailed follows. Raises InvalidUriError."""
        target = dialled_uri(number, self._trunk.host, self._trunk.port)
        if self.dialog and self._session:
            self._session.transfers.refer(target)

    # The INVITE and what comes back.

    def make_invite(self, flow: Flow, cseq: int) -> OutgoingRequest:
        """As this way wants it: our address on it is in From and Contact."""
        trunk, caller, host = self._trunk, self._wanted.caller, flow.local[0]
        body = "" if trunk.late_offer else self._wanted.sdp
        headers = (
            MAX_FORWARDS,
            ("From", f"{from_address(trunk, caller, host)};tag={self._tag}"),
            ("To", f"<{self._uri}>"),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} INVITE"),
            ("Contact", flow.contact(self._stack.config.contact_user)),
            *self._digest.headers("INVITE", self._uri, body),
            *offer_headers(self._session_seconds),
            *self._stack.own_headers,
            *capabilities(trunk, self._stack.allow),
            *identity_headers(trunk, caller, host),
            *self._wanted.headers,
        )
        return OutgoingRequest("INVITE", self._uri, headers, body)

    @property
    def _is_wanted(self) -> bool:
        return not (self.ended or self._unwanted)

    def response(self, response: Response) -> None:
        """One that counts, to our INVITE."""
        if response.code < 200:
            self._progress(response)
        elif response.code < 300:
            self._success(response)
        elif response.code in {401, 407} and self._is_wanted:
            self._challenged(response)
        elif self._is_wanted and wants_longer(response, self._session_seconds):
            self._session_seconds = longer(response, self._session_seconds)
            self._invitation.again()
        elif response.code in FAILS_OVER and not self.ended:
            self._invitation.elsewhere(lambda: self._refused(response))
        else:
            self._refused(response)

    def _progress(self, response: Response) -> None:
        if self.ended or not self._early.takes(response, self._invitation.request, self._invitation.hop):
            return
        sdp = response.sdp or None
        if response.code == 100:
            self._emit(Trying())
        else:
            self._emit(Ringing(sdp) if response.code == 180 else Progress(response.code, sdp))

    def _success(self, response: Response) -> None:
        """The first 2xx is the call; a repeated one is acknowledged again; one of another fork is released."""
        if known := self._fork(response):
            self._repeated(known, response)
        elif self._session or self.ended:
            self.late_answer(response, self._invitation.request, self._invitation.hop)
        else:
            invite, hop = self._invitation.request, self._invitation.hop
            session = self._session = self._open_session(response, invite, hop, self._finish_or_emit)
            if self._trunk.late_offer and response.sdp and not self._unwanted:
                self._ask_for_answer(LateOffer(session, response, same_credentials(invite)))
            else:
                session.send_ack(response.cseq, same_credentials(invite))
                self._answered(session, response.sdp or self._early.descriptions.get(response.to_tag, ""))

    def _answered(self, session: Session, sdp: str) -> None:
        if self._unwanted:
            session.hang_up()
        elif not sdp:
            self._finish(Failed(FailureCause.BAD_ANSWER))
            session.hang_up(reason="answer without session description")
        else:
            logger.info("call=%s answered", self.call_id)
            self._emit(Answered(sdp))

    def _repeated(self, known: Session, response: Response) -> None:
        """Not before there is an ACK to repeat."""
        if self._late_offer is None or self._late_offer.session is not known or not self._late_offer.is_open:
            known.send_ack(response.cseq)

    def late_answer(self, response: Response, invite: OutgoingRequest, hop: Hop) -> None:
        """Another fork answered too, or an address that was given up after all."""
        if known := self._fork(response):
            known.send_ack(response.cseq)
            return
        logger.info("call=%s late or second answer released", self.call_id)
        session = self._open_session(response, invite, hop, _nobody)
        session.send_ack(response.cseq, same_credentials(invite))
        session.hang_up()

    def _ask_for_answer(self, offer: LateOffer) -> None:
        """The owner decides about the far end's offer, soon: it repeats its 2xx meanwhile."""

        def decided(sdp: str | None) -> None:
            if not offer.is_open or self.ended:
                return
            offer.answer(sdp or "")
            if sdp is None:
                self._finish(Failed(FailureCause.BAD_ANSWER))
                offer.session.hang_up(reason="no media in common")
            else:
                logger.info("call=%s answered, with their offer", self.call_id)
                self._emit(Answered(""))

        self._late_offer = offer
        self._emit(MediaChanged(offer.sdp, decided))

    def _open_session(
        self, response: Response, invite: OutgoingRequest, hop: Hop, emit: Callable[[SessionEvent], None]
    ) -> Session:
        """The dialog of a 2xx."""
        session = self._early.confirm(response) or Session(
            self._stack, Dialog.of_client(invite, response, hop), digest=self._digest, emit=emit
        )
        session.serve(emit, self._replaced)
        session.dialog.local_cseq = max(session.dialog.local_cseq, self._early.highest_cseq)
        session.local_sdp = session.local_sdp or self._wanted.sdp
        session.timer.accepted(response)
        session.learn_methods(response)
        self._forks = (*self._forks, session)
        return session

    def _fork(self, response: Response) -> Session | None:
        """Which of those that answered says this; nearly always there is one at most."""
        return next((each for each in self._forks if each.dialog.id.remote_tag == response.to_tag), None)

    def _challenged(self, response: Response) -> None:
        if self._digest.takes(response):
            self._invitation.again()
            return
        logger.warning("call=%s trunk=%d refuses our credentials", self.call_id, self._trunk.id)
        self._finish(Failed(FailureCause.AUTHENTICATION))

    def _refused(self, response: Response) -> None:
        logger.info("call=%s refused: %d %r", self.call_id, response.code, response.phrase)
        self._finish(Rejected(response.code, response.phrase, reason_text(response), retry_after(response)))

    def failed(self, cause: FailureCause) -> None:
        """No address of the trunk did its work."""
        if cause is FailureCause.NO_RESPONSE:
            logger.warning("call=%s no response from trunk=%d", self.call_id, self._trunk.id)
            self._unwanted = True
        self._finish(Failed(cause))

    def given_up(self) -> None:
        """Hung up before anything was sent."""
        self._finish(Rejected(487, "Request Terminated"))

    def invite_over(self) -> None:
        """No 2xx is repeated any more: an answered call lives on without its INVITE."""
        if self._session:
            self._session.forget_ack(self._invitation.cseq)
        if self._session or self.ended:
            self._forks = ()
            self._invitation.let_go()

    def _replaced(self, session: Session) -> None:
        """Another party took the far end's place (RFC 3891)."""
        self._session = session

    # The end.

    def _finish_or_emit(self, event: SipEvent) -> None:
        if isinstance(event, HungUp | Failed):
            self._finish(event)
        else:
            self._emit(event)

    def _finish(self, event: SipEvent) -> None:
        """The last event of the call."""
        self._invitation.stop_waiting()
        if self.ended:
            return
        self.ended = True
        self._early.close()
        logger.info("call=%s ended: %r", self.call_id, event)
        self._on_event(event)
        self._on_end(self)

    def _emit(self, event: SipEvent) -> None:
        if not self.ended:
            self._on_event(event)


def _nobody(_event: SessionEvent) -> None:
    """A fork that nobody asked for has no owner."""
