"""Batched, allocation-free UDP through libc (cffi's ABI mode, no compiler): many datagrams per system call.

Linux only, as recvmmsg(2) and sendmmsg(2) are. Whatever replaces this module offers the same two boxes. Addresses are
raw ``sockaddr`` bytes; nothing is formatted per packet.
"""

import ipaddress
import socket
import struct
import sys
from typing import Any, Final

from cffi import FFI  # type: ignore[import-untyped] # publishes no types

#: One packet's place in a box. Longer datagrams are cut, then fail authentication.
SLOT: Final = 2048
#: Room kept behind a received packet for the SRTP trailer.
CAPACITY: Final = SLOT - 160
BATCH: Final = 64
_NAME = 32
#: A socket that is flooded faster than it can be emptied is left as it is.
_MAX_DISCARDED: Final = 65536
_DONTWAIT: Final = socket.MSG_DONTWAIT

ffi: Final = FFI()
ffi.cdef("""
    typedef unsigned int socklen_t;
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; socklen_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
    int sendmmsg(int, struct mmsghdr *, unsigned int, int);
    ssize_t recvfrom(int, void *, size_t, int, void *, socklen_t *);
    ssize_t sendto(int, const void *, size_t, int, const void *, socklen_t);
""")
libc: Final = ffi.dlopen(None)

_IPV4 = struct.Struct("=H2s4s8x")
_IPV6 = struct.Struct("=H2sI16sI")
#: How many leading octets of a sockaddr tell peers apart.
KEY_SIZE: Final = {socket.AF_INET: 8, socket.AF_INET6: 24}


def pack_address(host: str, port: int) -> bytes:
    """The sockaddr of an IP literal; raises :class:`ValueError` for anything else."""
    address = ipaddress.ip_address(host)
    packed_port = port.to_bytes(2, "big")
    if address.version == 4:
        return _IPV4.pack(socket.AF_INET, packed_port, address.packed)
    return _IPV6.pack(socket.AF_INET6, packed_port, 0, address.packed, 0)


def unpack_address(sockaddr: bytes) -> tuple[str, int]:
    """Host and port of a sockaddr or of its leading ``KEY_SIZE`` octets."""
    family = int.from_bytes(sockaddr[:2], sys.byteorder)
    host = sockaddr[8:24] if family == socket.AF_INET6 else sockaddr[4:8]
    return socket.inet_ntop(family, host), int.from_bytes(sockaddr[2:4], "big")


def address_key(sockaddr: bytes) -> bytes:
    """What identifies a peer: the part of its sockaddr that :class:`Inbox` and :class:`Outbox` compare."""
    return sockaddr[: KEY_SIZE[socket.AF_INET if len(sockaddr) == _IPV4.size else socket.AF_INET6]]


class Peer:
    """A destination: its sockaddr at a fixed place in memory."""

    __slots__ = ("key", "location", "memory", "size")

    def __init__(self, host: str, port: int) -> None:
        sockaddr = pack_address(host, port)
        self.memory = ffi.new("char[]", sockaddr)
        self.location = int(ffi.cast("uintptr_t", self.memory))
        self.size = len(sockaddr)
        self.key = address_key(sockaddr)


class _Box:
    """Slots of memory with the headers that point at them."""

    def __init__(self, family: int, slots: int) -> None:
        self.size = slots
        self._memory = ffi.new("char[]", slots * SLOT)
        self._names = ffi.new("char[]", slots * _NAME)
        self._vectors = ffi.new("struct iovec[]", slots)
        self.headers = ffi.new("struct mmsghdr[]", slots)
        #: Where each slot's packet begins, as C pointer and as writable view.
        self.pointers = [self._memory + index * SLOT for index in range(slots)]
        whole = memoryview(ffi.buffer(self._memory)).cast("B")
        self.views = [whole[index * SLOT : (index + 1) * SLOT] for index in range(slots)]
        names, key_size = memoryview(ffi.buffer(self._names)).cast("B"), KEY_SIZE[socket.AddressFamily(family)]
        #: The leading octets of each slot's peer address, see :func:`address_key`.
        self.names = [names[index * _NAME : index * _NAME + key_size] for index in range(slots)]
        for index in range(slots):
            self._point(index)

    def _point(self, index: int) -> None:
        self._vectors[index].iov_base = self.pointers[index]
        self._vectors[index].iov_len = CAPACITY
        header = self.headers[index].msg_hdr
        header.msg_name, header.msg_namelen = self._names + index * _NAME, _NAME
        header.msg_iov, header.msg_iovlen = self._vectors + index, 1


