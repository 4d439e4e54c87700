"""Offer and answer (RFC 3264) for one audio stream: codecs by name, telephone-event (RFC 4733), SRTP by SDES.

Pure: text in, text out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from widget.sip.audio_format import (
    CODECS,
    COMFORT_NOISE,
    TELEPHONE_EVENT,
    AudioFormat,
    offered_formats,
    renumber,
    telephone_event,
)
from widget.sip.sdes import NO_KEYS, CryptoLine, Security, SrtpPolicy, Suite, accept, agree, offered_lines
from widget.sip.sdp_lines import audio_lines, extended_reports_line, refused_line, session_lines
from widget.sip.session_description import (
    DEFAULT_PTIME_MS,
    DIRECTIONS,
    Description,
    MediaSection,
    OfferAnswerError,
    parse,
)

__all__ = ["AudioFormat", "OfferAnswerError", "RemoteAudio", "answer_offer", "make_offer", "read_answer"]

PLAIN_RTP = frozenset({"RTP/AVP", "RTP/AVPF"})
SECURE_RTP = frozenset({"RTP/SAVP", "RTP/SAVPF"})


@dataclass(frozen=True, slots=True)
class RemoteAudio:
    """What the far end said about its audio, from its own point of view: `sends` and `receives` are its directions.

    `payload_type` and `dtmf_payload_type` are what it wants to get. What it sends has the numbers of our side, which
    are `heard_payload_type` and `heard_dtmf_payload_type` where they differ, else None. RTCP goes to `rtcp_port` of
    `rtcp_host` where it said so (RFC 3605; else 0 and ""), with `rtcp_mux` to the audio's own port. `security` is None
    for plain RTP.
    """

    host: str
    port: int
    codec: str
    payload_type: int
    dtmf_payload_type: int | None
    sends: bool
    receives: bool
    ptime_ms: int
    clock_rate: int = 8000
    parameters: str = ""
    dtmf_clock_rate: int = 8000
    comfort_noise_payload_type: int | None = None
    heard_payload_type: int | None = None
    heard_dtmf_payload_type: int | None = None
    rtcp_host: str = ""
    rtcp_port: int = 0
    rtcp_mux: bool = False
    extended_reports: tuple[str, ...] = ()
    protocol: str = "RTP/AVP"
    security: Security | None = None

    @property
    def formats(self) -> list[AudioFormat]:
        """The audio, telephone-event and comfort noise under the far end's numbers."""
        formats = [replace(CODECS[self.codec], payload_type=self.payload_type)]
        if self.comfort_noise_payload_type is not None:
            formats.append(AudioFormat(COMFORT_NOISE, self.comfort_noise_payload_type))
        if self.dtmf_payload_type is not None:
            formats.append(telephone_event(self.dtmf_payload_type, self.dtmf_clock_rate))
        return formats


def make_offer(
    *,
    host: str,
    port: int,
    codecs: Sequence[str],
    session_id: int,
    version: int = 1,
    direction: str = "sendrecv",
    ptime_ms: int = DEFAULT_PTIME_MS,
    srtp: SrtpPolicy = SrtpPolicy.OFF,
    keys: Mapping[Suite, bytes] = NO_KEYS,
    remote: RemoteAudio | None = None,
) -> str:
    """Our offer: one audio stream, `codecs` in our order, telephone-event at each clock rate.

    `direction` sendonly puts the far end on hold (RFC 3264 section 8.4). `keys` are those of the whole call: a later
    offer repeats them. `remote` is what was agreed before, which keeps protocol and payload types. Where SRTP is
    optional it is offered beside plain RTP on one RTP/AVP line: two lines are two streams to many.
    """
    used = remote.formats if remote else []
    formats = renumber(offered_formats([known_codec(codec) for codec in codecs]), used)
    protocol = remote.protocol if remote else "RTP/SAVP" if srtp is SrtpPolicy.REQUIRED else "RTP/AVP"
    lines = [*session_lines(host, session_id, version), *audio_lines(port, protocol, formats)]
    lines += [str(line) for line in offered_lines(keys) if srtp is not SrtpPolicy.OFF]
    lines += ["a=rtcp-mux\r\n"] if remote and remote.rtcp_mux else []
    return "".join((*lines, f"a=ptime:{ptime_ms}\r\n", f"a={direction}\r\n"))


