"""The relay's loop: browsers' SRTP on shared sockets, carriers' RTP on a socket per call, and the control socket.

It holds no policy: legs, keys, addresses and bridges are told by the control process, and STUN and DTLS go back there.
Nothing here waits, and nothing but SRTP itself is done per octet. ``forwarding.py`` has what is done per packet.
"""

import select
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from widget.media.relay.browser_socket import BrowserSocket, claim
from widget.media.relay.carrier_socket import CarrierSocket
from widget.media.relay.flood import Flood
from widget.media.relay.forwarding import Forwarding
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import BATCH, unpack_address
from widget.media.relay.packets import encode
from widget.media.relay.protocol import BrowserSilent, CarrierRemoved, Datagram, Message
from widget.media.relay.stun import is_request, is_stun, local_ufrag

#: Above this many bridges packets are gathered, so that one wake-up serves several of them.
GATHERED_BRIDGES: Final = 50
#: From the beginning of one turn to that of the next while packets are gathered, however long the turn's work takes: no
#: packet waits longer than that and for what came with it. With 200 calls, 99 of 100 wait less than 2 ms.
TURN_SECONDS: Final = 0.0014
#: Rounds per wake-up on one browser socket, so that a flood cannot starve the carriers.
MAX_ROUNDS: Final = 4
SAID_ONCE: Final = (CarrierRemoved, BrowserSilent)


