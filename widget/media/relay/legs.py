"""The two kinds of leg as the relay holds them."""

from typing import TYPE_CHECKING, Any

from widget.media.relay.conversions import Conversions
from widget.media.relay.lane import Lane
from widget.media.relay.net import Outbox, Peer, SocketAddress
from widget.media.relay.payloads import PayloadMap
from widget.media.relay.ports import Port
from widget.media.relay.progress import COUNTERS
from widget.media.relay.protocol import AddCarrier, SecureCarrier, SetCarrier
from widget.media.relay.stream import Stream
from widget.media.rtp import RTCP_PACKET_TYPES

if TYPE_CHECKING:
    from widget.media.relay.carrier_socket import CarrierSocket


class BrowserLeg(Lane):
    """One browser: its SRTP contexts, where ICE found it, and the carrier leg that it is joined to."""

    __slots__ = (
        "controls",
        "conversions",
        "forward",
        "heard",
        "heard_before",
        "keys",
        "number",
        "outbox",
        "payload_types",
        "peer",
        "receiving",
        "rejected",
        "sending",
        "sent_bytes",
        "sent_packets",
        "silent_seconds",
        "skipped",
        "ufrag",
    )

    def __init__(self, number: int, ufrag: str) -> None:
        super().__init__(Stream(0, index=0, timestamp=0))
        self.number = number
        self.ufrag = ufrag
        #: Addresses that sent a STUN request with our user fragment: (browser socket, address key).
        self.keys: list[tuple[int, bytes]] = []
        self.receiving: Any = None
        self.sending: Any = None
        self.peer: Peer | None = None
        self.outbox: Outbox | None = None
        self.payload_types: dict[str, int] = {}
        self.forward: PayloadMap = {}
        #: Instead of ``forward`` where the audio must be transcoded.
        self.conversions: Conversions = {}
        #: Signs of life beside the packets that ``reception`` counts.
        self.heard = self.heard_before = self.silent_seconds = 0
        #: RTCP packets heard since the last report.
        self.controls = 0
        self.rejected = self.skipped = self.sent_packets = self.sent_bytes = 0

    @property
    def is_reached(self) -> bool:
        """Whether ICE has found it."""
        return self.outbox is not None and self.peer is not None

    @property
    def carrier(self) -> "CarrierLeg | None":
        leg: CarrierLeg | None = self.partner
        return leg

    def count(self, packets: int, octets: int) -> None:
        self.partner.sent_packets += packets
        self.partner.sent_bytes += octets


class CarrierLeg(Lane):
    """One call's carrier side: its socket, the negotiated peer and payload types, our stream to it, and counters."""

    __slots__ = (
        "backward",
        "control",
        "control_remote",
        "controls",
        "conversions",
        "foreign",
        "hear",
        "may_latch",
        "number",
        "peer",
        "port",
        "received_bytes",
        "receiving",
        "rejected",
        "remote",
        "rtcp",
        "secured",
        "sending",
        "sent_bytes",
        "sent_packets",
        "shared",
        "strays",
        "terms",
        "unsent",
        "unwanted",
    )

    def __init__(
        self, added: AddCarrier, port: Port, control: Port | None, shared: "CarrierSocket | None" = None
    ) -> None:
        super().__init__(Stream(added.ssrc, index=added.index, timestamp=added.timestamp, sent_at=added.sent_at))
        self.number = added.leg
        self.port = port
        #: What it shares with other carriers; ``port`` and ``control`` are those of all then.
        self.shared = shared
        self.peer: Peer | None = None
        #: The port's, which is in use once the port is joined to the carrier.
        self.hear = port.hear
        #: RTCP's own socket, and the address that it goes to and the only one that is listened to there.
        self.control = control
        self.control_remote: SocketAddress = ()
        self.controls = 0
        self.terms: SetCarrier | None = None
        #: Where audio goes to, and the only address that is listened to; nothing matches the empty one.
        self.remote: SocketAddress = ()
        self.backward: PayloadMap = {}
        self.conversions: Conversions = {}
        #: SRTP contexts and what they were made of; None for plain RTP.
        self.receiving: Any = None
        self.sending: Any = None
        self.secured: SecureCarrier | None = None
        #: Whether a valid packet from elsewhere moves the leg there (RFC 7362).
        self.may_latch = False
        self.received_bytes = self.sent_packets = self.sent_bytes = 0
        self.strays = self.foreign = self.unwanted = self.rtcp = self.rejected = self.unsent = 0

    @property
    def browser(self) -> BrowserLeg | None:
        return self.partner if isinstance(self.partner, BrowserLeg) else None

    @property
    def other(self) -> "CarrierLeg | None":
        """The carrier leg that it is joined to, where that is no browser's."""
        return self.partner if isinstance(self.partner, CarrierLeg) else None

    def count(self, packets: int, octets: int) -> None:
        self.received_bytes += octets
        self.partner.sent_packets += packets
        self.partner.sent_bytes += octets

    @property
    def is_reached(self) -> bool:
        """Whether it is known where its audio goes to."""
        return bool(self.remote)

    def lead_to(self, browser: BrowserLeg) -> None:
        """Where the short cut ends."""
        self.through, self.sealing = browser.outbox, browser.sending
        self.destination = browser.peer.location if browser.peer else 0

    @property
    def is_found(self) -> bool:
        """Whether nobody else can be taken for this carrier any more."""
        return self.shared is not None or bool(self.port.peer)

    def agree(self, terms: SetCarrier) -> None:
        """What was negotiated. A leg that has latched stays where it is unless the carrier names another address."""
        before, self.terms = self.terms, terms
        latches = terms.latches and self.shared is None
        if before is not None and (before.host, before.port) == (terms.host, terms.port) and self.remote:
            self.may_latch = self.may_latch and latches
            return
        self.may_latch = latches
        self.peer = Peer(terms.host, terms.port)
        self.remote = self.peer.address
        # The port above the last one is nobody's.
        control = terms.rtcp_port or min(terms.port + 1, 65535)
        self.control_remote = Peer(terms.rtcp_host or terms.host, control).address

    def latch(self, sender: SocketAddress, first_octet: int) -> bool:
        """A packet that may say where the carrier is came from ``sender``; False if it is no RTP. Only packets that are
        authenticated may move the leg once more: whoever comes second could be a stranger (RFC 7362 section 5)."""
        if first_octet & 0xC0 != 0x80:
            return False
        self.may_latch = self.receiving is not None
        if sender != self.remote:
            host, port, *scope = sender
            self.remote, self.control_remote = sender, (host, min(port + 1, 65535), *scope)
        return True

    def count_unrouted(self, second: int) -> None:
        """A packet of the carrier's that goes nowhere, by its second octet."""
        if second in RTCP_PACKET_TYPES:
            self.rtcp += 1
        elif self.backward or self.conversions:
            self.foreign += 1
        else:
            self.unwanted += 1

    @property
    def received_packets(self) -> int:
        return self.look()[0].received

    @property
    def ports(self) -> list[Port]:
        """The sockets that are its alone."""
        return [] if self.shared is not None else list(filter(None, (self.port, self.control)))

    def close(self) -> None:
        for port in self.ports:
            port.owner.close()

    def counters(self) -> dict[str, int]:
        self.look()
        return {name: getattr(self, name) for name in COUNTERS}