def read_answer(
    sdp: str,
    *,
    codecs: Sequence[str],
    srtp: SrtpPolicy = SrtpPolicy.OFF,
    keys: Mapping[Suite, bytes] = NO_KEYS,
    remote: RemoteAudio | None = None,
) -> RemoteAudio:
    """Read the answer to our offer, also of early media; `remote` is what that offer was made with.

    Raises OfferAnswerError when no codec of ours is left, or the encryption is not what we demand.
    """
    section = chosen_audio(parse(sdp), srtp)
    if section is None or section.port == 0:
        raise OfferAnswerError("the answer refuses audio")
    security = checked_security(section, srtp, accept(section.crypto, keys))
    answered = describe_remote(section, first_known(section, codecs), security)
    used = remote.formats if remote else []
    ours = renumber(offered_formats([known_codec(codec) for codec in codecs]), used)
    mux = section.rtcp_mux and remote is not None and remote.rtcp_mux
    return replace(with_heard_numbers(answered, ours), rtcp_mux=mux)


def answer_offer(
    sdp: str,
    *,
    host: str,
    port: int,
    codecs: Sequence[str],
    session_id: int,
    version: int,
    direction: str = "sendrecv",
    srtp: SrtpPolicy = SrtpPolicy.OFF,
    keys: Mapping[Suite, bytes] = NO_KEYS,
    in_our_order: bool = True,
) -> tuple[str, RemoteAudio]:
    """Answer an offer of the far end with hold mirrored (RFC 3264 section 6.1); other streams get port 0.

    `codecs` are in our order, which decides unless `in_our_order` is False. `direction` is the most that we want: with
    sendonly, while we hold the far end, the answer is sendonly or inactive. Returns our answer and what the far end
    said. Raises OfferAnswerError when there is no audio in common, or no encryption where one side demands it.
    """
    description = parse(sdp)
    chosen = chosen_audio(description, srtp)
    if chosen is None or chosen.port == 0:
        raise OfferAnswerError("the offer has no audio")
    security = checked_security(chosen, srtp, agree(chosen.crypto, keys))
    codec = (best_known if in_our_order else first_known)(chosen, codecs)
    remote = replace(describe_remote(chosen, codec, security), rtcp_mux=chosen.rtcp_mux)
    lines = session_lines(host, session_id, version)
    for section in description.media:
        if section is chosen:
            lines += answer_lines(port, section.protocol, remote)
            lines.append(f"a={mirror(remote, direction)}\r\n")
        else:
            lines.append(refused_line(section))
    return "".join(lines), remote


def chosen_audio(description: Description, srtp: SrtpPolicy) -> MediaSection | None:
    """The first audio block that is not refused, an encrypted one before a plain one, else the first at all."""
    blocks = [section for section in description.media if section.kind == "audio"]
    live = [section for section in blocks if section.port]
    encrypted = [section for section in live if section.crypto and srtp is not SrtpPolicy.OFF]
    plain = [section for section in live if section.protocol in PLAIN_RTP]
    return next(iter(encrypted or plain or blocks), None)


def checked_security(section: MediaSection, srtp: SrtpPolicy, agreed: Security | None) -> Security | None:
    """The keys, or None for plain RTP. Raises OfferAnswerError where the block or our trunk demands what is not there:
    an RTP/SAVP block without usable keys must be refused (RFC 4568 section 5.1.2), never taken for a plain one."""
    if section.protocol not in PLAIN_RTP | SECURE_RTP:
        raise OfferAnswerError("the media protocol is not supported")
    security = None if srtp is SrtpPolicy.OFF else agreed
    if security is None and section.protocol in SECURE_RTP:
        raise OfferAnswerError("the far end demands encryption (SRTP) and offers no keys that we take")
    if security is None and srtp is SrtpPolicy.REQUIRED:
        raise OfferAnswerError("the trunk demands encryption (SRTP) and the far end has none")
    return security


def known_formats(section: MediaSection, codecs: Sequence[str]) -> list[AudioFormat]:
    """The codecs that both speak, in the far end's order: the clock rate and the channels count as well."""
    ours = {CODECS[name].kind for name in codecs if name in CODECS}
    return [offered for offered in section.formats() if offered.kind in ours]


