"""Session descriptions (RFC 8866), as far as one audio stream needs them.

Pure. Those of the far end are hostile: they are limited before they are read, and an address that is not an IP
literal is refused, so that no media ever waits for a name server.
"""

import contextlib
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from widget.sip.audio_format import ENCODINGS, STATIC, AudioFormat
from widget.sip.sdes import CryptoLine, parse_crypto

MAX_BYTES = 16_384
MAX_LINES = 200
MAX_PARAMETERS = 256
EXTENDED_REPORTS = ("voip-metrics", "stat-summary")
"""The blocks of RTCP XR (RFC 3611) that we can send, by their names in SDP."""
DEFAULT_PTIME_MS = 20
MAX_PTIME_MS = 200
DIRECTIONS = {
    "sendrecv": (True, True),
    "sendonly": (True, False),
    "recvonly": (False, True),
    "inactive": (False, False),
}
MEDIA_KINDS = frozenset({"audio", "video", "text", "application", "message", "image"})


class OfferAnswerError(ValueError):
    """The far end's description cannot be used; `reason` says why, in our words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class MediaSection:
    """One m= block while it is read."""

    kind: str
    port: int
    protocol: str
    payload_types: tuple[int, ...]
    header: str
    host: str
    sends: bool = True
    receives: bool = True
    ptime_ms: int = DEFAULT_PTIME_MS
    max_ptime_ms: int = MAX_PTIME_MS
    rtcp_port: int = 0
    rtcp_host: str = ""
    rtcp_mux: bool = False
    extended_reports: tuple[str, ...] = ()
    crypto: list[CryptoLine] = field(default_factory=list)
    mapped: dict[int, AudioFormat] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)

    def formats(self) -> list[AudioFormat]:
        """The formats in the far end's order of preference; unknown encodings are left out."""
        return [known for number in self.payload_types if (known := self.format(number))]

    def format(self, payload_type: int) -> AudioFormat | None:
        """An rtpmap wins; a static payload type needs none (RFC 3551)."""
        known = self.mapped.get(payload_type) or STATIC.get(payload_type)
        return replace(known, parameters=self.parameters.get(payload_type, "")) if known else None


@dataclass(slots=True)
class Description:
    """A session description while it is read."""

    host: str = ""
    sends: bool = True
    receives: bool = True
    media: list[MediaSection] = field(default_factory=list)


def parse(sdp: str) -> Description:
    """Read what we need of a session description (RFC 8866). Raises OfferAnswerError."""
    description = Description()
    for line in limited_lines(sdp):
        kind, separator, value = line.partition("=")
        if len(kind) != 1 or not separator:
            raise OfferAnswerError("a line of the session description is not x=value")
        if kind == "m":
            description.media.append(parse_media(value, description))
        elif kind == "c" and not (description.media and description.media[-1].kind != "audio"):
            set_host(description, parse_connection(value))
        elif kind == "a":
            read_attribute(description, value)
    return description


def limited_lines(sdp: str) -> list[str]:
    """The lines, after the limits on size and count."""
    if len(sdp) > MAX_BYTES or len(sdp.encode("utf-8", "replace")) > MAX_BYTES:
        raise OfferAnswerError("the session description is too large")
    lines = [line.rstrip("\r") for line in sdp.split("\n")]
    if len(lines) > MAX_LINES:
        raise OfferAnswerError("the session description has too many lines")
    return [line for line in lines if line.strip()]


def parse_media(value: str, description: Description) -> MediaSection:
    """`m=audio 4000 RTP/AVP 0 8 101`; a port count is refused, as nobody offers layered audio to a phone.

    Other streams get port 0 from us, so their ports may be counted as they like.
    """
    parts = value.split()
    if len(parts) < 4 or parts[0] not in MEDIA_KINDS:
        raise OfferAnswerError("a media line is not understood")
    port = parse_number(parts[1] if parts[0] == "audio" else parts[1].partition("/")[0], limit=65_535)
    numbers = tuple(parse_number(part, limit=127) for part in parts[3:]) if parts[0] == "audio" else ()
    return MediaSection(
        parts[0],
        port,
        parts[2],
        numbers,
        " ".join(parts[2:]),
        description.host,
        description.sends,
        description.receives,
    )


