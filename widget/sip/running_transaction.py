"""Running transactions: a machine of RFC 3261 section 17 with its timers, its messages and its user.

Timers are plain handles of the scheduler; no transaction has a task of its own.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from widget.sip.compose import HeaderList, OutgoingRequest, encode_response, new_tag
from widget.sip.message import Request, Response
from widget.sip.timers import OwnedScheduler, TimerHandle, Timers
from widget.sip.transaction import (
    EVENT_OF_TIMER,
    TIMERS_OF_STATE,
    Action,
    Do,
    Event,
    Kind,
    Machine,
    StartTimer,
    State,
    TimerName,
    start,
    transition,
)
from widget.sip.transaction_users import ClientUser, Reach, ServerHandlers, keep
from widget.sip.transport import Address, Flow, MessageTransport, TransportError
from widget.sip.uri import DEFAULT_PORTS, Hop
from widget.sip.via import response_address, stamp_source

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Clock:
    """What runs a transaction's timers, and how long they are."""

    scheduler: OwnedScheduler
    timers: Timers


@dataclass(frozen=True, slots=True)
class ClientHandlers:
    """A user that is put together of functions; it has nothing to let go of in the end."""

    response: Callable[[Response], None]
    timeout: Callable[[], None]
    transport_error: Callable[[], None]

    def over(self) -> None:
        """See ClientUser."""


ClientKey: TypeAlias = tuple[str, str]


class Transaction:
    """What client and server transactions share: the machine and its timers."""

    __slots__ = ("_clock", "_forget", "_handles", "machine")

    def __init__(self, clock: Clock, machine: Machine) -> None:
        self._clock = clock
        self._forget: Callable[[], object] = keep
        self.machine = machine
        self._handles: dict[TimerName, TimerHandle] = {}

    @property
    def state(self) -> State:
        """Where the machine stands."""
        return self.machine.state

    def handle(self, event: Event, message: Request | Response | None = None) -> None:
        """Let the machine take an event and do what it asks."""
        before = self.machine.state
        self.machine, actions = transition(self.machine, event, self._clock.timers)
        if self.machine.state is not before:
            self._keep_timers()
        self._perform(actions, message)
        if self.machine.state is State.TERMINATED and before is not State.TERMINATED:
            self._end()

    def on_end(self, forget: Callable[[], object]) -> None:
        """Call `forget` when the transaction has ended for good."""
        self._forget = forget

    def stop(self) -> None:
        """Cancel every timer."""
        for timer in self._handles.values():
            timer.cancel()
        self._handles.clear()

    def _end(self) -> None:
        self.stop()
        self._forget()

    def _keep_timers(self) -> None:
        if not self._handles:
            return
        kept = TIMERS_OF_STATE[self.machine.kind, self.machine.state]
        for name in [name for name in self._handles if name not in kept]:
            self._handles.pop(name).cancel()

    def _perform(self, actions: tuple[Action, ...], message: Request | Response | None) -> None:
        for action in actions:
            if isinstance(action, StartTimer):
                self._start_timer(action)
            else:
                self._act(action, message)

    def _start_timer(self, timer: StartTimer) -> None:
        if running := self._handles.pop(timer.name, None):
            running.cancel()
        self._handles[timer.name] = self._clock.scheduler.call_later(timer.seconds, self._fire, timer.name)

    def _fire(self, name: TimerName) -> None:
        self._handles.pop(name, None)
        self.handle(EVENT_OF_TIMER[name])

    def _act(self, action: Do, message: Request | Response | None) -> None:
        raise NotImplementedError

    def _send(self, transport: MessageTransport, remote: Address, data: bytes) -> None:
        try:
            transport.send(data, remote)
        except TransportError as error:
            logger.warning("SIP datagram of %d bytes not sent: %s", len(data), error)
            self._clock.scheduler.call_soon(self.handle, Event.TRANSPORT_ERROR)


class ClientTransaction(Transaction):
    """A request of ours, until its final response is dealt with."""

    __slots__ = ("_data", "_first", "_user", "branch", "flow", "request")

    def __init__(
        self, clock: Clock, request: OutgoingRequest, flow: Flow, branch: str, user: ClientUser, data: bytes = b""
    ) -> None:
        """`data` is the request with this branch, for who has encoded it already."""
        kind = Kind.INVITE_CLIENT if request.method == "INVITE" else Kind.NON_INVITE_CLIENT
        machine, actions = start(kind, clock.timers, reliable=flow.transport.reliable)
        super().__init__(clock, machine)
        self.request = request
        self.flow = flow
        self.branch = branch
        self._user = user
        self._data = data or request.encode(flow.via(branch))
        self._first = actions

    def begin(self) -> None:
        """Send the request and start the timers."""
        self._perform(self._first, None)

    @property
    def key(self) -> ClientKey:
        """Section 17.1.3: the branch and the method of CSeq."""
        return self.branch, self.request.method

    def receive(self, response: Response) -> None:
        """A response that matched."""
        if response.code < 200:
            self.handle(Event.PROVISIONAL, response)
        else:
            self._data = b""  # It is not sent again; thousands of them linger.
            self.handle(Event.SUCCESS if response.code < 300 else Event.FAILURE, response)

    def abandon(self) -> None:
        """Nobody wants the call any more: send the INVITE no more, and wait for its end for 64 T1 at most."""
        self.handle(Event.ABANDON)

    def _act(self, action: Do, message: Request | Response | None) -> None:
        if action is Do.SEND_REQUEST:
            self._transmit(self._data)
        elif action is Do.TELL_TIMEOUT:
            self._user.timeout()
        elif action is Do.TELL_TRANSPORT_ERROR:
            self._user.transport_error()
        elif isinstance(message, Response) and action is Do.SEND_ACK:
            self._transmit(self.request.ack_for(message).encode(self.flow.via(self.branch)))
        elif isinstance(message, Response):
            self._user.response(message)

    def _end(self) -> None:
        super()._end()
        self._user.over()

    def _transmit(self, data: bytes) -> None:
        self._send(self.flow.transport, self.flow.remote, data)


