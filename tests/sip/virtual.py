"""A clock and a network that exist only in the test: no waiting, no sockets, every loss and duplicate on purpose."""

import heapq
import itertools
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from widget.sip.config import UserAgentConfig
from widget.sip.events import SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import make_offer
from widget.sip.outgoing import OutgoingCall
from widget.sip.registrar import IncomingRegistration
from widget.sip.resolver import Resolver
from widget.sip.transport import Address, Receiver, TransportError
from widget.sip.transport_layer import TransportLayer
from widget.sip.trunk import Transport, Trunk
from widget.sip.user_agent import UserAgent

SDP = make_offer(host="192.0.2.1", port=4000, codecs=["PCMU", "PCMA"], session_id=1)


@dataclass
class Timer:
    """A handle of the virtual clock."""

    callback: Callable[..., object]
    arguments: tuple[object, ...]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class VirtualClock:
    """Time passes only in `run`."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, Timer]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        timer = Timer(callback, args)
        heapq.heappush(self._timers, (self._now + delay, next(self._order), timer))
        return timer

    def call_soon(self, callback: Callable[..., object], *args: object) -> Timer:
        return self.call_later(0.0, callback, *args)

    def run(self, seconds: float = 0.0) -> None:
        """Let this much time pass."""
        end = self._now + seconds
        while self._timers and self._timers[0][0] <= end:
            self._now, _, timer = heapq.heappop(self._timers)
            if not timer.is_cancelled:
                timer.callback(*timer.arguments)
        self._now = end

    @property
    def pending(self) -> int:
        """Timers that would still fire."""
        return sum(not timer.is_cancelled for _, _, timer in self._timers)


@dataclass
class Datagram:
    """One datagram that was sent, whether or not it arrived."""

    at: float
    source: Address
    target: Address
    data: bytes

    @property
    def start(self) -> str:
        """`INVITE`, `200 INVITE`: the method of a request, code and CSeq method of a response."""
        text = self.data.decode()
        first = text.split("\r\n", 1)[0].split(" ")
        if first[0] != "SIP/2.0":
            return first[0]
        method = next(line for line in text.split("\r\n") if line.startswith("CSeq:")).split(" ")[-1]
        return f"{first[1]} {method}"


Judge = Callable[[Datagram], int]


@dataclass
class VirtualNetwork:
    """Delivers after `delay`; `judge` says how many copies arrive (0 loss, 1, 2 duplicate), `lateness` how late."""

    clock: VirtualClock
    delay: float = 0.01
    judge: Judge = field(default=lambda _datagram: 1)
    lateness: Callable[[], float] | None = None
    log: list[Datagram] = field(default_factory=list)
    nodes: dict[Address, "VirtualTransport"] = field(default_factory=dict)

    def send(self, source: Address, target: Address, data: bytes) -> None:
        datagram = Datagram(self.clock.time(), source, target, data)
        self.log.append(datagram)
        copies = self.judge(datagram)
        delay = self.lateness() if self.lateness else self.delay
        for copy in range(copies):
            self.clock.call_later(delay * (1 + copy), self._deliver, datagram)

    def _deliver(self, datagram: Datagram) -> None:
        if node := self.nodes.get(datagram.target):
            node.receiver(datagram.data, datagram.source, node)

    def starts(self, source: Address | None = None) -> list[str]:
        """What was sent, in order, by one node or by all."""
        return [each.start for each in self.log if source in {None, each.source}]


class VirtualTransport:
    """A node of the virtual network."""

    kind = Transport.UDP
    reliable = False
    family: int = socket.AF_INET

    def __init__(self, network: VirtualNetwork, address: Address, receiver: Receiver) -> None:
        self.network = network
        self.address = address
        self.receiver = receiver
        self.is_broken = False
        network.nodes[address] = self

    def send(self, data: bytes, remote: Address) -> None:
        if self.is_broken:
            raise TransportError("cable cut")
        self.network.send(self.address, remote, data)

    def local_address(self, remote: Address) -> Address:
        return self.address

    def close(self) -> None:
        self.network.nodes.pop(self.address, None)


@dataclass
class Caller:
    """A user agent on the virtual network, with the events of its calls."""

    agent: UserAgent
    transport: VirtualTransport
    events: list[SipEvent] = field(default_factory=list)

    def call(self, trunk: Trunk, number: str = "100", *, call_id: str = "call-1", sdp: str = SDP) -> OutgoingCall:
        return self.agent.invite(
            trunk, call_id=call_id, number=number, caller="200", sdp=sdp, on_event=self.events.append
        )


def start_agent(
    network: VirtualNetwork,
    address: Address,
    *,
    on_invite: Callable[[IncomingCall], None] | None = None,
    on_register: Callable[[IncomingRegistration], None] | None = None,
    admits: Callable[[str], bool] | None = None,
    config: UserAgentConfig | None = None,
) -> Caller:
    """A user agent with the virtual clock and network under it."""
    agent = UserAgent(config or UserAgentConfig(), on_invite=on_invite, on_register=on_register, admits=admits)
    transport = VirtualTransport(network, address, agent.receive)
    agent.run_on(network.clock, TransportLayer(Resolver(), transport))
    return Caller(agent, transport)


def lossy(seed: int, *, loss: float, duplication: float = 0.0) -> Judge:
    """A judge that loses and duplicates by chance, the same way each time."""
    chance = random.Random(seed)

    def judge(_datagram: Datagram) -> int:
        drawn = chance.random()
        if drawn < loss:
            return 0
        return 2 if drawn < loss + duplication else 1

    return judge
