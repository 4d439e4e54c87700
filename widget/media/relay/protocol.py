"""What control process and relay say to each other over their Unix socket (SOCK_SEQPACKET: one message per packet).

Pure values; ``packets.py`` makes packets of them.
"""

from dataclasses import dataclass, field

from widget.media.relay.progress import LegProgress
from widget.media.relay.stream import first_index, random_word


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBrowser:
    """A browser leg whose STUN requests will carry ``ufrag`` as the local user fragment."""

    leg: int
    ufrag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetKeys:
    """SRTP of a browser leg. Keys are hexadecimal master key and salt; ``profile`` is libsrtp's number;
    ``payload_types`` maps encoding names (with their clock rate where it is not 8 kHz and the name does not say it,
    ``telephone-event/48000``) to what the browser negotiated, preferred first.

    Our stream to the browser begins after ``index``, ``timestamp`` and ``sent_at`` (see ``stream.Stream``); the SRTP
    contexts take up where a dead relay's stood: the browser's source ``heard_ssrc`` was heard up to ``heard_index``,
    and ``controls`` RTCP packets were sent.
    """

    leg: int
    profile: int
    receive_key: str = field(repr=False)
    send_key: str = field(repr=False)
    ssrc: int
    payload_types: dict[str, int]
    index: int = field(default_factory=first_index)
    timestamp: int = field(default_factory=random_word)
    sent_at: float = 0.0
    heard_ssrc: int | None = None
    heard_index: int = 0
    controls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBrowserAddress:
    """Where ICE found the browser: ``socket`` is the index of the browser socket."""

    leg: int
    socket: int
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBrowser:
    leg: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSocket:
    """Bound UDP sockets for RTP and RTCP that several carriers are to share travel beside the message."""

    socket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCarrier:
    """A carrier leg; its bound UDP sockets for RTP and RTCP travel beside the message (SCM_RIGHTS), unless it is to
    share those of ``socket``. The rest is where our stream to the carrier begins, see :class:`SetKeys`."""

    leg: int
    socket: int | None = None
    ssrc: int = field(default_factory=random_word)
    index: int = field(default_factory=first_index)
    timestamp: int = field(default_factory=random_word)
    sent_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCarrier:
    """What was negotiated with the carrier; ``sends`` and ``receives`` are the carrier's own directions.

    It sends under ``heard_payload_type`` and ``heard_dtmf_payload_type`` where these are not None. Its RTCP comes from
    ``rtcp_port``, 0 = the port above ``port`` (RFC 3550 section 11), of ``rtcp_host``, "" = ``host``; with ``rtcp_mux``
    from ``port`` itself. ``latches``: its first valid packet says where it really is. ``packet_ms`` is what a packet
    that is made anew shall hold, ``extended_reports`` which blocks of RTCP XR it wants, by their names in SDP.
    """

    leg: int
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureCarrier:
    """SRTP of a carrier leg, see :class:`SetKeys`; ``profile`` 0 is plain RTP. ``is_resumed``: our stream was protected
    with this key before, by a relay that died."""

    leg: int
    profile: int = 0
    receive_key: str = field(default="", repr=False)
    send_key: str = field(default="", repr=False)
    heard_ssrc: int | None = None
    heard_index: int = 0
    controls: int = 0
    is_resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Join a carrier leg to a browser leg, or to none."""

    carrier: int
    browser: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Join two carrier legs to each other, whatever they were joined to; a :class:`Bridge` of either parts them."""

    carrier: int
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendEvent:
    """One packet of a digit of ours to the carrier: the payload of RFC 4733 in hexadecimal. From the packet that
    ``begins`` it to the one that ``ends`` it the browser's audio waits outside: a digit and audio never overlap."""

    leg: int
    payload: str
    begins: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class SetTranscoder:
    """A socket to a transcoder travels beside the message; it serves all legs that need one."""


@dataclass(frozen=True, slots=True)
class TranscoderWanted:
    """A bridge needs a transcoder, and there is none yet; answered by :class:`SetTranscoder`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCarrier:
    """Answered by :class:`CarrierRemoved`."""

    leg: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRemoved:
    """The last word on a carrier leg: its counters by the names of ``events.LegStatistics``."""

    leg: int
    counters: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSilent:
    """Nothing authentic has come from the browser for ``seconds``."""

    leg: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Where some legs stand. Every leg is told of once a second."""

    legs: tuple[LegProgress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A sign of life, ten times a second, with what the relay did since it started: the CPU it used, datagrams from
    nowhere known, STUN and DTLS that was held back as a flood, SRTP that was refused and how much of it for being a
    repetition, and messages that the control process did not take."""

    cpu_seconds: float
    strays: int
    held_back: int
    rejected: int
    replayed: int
    undelivered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPacket:
    """RTCP in the clear: upwards what a leg sent, at ``at`` (monotonic seconds), downwards what it is to get."""

    is_carrier: bool
    leg: int
    data: bytes
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """A STUN or DTLS datagram from a browser, for the leg that its address or user fragment names."""

    leg: int
    socket: int
    host: str
    port: int
    data: bytes


Message = (
    AddBrowser
    | SetKeys
    | SetBrowserAddress
    | RemoveBrowser
    | ShareSocket
    | AddCarrier
    | SetCarrier
    | SecureCarrier
    | Bridge
    | Join
    | SendEvent
    | SetTranscoder
    | TranscoderWanted
    | RemoveCarrier
    | CarrierRemoved
    | BrowserSilent
    | Progress
    | Health
    | ControlPacket
    | Datagram
)
