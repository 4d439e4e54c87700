"""How much STUN and DTLS is passed up to the control process, which has better things to do than a flood. Pure.

An address that ICE has proved has a budget of its own, so that strangers cannot use up what a live call's consent
checks need; who cannot be told from its owner (a forged source address) is limited with it.
"""

from typing import Final

#: Datagrams per second from one address: a handshake takes some thirty, a live leg one or two.
PER_ADDRESS: Final = 100
#: Datagrams per second from all addresses that are not proved: some hundred browsers that connect at once.
UNPROVED: Final = 4000


class Flood:
    """Counts for a second; ``held_back`` is how many were dropped in all."""

    __slots__ = ("_counts", "_unproved", "held_back")

    def __init__(self) -> None:
        self.held_back = 0
        self._unproved = 0
        self._counts: dict[bytes, int] = {}

    def renew(self) -> None:
        """Another second begins."""
        self._unproved = 0
        self._counts.clear()

    def admits(self, address: bytes, *, is_proved: bool) -> bool:
        """Whether a datagram from an address may pass. The table of addresses is as bounded as what passes."""
        count = self._counts.get(address, 0)
        if count >= PER_ADDRESS or (not is_proved and self._unproved >= UNPROVED):
            self.held_back += 1
            return False
        self._counts[address] = count + 1
        self._unproved += not is_proved
        return True
