"""Batched UDP through libc (cffi's ABI mode, no compiler): many datagrams per system call, in fixed memory.

Linux only, as recvmmsg(2) and sendmmsg(2) are. Whatever replaces this module offers the same boxes. Addresses are
raw ``sockaddr`` bytes; nothing is formatted per packet.
"""

import ipaddress
import socket
import struct
import sys
from typing import Any, Final

from cffi import FFI  # type: ignore[import-untyped] # publishes no types

from widget.media.relay import srtp

#: One packet's place, its sender's address included. Longer datagrams are cut, then refused: by SRTP, or as too long.
SLOT: Final = 2048
#: Room kept behind a received packet for the SRTP trailer.
CAPACITY: Final = SLOT - 192
BATCH: Final = 64
#: Of a carrier's RTP: what fits into one Ethernet frame over IPv6 with the tag of SRTP. Audio is far shorter, and what
#: is longer would arrive cut, or end a listener who has no room for it.
LONGEST: Final = 1500 - 48 - 16
_NAME = 32
#: Lengths that views are kept for. Opus has some hundred; each costs as many views as there are slots.
_MAX_SIZES: Final = 256
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
""")
libc: Final = ffi.dlopen(None)

_IPV4 = struct.Struct("=H2s4s8x")
_IPV6 = struct.Struct("=H2sI16sI")
#: How many leading octets of a sockaddr tell peers apart.
KEY_SIZE: Final = {socket.AF_INET: 8, socket.AF_INET6: 24}
#: Such a key, the rest of its place, and the RTP header that follows, its first two octets as one.
_ARRIVAL: Final = {family: struct.Struct(f"!{size}s{_NAME - size}xHHII") for family, size in KEY_SIZE.items()}
#: Length of a sockaddr.
_NAME_SIZE: Final = {socket.AF_INET: _IPV4.size, socket.AF_INET6: _IPV6.size}
#: An iovec.
SPAN: Final = struct.Struct("=QQ")


#: As Python's sockets give and take it: host, port, and for IPv6 flow and scope. Empty for none.
SocketAddress = tuple[Any, ...]


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
    """What identifies a peer: the part of its sockaddr that :class:`Inbox` gives."""
    return sockaddr[: KEY_SIZE[socket.AF_INET if len(sockaddr) == _IPV4.size else socket.AF_INET6]]


class Peer:
    """A destination: its sockaddr at a fixed place in memory, and the tuple that Python's sockets know it by."""

    __slots__ = ("address", "key", "location", "memory")

    def __init__(self, host: str, port: int) -> None:
        sockaddr = pack_address(host, port)
        self.address: SocketAddress = (*unpack_address(sockaddr), *((0, 0) if len(sockaddr) == _IPV6.size else ()))
        # As long as any address: nothing reads beyond it, whatever the socket's family.
        self.memory = ffi.new("char[]", sockaddr.ljust(_NAME, b"\0"))
        self.location = int(ffi.cast("uintptr_t", self.memory))
        self.key = address_key(sockaddr)


class Slots:
    """Fixed memory for a batch of datagrams, each behind the address that it came from.

    ``memory[starts[i]:]`` is what slot ``i`` holds, ``pointers[i]`` the same for C, ``locations[i]`` as an integer;
    ``sized(n)[i]`` are its first ``n`` octets.
    """

    def __init__(self, count: int = BATCH) -> None:
        self.size = count
        self._memory = ffi.new("char[]", count * SLOT)
        self.memory = memoryview(ffi.buffer(self._memory)).cast("B")
        self.starts = [index * SLOT + _NAME for index in range(count)]
        self.pointers = [self._memory + start for start in self.starts]
        self.locations = [int(ffi.cast("uintptr_t", pointer)) for pointer in self.pointers]
        #: Where a datagram is received to, by slot.
        self.views = [self.memory[start : start + CAPACITY] for start in self.starts]
        #: By slot: its number, where its sender's address begins, where it begins, for C, for libsrtp its length, and
        #: as an integer. One look-up gives all that the loop needs.
        self.places: list[tuple[int, int, int, Any, Any, int]] = [
            (index, index * SLOT, start, pointer, None, location)
            for index, (start, pointer, location) in enumerate(
                zip(self.starts, self.pointers, self.locations, strict=True)
            )
        ]
        self._sized: dict[int, list[memoryview]] = {}

    def sized(self, size: int) -> list[memoryview]:
        """Made once for each length: nearly all packets of a codec have the same, and cutting costs more than looking
        up."""
        views = self._sized.get(size)
        if views is None:
            if len(self._sized) >= _MAX_SIZES:
                self._sized.clear()
            views = self._sized[size] = [self.memory[start : start + size] for start in self.starts]
        return views


