"""400 for a request that cannot be accepted, but whose sender can be told so (RFC 3261 section 21.4.1, RFC 4475).

Only what a response must repeat is read, as strictly as anywhere else; without it the message is dropped.
"""

from sipmessage import Headers

from widget.sip.address import InvalidAddressError
from widget.sip.compose import encode_response, new_tag
from widget.sip.message import (
    COMPACT_FORMS,
    HEADER,
    METHOD,
    MessageError,
    Request,
    head_lines,
    read_cseq,
    read_identity,
)
from widget.sip.transport import Address, MessageTransport
from widget.sip.via import response_address, stamp_source

NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")


def bad_request(data: bytes, source: Address, transport: MessageTransport) -> tuple[bytes, Address] | None:
    """The 400 and where it goes; None for a response, an ACK, and whatever does not say whom to answer."""
    try:
        lines = head_lines(data.partition(b"\r\n\r\n")[0])
        headers = needed_headers(lines[1:])
        cseq, method = read_cseq(headers)
        via, call_id, from_tag, to_tag = read_identity(headers)
        stamped = stamp_source(headers.getlist("Via"), via, source)
    except (MessageError, InvalidAddressError):
        return None
    if lines[0][:4].upper() == "SIP/" or method == "ACK" or not METHOD.fullmatch(method):
        return None
    request = Request(headers, b"", via, call_id, from_tag, to_tag, cseq, method, method=method, uri="")
    target = source if transport.reliable else response_address(via, source)
    return encode_response(request, stamped, 400, "", new_tag(), (), ""), target


def needed_headers(lines: list[str]) -> Headers:
    """The headers that a response repeats. Raises MessageError when one that stands alone is there twice."""
    headers = Headers()
    for line in lines:
        match = HEADER.fullmatch(line)
        name = COMPACT_FORMS.get(match[1].lower(), match[1]).title() if match else ""
        name = {"Call-Id": "Call-ID", "Cseq": "CSeq"}.get(name, name)
        if match is None or name not in NEEDED:
            continue
        if name != "Via" and headers.get(name) is not None:
            raise MessageError("a header is repeated")
        headers.add(name, match[2])
    return headers