def parse_connection(value: str) -> str:
    """`c=IN IP4 192.0.2.1`; only literal unicast addresses."""
    parts = value.split()
    if len(parts) != 3 or parts[0] != "IN" or parts[1] not in {"IP4", "IP6"}:
        raise OfferAnswerError("a connection line is not understood")
    try:
        address = ip_address(parts[2])
    except ValueError as error:
        raise OfferAnswerError("the media address is not an IP address") from error
    if address.is_multicast:
        raise OfferAnswerError("the media address is multicast")
    return str(address)


def parse_number(text: str, *, limit: int) -> int:
    """Plain ASCII digits only: `int` alone would take `2_4` and digits of other scripts."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5) or int(text) > limit:
        raise OfferAnswerError("a number of the session description is out of range")
    return int(text)


def set_host(description: Description, host: str) -> None:
    """A connection line counts for its media block, above the first block for all."""
    if description.media:
        description.media[-1].host = host
    else:
        description.host = host


def read_attribute(description: Description, value: str) -> None:
    """Directions count for all blocks until a block has its own; everything else belongs to an audio block."""
    name, _, argument = value.partition(":")
    section = description.media[-1] if description.media else None
    if name in DIRECTIONS:
        holder = section or description
        holder.sends, holder.receives = DIRECTIONS[name]
    elif section and section.kind == "audio":
        # One that cannot be read is about a format or an option that is not ours.
        with contextlib.suppress(OfferAnswerError):
            read_audio_attribute(section, name, argument)


def read_audio_attribute(section: MediaSection, name: str, argument: str) -> None:
    """What we know of an audio block; other attributes are not ours."""
    match name:
        case "rtpmap":
            read_rtpmap(section, argument)
        case "fmtp":
            read_fmtp(section, argument)
        case "ptime":
            section.ptime_ms = parse_ptime(argument, otherwise=DEFAULT_PTIME_MS)
        case "maxptime":
            section.max_ptime_ms = parse_ptime(argument, otherwise=MAX_PTIME_MS)
        case "rtcp":
            read_rtcp(section, argument)
        case "rtcp-mux":
            section.rtcp_mux = True
        case "rtcp-xr":
            read_extended_reports(section, argument)
        case "crypto":
            line = parse_crypto(argument)
            section.crypto += [line] if line else []


def read_extended_reports(section: MediaSection, argument: str) -> None:
    """`voip-metrics stat-summary=loss,jitt` (RFC 3611 section 5.1): the blocks that we can send, in our order."""
    wanted = {name: flags.split(",") for name, _, flags in (item.partition("=") for item in argument.split())}
    known = [name for name in EXTENDED_REPORTS if name in wanted]
    # A summary of which nothing is wanted that we count is none.
    section.extended_reports = tuple(
        name for name in known if name != "stat-summary" or {"", "loss"} & set(wanted[name])
    )


def read_rtpmap(section: MediaSection, argument: str) -> None:
    """`107 opus/48000/2`."""
    number, _, encoding = argument.partition(" ")
    payload_type = parse_number(number, limit=127)
    name, _, rest = encoding.strip().partition("/")
    rate, _, channels = rest.partition("/")
    section.mapped[payload_type] = AudioFormat(
        ENCODINGS.get(name.lower(), name),
        payload_type,
        parse_number(rate or "8000", limit=99_999),
        parse_number(channels or "1", limit=16),
    )


def read_fmtp(section: MediaSection, argument: str) -> None:
    """`107 useinbandfec=1`."""
    number, _, parameters = argument.strip().partition(" ")
    section.parameters[parse_number(number, limit=127)] = parameters.strip()[:MAX_PARAMETERS]


def read_rtcp(section: MediaSection, argument: str) -> None:
    """`53020 IN IP4 192.0.2.1` (RFC 3605); without an address it is the stream's own."""
    port, _, connection = argument.strip().partition(" ")
    number, host = parse_number(port, limit=65_535), parse_connection(connection) if connection else ""
    section.rtcp_port, section.rtcp_host = number, host


def parse_ptime(argument: str, *, otherwise: int) -> int:
    """Milliseconds; fractions (`ptime:20.0`) are cut, nonsense means the default."""
    digits = argument.strip().partition(".")[0]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
        return otherwise
    return min(max(int(digits), 10), MAX_PTIME_MS)
