"""One UDP socket that speaks for hundreds of hosts, each with an address of its own.

So a generator can be N browsers or N carriers with a few system calls per millisecond and without being woken for each
packet, and the kernel's own stamps say when a packet arrived, however late the generator looks.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from widget.media.addresses import widen
from widget.media.relay.net import ffi, libc, pack_address, unpack_address

BATCH: Final = 64
SLOT: Final = 2048
_CONTROL: Final = 32
_DATA: Final = 96
_ROOM: Final = SLOT - _DATA - 160
#: Linux; Python's socket module does not name them.
_IP_PKTINFO: Final = 8
_SO_TIMESTAMPNS: Final = 35

#: Sender, arrival (seconds and nanoseconds of the real-time clock), and the host that it came to.
_ARRIVAL = struct.Struct("=16s32xqq24x4s")
#: Control data that sends from a given host.
_FROM = struct.Struct("=Qiii4s4x")


@dataclass(frozen=True, slots=True)
class Route:
    """From one of our hosts to a peer: C's places of the peer's address and of the control data."""

    peer: Any
    control: Any
    peer_at: int
    control_at: int


def route(host: str, peer: tuple[str, int]) -> Route:
    name = ffi.new("char[]", pack_address(*peer))
    ours = socket.inet_aton(host)
    control = ffi.new("char[]", _FROM.pack(28, socket.IPPROTO_IP, _IP_PKTINFO, 0, ours) + bytes(8))
    return Route(name, control, int(ffi.cast("uintptr_t", name)), int(ffi.cast("uintptr_t", control)))


class Crowd:
    """``network`` is the first two octets of all its hosts."""

    def __init__(self, network: str) -> None:
        self._network = network
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(("0.0.0.0", 0))  # noqa: S104 - its hosts are this machine's own
        self.port: int = self.socket.getsockname()[1]
        widen(self.socket)
        self.socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._inbox, self._outbox = _Headers(), _Headers()
        self._names = memoryview(ffi.buffer(self._inbox.memory)).cast("B")
        self.views = [self._names[index * SLOT + _DATA : (index + 1) * SLOT] for index in range(BATCH)]
        self.pointers = [self._inbox.memory + index * SLOT + _DATA for index in range(BATCH)]
        whole = memoryview(ffi.buffer(self._outbox.memory)).cast("B")
        self.slots = [whole[index * SLOT + _DATA : (index + 1) * SLOT] for index in range(BATCH)]
        self.slot_pointers = [self._outbox.memory + index * SLOT + _DATA for index in range(BATCH)]
        self._listening = self._inbox.prepare_receiving()
        self._words = self._outbox.prepare_sending()
        self.count = 0
        self.refused = 0

    def close(self) -> None:
        self.socket.close()

    def host(self, number: int) -> str:
        return f"{self._network}.{1 + (number >> 8)}.{number & 255}"

    def receive(self) -> Iterator[tuple[int, int, bytes, bytes, int]]:
        """What has arrived, at most ``BATCH``: slot, length, sender's address, our host as four octets, and when it
        came in nanoseconds of the real-time clock."""
        self._inbox.bytes[:] = self._listening
        count = libc.recvmmsg(self.socket.fileno(), self._inbox.headers, BATCH, socket.MSG_DONTWAIT, ffi.NULL)
        lengths, names, read = self._inbox.lengths, self._names, _ARRIVAL.unpack_from
        for index in range(count):
            sender, seconds, nanoseconds, host = read(names, index * SLOT)
            yield index, lengths[index], sender, host, seconds * 1_000_000_000 + nanoseconds

    def add(self, length: int, way: Route) -> None:
        """Queue what lies in slot ``count``."""
        index = self.count
        words = self._words
        words[index * 8] = way.peer_at
        words[index * 8 + 4] = way.control_at
        self._outbox.vectors[index].iov_len = length
        self.count = index + 1
        if self.count == BATCH:
            self.flush()

    def flush(self) -> None:
        done, count, self.count = 0, self.count, 0
        while done < count:
            sent = libc.sendmmsg(self.socket.fileno(), self._outbox.headers + done, count - done, socket.MSG_DONTWAIT)
            self.refused += sent < 1
            done += max(sent, 1)

    def send(self, data: bytes, way: Route) -> None:
        """Send one datagram at once."""
        self.slots[self.count][: len(data)] = data
        self.add(len(data), way)
        self.flush()


class _Headers:
    """Memory for ``BATCH`` datagrams, each with room for an address and control data before it."""

    def __init__(self) -> None:
        self.memory = ffi.new("char[]", BATCH * SLOT)
        self.vectors = ffi.new("struct iovec[]", BATCH)
        self.headers = ffi.new("struct mmsghdr[]", BATCH)
        self.bytes = memoryview(ffi.buffer(self.headers)).cast("B")
        self.lengths = self.bytes.cast("I")[ffi.offsetof("struct mmsghdr", "msg_len") // 4 :: 16]
        for index in range(BATCH):
            self._point(index)

    def _point(self, index: int) -> None:
        start = self.memory + index * SLOT
        self.vectors[index].iov_base, self.vectors[index].iov_len = start + _DATA, _ROOM
        header = self.headers[index].msg_hdr
        header.msg_iov, header.msg_iovlen = self.vectors + index, 1
        header.msg_name, header.msg_namelen = start, 16
        header.msg_control, header.msg_controllen = start + _CONTROL, 64

    def prepare_receiving(self) -> bytes:
        """What the headers must say before each receiving: the kernel writes lengths into them."""
        return bytes(self.bytes)

    def prepare_sending(self) -> memoryview:
        for index in range(BATCH):
            self.headers[index].msg_hdr.msg_controllen = 32
        return self.bytes.cast("Q")


def address_of(sender: bytes) -> tuple[str, int]:
    return unpack_address(sender)