def first_known(section: MediaSection, codecs: Sequence[str]) -> AudioFormat:
    """The far end's choice among the codecs that we offered."""
    found = next(iter(known_formats(section, codecs)), None)
    if found is None:
        raise OfferAnswerError("no codec in common")
    return found


def best_known(section: MediaSection, codecs: Sequence[str]) -> AudioFormat:
    """Our choice among the codecs that the far end offers."""
    first_known(section, codecs)
    return min(known_formats(section, codecs), key=lambda offered: codecs.index(offered.encoding))


def describe_remote(section: MediaSection, codec: AudioFormat, security: Security | None) -> RemoteAudio:
    """What the far end said. 0.0.0.0 is the hold of RFC 2543: it receives nothing."""
    if not section.host:
        raise OfferAnswerError("the media address is missing")
    dtmf = at_clock_rate(section, TELEPHONE_EVENT, codec.clock_rate)
    noise = at_clock_rate(section, COMFORT_NOISE, codec.clock_rate)
    held = ip_address(section.host).is_unspecified
    return RemoteAudio(
        host=section.host,
        port=section.port,
        codec=codec.encoding,
        payload_type=codec.payload_type,
        clock_rate=codec.clock_rate,
        parameters=codec.parameters,
        dtmf_payload_type=dtmf.payload_type if dtmf else None,
        dtmf_clock_rate=dtmf.clock_rate if dtmf else codec.clock_rate,
        comfort_noise_payload_type=noise.payload_type if noise and noise.clock_rate == codec.clock_rate else None,
        sends=section.sends,
        receives=section.receives and not held,
        ptime_ms=min(section.ptime_ms, section.max_ptime_ms),
        rtcp_host=section.rtcp_host,
        rtcp_port=section.rtcp_port,
        extended_reports=section.extended_reports,
        protocol=section.protocol,
        security=security,
    )


def at_clock_rate(section: MediaSection, encoding: str, clock_rate: int) -> AudioFormat | None:
    """A format by its encoding: that of the same clock rate, or the first."""
    found = [offered for offered in section.formats() if offered.encoding == encoding]
    return next((offered for offered in found if offered.clock_rate == clock_rate), next(iter(found), None))


def with_heard_numbers(remote: RemoteAudio, ours: Iterable[AudioFormat]) -> RemoteAudio:
    """An answer may use other numbers than our offer; what it sends has ours then (RFC 3264 section 6.1)."""
    numbers = {(each.encoding, each.clock_rate): each.payload_type for each in ours}
    audio = numbers.get((remote.codec, remote.clock_rate))
    dtmf = numbers.get((TELEPHONE_EVENT, remote.dtmf_clock_rate))
    return replace(
        remote,
        heard_payload_type=audio if audio != remote.payload_type else None,
        heard_dtmf_payload_type=dtmf if dtmf != remote.dtmf_payload_type else None,
    )


def mirror(remote: RemoteAudio, wanted: str = "sendrecv") -> str:
    """Our direction for theirs: sendonly becomes recvonly, and the reverse, within what we want."""
    sends, receives = DIRECTIONS[wanted]
    ours = (remote.receives and sends, remote.sends and receives)
    return next(name for name, pair in DIRECTIONS.items() if pair == ours)


def known_codec(codec: str) -> AudioFormat:
    """A codec as we offer it. Raises OfferAnswerError for one that we do not speak."""
    if codec not in CODECS:
        raise OfferAnswerError("the codec is not supported")
    return CODECS[codec]


def answer_lines(port: int, protocol: str, remote: RemoteAudio) -> list[str]:
    """Our block of an answer: the offer's protocol, payload types and tag (RFC 3264 section 6.1)."""
    lines = audio_lines(port, protocol, remote.formats)
    if remote.security is not None:
        lines.append(str(CryptoLine(remote.security.tag, remote.security.suite, remote.security.send_key)))
    lines += ["a=rtcp-mux\r\n"] if remote.rtcp_mux else []
    lines += [extended_reports_line(remote.extended_reports)] if remote.extended_reports else []
    return [*lines, f"a=ptime:{remote.ptime_ms}\r\n"]
