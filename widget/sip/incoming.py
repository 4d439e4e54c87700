"""A call that comes in (RFC 3261 sections 8.2, 9.2 and 13.3)."""

import logging
from collections.abc import Callable

from widget.sip.address import parse_name_addr, user_of
from widget.sip.auth import DigestClient, DigestServer
from widget.sip.compose import SDP_TYPE, HeaderList
from widget.sip.dialog import Dialog
from widget.sip.events import Cancelled, Confirmed, Failed, FailureCause, HungUp, IncomingEvent
from widget.sip.identity import read_identity_headers
from widget.sip.message import Request
from widget.sip.reason import reason_text
from widget.sip.reliable import ReliableProvisionals
from widget.sip.running_transaction import ServerTransaction
from widget.sip.session import Session, SessionEvent
from widget.sip.stack import Stack
from widget.sip.transaction_users import ServerHandlers
from widget.sip.transferable import TransferableCall
from widget.sip.trunk import Trunk
from widget.sip.uri import Hop, dialled_uri, hop_to, parse_uri, subscriber

logger = logging.getLogger(__name__)


class IncomingCall(TransferableCall):
    """One INVITE from outside. `number`, `caller`, `identity`, `sdp` and `header()` are hostile text.

    `on_final` hears the status of our final response to it, once. Set `on_event` before returning from `on_invite`.
    Do one of ring, answer, reject, challenge, ignore there or later; unless the INVITE was answered or ignored by
    then, 100 is sent when `on_invite` returns.
    """

    def __init__(self, stack: Stack, transaction: ServerTransaction, digest: DigestServer) -> None:
        request = transaction.request
        self.call_id = request.call_id
        self.number = subscriber(parse_uri(request.uri).user)
        self.caller = user_of(parse_name_addr(request.header("From")))
        self.identity = read_identity_headers(request)
        self.sdp = request.sdp
        self.source = transaction.target
        self.on_event: Callable[[IncomingEvent], None] = _nobody
        self.on_final: Callable[[int], None] = _uncounted
        self._stack = stack
        self._transaction = transaction
        self._digest = digest
        self._credentials: DigestClient | None = None
        self._session: Session | None = None
        self._decided = False
        self._is_answered = False
        self._confirmed = False
        self._unwanted = False
        self.ended = False
        self.on_end: Callable[[IncomingCall], None] = _forgotten
        transaction.listen(ServerHandlers(failure=self._failed, ack=self._acknowledged, cancel=self._cancelled))

    def header(self, name: str) -> str:
        """A header of the INVITE, "" when it is absent."""
        return self._transaction.request.header(name)

    def belongs_to(self, trunk: Trunk) -> None:
        """Whose call it is, before it rings: challenges within it are answered with this trunk's credentials."""
        self._credentials = self._stack.credentials(trunk)

    def proceed(self) -> None:
        """100, which stops the caller's retransmissions."""
        if not self._decided:
            self._transaction.respond(100)

    def ring(self, code: int = 180, sdp: str | None = None) -> None:
        """A provisional response 180 to 199; with `sdp` the caller hears early media.

        It is sent reliably when the caller requires that (RFC 3262).
        """
        if self.ended or self._is_answered:
            return
        self._decided = True
        session = self._open_session()
        headers: HeaderList = (session.contact(self._transaction), self._stack.allow, *((SDP_TYPE,) if sdp else ()))
        if session.reliable:
            session.local_sdp = sdp or session.local_sdp
            session.reliable.send(code, headers, sdp or "")
        else:
            self._transaction.respond(code, headers=headers, body=sdp or "")

    def answer(self, sdp: str) -> None:
        """200, repeated until the ACK; Confirmed follows, or Failed(TIMEOUT) after 64 T1."""
        if self.ended or self._is_answered:
            return
        self._decided = True
        self._is_answered = True
        self._settle(200)
        session = self._open_session()
        if session.reliable:
            session.reliable.when_settled(lambda: self._send_answer(sdp))
        else:
            self._send_answer(sdp)

    def _send_answer(self, sdp: str) -> None:
        """Media that was agreed on reliably is not described again (RFC 6337 section 2.2)."""
        session = self._open_session()
        session.answer(self._transaction, "" if session.has_agreed else sdp, self._confirm)

    def reject(self, code: int, phrase: str = "", headers: HeaderList = ()) -> None:
        """A final response 300 to 699. No event follows."""
        if self.ended or self._is_answered:
            return
        self._respond_last(code, phrase, headers)

    def challenge(
        self, realm: str, username: str, password: str, algorithm: str = "MD5", *, is_proxy: bool = True
    ) -> bool:
        """Whether the INVITE carries these credentials. If not, 407 (or 401) is sent and this call is over.

        The caller's next INVITE is another IncomingCall, on which the same question gets another answer.
        """
        code = 407 if is_proxy else 401
        headers = self._digest.demand(
            self._transaction.request,
            code,
            realm=realm,
            username=username,
            password=password,
            algorithm=algorithm,
            now=self._stack.clock.scheduler.time(),
        )
        if headers:
            self.reject(code, headers=headers)
        return not headers

    def hang_up(self) -> None:
        """BYE once the call is up; before the answer 480; between answer and ACK it waits (section 15)."""
        if self.ended:
            return
        if not self._is_answered:
            self._respond_last(480, "", ())
        elif self._confirmed and self._session:
            self._session.hang_up()
        else:
            self._unwanted = True

    def give_up(self) -> None:
        """The user agent closes and can wait no longer: the owner is told, the far end is not."""
        self._finish(Failed(FailureCause.TIMEOUT))

    def change_media(self, sdp: str) -> None:
        """Offer `sdp` in the answered call, for hold or another address: MediaAnswered or MediaRefused follows."""
        if self._session and (self._confirmed or not self._is_answered):
            self._session.change_media(sdp)

    def transfer(self, number: str) -> None:
        """Blind transfer of the answered call, to a number at the far end's own host: TransferDone or TransferFailed.

        Raises InvalidUriError for a number that may not be dialled.
        """
        if self.dialog and self._session:
            hop = hop_to(self.dialog.target)
            self._session.transfers.refer(dialled_uri(number, hop.host, hop.port))

    def ignore(self) -> None:
        """Never send a response, as a dead carrier would."""
        self._decided = True
        self._transaction.ignore()
        self._finish(None)

    # What the far end does.

    def _confirm(self, ack: Request) -> None:
        self._confirmed = True
        self._emit(Confirmed(ack.sdp or None if not self.sdp else None))
        if self._unwanted and self._session:
            self._session.hang_up()

    def _acknowledged(self, ack: Request) -> None:
        """An ACK of a 2xx that repeats the INVITE's branch, as peers before RFC 3261 do."""
        if self._session:
            self._session.acknowledge(ack)

    def _cancelled(self, cancel: Request) -> None:
        logger.info("call=%s cancelled by the caller", self.call_id)
        self._respond_last(487, "", (), Cancelled(reason_text(cancel)))

    def _failed(self) -> None:
        self._finish(Failed(FailureCause.TRANSPORT))

    def _from_session(self, event: SessionEvent) -> None:
        if isinstance(event, HungUp) and not self._is_answered:
            self._settle(487)
            self._transaction.respond(487)
        if isinstance(event, HungUp | Failed):
            self._finish(event)
        else:
            self._emit(event)

    # Answering.

    def _open_session(self) -> Session:
        """The dialog, early or confirmed; Record-Route is copied by every response that opens it."""
        if self._session is None:
            host, port = self._transaction.target
            dialog = Dialog.of_server(
                self._transaction.request, self._transaction.to_tag, Hop(host, port, self._transaction.transport.kind)
            )
            self._stack.transport.remember(self._transaction.transport, dialog.next_hop())
            self._session = Session(
                self._stack,
                dialog,
                digest=self._credentials,
                emit=self._from_session,
                is_early=True,
                owns_call_id=False,
            )
            self._session.serve(self._from_session, self._replaced)
            self._session.learn_methods(self._transaction.request)
            if "100rel" in self._transaction.request.tokens("Require"):
                self._session.reliable = ReliableProvisionals(self._stack.clock, self._transaction, self._unreliable)
        return self._session

    def _replaced(self, session: Session) -> None:
        """Another party took the far end's place (RFC 3891)."""
        self._session = session

    def _unreliable(self) -> None:
        """No PRACK came: 5xx (RFC 3262 section 3)."""
        if not self.ended:
            self._respond_last(504, "", (), Failed(FailureCause.TIMEOUT))

    def _respond_last(self, code: int, phrase: str, headers: HeaderList, event: IncomingEvent | None = None) -> None:
        """A final response other than 2xx ends the call."""
        self._decided = True
        self._settle(code)
        self._transaction.respond(code, phrase, headers)
        self._finish(event)

    def _settle(self, code: int) -> None:
        """Once: what follows an answer is about the call, no more about the INVITE."""
        on_final, self.on_final = self.on_final, _uncounted
        on_final(code)

    def _finish(self, event: IncomingEvent | None) -> None:
        if self.ended:
            return
        self.ended = True
        if self._session:
            self._session.end(HungUp(local=True))
        if event:
            logger.info("call=%s ended: %r", self.call_id, event)
            self.on_event(event)
        self.on_end(self)

    def _emit(self, event: IncomingEvent) -> None:
        if not self.ended:
            self.on_event(event)


def _nobody(_event: IncomingEvent) -> None:
    """Nobody listens yet."""


def _uncounted(_code: int) -> None:
    """Nobody counts, or it is counted."""


def _forgotten(_call: IncomingCall) -> None:
    """Nobody keeps a list of this call."""
