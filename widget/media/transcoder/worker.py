"""The transcoder's loop: packets from relays in, packets for them out, and ten signs of life a second.

It knows no call but by the packets that come, and forgets one of which nothing comes any more.
"""

import select
import socket
import time
from collections.abc import Iterable
from typing import Final

from widget.media.relay.conversion import ADDRESS, PREFIX_SIZE, unpack
from widget.media.rtp import parse_header
from widget.media.transcoder.reordering import Incoming
from widget.media.transcoder.signs import BEATS, Sign
from widget.media.transcoder.strand import Strand

#: Longer than any packet of a relay's.
_MAX_PACKET: Final = 4096
#: Packets taken from one relay at a time.
_MAX_PACKETS: Final = 64
#: How long noise and packets that wait for another may be late, while there are any.
_PENDING_SECONDS: Final = 0.005
#: A strand of which nothing was heard for so long is forgotten.
_FORGOTTEN_SECONDS: Final = 30.0


class Line:
    """A socket to one relay, and what comes and goes through it, by leg and direction."""

    def __init__(self, owner: socket.socket) -> None:
        owner.settimeout(0)
        self.owner = owner
        self.packets = self.refused = 0
        self._strands: dict[bytes, Strand] = {}
        self._pending: dict[bytes, Strand] = {}
        self._discard()

    def __len__(self) -> int:
        return len(self._strands)

    @property
    def is_pending(self) -> bool:
        return bool(self._pending)

    def _discard(self) -> None:
        """What waited while there was no transcoder is late by now."""
        while self._take() is not None:
            pass

    def _take(self) -> bytes | None:
        try:
            return self.owner.recv(_MAX_PACKET)
        except OSError:
            return None

    def receive(self, now: float) -> None:
        """Transcode what has arrived, some of it."""
        for _ in range(_MAX_PACKETS):
            packet = self._take()
            if not packet:
                return
            self._hear(packet, now)

    def _hear(self, packet: bytes, now: float) -> None:
        address, rtp = packet[: ADDRESS.size], packet[PREFIX_SIZE:]
        header = parse_header(rtp)
        if header is None:
            self.refused += 1
            return
        self.packets += 1
        strand = self._strands.setdefault(address, Strand())
        incoming = Incoming(
            conversion=unpack(packet[ADDRESS.size : PREFIX_SIZE]),
            sequence=header.sequence,
            timestamp=header.timestamp,
            ssrc=header.ssrc,
            marker=header.marker,
            payload=header.payload_of(rtp),
        )
        self._send(address, strand.push(incoming, now))
        if strand.is_pending:
            self._pending[address] = strand

    def due(self, now: float) -> None:
        """Send what has waited long enough."""
        for address, strand in list(self._pending.items()):
            self._send(address, strand.due(now))
            if not strand.is_pending:
                del self._pending[address]

    def forget(self, now: float) -> None:
        """Drop the strands of calls that have ended."""
        for address, strand in list(self._strands.items()):
            if now - strand.heard_at > _FORGOTTEN_SECONDS:
                del self._strands[address]
                self._pending.pop(address, None)

    def _send(self, address: bytes, packets: Iterable[bytes]) -> None:
        for packet in packets:
            try:
                self.owner.send(address + packet)
            except OSError:
                # The relay is gone or behind; a fresh one has the same socket.
                self.refused += 1


class Worker:
    """``control`` brings the relays' sockets; its end is ours."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lines: list[Line] = []
        self._epoll = select.epoll()
        self._epoll.register(control.fileno(), select.EPOLLIN)
        self._by_fd: dict[int, Line] = {}
        self._running = True

    def run(self) -> None:
        """Serve until the control socket closes."""
        now = next_beat = time.monotonic()
        while self._running:
            if now >= next_beat:
                next_beat = now + 1 / BEATS
                self._beat(now)
            is_pending = any(line.is_pending for line in self._lines)
            wait = _PENDING_SECONDS if is_pending else max(next_beat - now, 0)
            ready = self._epoll.poll(wait)
            now = time.monotonic()
            for fd, _ in ready:
                self._serve(fd, now)
            for line in self._lines:
                line.due(now)

    def _serve(self, fd: int, now: float) -> None:
        line = self._by_fd.get(fd)
        if line is not None:
            line.receive(now)
        else:
            self._add_line()

    def _add_line(self) -> None:
        try:
            message, fds, _, _ = socket.recv_fds(self._control, 1, 1)
        except OSError:
            message, fds = b"", []
        if not message:
            self._running = False
            return
        line = Line(socket.socket(fileno=fds[0]))
        self._lines.append(line)
        self._by_fd[fds[0]] = line
        self._epoll.register(fds[0], select.EPOLLIN)

    def _beat(self, now: float) -> None:
        for line in self._lines:
            line.forget(now)
        sign = Sign(
            cpu_seconds=time.process_time(),
            strands=sum(map(len, self._lines)),
            packets=sum(line.packets for line in self._lines),
            refused=sum(line.refused for line in self._lines),
        )
        try:
            self._control.send(sign.pack(), socket.MSG_DONTWAIT)
        except BlockingIOError:
            # The control process stands still, not we.
            return
        except OSError:
            self._running = False

    def close(self) -> None:
        self._epoll.close()
        for line in self._lines:
            line.owner.close()
