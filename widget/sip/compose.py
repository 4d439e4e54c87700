"""Messages of our own making, as bytes: requests with their ACK and CANCEL, and responses (RFC 3261 section 8)."""

import os
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from widget.sip.message import MessageError, Request, Response
from widget.sip.via import MAGIC_COOKIE

MAX_FORWARDS = ("Max-Forwards", "70")
HEADER_LINE = "%s: %s\r\n"
SDP_TYPE = ("Content-Type", "application/sdp")
COPIED_TO_ACK = frozenset({"Route", "From", "Call-ID"})
PHRASES = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    600: "Busy Everywhere",
    603: "Decline",
}

HeaderList = tuple[tuple[str, str], ...]


class OutgoingRequest(NamedTuple):
    """A request without its Via, which the transaction adds; `headers` are complete but for Via and Content-Length."""

    method: str
    uri: str
    headers: HeaderList
    body: str = ""

    def encode(self, via: str) -> bytes:
        """The request on the wire."""
        return encode(f"{self.method} {self.uri} SIP/2.0", (("Via", via), *self.headers), self.body)

    def ack_for(self, response: Response) -> "OutgoingRequest":
        """The ACK of a final response 300 to 699: the response's To, the rest as in the INVITE."""
        return self.follow_up("ACK", to=response.header("To"))

    def cancel(self) -> "OutgoingRequest":
        """The CANCEL of this INVITE."""
        return self.follow_up("CANCEL", to=self.value("To"))

    def follow_up(self, method: str, *, to: str) -> "OutgoingRequest":
        """A request within the INVITE's own transaction: same URI, branch, Route, From, Call-ID and CSeq number."""
        kept = tuple(pair for pair in self.headers if pair[0] in COPIED_TO_ACK)
        number = self.value("CSeq").partition(" ")[0]
        return self._replace(
            method=method, headers=(*kept, ("To", to), ("CSeq", f"{number} {method}"), MAX_FORWARDS), body=""
        )

    def value(self, name: str) -> str:
        """The first value of a header of ours."""
        return next(value for key, value in self.headers if key == name)


def encode(start: str, headers: Sequence[tuple[str, str]], body: str) -> bytes:
    """A message on the wire, with its Content-Length. Raises MessageError for a header value with a line break."""
    payload = body.encode()
    lines = HEADER_LINE * len(headers) % tuple(chain.from_iterable(headers))
    text = f"{start}\r\n{lines}Content-Length: {len(payload)}\r\n\r\n"
    if not text.count("\n") == text.count("\r") == len(headers) + 3:
        raise MessageError("a header value holds a line break")
    return text.encode() + payload


def encode_response(
    request: Request, via: list[str], code: int, phrase: str, to_tag: str, headers: HeaderList, body: str
) -> bytes:
    """A response: Via, From, Call-ID and CSeq as they came, our tag on To, Record-Route where a dialog begins."""
    to = request.header("To")
    if to_tag and not request.to_tag and code > 100:
        to = f"{to};tag={to_tag}"
    copied = [("Via", value) for value in via]
    if code > 100 and code < 300:
        copied += [("Record-Route", value) for value in request.headers.getlist("Record-Route")]
    copied += [("From", request.header("From")), ("To", to), ("Call-ID", request.call_id)]
    copied.append(("CSeq", f"{request.cseq} {request.method}"))
    return encode(f"SIP/2.0 {code} {phrase or PHRASES.get(code, 'Unspecified')}", (*copied, *headers), body)


def new_branch() -> str:
    """A branch that nobody can guess, so that no stranger can answer for the far end."""
    return MAGIC_COOKIE + os.urandom(12).hex()


def new_tag() -> str:
    """A From or To tag; it is what protects a dialog on UDP (section 19.3 asks for 32 bits, these are 64)."""
    return os.urandom(8).hex()
