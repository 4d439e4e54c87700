"""One carrier leg's own socket: received from and sent to one datagram at a time.

By Python's own socket calls: they cost half of what a call through cffi does. Once the carrier has been heard the
socket is connected to it: the kernel then keeps strangers out, and neither side of a call handles addresses any more.
"""

import contextlib
import socket
from typing import Final

from widget.media.relay.net import SocketAddress, ffi, libc

#: A socket that is flooded faster than it can be emptied is left as it is.
_MAX_DISCARDED: Final = 65536

ffi.cdef("int connect(int, const char *, socklen_t);")
#: A sockaddr of AF_UNSPEC, which is 0.
_UNSPECIFIED: Final = ffi.new("char[16]")


class Port:
    """``peer`` is who the socket is connected to, empty for nobody."""

    __slots__ = ("_receive", "_send_to", "fd", "hear", "owner", "peer", "sender", "speak")

    def __init__(self, owner: socket.socket) -> None:
        self.owner = owner
        self.fd = owner.fileno()
        self._receive, self._send_to = owner.recvfrom_into, owner.sendto
        #: From and to :attr:`peer` only, as Python's sockets do it.
        self.hear, self.speak = owner.recv_into, owner.send
        #: Who sent the datagram that :meth:`receive` gave last.
        self.sender: SocketAddress = ()
        self.peer: SocketAddress = ()
        # A relay that died may have left it connected.
        self._part()

    def receive(self, view: memoryview) -> int:
        """Receive one datagram; its length, or -1 if there is none."""
        for _ in range(2):
            try:
                length, self.sender = self._receive(view)
            except BlockingIOError:
                break
            except OSError:
                # News of something that was sent (ICMP), told once; behind it there may be a datagram.
                continue
            return length
        return -1

    def discard(self) -> None:
        """Drop what arrived while nobody served this socket."""
        scratch = memoryview(bytearray(1))
        for _ in range(_MAX_DISCARDED):
            if self.receive(scratch) < 0:
                return

    def join(self, address: SocketAddress) -> None:
        """Speak with this peer only, or with ``()`` with anybody again. What came before still waits: read it with
        :meth:`receive` and look at its sender."""
        self.peer = ()
        if not address:
            self._part()
            return
        with contextlib.suppress(OSError):
            self.owner.connect(address)
            self.peer = address

    def _part(self) -> None:
        try:
            self.owner.getpeername()
        except OSError:
            return
        bound = self.owner.getsockname()
        libc.connect(self.fd, _UNSPECIFIED, len(_UNSPECIFIED))
        if self.owner.getsockname() != bound:
            # Linux takes away a port that it chose itself.
            self.owner.bind(bound)

    def send(self, view: memoryview, address: SocketAddress) -> bool:
        """Send a datagram; False if the kernel refused."""
        try:
            self._send_to(view, address)
        except OSError:
            return self.send_again(view, address)
        return True

    def send_again(self, view: memoryview, address: SocketAddress) -> bool:
        """An error may be news of an earlier datagram: that nobody listens there yet (ICMP). It is told once, and the
        carrier may open its port any moment."""
        try:
            self._send_to(view, address)
        except OSError:
            return False
        return True
