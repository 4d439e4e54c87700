"""400 for a request that cannot be accepted, but whose sender can be told so (RFC 3261 section 21.4.1, RFC 4475).

Only what a response must repeat is read, as strictly as anywhere else; without it the message is dropped.
"""

from widget.sip.address import InvalidAddressError
from widget.sip.compose import encode_response, new_tag
from widget.sip.headers import Headers, InvalidHeaderLineError, long_name
from widget.sip.message import METHOD, MessageError, Request, head_lines, read_cseq, read_identity
from widget.sip.transport import Address, MessageTransport
from widget.sip.via import response_address, stamp_source

NEEDED = frozenset({"via", "from", "to", "call-id", "cseq"})


def bad_request(data: bytes, source: Address, transport: MessageTransport) -> tuple[bytes, Address] | None:
    """The 400 and where it goes; None for a response, an ACK, and whatever does not say whom to answer."""
    try:
        lines = head_lines(data.partition(b"\r\n\r\n")[0])
        headers = Headers([line for line in lines[1:] if is_needed(line)])
        cseq, method = read_cseq(headers)
        via, call_id, from_tag, to_tag = read_identity(headers)
        stamped = stamp_source(headers.getlist("Via"), via, source)
    except (MessageError, InvalidAddressError, InvalidHeaderLineError):
        return None
    if lines[0][:4].upper() == "SIP/" or method == "ACK" or not METHOD.fullmatch(method):
        return None
    request = Request(headers, b"", via, call_id, from_tag, to_tag, cseq, method, method=method, uri="")
    target = source if transport.reliable else response_address(via, source)
    return encode_response(request, stamped, 400, "", new_tag(), (), ""), target


def is_needed(line: str) -> bool:
    """Whether it is a header that a response repeats; what cannot be read at all is none."""
    name, colon, _ = line.partition(":")
    try:
        return bool(colon) and long_name(name) in NEEDED
    except InvalidHeaderLineError:
        return False
