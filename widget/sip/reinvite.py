"""A re-INVITE or UPDATE of ours (RFC 3261 section 14.1, RFC 3311): hold, another address; glare and challenge."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from widget.sip.auth import DigestClient, same_credentials
from widget.sip.compose import SDP_TYPE, HeaderList, OutgoingRequest
from widget.sip.dialog import Dialog
from widget.sip.message import Response
from widget.sip.running_transaction import ClientHandlers, ClientTransaction
from widget.sip.session_timer import SessionTimer
from widget.sip.stack import SUPPORTED, Stack
from widget.sip.timers import TimerHandle
from widget.sip.transaction import State
from widget.sip.transport import Flow

MAX_GLARES = 5
random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class ReinviteHandlers:
    """`accepted` gets the CSeq, the answer and the headers that the ACK repeats; it is called for each 2xx.

    `refused` leaves the session as it was; after `lost` (408, 481, or no response at all) there is no session left.
    `may_send` is asked before each INVITE: not while an offer of the far end is open.
    """

    accepted: Callable[[Response, HeaderList], None]
    refused: Callable[[int], None]
    lost: Callable[[], None]
    may_send: Callable[[], bool]


@dataclass(slots=True)
class Reinvite:
    """One change of media that we ask for, over as many INVITEs as glare and challenges need."""

    stack: Stack
    dialog: Dialog
    digest: DigestClient | None
    sdp: str
    owns_call_id: bool
    handlers: ReinviteHandlers
    timer: SessionTimer
    method: str = "INVITE"
    glares: int = 0
    is_waiting: bool = False
    is_stopped: bool = False
    patience: TimerHandle | None = None

    def send(self) -> None:
        """The INVITE, unless the session ended while we waited."""
        if self.is_stopped:
            return
        if not self.handlers.may_send():
            self._wait()
            return
        self.is_waiting = False
        self.stack.transport.locate(self.dialog.next_hop(), self._located)

    def _located(self, flow: Flow | None) -> None:
        if flow is None:
            self.handlers.lost()
            return
        uri, _ = self.dialog.path()
        credentials = self.digest.headers(self.method, uri, self.sdp) if self.digest else ()
        contact = ("Contact", flow.contact(self.stack.config.contact_user))
        own = (self.stack.allow, SUPPORTED, *self.stack.own_headers, SDP_TYPE)
        headers = (contact, *credentials, *self.timer.request_headers, *own)
        request = self.dialog.next_request(self.method, headers, self.sdp)
        handlers = ClientHandlers(
            lambda response: self._answered(response, request), self.handlers.lost, self.handlers.lost
        )
        transaction = self.stack.transactions.start_client(request, flow, handlers)
        if self.method == "INVITE":
            seconds = self.stack.clock.timers.transaction_seconds
            self.patience = self.stack.clock.scheduler.call_later(seconds, self._cancel, transaction)

    def _cancel(self, transaction: ClientTransaction) -> None:
        """After a provisional response nothing else ends an INVITE, and until its end the far end gets 491 for its own.

        Without one the transaction times out at the same moment, by itself.
        """
        if transaction.state is State.PROCEEDING:
            self.stack.transactions.cancel(transaction)

    def _answered(self, response: Response, request: OutgoingRequest) -> None:
        if response.code < 200:
            return
        if self.patience:
            self.patience.cancel()
        if response.code < 300:
            self.handlers.accepted(response, same_credentials(request))
        elif response.code in {408, 481}:
            self.handlers.lost()
        elif (self.digest and self.digest.takes(response)) or self.timer.takes_longer(response):
            self.send()
        elif response.code == 491 and self.glares < MAX_GLARES:
            self.glares += 1
            self._wait()
        else:
            self.handlers.refused(response.code)

    def _wait(self) -> None:
        """Both sides wait in different ranges, so that one of them goes first; the other's offer is welcome then."""
        self.is_waiting = True
        pause = random.uniform(2.1, 4.0) if self.owns_call_id else random.uniform(0.0, 2.0)
        self.stack.clock.scheduler.call_later(pause, self.send)
