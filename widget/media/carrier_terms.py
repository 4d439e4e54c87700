"""What was negotiated with a carrier, as the media side is told. Pure."""

from dataclasses import dataclass, field

from widget.media.relay.protocol import SecureCarrier, SetCarrier
from widget.media.relay.srtp import PROFILES


@dataclass(frozen=True, slots=True)
class CarrierKeys:
    """SRTP: ``suite`` by its name in RFC 4568 or RFC 7714, master key and salt of each direction, seen from us."""

    suite: str
    receive_key: bytes = field(repr=False)
    send_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierTerms:
    """``sends`` and ``receives`` are the carrier's directions; both False is silence both ways (hold).

    ``clock_rate`` is the codec's on the wire, in Hz. ``payload_type`` and ``dtmf_payload_type`` are what the carrier
    wants to get; it sends under the ``heard_`` ones where these are not None. RTCP comes from ``rtcp_port`` of
    ``rtcp_host``, 0 and "" = the port above ``port``, with ``rtcp_mux`` from ``port`` itself. Only ``host`` and
    ``port`` are heard, unless the carrier ``latches``: then its first packet says where it is. ``packet_ms`` is what it
    wants in a packet that we have to make. ``extended_reports`` are the blocks of RTCP XR
    that it wants, by their names in SDP, separated by spaces. ``keys`` None is plain RTP.
    """

    host: str
    port: int
    codec: str
    payload_type: int
    dtmf_payload_type: int | None
    sends: bool
    receives: bool
    clock_rate: int = 8000
    dtmf_clock_rate: int = 8000
    comfort_noise_payload_type: int | None = None
    heard_payload_type: int | None = None
    heard_dtmf_payload_type: int | None = None
    rtcp_host: str = ""
    rtcp_port: int = 0
    rtcp_mux: bool = False
    latches: bool = False
    packet_ms: int = 20
    extended_reports: str = ""
    keys: CarrierKeys | None = None

    def agreed(self, leg: int, *, host: str, receives: bool) -> SetCarrier:
        """For the relay; ``host`` is an address."""
        return SetCarrier(
            leg=leg,
            host=host,
            port=self.port,
            codec=self.codec,
            payload_type=self.payload_type,
            dtmf_payload_type=self.dtmf_payload_type,
            sends=self.sends,
            receives=receives,
            clock_rate=self.clock_rate,
            dtmf_clock_rate=self.dtmf_clock_rate,
            comfort_noise_payload_type=self.comfort_noise_payload_type,
            heard_payload_type=self.heard_payload_type,
            heard_dtmf_payload_type=self.heard_dtmf_payload_type,
            rtcp_host=self.rtcp_host,
            rtcp_port=self.rtcp_port,
            rtcp_mux=self.rtcp_mux,
            latches=self.latches,
            packet_ms=self.packet_ms,
            extended_reports=self.extended_reports,
        )

    def secured(self, leg: int) -> SecureCarrier:
        """For the relay."""
        if self.keys is None:
            return SecureCarrier(leg=leg)
        return SecureCarrier(
            leg=leg,
            profile=PROFILES[self.keys.suite],
            receive_key=self.keys.receive_key.hex(),
            send_key=self.keys.send_key.hex(),
        )
