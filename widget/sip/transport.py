"""What every transport offers (RFC 3261 section 18), and the addresses that Via and Contact name."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

from widget.sip.trunk import Transport
from widget.sip.uri import user_uri

Address: TypeAlias = tuple[str, int]
Receiver: TypeAlias = Callable[[bytes, Address, "MessageTransport"], None]


class TransportError(Exception):
    """The message could not be handed to the network."""


class MessageTransport(Protocol):
    """What a transaction needs of a transport. `kind` is the token of Via; `reliable` switches retransmission off.

    `address` is where it is bound, `family` (AF_INET or AF_INET6) the kind of address that it reaches.
    """

    kind: Transport
    reliable: bool
    family: int
    address: Address

    def send(self, data: bytes, remote: Address) -> None:
        """Send one message. Raises TransportError."""

    def local_address(self, remote: Address) -> Address:
        """Our address as seen on the way to `remote`. Raises TransportError when there is no way."""

    def close(self) -> None:
        """Close the sockets."""


def as_it_is(local: str, remote: str) -> str:
    """Name our address to ``remote`` as we know it ourselves: no NAT between us."""
    return local


Advertise: TypeAlias = Callable[[str, str], str]
"""Gives the host that a peer is told for a local one: ``advertise(local, remote)``, all IP literals."""


class Flow(NamedTuple):
    """A way to a peer: the transport, where to send, and our own address on that way."""

    transport: MessageTransport
    remote: Address
    local: Address

    def via(self, branch: str) -> str:
        """Our Via value. rport asks the peer to answer where we sent from (RFC 3581)."""
        host, port = self.local
        name = f"[{host}]" if ":" in host else host
        return f"SIP/2.0/{self.transport.kind.value} {name}:{port};branch={branch};rport"

    def contact(self, user: str) -> str:
        """Our Contact value: where requests of a dialog reach us."""
        kind = self.transport.kind
        if kind is Transport.UDP:
            return f"<{user_uri(user, *self.local)}>"
        host, port = self.local
        name = f"[{host}]" if ":" in host else host
        return f"<{user_uri(user, name, 5060)}:{port};transport={kind.value.lower()}>"
