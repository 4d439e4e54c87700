"""400, or 416 and 505, for a request that cannot be accepted, but whose sender can be told so (RFC 3261 section 21.4).

Only what a response must repeat is read, as strictly as anywhere else; without it the message is dropped.
"""

import re

from widget.sip.address import InvalidAddressError
from widget.sip.compose import encode_response, new_tag
from widget.sip.headers import Headers, InvalidHeaderLineError, long_name
from widget.sip.message import MessageError, Request, head_lines, read_identity, top_via
from widget.sip.transport import Address, MessageTransport
from widget.sip.via import parse_via, response_address, stamp_source

START = re.compile(r"\S+ (?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):\S* SIP/(?P<version>[0-9]+\.[0-9]+)")
NEEDED = frozenset({"via", "from", "to", "call-id", "cseq"})


def bad_request(data: bytes, source: Address, transport: MessageTransport) -> tuple[bytes, Address] | None:
    """The response and where it goes; None for a response, an ACK, and whatever does not say whom to answer."""
    try:
        lines = head_lines(data.partition(b"\r\n\r\n")[0])
        headers = Headers([line for line in lines[1:] if is_needed(line)])
        identity = read_identity(headers)
        via = parse_via(top_via(headers))
        stamped = stamp_source(headers.getlist("Via"), via, source)
    except (MessageError, InvalidAddressError, InvalidHeaderLineError):
        return None
    if lines[0][:4].upper() == "SIP/" or identity.method == "ACK":
        return None
    request = Request(headers, b"", *identity, method=identity.method, uri="", via=via)
    target = source if transport.reliable else response_address(via, source)
    return encode_response(request, stamped, code_for(lines[0]), "", new_tag(), (), ""), target


def code_for(start: str) -> int:
    """505 for another SIP, 416 for a URI of a kind that we do not know (RFC 4475 sections 3.1.2.16 and 3.3.3)."""
    match = START.fullmatch(start)
    if match is None:
        return 400
    if match["version"] != "2.0":
        return 505
    return 400 if match["scheme"].lower() in {"sip", "sips", "tel"} else 416


def is_needed(line: str) -> bool:
    """Whether it is a header that a response repeats; what cannot be read at all is none."""
    name, colon, _ = line.partition(":")
    try:
        return bool(colon) and long_name(name) in NEEDED
    except InvalidHeaderLineError:
        return False