class Worker:
    """Sockets and legs of one relay process. ``browser_sockets`` are bound; ``control`` is the Unix socket."""

    def __init__(self, control: socket.socket, browser_sockets: list[socket.socket]) -> None:
        self.control = control
        self.browser_sockets = [BrowserSocket(index, owner) for index, owner in enumerate(browser_sockets)]
        self.browsers: dict[int, BrowserLeg] = {}
        self.by_ufrag: dict[str, BrowserLeg] = {}
        self.carriers: dict[int, CarrierLeg] = {}
        self.carrier_sockets: dict[int, CarrierSocket] = {}
        self.bridges = 0
        self.undelivered = 0
        self._unsaid: list[Message] = []
        self.flood = Flood()
        self.running = True
        self._beat: Callable[[], object] = self._no_beat
        self._beat_seconds = 1.0
        self._epoll = select.epoll()
        self.poll = self._epoll.poll
        self._handlers: dict[int, Callable[[], object]] = {}
        #: Sockets of many, which are looked at in every turn while packets are gathered.
        self._gathered: dict[int, Callable[[], object]] = {}
        self._gathers = False
        self.forwarding = Forwarding(self.browser_sockets)
        self.forwarding.hear_other = self._control_packet
        for shared in self.browser_sockets:
            shared.inbox.discard()
            self._watch_gathered(shared.owner.fileno(), partial(self._from_browsers, shared))

    def watch(self, fd: int, handler: Callable[[], object]) -> None:
        self._handlers[fd] = handler
        self._epoll.register(fd, select.EPOLLIN)

    def unwatch(self, fd: int) -> None:
        del self._handlers[fd]
        self._epoll.unregister(fd)

    def _watch_gathered(self, fd: int, handler: Callable[[], object]) -> None:
        self._gathered[fd] = handler
        if not self._gathers:
            self.watch(fd, handler)

    def gather(self, *, gathers: bool) -> None:
        """Gather packets from here on, or be woken by each again. Sockets that are looked at anyway are not watched:
        telling epoll of every datagram, also of those that leave, costs a tenth of a microsecond each."""
        if gathers is not self._gathers:
            self._gathers = gathers
            for fd, handler in self._gathered.items():
                self.unwatch(fd) if gathers else self.watch(fd, handler)

    def every(self, seconds: float, beat: Callable[[], object]) -> None:
        """Call ``beat`` this often."""
        self._beat, self._beat_seconds = beat, seconds

    def _no_beat(self) -> None:
        """Until there is one."""

    def watch_carrier(self, leg: CarrierLeg) -> None:
        self.watch(leg.port.fd, partial(self.forwarding.from_carrier, leg))

    def share(self, number: int, shared: CarrierSocket) -> None:
        """Serve a socket that several carriers use."""
        self.carrier_sockets[number] = shared
        self.forwarding.carrier_sockets.append(shared)
        self._watch_gathered(shared.port.fd, partial(self._from_shared_carriers, shared))

    def drain(self, leg: CarrierLeg) -> None:
        """Pass on what has already arrived: the last syllable before a leg closes."""
        if leg.shared is not None:
            self.forwarding.from_shared_carriers(leg.shared)
            return
        for _ in range(BATCH):
            if not self.forwarding.from_carrier(leg):
                return

    def report(self, message: Message) -> None:
        """Tell the control process. A full socket means that it is stuck: STUN and DTLS repeat themselves, and what is
        said once (of two hundred legs that end together, for instance) is said again at the next beat."""
        try:
            self.control.send(encode(message))
        except BlockingIOError:
            if isinstance(message, SAID_ONCE):
                self._unsaid.append(message)
            else:
                self.undelivered += 1
        except OSError:
            self.running = False

    def _catch_up(self) -> None:
        unsaid, self._unsaid = self._unsaid, []
        for message in unsaid:
            self.report(message)

    def run(self) -> None:
        """Serve until ``running`` is cleared."""
        poll, now = self.poll, time.monotonic()
        next_beat = now + self._beat_seconds
        while self.running:
            self.gather(gathers=self.bridges > GATHERED_BRIDGES)
            ready = poll(0 if self._gathers else max(next_beat - now, 0))
            now = time.monotonic()
            self.serve(ready, now)
            if now >= next_beat:
                next_beat = now + self._beat_seconds
                self._catch_up()
                self._beat()
            if self._gathers and (pause := now + TURN_SECONDS - time.monotonic()) > 0:
                time.sleep(pause)

    def serve(self, ready: list[tuple[int, int]], now: float) -> None:
        """Look at each descriptor that :attr:`poll` gave, once; ``now`` is in monotonic seconds."""
        self.forwarding.now = now
        for fd in self.forwarding.from_carriers(ready):
            # Gone if an earlier event of this round closed it.
            handler = self._handlers.get(fd)
            if handler is not None:
                handler()
        if self._gathers:
            for look in self._gathered.values():
                look()
        self.forwarding.flush()

    def close(self) -> None:
        self._epoll.close()
        for shared in self.carrier_sockets.values():
            shared.close()

    def _from_shared_carriers(self, shared: CarrierSocket) -> None:
        for _ in range(MAX_ROUNDS):
            if not self.forwarding.from_shared_carriers(shared):
                return

    # Browser to control process

    def _from_browsers(self, shared: BrowserSocket) -> None:
        for _ in range(MAX_ROUNDS):
            if not self.forwarding.from_browsers(shared):
                return

    def _control_packet(self, shared: BrowserSocket, index: int) -> None:
        inbox = shared.inbox
        data = inbox.views[index][: inbox.lengths[index]]
        key = inbox.read(inbox.memory, inbox.names[index])[0]
        leg = shared.routes.get(key)
        if is_stun(data) and is_request(data):
            leg = self._claimant(shared, key, local_ufrag(data))
        elif not data or data[0] >= 64:
            leg = None
        if leg is None:
            self.forwarding.strays += 1
            return
        if not self.flood.admits(key, is_proved=leg.peer is not None and key == leg.peer.key):
            return
        host, port = unpack_address(key)
        self.report(Datagram(leg=leg.number, socket=shared.index, host=host, port=port, data=bytes(data)))

    def _claimant(self, shared: BrowserSocket, key: bytes, ufrag: str | None) -> BrowserLeg | None:
        """The leg that a STUN request names. An address that is already someone's stays theirs until ICE has proved
        the claim (``SetBrowserAddress``): a forged request must not divert audio."""
        leg = self.by_ufrag.get(ufrag or "")
        if leg is None:
            return None
        if shared.routes.get(key) is leg and leg.peer is not None and key == leg.peer.key:
            leg.heard += 1
        elif key not in shared.routes:
            claim(self.browser_sockets, leg, shared, key)
        return leg
