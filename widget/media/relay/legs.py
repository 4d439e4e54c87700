"""The two kinds of leg as the relay holds them, and the tables that say which payload goes where."""

from typing import Any, Final

from widget.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from widget.media.relay.net import Outbox, Peer, Port
from widget.media.relay.progress import COUNTERS
from widget.media.relay.protocol import AddCarrier, SetCarrier
from widget.media.relay.reception import Reception
from widget.media.relay.stream import Stream

TELEPHONE_EVENT: Final = "telephone-event"
#: ``TRANSLATIONS[source, destination]``: the octet table, or ``None`` where the payload passes as it is.
TRANSLATIONS: Final[dict[tuple[str, str], bytes | None]] = {
    ("PCMU", "PCMU"): None,
    ("PCMA", "PCMA"): None,
    ("PCMU", "PCMA"): ULAW_TO_ALAW,
    ("PCMA", "PCMU"): ALAW_TO_ULAW,
}

#: Second octet of an incoming packet → second octet of the outgoing one, and the octet table for its payload.
PayloadMap = dict[int, tuple[int, bytes | None]]


class BrowserLeg:
    """One browser: its SRTP contexts, where ICE found it, and the carrier leg that it is joined to."""

    __slots__ = (
        "carrier",
        "controls",
        "forward",
        "heard",
        "heard_before",
        "keys",
        "number",
        "outbox",
        "payload_types",
        "peer",
        "receiving",
        "reception",
        "rejected",
        "sending",
        "sent_bytes",
        "sent_packets",
        "silent_seconds",
        "skipped",
        "stream",
        "ufrag",
    )

    def __init__(self, number: int, ufrag: str) -> None:
        self.number = number
        self.ufrag = ufrag
        #: Addresses that sent a STUN request with our user fragment: (browser socket, address key).
        self.keys: list[tuple[int, bytes]] = []
        self.receiving: Any = None
        self.sending: Any = None
        self.peer: Peer | None = None
        self.outbox: Outbox | None = None
        self.payload_types: dict[str, int] = {}
        self.stream = Stream(0, index=0, timestamp=0)
        self.reception = Reception()
        self.carrier: CarrierLeg | None = None
        self.forward: PayloadMap = {}
        self.heard = self.heard_before = self.silent_seconds = 0
        #: RTCP packets heard since the last report.
        self.controls = 0
        self.rejected = self.skipped = self.sent_packets = self.sent_bytes = 0


class CarrierLeg:
    """One call's carrier side: its socket, the negotiated peer and payload types, our stream to it, and counters."""

    __slots__ = (
        "backward",
        "browser",
        "control",
        "control_peer",
        "control_remote",
        "controls",
        "foreign",
        "number",
        "peer",
        "port",
        "received_bytes",
        "received_packets",
        "reception",
        "remote",
        "rtcp",
        "sent_bytes",
        "sent_packets",
        "strays",
        "stream",
        "terms",
        "unsent",
        "unwanted",
    )

    def __init__(self, added: AddCarrier, port: Port, control: Port | None) -> None:
        self.number = added.leg
        self.port = port
        #: RTCP's own socket, where it goes to, and the only address key that is listened to there.
        self.control = control
        self.control_peer: Peer | None = None
        self.control_remote = b""
        self.controls = 0
        self.stream = Stream(added.ssrc, index=added.index, timestamp=added.timestamp, sent_at=added.sent_at)
        self.reception = Reception()
        self.terms: SetCarrier | None = None
        self.peer: Peer | None = None
        #: The only address key that is listened to; nothing matches the empty one.
        self.remote = b""
        self.browser: BrowserLeg | None = None
        self.backward: PayloadMap = {}
        self.received_packets = self.received_bytes = self.sent_packets = self.sent_bytes = 0
        self.strays = self.foreign = self.unwanted = self.rtcp = self.unsent = 0

    def close(self) -> None:
        for port in filter(None, (self.port, self.control)):
            port.owner.close()

    def counters(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTERS}


def towards_carrier(payload_types: dict[str, int], terms: SetCarrier) -> PayloadMap:
    """What the browser may send and how the carrier gets it."""
    table: PayloadMap = {}
    for encoding, payload_type in payload_types.items():
        if encoding == TELEPHONE_EVENT and terms.dtmf_payload_type is not None:
            _map(table, payload_type, terms.dtmf_payload_type, None)
        elif (encoding, terms.codec) in TRANSLATIONS:
            _map(table, payload_type, terms.payload_type, TRANSLATIONS[encoding, terms.codec])
    return table


def towards_browser(payload_types: dict[str, int], terms: SetCarrier) -> PayloadMap:
    """What the carrier may send and how the browser gets it: as it is where the browser takes it, else translated."""
    table: PayloadMap = {}
    audio = [encoding for encoding in payload_types if (terms.codec, encoding) in TRANSLATIONS]
    if audio:
        encoding = terms.codec if terms.codec in audio else audio[0]
        _map(table, terms.payload_type, payload_types[encoding], TRANSLATIONS[terms.codec, encoding])
    if terms.dtmf_payload_type is not None and TELEPHONE_EVENT in payload_types:
        _map(table, terms.dtmf_payload_type, payload_types[TELEPHONE_EVENT], None)
    return table


def _map(table: PayloadMap, source: int, destination: int, translation: bytes | None) -> None:
    for marker in (0, 0x80):
        table[source | marker] = (destination | marker, translation)