class Inbox(Slots):
    """Receives up to ``BATCH`` datagrams of one socket at a time.

    ``read(memory, names[i])`` gives a datagram's address key and the fields of its RTP header in one call; what lies
    beyond its length is left from an earlier one.
    """

    def __init__(self, fd: int, family: int) -> None:
        super().__init__()
        self._fd = fd
        self._vectors = ffi.new("struct iovec[]", self.size)
        self._headers = ffi.new("struct mmsghdr[]", self.size)
        self.names = [index * SLOT for index in range(self.size)]
        self.read = _ARRIVAL[socket.AddressFamily(family)].unpack_from
        stride, start = ffi.sizeof("struct mmsghdr") // 4, ffi.offsetof("struct mmsghdr", "msg_len") // 4
        #: Lengths of the received datagrams, by slot; libsrtp changes them in place.
        self.lengths = memoryview(ffi.buffer(self._headers)).cast("B").cast("I")[start::stride]
        first = int(ffi.cast("uintptr_t", self._headers)) + ffi.offsetof("struct mmsghdr", "msg_len")
        stride = ffi.sizeof("struct mmsghdr")
        self.places = [(*place[:4], srtp.length_at(first + place[0] * stride), place[5]) for place in self.places]
        for index in range(self.size):
            self._point(index)

    def _point(self, index: int) -> None:
        self._vectors[index].iov_base, self._vectors[index].iov_len = self.pointers[index], CAPACITY
        header = self._headers[index].msg_hdr
        header.msg_name, header.msg_namelen = self._memory + index * SLOT, _NAME
        header.msg_iov, header.msg_iovlen = self._vectors + index, 1

    def receive(self) -> int:
        """Fill the slots; returns how many."""
        count: int = libc.recvmmsg(self._fd, self._headers, self.size, _DONTWAIT, ffi.NULL)
        return max(count, 0)

    def discard(self) -> None:
        """Drop what arrived while nobody served this socket: late audio would only delay what follows."""
        for _ in range(_MAX_DISCARDED // self.size):
            if self.receive() < self.size:
                return


class Outbox:
    """Collects datagrams for one socket and sends them together.

    They stay where they lie, in some :class:`Slots`, which must not be filled again before :meth:`flush`. The loop
    writes what :meth:`add` does by itself: ``spans`` (place and length, 16 octets each), ``peers`` (places of
    addresses) and ``count``. ``length_pointers[i]`` is where libsrtp finds and leaves the length of datagram ``i``.
    """

    def __init__(self, fd: int, family: int) -> None:
        self._fd = fd
        self.size = BATCH
        self.count = 0
        self.unsent = 0
        self._vectors = ffi.new("struct iovec[]", self.size)
        self._headers = ffi.new("struct mmsghdr[]", self.size)
        for index in range(self.size):
            header = self._headers[index].msg_hdr
            header.msg_iov, header.msg_iovlen = self._vectors + index, 1
            header.msg_namelen = _NAME_SIZE[socket.AddressFamily(family)]
        words = memoryview(ffi.buffer(self._headers)).cast("B").cast("Q")
        self.peers = words[:: ffi.sizeof("struct mmsghdr") // 8]
        self.spans = memoryview(ffi.buffer(self._vectors)).cast("B")
        first = int(ffi.cast("uintptr_t", self._vectors)) + ffi.offsetof("struct iovec", "iov_len")
        # The low half of a size_t is an int.
        low = 0 if sys.byteorder == "little" else 4
        self.length_pointers = [srtp.length_at(first + low + index * SPAN.size) for index in range(self.size)]

    def add(self, location: int, length: int, peer: Peer) -> None:
        """Queue what lies at ``location``; sends all when the box is full."""
        self.put(location, length, peer.location)

    def put(self, location: int, length: int, destination: int) -> None:
        """The same for a peer whose address lies at ``destination``."""
        index = self.count
        SPAN.pack_into(self.spans, index * SPAN.size, location, length)
        self.peers[index] = destination
        self.count = index = index + 1
        if index == self.size:
            self.flush()

    def flush(self) -> None:
        """Send what is queued. A datagram that the kernel refuses is skipped and counted: it would be late anyway."""
        done, count = 0, self.count
        self.count = 0
        while done < count:
            sent = libc.sendmmsg(self._fd, self._headers + done, count - done, _DONTWAIT)
            if sent < 1:
                self.unsent += 1
                sent = 1
            done += sent
