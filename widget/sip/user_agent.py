"""The user agent: its calls and registrations."""

import asyncio
import logging
from collections.abc import Callable

from widget.sip.auth import DigestClient, PinnedRealm
from widget.sip.binding import Receivers, open_transports
from widget.sip.call_request import CallRequest, session_seconds
from widget.sip.compose import HeaderList
from widget.sip.config import UserAgentConfig
from widget.sip.custom_headers import checked_headers
from widget.sip.dispatcher import Admits, Dispatcher, Hooks, OnInvite, OnRegister
from widget.sip.events import SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.observer import Observer
from widget.sip.outgoing import OutgoingCall
from widget.sip.probe import Probe, ProbeResult
from widget.sip.registration import Registration, RegistrationState
from widget.sip.resolver import Resolver
from widget.sip.running_transaction import Clock
from widget.sip.stack import Stack
from widget.sip.timers import OwnedScheduler, Scheduler
from widget.sip.transaction_layer import TransactionLayer
from widget.sip.transport import Address, MessageTransport
from widget.sip.transport_layer import TransportLayer
from widget.sip.trunk import Transport, Trunk
from widget.sip.uri import Hop, way_to

logger = logging.getLogger(__name__)

SOON_SECONDS = 0.4
"""A caller waits, and another trunk shall take over within 4 s: what comes later is found by the INVITE itself."""


