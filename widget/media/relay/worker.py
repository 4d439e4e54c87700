"""The relay's loop: browsers' SRTP on shared sockets, carriers' RTP on a socket per call, and the control socket.

It holds no policy: legs, keys, addresses and bridges are told by the control process, and STUN and DTLS go back there.
Nothing here waits, and nothing but SRTP itself is done per octet.
"""

import select
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from widget.media.relay import srtp
from widget.media.relay.browser_socket import BrowserSocket, claim
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import BATCH, Outbox, unpack_address
from widget.media.relay.payloads import STATIC_COMFORT_NOISE, Route
from widget.media.relay.protocol import Datagram, Message, encode
from widget.media.relay.stun import is_request, is_stun, local_ufrag
from widget.media.rtp import FIXED_HEADER, RTCP_PACKET_TYPES, payload_bounds

#: Above this many bridges packets are gathered for a tick, so that one wake-up serves several of them.
TICK_BRIDGES: Final = 50
TICK_SECONDS: Final = 0.001
#: An unbridged browser's packets are decrypted this rarely: enough to prove life and to follow the roll-over counter.
IDLE_SAMPLE: Final = 16
#: Rounds per wake-up on one browser socket, so that a flood cannot starve the carriers.
MAX_ROUNDS: Final = 4

_PLAIN = 0x80
_HEADER = FIXED_HEADER.size


