"""What a browser's SDP offer may look like before a parser sees it. Pure.

A parser that takes seconds over 20,000 lines blocks every call of the process, so size and shape are bounded first.
"""

import re
from typing import Final

from widget.media.errors import MediaError, MediaFailure

MAX_OCTETS: Final = 16 * 1024
MAX_LINES: Final = 200
MAX_CANDIDATES: Final = 20

_TELEPHONE_EVENT = re.compile(r"^a=rtpmap:(\d{1,3}) telephone-event/(\d{1,6})\b", re.IGNORECASE | re.MULTILINE)
_COMFORT_NOISE = re.compile(r"^a=rtpmap:(\d{1,3}) CN/8000\b", re.IGNORECASE | re.MULTILINE)


def check_offer(sdp: str) -> None:
    """Raise :class:`MediaError` for an offer beyond the limits or with anything but one audio section.

    Candidates are only counted: the server never sends to an address because an offer names it, be it loopback,
    link-local, multicast or a stranger's.
    """
    if len(sdp.encode("utf-8", "replace")) > MAX_OCTETS:
        raise MediaError(MediaFailure.OFFER_TOO_LARGE, f"more than {MAX_OCTETS} octets")
    lines = sdp.splitlines()
    if len(lines) > MAX_LINES:
        raise MediaError(MediaFailure.OFFER_TOO_LARGE, f"more than {MAX_LINES} lines")
    if sum(line.startswith("a=candidate:") for line in lines) > MAX_CANDIDATES:
        raise MediaError(MediaFailure.OFFER_TOO_LARGE, f"more than {MAX_CANDIDATES} candidates")
    sections = [line for line in lines if line.startswith("m=")]
    if len(sections) != 1 or not sections[0].startswith("m=audio "):
        raise MediaError(MediaFailure.OFFER_REFUSED, "not exactly one audio section")


def telephone_event_payload_types(sdp: str) -> dict[int, int]:
    """The payload types that the offer gives telephone events (RFC 4733), by their clock rate in Hz."""
    return {int(rate): int(number) for number, rate in _TELEPHONE_EVENT.findall(sdp) if 96 <= int(number) < 128}


def comfort_noise_payload_type(sdp: str) -> int | None:
    """The payload type that the offer gives comfort noise at 8 kHz (RFC 3389), if any."""
    found = _COMFORT_NOISE.search(sdp)
    return int(found[1]) if found and int(found[1]) < 128 else None
