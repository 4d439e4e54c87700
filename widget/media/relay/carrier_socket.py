"""A UDP socket that carriers share, for trunks whose carriers send from where they receive.

Nothing but its address tells one call's packets from another's: an address that is taken is not given twice.
"""

from widget.media.relay.legs import CarrierLeg
from widget.media.relay.net import Inbox, Outbox, SocketAddress
from widget.media.relay.ports import Port


class CarrierSocket:
    """``routes`` says who is behind which address key, ``controls`` whose RTCP comes from which address."""

    def __init__(self, port: Port, control: Port) -> None:
        self.port = port
        self.control = control
        self.inbox = Inbox(port.fd, port.owner.family)
        self.outbox = Outbox(port.fd, port.owner.family)
        self.routes: dict[bytes, CarrierLeg] = {}
        self.controls: dict[SocketAddress, CarrierLeg] = {}

    def route(self, leg: CarrierLeg) -> None:
        """Hear a leg at the address that was agreed on, and nowhere else; at none if another one is heard there."""
        self.forget(leg)
        if leg.peer is not None:
            self.routes.setdefault(leg.peer.key, leg)
            self.controls.setdefault(leg.control_remote, leg)

    def forget(self, leg: CarrierLeg) -> None:
        for key in [key for key, owner in self.routes.items() if owner is leg]:
            del self.routes[key]
        for address in [address for address, owner in self.controls.items() if owner is leg]:
            del self.controls[address]

    def close(self) -> None:
        self.port.owner.close()
        self.control.owner.close()