class Worker:
    """Sockets and legs of one relay process. ``browser_sockets`` are bound; ``control`` is the Unix socket."""

    def __init__(self, control: socket.socket, browser_sockets: list[socket.socket]) -> None:
        self.control = control
        self.browser_sockets = [BrowserSocket(index, owner) for index, owner in enumerate(browser_sockets)]
        self.browsers: dict[int, BrowserLeg] = {}
        self.by_ufrag: dict[str, BrowserLeg] = {}
        self.carriers: dict[int, CarrierLeg] = {}
        self.bridges = 0
        self.strays = 0
        self.undelivered = 0
        self.running = True
        self._beat: Callable[[], object] = self._no_beat
        self._beat_seconds = 1.0
        #: What becomes of RTCP from browsers; set by whoever knows.
        self.hear_control: Callable[[BrowserLeg, Any, memoryview, int], object] = self._no_control
        #: The same from carriers that send it from their audio's port (RFC 5761).
        self.hear_mixed_control: Callable[[CarrierLeg, Any, memoryview, int], object] = self._no_control
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], object]] = {}
        self._length = srtp.new_length()
        self._now = time.monotonic()
        # Where a carrier's packets are received while no browser would take them.
        self._scratch = Outbox(-1, socket.AF_INET)
        for shared in self.browser_sockets:
            shared.inbox.discard()
            self.watch(shared.owner.fileno(), partial(self._from_browsers, shared))

    def watch(self, fd: int, handler: Callable[[], object]) -> None:
        self._handlers[fd] = handler
        self._epoll.register(fd, select.EPOLLIN)

    def unwatch(self, fd: int) -> None:
        del self._handlers[fd]
        self._epoll.unregister(fd)

    def every(self, seconds: float, beat: Callable[[], object]) -> None:
        """Call ``beat`` this often."""
        self._beat, self._beat_seconds = beat, seconds

    def _no_beat(self) -> None:
        """Until there is one."""

    def _no_control(self, *packet: object) -> None:
        """Until someone listens."""

    def watch_carrier(self, leg: CarrierLeg) -> None:
        self.watch(leg.port.fd, partial(self._from_carrier, leg))

    def report(self, message: Message) -> None:
        """Tell the control process. A full socket means that it is stuck: STUN and DTLS repeat themselves."""
        try:
            self.control.send(encode(message))
        except BlockingIOError:
            self.undelivered += 1
        except OSError:
            self.running = False

    def run(self) -> None:
        """Serve until ``running`` is cleared."""
        next_beat = time.monotonic() + self._beat_seconds
        handlers, poll = self._handlers, self._epoll.poll
        while self.running:
            ready = poll(max(next_beat - self._now, 0))
            self._now = now = time.monotonic()
            for fd, _ in ready:
                # Gone if an earlier event of this round closed it.
                handler = handlers.get(fd)
                if handler is not None:
                    handler()
            for shared in self.browser_sockets:
                if shared.outbox.count:
                    shared.outbox.flush()
            if now >= next_beat:
                next_beat = now + self._beat_seconds
                self._beat()
            if self.bridges > TICK_BRIDGES:
                time.sleep(TICK_SECONDS)

    def close(self) -> None:
        self._epoll.close()

    # Browser to carrier

    def _from_browsers(self, shared: BrowserSocket) -> None:
        inbox = shared.inbox
        for _ in range(MAX_ROUNDS):
            count = inbox.receive()
            for index in range(count):
                # RFC 7983: 128-191 is RTP or RTCP, the rest is for the control process.
                if inbox.views[index][0] & 0xC0 == 0x80:
                    self._browser_packet(shared, index)
                else:
                    self._control_packet(shared, index)
            if count < inbox.size:
                return

    def _browser_packet(self, shared: BrowserSocket, index: int) -> None:
        inbox = shared.inbox
        leg = shared.routes.get(inbox.names[index].tobytes())
        length = inbox.lengths[index]
        if leg is None or leg.receiving is None or length <= _HEADER:
            self.strays += 1
            return
        view, carrier = inbox.views[index], leg.carrier
        if 192 <= view[1] < 224:
            self.hear_control(leg, inbox.pointers[index], view, length)
            return
        if carrier is None or not leg.forward:
            leg.skipped += 1
            if leg.skipped % IDLE_SAMPLE:
                return
        box = self._length
        box[0] = length
        if srtp.unprotect(leg.receiving, inbox.pointers[index], box):
            leg.rejected += 1
            return
        leg.heard += 1
        if carrier is not None and leg.forward:
            self._to_carrier(leg, carrier, inbox.pointers[index], view, box[0])
        else:
            _, _, sequence, _, ssrc = FIXED_HEADER.unpack_from(view)
            leg.reception.pass_over(sequence, ssrc)

    def _to_carrier(self, leg: BrowserLeg, carrier: CarrierLeg, pointer: object, view: memoryview, length: int) -> None:
        first, second, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(view)
        leg.reception.hear(sequence, timestamp, ssrc, self._now)
        route = leg.forward.get(second)
        start, end = _HEADER, length
        if first != _PLAIN:
            start, end = payload_bounds(view[:length]) or (0, 0)
        if route is None or start == 0 or carrier.peer is None:
            return
        offset, (second, convert) = start - _HEADER, route
        if not carrier.stream.write(view, offset, second, sequence, timestamp, ssrc, self._now):
            return
        if convert is not None:
            view[start:end] = convert(view[start:end].tobytes())
        size = end - offset
        if carrier.sending is not None:
            box = self._length
            box[0] = size
            if srtp.protect(carrier.sending, pointer + offset, box):  # type: ignore[operator] # a cffi pointer
                return
            size = box[0]
        if carrier.port.send(pointer + offset, size, carrier.peer):  # type: ignore[operator] # as above
            carrier.sent_packets += 1
            carrier.sent_bytes += size
        else:
            carrier.unsent += 1

    # Carrier to browser

    def drain(self, carrier: CarrierLeg) -> None:
        """Pass on what has already arrived: the last syllable before a leg closes."""
        for _ in range(BATCH):
            if not self._from_carrier(carrier):
                return

    def _from_carrier(self, carrier: CarrierLeg) -> bool:
        leg = carrier.browser
        outbox = self._scratch if leg is None or leg.outbox is None else leg.outbox
        slot = outbox.count
        length = carrier.port.receive(outbox.pointers[slot])
        if length < 0:
            return False
        sender = carrier.port.sender()
        if length <= _HEADER or (sender != carrier.remote and not carrier.may_latch):
            carrier.strays += 1
            return True
        view = outbox.views[slot]
        route = carrier.backward.get(view[1])
        if route is None:
            self._unrouted(carrier, outbox.pointers[slot], view, length)
            return True
        if carrier.receiving is not None:
            box = self._length
            box[0] = length
            if srtp.unprotect(carrier.receiving, outbox.pointers[slot], box):
                carrier.rejected += 1
                return True
            length = box[0]
        if carrier.may_latch and not carrier.latch(sender, view[0]):
            carrier.strays += 1
            return True
        carrier.received_packets += 1
        carrier.received_bytes += length
        if leg is not None and leg.peer is not None and leg.sending is not None:
            self._to_browser(leg, carrier, outbox, length, route)
        return True

    def _to_browser(self, leg: BrowserLeg, carrier: CarrierLeg, outbox: Outbox, length: int, route: Route) -> None:
        slot = outbox.count
        view = outbox.views[slot]
        first, _, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(view)
        carrier.reception.hear(sequence, timestamp, ssrc, self._now)
        start, end = _HEADER, length
        if first != _PLAIN:
            start, end = payload_bounds(view[:length]) or (0, 0)
        if start == 0 or first & 0xC0 != _PLAIN:
            return
        offset, (second, convert) = start - _HEADER, route
        if not leg.stream.write(view, offset, second, sequence, timestamp, ssrc, self._now):
            return
        if convert is not None:
            view[start:end] = convert(view[start:end].tobytes())
        box = self._length
        box[0] = end - offset
        if srtp.protect(leg.sending, outbox.pointers[slot] + offset, box) == 0 and leg.peer is not None:
            outbox.add(offset, box[0], leg.peer)
            leg.sent_packets += 1
            leg.sent_bytes += end - offset

    def _unrouted(self, carrier: CarrierLeg, pointer: Any, view: memoryview, length: int) -> None:
        """RTCP on the audio's port, or what the browser cannot take: noise leaves no gap, as it is no loss."""
        carrier.count_unrouted(view[1])
        if view[1] in RTCP_PACKET_TYPES:
            self.hear_mixed_control(carrier, pointer, view, length)
        elif view[1] & 0x7F == STATIC_COMFORT_NOISE and carrier.browser is not None:
            _, _, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(view)
            carrier.reception.hear(sequence, timestamp, ssrc, self._now)
            carrier.browser.stream.omit(ssrc)

    # Browser to control process

    def _control_packet(self, shared: BrowserSocket, index: int) -> None:
        inbox = shared.inbox
        data = inbox.views[index][: inbox.lengths[index]]
        key = inbox.names[index].tobytes()
        leg = shared.routes.get(key)
        if is_stun(data) and is_request(data):
            leg = self._claimant(shared, key, local_ufrag(data))
        elif not data or data[0] >= 64:
            leg = None
        if leg is None:
            self.strays += 1
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
