"""Two user agents on the virtual network: ours that calls, and a far end that does what the test says."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.sip.virtual import Caller, Datagram, VirtualNetwork, start_agent
from widget.sip.events import IncomingEvent
from widget.sip.incoming import IncomingCall
from widget.sip.trunk import Trunk

CALLER = ("192.0.2.1", 5060)
CALLEE = ("192.0.2.2", 5060)
TRUNK = Trunk(id=1, host=CALLEE[0])
RELIABLE_TRUNK = Trunk(id=1, host=CALLEE[0], reliable_provisional=True)


@dataclass
class Pair:
    """The network, our side and theirs."""

    network: VirtualNetwork
    hear: Callable[[IncomingEvent], None] | None = None
    caller: Caller = field(init=False)
    callee: Caller = field(init=False)
    calls: list[IncomingCall] = field(default_factory=list)
    events: list[IncomingEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.caller = start_agent(self.network, CALLER, on_invite=lambda call: call.ignore())
        self.callee = start_agent(self.network, CALLEE, on_invite=self._invited)

    def run(self, seconds: float = 0.1) -> None:
        self.network.clock.run(seconds)

    @property
    def call(self) -> IncomingCall:
        """The call that came in last."""
        return self.calls[-1]

    def _invited(self, call: IncomingCall) -> None:
        call.on_event = self.hear or self.events.append
        self.calls.append(call)


class Callee:
    """A far end that does what the test says, step by step."""

    def __init__(self, network: VirtualNetwork) -> None:
        self.calls: list[IncomingCall] = []
        self.events: list[IncomingEvent] = []
        self.side = start_agent(network, CALLEE, on_invite=self._invited)

    def _invited(self, call: IncomingCall) -> None:
        call.on_event = self.events.append
        self.calls.append(call)

    @property
    def call(self) -> IncomingCall:
        return self.calls[-1]


def drop_first(start: str, count: int = 1) -> "Dropper":
    return Dropper(start, count)


class Dropper:
    """Loses the first `count` datagrams of a kind."""

    def __init__(self, start: str, count: int) -> None:
        self.start = start
        self.left = count

    def __call__(self, datagram: Datagram) -> int:
        if datagram.start == self.start and self.left:
            self.left -= 1
            return 0
        return 1
