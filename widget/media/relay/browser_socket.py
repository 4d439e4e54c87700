"""A UDP socket that browsers share, and which address on it belongs to which leg."""

import socket
from collections.abc import Sequence
from typing import Final

from widget.media.relay.legs import BrowserLeg
from widget.media.relay.net import Inbox, Outbox

#: Addresses that may claim one user fragment before the oldest claim is dropped.
MAX_CLAIMS: Final = 16


class BrowserSocket:
    """``routes`` says who is behind which address."""

    def __init__(self, index: int, owner: socket.socket) -> None:
        self.index = index
        self.owner = owner
        self.inbox = Inbox(owner.fileno(), owner.family)
        self.outbox = Outbox(owner.fileno(), owner.family)
        self.routes: dict[bytes, BrowserLeg] = {}


def claim(sockets: Sequence[BrowserSocket], leg: BrowserLeg, shared: BrowserSocket, key: bytes) -> None:
    """Route an address to a leg, within limits."""
    if len(leg.keys) >= MAX_CLAIMS:
        _drop_oldest_claim(sockets, leg)
    leg.keys.append((shared.index, key))
    shared.routes[key] = leg


def _drop_oldest_claim(sockets: Sequence[BrowserSocket], leg: BrowserLeg) -> None:
    proved = leg.peer.key if leg.peer else None
    oldest = next(item for item in leg.keys if item[1] != proved)
    leg.keys.remove(oldest)
    unroute(sockets, leg, oldest)


def unroute(sockets: Sequence[BrowserSocket], leg: BrowserLeg, claimed: tuple[int, bytes]) -> None:
    """Forget that an address belongs to a leg, unless it is another's by now."""
    routes = sockets[claimed[0]].routes
    if routes.get(claimed[1]) is leg:
        del routes[claimed[1]]
