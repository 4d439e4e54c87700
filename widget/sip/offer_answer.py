"""Offer and answer (RFC 3264) for one audio stream of G.711 with telephone-event (RFC 4733).

Pure: text in, text out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from widget.sip.session_description import (
    DIRECTIONS,
    STATIC_PAYLOAD_TYPES,
    TELEPHONE_EVENT,
    AudioFormat,
    Description,
    MediaSection,
    OfferAnswerError,
    parse,
)

__all__ = ["AudioFormat", "OfferAnswerError", "RemoteAudio", "answer_offer", "make_offer", "read_answer"]

OFFERED_DTMF_PAYLOAD_TYPE = 101
PLAIN_RTP = frozenset({"RTP/AVP", "RTP/AVPF"})


@dataclass(frozen=True, slots=True)
class RemoteAudio:
    """What the far end said about its audio, from its own point of view: `sends` and `receives` are its directions."""

    host: str
    port: int
    codec: str
    payload_type: int
    dtmf_payload_type: int | None
    sends: bool
    receives: bool
    ptime_ms: int


def make_offer(
    *,
    host: str,
    port: int,
    codecs: Sequence[str],
    session_id: int,
    version: int = 1,
    direction: str = "sendrecv",
) -> str:
    """Our offer: one audio stream, `codecs` in our order, telephone-event 101, 20 ms.

    `direction` sendonly puts the far end on hold (RFC 3264 section 8.4).
    """
    formats = [AudioFormat(codec, static_payload_type(codec)) for codec in codecs]
    formats.append(AudioFormat(TELEPHONE_EVENT, OFFERED_DTMF_PAYLOAD_TYPE))
    return "".join(
        (*session_lines(host, session_id, version), *audio_lines(port, formats, direction=direction, ptime_ms=20))
    )


def read_answer(sdp: str, *, codecs: Sequence[str]) -> RemoteAudio:
    """Read the answer to our offer, also of early media. Raises OfferAnswerError when no codec of ours is left."""
    section = first_audio(parse(sdp))
    if section is None or section.port == 0:
        raise OfferAnswerError("the answer refuses audio")
    return describe_remote(section, codecs)


def answer_offer(
    sdp: str,
    *,
    host: str,
    port: int,
    codecs: Sequence[str],
    session_id: int,
    version: int,
    direction: str = "sendrecv",
) -> tuple[str, RemoteAudio]:
    """Answer an offer of the far end with hold mirrored (RFC 3264 section 6.1); other streams get port 0.

    `direction` is the most that we want: with sendonly, while we hold the far end, the answer is sendonly or inactive.
    Returns our answer and what the far end said. Raises OfferAnswerError when there is no audio in common.
    """
    description = parse(sdp)
    chosen = first_audio(description)
    if chosen is None or chosen.port == 0:
        raise OfferAnswerError("the offer has no audio")
    remote = describe_remote(chosen, codecs)
    lines = session_lines(host, session_id, version)
    for section in description.media:
        if section is chosen:
            lines += audio_lines(
                port, accepted_formats(remote), direction=mirror(remote, direction), ptime_ms=remote.ptime_ms
            )
        else:
            lines.append(refused_line(section))
    return "".join(lines), remote


def first_audio(description: Description) -> MediaSection | None:
    """The first audio block that is not refused, else the first at all."""
    blocks = [section for section in description.media if section.kind == "audio"]
    live = [section for section in blocks if section.port and section.protocol in PLAIN_RTP]
    return next(iter(live or blocks), None)


def describe_remote(section: MediaSection, codecs: Sequence[str]) -> RemoteAudio:
    """The far end's first codec that we also speak. 0.0.0.0 is the hold of RFC 2543: it receives nothing."""
    if section.protocol not in PLAIN_RTP:
        raise OfferAnswerError("the media protocol is not supported")
    if not section.host:
        raise OfferAnswerError("the media address is missing")
    narrow = [known for known in section.formats() if known.clock_rate == 8000]
    codec = next((known for known in narrow if known.encoding in codecs), None)
    if codec is None:
        raise OfferAnswerError("no codec in common")
    dtmf = next((known.payload_type for known in narrow if known.encoding == TELEPHONE_EVENT), None)
    held = ip_address(section.host).is_unspecified
    return RemoteAudio(
        host=section.host,
        port=section.port,
        codec=codec.encoding,
        payload_type=codec.payload_type,
        dtmf_payload_type=dtmf,
        sends=section.sends,
        receives=section.receives and not held,
        ptime_ms=section.ptime_ms,
    )


def accepted_formats(remote: RemoteAudio) -> list[AudioFormat]:
    """The answer repeats the offer's payload types (RFC 3264 section 6.1)."""
    formats = [AudioFormat(remote.codec, remote.payload_type)]
    if remote.dtmf_payload_type is not None:
        formats.append(AudioFormat(TELEPHONE_EVENT, remote.dtmf_payload_type))
    return formats


def mirror(remote: RemoteAudio, wanted: str = "sendrecv") -> str:
    """Our direction for theirs: sendonly becomes recvonly, and the reverse, within what we want."""
    sends, receives = DIRECTIONS[wanted]
    ours = (remote.receives and sends, remote.sends and receives)
    return next(name for name, pair in DIRECTIONS.items() if pair == ours)


def static_payload_type(codec: str) -> int:
    """The payload type of a codec that we offer. Raises OfferAnswerError for one that we do not speak."""
    for number, encoding in STATIC_PAYLOAD_TYPES.items():
        if encoding == codec:
            return number
    raise OfferAnswerError("the codec is not supported")


def session_lines(host: str, session_id: int, version: int) -> list[str]:
    """The lines above the first m= line."""
    family = "IP6" if ":" in host else "IP4"
    return [
        "v=0\r\n",
        f"o=- {session_id} {version} IN {family} {host}\r\n",
        "s=-\r\n",
        f"c=IN {family} {host}\r\n",
        "t=0 0\r\n",
    ]


def audio_lines(port: int, formats: Iterable[AudioFormat], *, direction: str, ptime_ms: int) -> list[str]:
    """One audio block with its rtpmaps; telephone-event carries the sixteen digits (RFC 4733 section 2.4.1)."""
    offered = list(formats)
    numbers = " ".join(str(each.payload_type) for each in offered)
    lines = [f"m=audio {port} RTP/AVP {numbers}\r\n"]
    lines += [f"a=rtpmap:{each.payload_type} {each.encoding}/{each.clock_rate}\r\n" for each in offered]
    lines += [f"a=fmtp:{each.payload_type} 0-15\r\n" for each in offered if each.encoding == TELEPHONE_EVENT]
    return [*lines, f"a=ptime:{ptime_ms}\r\n", f"a={direction}\r\n"]


def refused_line(section: MediaSection) -> str:
    """A stream that we do not take: port 0, its formats repeated (RFC 3264 section 6)."""
    return f"m={section.kind} 0 {section.header}\r\n"
