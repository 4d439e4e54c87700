"""A call that we make: INVITE with authentication, early media, forks and CANCEL (RFC 3261 sections 9 and 13.2)."""

import logging
from collections.abc import Callable

from widget.sip.auth import DigestClient, same_credentials
from widget.sip.call_request import CallRequest
from widget.sip.caller_id import from_address, identity_headers
from widget.sip.compose import MAX_FORWARDS, SDP_TYPE, OutgoingRequest, new_branch, new_tag
from widget.sip.dialog import Dialog
from widget.sip.events import Answered, Failed, FailureCause, HungUp, Progress, Rejected, Ringing, SipEvent, Trying
from widget.sip.message import Response
from widget.sip.reason import reason_text, retry_after
from widget.sip.running_transaction import ClientHandlers, ClientTransaction
from widget.sip.session import Session
from widget.sip.session_timer import longer, offer_headers
from widget.sip.stack import ALLOW, SUPPORTED, Stack
from widget.sip.timers import TimerHandle
from widget.sip.transferable import TransferableCall
from widget.sip.transport import Address, Flow
from widget.sip.trunk import Transport, Trunk
from widget.sip.uri import Hop, dialled_uri

logger = logging.getLogger(__name__)

MAX_UDP_BYTES = 1300


class OutgoingCall(TransferableCall):
    """One INVITE and what becomes of it. Ends in exactly one of Rejected, HungUp, Failed."""

    def __init__(
        self,
        stack: Stack,
        trunk: Trunk,
        digest: DigestClient,
        wanted: CallRequest,
        on_event: Callable[[SipEvent], None],
    ) -> None:
        """Sends nothing yet. Raises InvalidUriError for a number that may not be dialled."""
        self.call_id = wanted.call_id
        self._wanted = wanted
        self._stack = stack
        self._trunk = trunk
        self._digest = digest
        self._uri = dialled_uri(wanted.number, trunk.host, trunk.port)
        self._on_event = on_event
        self._hop = Hop(trunk.host, trunk.port, trunk.transport)
        self._tag = new_tag()
        self._cseq = 0
        self._session_seconds = wanted.session_seconds
        self._flow: Flow | None = None
        self._transaction: ClientTransaction | None = None
        self._silence: TimerHandle | None = None
        self._provisional = False
        self._unwanted = False
        self._tried: set[Address] = set()
        self._early_sdp: dict[str, str] = {}
        self._sessions: dict[str, Session] = {}
        self._session: Session | None = None
        self.ended = False

    def start(self) -> None:
        """Find the way to the trunk and send the INVITE."""
        logger.info("call=%s INVITE to trunk=%d uri=%r", self.call_id, self._trunk.id, self._uri)
        self._stack.transport.locate(self._hop, self._located)

    def hang_up(self, *, reason: str = "") -> None:
        """End the call as its state asks: wait for a provisional response, CANCEL, or BYE. Idempotent."""
        if self.ended:
            return
        if self._session:
            self._session.hang_up(reason=reason)
        elif not self._unwanted:
            self._unwanted = True
            self._cancel()

    def give_up(self) -> None:
        """Nobody answers, or the user agent closes and can wait no longer: the owner is told, the far end is not."""
        self._finish(Failed(FailureCause.TIMEOUT))

    def change_media(self, sdp: str) -> None:
        """Offer `sdp` in the answered call, for hold or another address: MediaAnswered or MediaRefused follows."""
        if self._session:
            self._session.change_media(sdp)

    def transfer(self, number: str) -> None:
        """Blind transfer in the answered call: TransferDone or TransferFailed follows. Raises InvalidUriError."""
        target = dialled_uri(number, self._trunk.host, self._trunk.port)
        if self.dialog and self._session:
            self._session.transfers.refer(target)

    # The INVITE.

    def _located(self, flow: Flow | None) -> None:
        if flow is None:
            self._finish(Failed(FailureCause.TRANSPORT))
        elif self._is_too_large(flow):
            over_tcp = Hop(*flow.remote, Transport.TCP)
            self._stack.transport.locate(over_tcp, lambda connection: self._way_found(connection or flow))
        else:
            self._way_found(flow)

    def _way_found(self, flow: Flow) -> None:
        if self._unwanted:
            self._finish(Rejected(487, "Request Terminated"))
            return
        self._flow = flow
        self._send_invite(flow)

    def _is_too_large(self, flow: Flow) -> bool:
        """Section 18.1.1: what may not fit into a datagram goes over TCP, if the peer takes it."""
        if flow.transport.kind is not Transport.UDP:
            return False
        return len(self._invite(flow).encode(flow.via(new_branch()))) > MAX_UDP_BYTES

    def _send_invite(self, flow: Flow) -> None:
        """A new INVITE transaction: the first one, or one with credentials."""
        self._cseq += 1
        self._provisional = False
        handlers = ClientHandlers(self._answered_by, self.give_up, self._not_sent)
        self._transaction = self._stack.transactions.start_client(self._invite(flow), flow, handlers)
        self._silence = self._stack.clock.scheduler.call_later(self._wanted.first_response_seconds, self._no_response)

    def _takes_longer(self, response: Response) -> bool:
        """422: the far end wants a longer session (RFC 4028 section 6); what it wants must grow each time."""
        wanted = longer(response, self._session_seconds)
        return not (self.ended or self._unwanted) and bool(self._session_seconds) and wanted > self._session_seconds

    def _repeat_invite(self, response: Response) -> None:
        """Once more, over the same way; a connection may have been closed after the response."""
        flow = self._flow
        if flow is None:
            self._refused(response)
        elif flow.transport.reliable:
            self._stack.transport.locate(Hop(*flow.remote, flow.transport.kind), self._located)
        else:
            self._send_invite(flow)

    def _invite(self, flow: Flow) -> OutgoingRequest:
        headers = (
            MAX_FORWARDS,
            ("From", f"{from_address(self._trunk, self._wanted.caller, flow.local[0])};tag={self._tag}"),
            ("To", f"<{self._uri}>"),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self._cseq} INVITE"),
            ("Contact", flow.contact(self._stack.config.contact_user)),
            *self._digest.headers("INVITE", self._uri),
            *offer_headers(self._session_seconds),
            ALLOW,
            SUPPORTED,
            *self._stack.own_headers,
            *identity_headers(self._trunk, self._wanted.caller, flow.local[0]),
            *self._wanted.headers,
            SDP_TYPE,
        )
        return OutgoingRequest("INVITE", self._uri, headers, self._wanted.sdp)

    def _cancel(self) -> None:
        """CANCEL may only follow a provisional response (section 9.1); before it, wait."""
        if self._transaction and self._provisional:
            logger.info("call=%s CANCEL", self.call_id)
            self._stack.transactions.cancel(self._transaction)

    # What comes back.

    def _answered_by(self, response: Response) -> None:
        self._stop_silence()
        if response.code < 200:
            self._progress(response)
        elif response.code < 300:
            self._success(response)
        elif response.code in {401, 407} and not self.ended and not self._unwanted:
            self._challenged(response)
        elif response.code == 422 and self._takes_longer(response):
            self._session_seconds = longer(response, self._session_seconds)
            self._repeat_invite(response)
        else:
            self._refused(response)

    def _progress(self, response: Response) -> None:
        first = not self._provisional
        self._provisional = True
        if self._unwanted:
            if first:
                self._cancel()
            return
        sdp = response.sdp or None
        if sdp:
            self._early_sdp[response.to_tag] = sdp
        if response.code == 100:
            self._emit(Trying())
        else:
            self._emit(Ringing(sdp) if response.code == 180 else Progress(response.code, sdp))

    def _success(self, response: Response) -> None:
        """The first 2xx is the call; a repeated one is acknowledged again; one of another fork is released."""
        known = self._sessions.get(response.to_tag)
        if known:
            known.send_ack(response.cseq)
            return
        session = self._open_session(response)
        sdp = response.sdp or self._early_sdp.get(response.to_tag, "")
        if self.ended or self._session:
            logger.info("call=%s late or second answer released", self.call_id)
            session.hang_up()
            return
        self._session = session
        if self._unwanted:
            session.hang_up()
        elif not sdp:
            self._finish(Failed(FailureCause.BAD_ANSWER))
            session.hang_up(reason="answer without session description")
        else:
            logger.info("call=%s answered", self.call_id)
            self._emit(Answered(sdp))

    def _open_session(self, response: Response) -> Session:
        """The dialog of a 2xx, acknowledged at once."""
        if self._transaction is None:
            raise RuntimeError("a response without a transaction")
        invite = self._transaction.request
        dialog = Dialog.of_client(invite, response, self._hop)
        is_call = self._session is None and not self.ended
        session = Session(self._stack, dialog, digest=self._digest, emit=self._finish_or_emit if is_call else _nobody)
        session.local_sdp = self._wanted.sdp
        session.timer.accepted(response)
        self._sessions[response.to_tag] = session
        session.send_ack(response.cseq, same_credentials(invite))
        return session

    def _challenged(self, response: Response) -> None:
        if self._digest.takes(response):
            self._repeat_invite(response)
            return
        logger.warning("call=%s trunk=%d refuses our credentials", self.call_id, self._trunk.id)
        self._finish(Failed(FailureCause.AUTHENTICATION))

    def _refused(self, response: Response) -> None:
        logger.info("call=%s refused: %d %r", self.call_id, response.code, response.phrase)
        if response.code == 503 and self._flow:
            self._stack.transport.block(self._flow)
        self._finish(Rejected(response.code, response.phrase, reason_text(response), retry_after(response)))

    def _no_response(self) -> None:
        """Not even 100. The INVITE is not repeated any more, but a late answer will still be released."""
        logger.warning("call=%s no response from trunk=%d", self.call_id, self._trunk.id)
        if self._transaction:
            self._transaction.abandon()
            self._stack.transport.block(self._transaction.flow)
        self._unwanted = True
        self._finish(Failed(FailureCause.NO_RESPONSE))

    def _not_sent(self) -> None:
        """Try the name's next address, unless that one was tried too."""
        if self._flow and not (self._provisional or self._unwanted or self.ended):
            self._stop_silence()
            self._tried.add(self._flow.remote)
            self._stack.transport.block(self._flow)
            self._stack.transport.locate(self._hop, self._located_again)
        else:
            self._finish(Failed(FailureCause.TRANSPORT))

    def _located_again(self, flow: Flow | None) -> None:
        if flow is None or flow.remote in self._tried:
            self._finish(Failed(FailureCause.TRANSPORT))
        else:
            self._located(flow)

    # The end.

    def _finish_or_emit(self, event: SipEvent) -> None:
        if isinstance(event, HungUp | Failed):
            self._finish(event)
        else:
            self._emit(event)

    def _finish(self, event: SipEvent) -> None:
        """The last event of the call."""
        self._stop_silence()
        if self.ended:
            return
        self.ended = True
        logger.info("call=%s ended: %r", self.call_id, event)
        self._on_event(event)

    def _emit(self, event: SipEvent) -> None:
        if not self.ended:
            self._on_event(event)

    def _stop_silence(self) -> None:
        if self._silence:
            self._silence.cancel()
            self._silence = None


def _nobody(_event: SipEvent) -> None:
    """A fork that nobody asked for has no owner."""