class ServerTransaction(Transaction):
    """A request of the far end, until our final response is dealt with."""

    __slots__ = ("_common", "_handlers", "_reach", "_response", "_via", "request", "target", "to_tag", "transport")

    def __init__(
        self,
        clock: Clock,
        request: Request,
        source: Address,
        transport: MessageTransport,
        common: HeaderList,
        reach: Reach,
    ) -> None:
        kind = Kind.INVITE_SERVER if request.method == "INVITE" else Kind.NON_INVITE_SERVER
        super().__init__(clock, start(kind, clock.timers, reliable=transport.reliable)[0])
        self.request = request
        self.to_tag = request.to_tag or new_tag()
        self.transport = transport
        self.target = source if transport.reliable else response_address(request.via, source)
        self._via = stamp_source(request.headers.getlist("Via"), request.via, source)
        self._common = common
        self._reach = reach
        self._handlers: ServerHandlers | None = None
        self._response = b""

    def flow(self) -> Flow:
        """The way back to the sender. Raises TransportError when there is none any more."""
        return Flow(self.transport, self.target, self.transport.local_address(self.target))

    def _send(self, transport: MessageTransport, remote: Address, data: bytes) -> None:
        """A connection that was closed while we worked on the request is opened from our side (section 18.2.2)."""
        try:
            transport.send(data, remote)
        except TransportError:
            if not transport.reliable:
                self._clock.scheduler.call_soon(self.handle, Event.TRANSPORT_ERROR)
                return
            port = self.request.via.port or DEFAULT_PORTS[transport.kind]
            self._reach(Hop(remote[0], port, transport.kind), self._reached)

    def _reached(self, flow: Flow | None) -> None:
        """The rest of the transaction goes the new way."""
        if flow is None:
            self.handle(Event.TRANSPORT_ERROR)
            return
        self.transport, self.target = flow.transport, flow.remote
        super()._send(self.transport, self.target, self._response)

    def listen(self, handlers: ServerHandlers) -> None:
        """Hear of the ACK of a 2xx, of CANCEL, and of failure."""
        self._handlers = handlers

    def respond(self, code: int, phrase: str = "", headers: HeaderList = (), body: str = "") -> None:
        """Send a response; the machine resends it where the RFC says so. A second final response is not sent."""
        if self.state not in {State.TRYING, State.PROCEEDING}:
            return
        self._response = encode_response(
            self.request, self._via, code, phrase, self.to_tag, (*headers, *self._common), body
        )
        self.handle(response_event(code))

    def resend(self) -> None:
        """Repeat a 2xx to INVITE, as the UAS core must until the ACK (section 13.3.1.4)."""
        self.handle(Event.RESPOND_SUCCESS)

    def resend_provisional(self) -> None:
        """Repeat a reliable provisional response until its PRACK (RFC 3262 section 3)."""
        self.handle(Event.RESPOND_PROVISIONAL)

    def ignore(self) -> None:
        """Never answer this INVITE, nor its retransmissions."""
        self.handle(Event.ABANDON)

    def cancel(self, request: Request) -> None:
        """A CANCEL for this INVITE came; it has no effect once we answered (section 9.2)."""
        if self.state is State.PROCEEDING and self._handlers:
            self._handlers.cancel(request)

    def _act(self, action: Do, message: Request | Response | None) -> None:
        if action is Do.SEND_RESPONSE:
            if self._response:
                self._send(self.transport, self.target, self._response)
        elif self._handlers is None:
            return
        elif action is Do.TELL and isinstance(message, Request):
            self._handlers.ack(message)
        elif action in {Do.TELL_TIMEOUT, Do.TELL_TRANSPORT_ERROR}:
            self._handlers.failure()


def response_event(code: int) -> Event:
    """The machine's event for a response of ours."""
    if code < 200:
        return Event.RESPOND_PROVISIONAL
    return Event.RESPOND_SUCCESS if code < 300 else Event.RESPOND_FAILURE