class Inbox(_Box):
    """Receives up to ``BATCH`` datagrams of one socket at a time."""

    def __init__(self, fd: int, family: int) -> None:
        super().__init__(family, BATCH)
        self._fd = fd
        stride, start = ffi.sizeof("struct mmsghdr") // 4, ffi.offsetof("struct mmsghdr", "msg_len") // 4
        #: Lengths of the received datagrams, by slot.
        self.lengths = memoryview(ffi.buffer(self.headers)).cast("B").cast("I")[start::stride]

    def receive(self) -> int:
        """Fill the slots; returns how many."""
        count: int = libc.recvmmsg(self._fd, self.headers, self.size, _DONTWAIT, ffi.NULL)
        return max(count, 0)

    def discard(self) -> None:
        """Drop what arrived while nobody served this socket: late audio would only delay what follows."""
        for _ in range(_MAX_DISCARDED // self.size):
            if self.receive() < self.size:
                return


class Outbox(_Box):
    """Collects datagrams for one socket, in place, and sends them together.

    Packets are written into slot ``count`` (received there straight from a carrier's socket), then added.
    """

    def __init__(self, fd: int, family: int) -> None:
        super().__init__(family, BATCH)
        self._fd = fd
        self.count = 0
        self.unsent = 0
        bases = ffi.cast("uintptr_t", self._memory)
        self._bases = [int(bases) + index * SLOT for index in range(self.size)]
        header_words = ffi.sizeof("struct mmsghdr") // 8
        words = memoryview(ffi.buffer(self.headers)).cast("B").cast("Q")
        self._peers = words[::header_words]
        sizes = memoryview(ffi.buffer(self.headers)).cast("B").cast("I")
        self._peer_sizes = sizes[ffi.offsetof("struct msghdr", "msg_namelen") // 4 :: header_words * 2]
        vectors = memoryview(ffi.buffer(self._vectors)).cast("B").cast("Q")
        self._starts, self._lengths = vectors[::2], vectors[1::2]

    def add(self, start: int, length: int, peer: Peer) -> None:
        """Queue what lies in slot ``count`` from ``start`` on; sends all when the box is full."""
        index = self.count
        self._starts[index] = self._bases[index] + start
        self._lengths[index] = length
        self._peers[index] = peer.location
        self._peer_sizes[index] = peer.size
        self.count = index + 1
        if self.count == self.size:
            self.flush()

    def flush(self) -> None:
        """Send what is queued. A datagram that the kernel refuses is skipped and counted: it would be late anyway."""
        done, count = 0, self.count
        self.count = 0
        while done < count:
            sent = libc.sendmmsg(self._fd, self.headers + done, count - done, _DONTWAIT)
            if sent < 1:
                self.unsent += 1
                sent = 1
            done += sent


class Port:
    """One carrier leg's own socket: received from and sent to one datagram at a time."""

    __slots__ = ("_name", "_name_size", "_view", "fd", "owner")

    def __init__(self, owner: socket.socket) -> None:
        self.owner = owner
        self.fd = owner.fileno()
        self._name = ffi.new("char[]", _NAME)
        self._name_size = ffi.new("socklen_t *", _NAME)
        self._view = memoryview(ffi.buffer(self._name)).cast("B")[: KEY_SIZE[owner.family]]

    def receive(self, pointer: Any) -> int:
        """Receive one datagram to ``pointer``; its length, or -1 if there is none."""
        length: int = libc.recvfrom(self.fd, pointer, CAPACITY, _DONTWAIT, self._name, self._name_size)
        return length

    def discard(self) -> None:
        """Drop what arrived while nobody served this socket."""
        scratch = ffi.new("char[]", CAPACITY)
        for _ in range(_MAX_DISCARDED):
            if self.receive(scratch) < 0:
                return

    def sender(self) -> bytes:
        """The address key of the datagram that came last."""
        return self._view.tobytes()

    def send(self, pointer: Any, length: int, peer: Peer) -> bool:
        """Send from ``pointer``; False if the kernel refused."""
        sent: int = libc.sendto(self.fd, pointer, length, _DONTWAIT, peer.memory, peer.size)
        return sent >= 0
