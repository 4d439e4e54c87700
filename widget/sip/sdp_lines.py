"""Lines of session descriptions (RFC 8866) that are the same in offers and answers. Pure."""

from collections.abc import Sequence

from widget.sip.audio_format import AudioFormat
from widget.sip.session_description import MediaSection


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


def audio_lines(port: int, protocol: str, formats: Sequence[AudioFormat]) -> list[str]:
    """The m= line with its rtpmaps."""
    numbers = " ".join(str(each.payload_type) for each in formats)
    return [f"m=audio {port} {protocol} {numbers}\r\n", *(each.lines for each in formats)]


def extended_reports_line(names: Sequence[str]) -> str:
    """What we will send, as the offer asked for it (RFC 3611 section 5.2)."""
    return f"a=rtcp-xr:{' '.join('stat-summary=loss' if name == 'stat-summary' else name for name in names)}\r\n"


def refused_line(section: MediaSection) -> str:
    """A stream that we do not take: port 0, its formats repeated (RFC 3264 section 6)."""
    return f"m={section.kind} 0 {section.header}\r\n"