class UserAgent:
    """Places and takes calls. All methods are called on the loop that `start` ran on.

    Without `on_invite` calls from outside are dropped without a word, without `on_register` a REGISTER gets 405.
    `admits(host)` says whose requests outside of calls are answered at all; everybody else meets silence.
    `observer` sees the messages pass.
    """

    def __init__(
        self,
        config: UserAgentConfig,
        *,
        resolver: Resolver | None = None,
        on_invite: OnInvite | None = None,
        on_register: OnRegister | None = None,
        admits: Admits | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.config = config
        self._resolver = resolver or Resolver()
        self._hooks = Hooks(
            on_invite, on_register, admits, took=self._call_begins, changed=self._check_idle, observer=observer
        )
        self._stack: Stack | None = None
        self._dispatcher: Dispatcher | None = None
        self._calls: set[OutgoingCall | IncomingCall] = set()
        self._registrations: dict[int, Registration] = {}
        self._withdrawing: set[Registration] = set()
        self._realms: dict[int, tuple[Trunk, PinnedRealm]] = {}
        self._idle = asyncio.Event()

    @property
    def address(self) -> Address:
        """Where we are bound."""
        return self._running.transport.address

    @property
    def tls_port(self) -> int:
        """Where TLS listens, 0 when it does not."""
        return self._running.transport.tls_port

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, or not started yet."""
        return self._stack is None

    async def start(self) -> None:
        """Bind. Raises OSError when the address is taken or not ours."""
        sent = self._hooks.observer.sent if self._hooks.observer else None
        receivers = Receivers(self.receive, self._unreachable, self._connection_lost, self._hooks.admits, sent)
        self.run_on(asyncio.get_running_loop(), await open_transports(self.config, receivers, self._resolver))

    def run_on(self, scheduler: Scheduler, transport: TransportLayer) -> None:
        """Start on a given clock and transport; whoever tests puts a virtual one in."""
        clock = Clock(OwnedScheduler(scheduler), self.config.timers)
        transactions = TransactionLayer(clock, transport.locate, common=(("Server", self.config.user_agent),))
        self._stack = Stack(
            self.config,
            clock,
            transport,
            transactions,
            on_dialog_end=self._check_idle,
            credentials=self._credentials,
        )
        self._dispatcher = Dispatcher(self._stack, self._hooks)

    def receive(self, data: bytes, source: Address, transport: MessageTransport) -> None:
        """One message, as the transports hand it over."""
        if self._dispatcher:
            self._dispatcher.receive(data, source, transport)

    def _unreachable(self, quoted: bytes) -> None:
        if self._stack:
            self._stack.transactions.unreachable(quoted)

    def _connection_lost(self, connection: MessageTransport) -> None:
        if self._stack is None:
            return
        self._stack.transactions.connection_lost(connection)
        for registration in self._registrations.values():
            registration.connection_lost(connection)

    def invite(
        self,
        trunk: Trunk,
        *,
        call_id: str,
        number: str,
        caller: str,
        sdp: str,
        on_event: Callable[[SipEvent], None],
        headers: HeaderList = (),
        first_response_seconds: float | None = None,
    ) -> OutgoingCall:
        """Place a call; it never blocks. `call_id` becomes the SIP Call-ID.

        `headers` go into the INVITE: X-… and those of `custom_headers.ALLOWED`. `first_response_seconds` replaces the
        configured patience with a silent carrier for this call. `on_event` is called on the loop, and not before
        this returns. Raises InvalidUriError for a number that may not be dialled, InvalidHeaderError for a header.
        """
        call = OutgoingCall(
            self._running,
            trunk,
            self._credentials(trunk),
            CallRequest(
                call_id=call_id,
                number=number,
                caller=caller,
                sdp=sdp,
                headers=checked_headers((*trunk.extra_headers, *headers)),
                first_response_seconds=first_response_seconds or self.config.first_response_seconds,
                session_seconds=session_seconds(trunk, self.config),
            ),
            on_event,
            self._call_ended,
        )
        self._calls.add(call)
        self._running.clock.scheduler.call_soon(call.start)
        return call

    def probe(
        self,
        trunk: Trunk,
        done: Callable[[ProbeResult], None],
        *,
        method: str = "OPTIONS",
        signs_in: bool = False,
        seconds: float = 5.0,
    ) -> None:
        """Ask a trunk how it does; `done` is called once, perhaps at once. `signs_in`: answer its challenges."""
        digest = self._credentials(trunk)
        Probe(self._running, trunk, method, digest=digest if signs_in else None, seconds=seconds, done=done).start()

    async def address_of(self, trunk: Trunk) -> str:
        """An address at which calls to this trunk may end up, "" when DNS knows none, or none soon enough."""
        way = way_to(trunk)
        try:
            async with asyncio.timeout(SOON_SECONDS):
                hops = [way] if isinstance(way, Hop) else await self._resolver.chosen(way)
                found = [address for hop in hops for address, _ in await self._resolver.resolved(hop)]
        except TimeoutError:
            return ""
        return found[0] if found else ""

    def add_trunk(self, trunk: Trunk) -> None:
        """Take a trunk in, in place of one with the same id; register there if it asks for that.

        Also one that only calls us: what we send within its calls goes there as the trunk's TLS options say.
        """
        self.remove_trunk(trunk.id)
        self._trust(trunk)
        if trunk.registers:
            registration = Registration(self._running, trunk, self._credentials(trunk))
            self._registrations[trunk.id] = registration
            registration.start()

    def remove_trunk(self, trunk_id: int) -> None:
        """Forget a trunk; its registration is withdrawn, its calls go on."""
        self._realms.pop(trunk_id, None)
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
        self._hooks.is_closing = True
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

    # Bookkeeping.

    @property
    def _running(self) -> Stack:
        if self._stack is None:
            raise RuntimeError("the user agent is not started, or closed")
        return self._stack

    def _trust(self, trunk: Trunk) -> None:
        if trunk.transport in {Transport.TLS, None}:
            self._running.transport.trust(trunk.host, trunk.tls)

    def _credentials(self, trunk: Trunk) -> DigestClient:
        """What was learned about a trunk counts as long as it is the same; to compare two costs more than all else."""
        self._trust(trunk)
        known, realm = self._realms.get(trunk.id, (None, PinnedRealm("")))
        if known is not trunk and known != trunk:
            realm = PinnedRealm(trunk.realm)
            self._realms[trunk.id] = trunk, realm
        return DigestClient(trunk, realm)

    def _call_begins(self, call: IncomingCall) -> None:
        self._calls.add(call)
        call.on_end = self._call_ended

    def _call_ended(self, call: OutgoingCall | IncomingCall) -> None:
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
        if self._hooks.is_closing and self._stack and not (self._calls or self._withdrawing or self._stack.dialogs):
            self._idle.set()
