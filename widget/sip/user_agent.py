"""The user agent: its calls and registrations, and the dispatch of what arrives (RFC 3261 section 8)."""

import asyncio
import logging
from collections.abc import Callable

from widget.sip.auth import DigestClient, DigestServer, PinnedRealm
from widget.sip.config import UserAgentConfig
from widget.sip.dialog import id_at_server
from widget.sip.drop_log import DropLog
from widget.sip.events import Failed, HungUp, Rejected, SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.message import MessageError, Request, Response, parse_message
from widget.sip.options import answer_options, refuse_method
from widget.sip.outgoing import OutgoingCall
from widget.sip.registration import Registration, RegistrationState
from widget.sip.resolver import Resolver
from widget.sip.running_transaction import Clock, ServerTransaction
from widget.sip.stack import ACCEPT, Stack
from widget.sip.timers import OwnedScheduler, Scheduler
from widget.sip.transaction_layer import TransactionLayer
from widget.sip.transport import Address, MessageTransport, TransportLayer, UdpTransport
from widget.sip.trunk import Trunk

logger = logging.getLogger(__name__)

OnInvite = Callable[[IncomingCall], None]


class UserAgent:
    """Places and takes calls. All methods are called on the loop that `start` ran on.

    Without `on_invite` calls from outside are dropped without a word.
    """

    def __init__(self, config: UserAgentConfig, *, on_invite: OnInvite | None = None) -> None:
        self.config = config
        self._on_invite = on_invite
        self._stack: Stack | None = None
        self._digest_server = DigestServer()
        self._drops = DropLog(logger)
        self._calls: set[OutgoingCall | IncomingCall] = set()
        self._registrations: dict[int, Registration] = {}
        self._withdrawing: set[Registration] = set()
        self._realms: dict[Trunk, PinnedRealm] = {}
        self._is_closing = False
        self._idle = asyncio.Event()

    @property
    def address(self) -> Address:
        """Where we are bound."""
        return self._running.transport.address

    async def start(self) -> None:
        """Bind. Raises OSError when the address is taken or not ours."""
        udp = UdpTransport(self.config.host, self.config.port, self.receive)
        self.run_on(asyncio.get_running_loop(), TransportLayer(Resolver(), udp))

    def run_on(self, scheduler: Scheduler, transport: TransportLayer) -> None:
        """Start on a given clock and transport; whoever tests puts a virtual one in."""
        clock = Clock(OwnedScheduler(scheduler), self.config.timers)
        transactions = TransactionLayer(clock, common=(("Server", self.config.user_agent),))
        self._stack = Stack(self.config, clock, transport, transactions, on_dialog_end=self._check_idle)

    def invite(
        self,
        trunk: Trunk,
        *,
        call_id: str,
        number: str,
        caller: str,
        sdp: str,
        on_event: Callable[[SipEvent], None],
    ) -> OutgoingCall:
        """Place a call; it never blocks. `call_id` becomes the SIP Call-ID.

        Raises InvalidUriError for a number that may not be dialled. `on_event` is called on the loop, and not
        before this returns.
        """
        call: OutgoingCall

        def observe(event: SipEvent) -> None:
            on_event(event)
            if isinstance(event, Rejected | HungUp | Failed):
                self._calls.discard(call)
                self._check_idle()

        call = OutgoingCall(
            self._running,
            trunk,
            self._credentials(trunk),
            call_id=call_id,
            number=number,
            caller=caller,
            sdp=sdp,
            on_event=observe,
        )
        self._calls.add(call)
        self._running.clock.scheduler.call_later(0, call.start)
        return call

    def add_trunk(self, trunk: Trunk) -> None:
        """Take a trunk in, in place of one with the same id; register there if it asks for that."""
        self.remove_trunk(trunk.id)
        if trunk.registers:
            registration = Registration(self._running, trunk, self._credentials(trunk))
            self._registrations[trunk.id] = registration
            registration.start()

    def remove_trunk(self, trunk_id: int) -> None:
        """Forget a trunk; its registration is withdrawn, its calls go on."""
        for trunk in [trunk for trunk in self._realms if trunk.id == trunk_id]:
            del self._realms[trunk]
        if registration := self._registrations.pop(trunk_id, None):
            self._withdraw(registration)

    def registration_state(self, trunk_id: int) -> RegistrationState:
        """UNREGISTERED also for a trunk that is not known."""
        registration = self._registrations.get(trunk_id)
        return registration.state if registration else RegistrationState.UNREGISTERED

    async def close(self, *, timeout_seconds: float = 5) -> None:
        """Hang up what is up, withdraw registrations, wait for the answers as long as that, close the socket."""
        if self._stack is None:
            return
        self._is_closing = True
        for call in tuple(self._calls):
            call.hang_up()
        for trunk_id in tuple(self._registrations):
            self.remove_trunk(trunk_id)
        self._check_idle()
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._idle.wait()
        except TimeoutError:
            logger.warning("closing with %d calls unfinished", len(self._calls))
        for call in tuple(self._calls):
            call.give_up()
        stack, self._stack = self._stack, None
        stack.close()
        await stack.transport.closed()

    # What arrives.

    def receive(self, data: bytes, source: Address, transport: MessageTransport) -> None:
        """One datagram."""
        if not data.strip(b"\r\n\0 "):
            return
        try:
            message = parse_message(data)
        except MessageError as error:
            self._drops.note(error.reason, source)
            return
        if isinstance(message, Response):
            self._running.transactions.receive_response(message)
        else:
            self._receive_request(message, source, transport)

    def _receive_request(self, request: Request, source: Address, transport: MessageTransport) -> None:
        transactions = self._running.transactions
        is_known = transactions.knows(request)
        if request.method == "ACK" and not is_known:
            if user := self._running.dialogs.get(id_at_server(request)):
                user.acknowledge(request)
            return
        if request.method == "INVITE" and not request.to_tag and self._on_invite is None and not is_known:
            return
        transaction = transactions.receive_request(request, source, transport)
        if transaction:
            self._dispatch(transaction)
            self._check_idle()

    def _dispatch(self, transaction: ServerTransaction) -> None:
        """A new request: CANCEL, one in a dialog, or one that stands alone (section 8.2)."""
        request = transaction.request
        if request.method == "CANCEL":
            self._cancel(transaction)
        elif required := request.tokens("Require"):
            transaction.respond(420, headers=(("Unsupported", ", ".join(required)),))
        elif request.to_tag:
            self._dispatch_in_dialog(transaction)
        elif request.method == "INVITE":
            self._invited(transaction)
        elif request.method == "OPTIONS":
            answer_options(transaction)
        elif request.method == "BYE":
            transaction.respond(481)
        else:
            refuse_method(transaction)

    def _cancel(self, transaction: ServerTransaction) -> None:
        invite = self._running.transactions.invite_of(transaction.request)
        if invite is None:
            transaction.respond(481)
            return
        transaction.to_tag = invite.to_tag
        transaction.respond(200)
        invite.cancel()

    def _dispatch_in_dialog(self, transaction: ServerTransaction) -> None:
        user = self._running.dialogs.get(id_at_server(transaction.request))
        if user:
            user.receive(transaction)
        else:
            transaction.respond(481)

    def _invited(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if self._on_invite is None or self._is_closing:
            transaction.respond(503)
        elif request.body and not request.sdp:
            transaction.respond(415, headers=(ACCEPT,))
        else:
            self._offer_call(transaction, self._on_invite)

    def _offer_call(self, transaction: ServerTransaction, on_invite: OnInvite) -> None:
        call = IncomingCall(self._running, transaction, self._digest_server)
        self._calls.add(call)
        call.on_end = lambda: self._call_ended(call)
        logger.info("call=%s INVITE from %r for %r", call.call_id, call.caller, call.number)
        on_invite(call)
        call.proceed()

    # Bookkeeping.

    @property
    def _running(self) -> Stack:
        if self._stack is None:
            raise RuntimeError("the user agent is not started, or closed")
        return self._stack

    def _credentials(self, trunk: Trunk) -> DigestClient:
        return DigestClient(trunk, self._realms.setdefault(trunk, PinnedRealm(trunk.realm)))

    def _call_ended(self, call: IncomingCall) -> None:
        self._calls.discard(call)
        self._check_idle()

    def _withdraw(self, registration: Registration) -> None:
        def done() -> None:
            self._withdrawing.discard(registration)
            self._check_idle()

        self._withdrawing.add(registration)
        registration.stop(done)

    def _check_idle(self) -> None:
        """Closing waits for calls, for the BYE of released forks, and for registrations."""
        if self._is_closing and self._stack and not (self._calls or self._withdrawing or self._stack.dialogs):
            self._idle.set()
