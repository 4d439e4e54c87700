"""SIP messages (RFC 3261 section 7), hardened: what the library's parser lets through is rejected here.

Limits come first, then one pass over the lines, then the hot headers, which are read once and kept.
A message that breaks a rule raises MessageError and is dropped; nothing of it may reach a transaction or dialog.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from widget.sip.address import InvalidAddressError, read_address_tag, split_value
from widget.sip.body_parts import Body, is_understood, session_description
from widget.sip.headers import Headers, InvalidHeaderLineError
from widget.sip.uri import InvalidUriError, parse_uri
from widget.sip.via import Via, parse_via, read_branch

MAX_MESSAGE_BYTES = 49_152
MAX_HEAD_BYTES = 16_384
MAX_LINE_LENGTH = 4_096
MAX_HEADERS = 100
MAX_CSEQ = 2**31 - 1

STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) (.*)", re.I)
FOLD = re.compile(rb"[ \t]*\r\n[ \t]+")
CONTROL = bytes({*range(32), 127} - {9})
"""Of these only a line break may be in the head."""
NO_LETTERS = dict.fromkeys(range(0x80, 0xA0), "\ufffd")
"""The codes of Latin-1 that control terminals."""
CALL_ID = re.compile(r"[\x21-\x7e]{1,256}")
CSEQ = re.compile(r"([0-9]{1,10})[ \t]+([A-Za-z0-9.!%*_+`'~-]{1,32})")
DIGITS = re.compile(r"[0-9]{1,10}")

NUMERIC = frozenset({"content-length", "expires", "max-forwards", "min-expires"})


class MessageError(ValueError):
    """The datagram is no acceptable SIP message; `reason` is in our words and holds nothing of the datagram."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """What requests and responses share; the fields below `body` are the hot headers, read and checked once."""

    headers: Headers
    body: bytes
    call_id: str
    from_tag: str
    to_tag: str
    cseq: int
    cseq_method: str

    def header(self, name: str) -> str:
        """The first value of a header, "" when it is absent."""
        return self.headers.get(name) or ""

    def tokens(self, name: str) -> tuple[str, ...]:
        """The elements of a token list such as Require or Allow, in lower case."""
        return token_list(",".join(self.headers.getlist(name)))

    def number(self, name: str) -> int | None:
        """A header of plain digits, checked when the message was parsed; for others the leading digits."""
        match = DIGITS.match(self.header(name))
        return int(match[0]) if match else None

    @property
    def sdp(self) -> str:
        """The session description in the body, also among other parts of it, else ""."""
        return session_description(self._described_body) if self.body else ""

    @property
    def is_understood(self) -> bool:
        """Whether all of the body that must be understood is (section 8.2.3)."""
        return not self.body or is_understood(self._described_body)

    @property
    def _described_body(self) -> Body:
        about = self.header
        return Body(self.body, about("Content-Type"), about("Content-Disposition"), about("Content-Encoding"))


@dataclass(frozen=True, slots=True)
class Request(Message):
    """A request; `uri` is the request URI as it came, `via` the topmost."""

    method: str
    uri: str
    via: Via


@dataclass(frozen=True, slots=True)
class Response(Message):
    """A response; `phrase` is hostile text, `branch` that of the topmost Via, which is ours as it came back."""

    code: int
    phrase: str
    branch: str


class Identity(NamedTuple):
    """What a message belongs to: a dialog, and a request in it."""

    call_id: str
    from_tag: str
    to_tag: str
    cseq: int
    method: str


def parse_message(data: bytes) -> Request | Response:
    """Parse one whole message, one datagram. Raises MessageError."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageError("message too large")
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise MessageError("no end of headers")
    lines = head_lines(head)
    start = lines[0]
    try:
        headers = Headers(lines[1:])
        check_numbers(headers)
        if start[:4].upper() == "SIP/":
            return read_response(start, headers, body)
        return read_request(start, headers, body)
    except (InvalidAddressError, InvalidHeaderLineError, InvalidUriError) as error:
        raise MessageError(str(error)) from error


def head_lines(head: bytes) -> list[str]:
    """The start line and the unfolded header lines, within the limits, without control characters."""
    if len(head) > MAX_HEAD_BYTES:
        raise MessageError("headers too large")
    if b"\r\n " in head or b"\r\n\t" in head:
        head = FOLD.sub(b" ", head)
    lines = head_text(head).split("\r\n")
    if len(head) - len(head.translate(None, CONTROL)) != 2 * (len(lines) - 1):
        raise MessageError("control character in a header")
    if len(lines) > MAX_HEADERS + 1 or (len(head) > MAX_LINE_LENGTH < max(map(len, lines))):
        raise MessageError("too many headers, or one too long")
    return lines


def head_text(head: bytes) -> str:
    """UTF-8; or Latin-1, in which old exchanges write names: all that is read of a head beside them is ASCII."""
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1").translate(NO_LETTERS)


@lru_cache(maxsize=256)
def token_list(text: str) -> tuple[str, ...]:
    """Peers say the same of themselves in every message."""
    return tuple(token.strip().lower() for token in text.split(",") if token.strip())


def check_numbers(headers: Headers) -> None:
    """Plain digits only: what `int` takes beyond that has one message read as two."""
    for name in headers.among(NUMERIC):
        if not DIGITS.fullmatch(headers.get(name) or ""):
            raise MessageError("a number in a header is not valid")


def read_request(start: str, headers: Headers, body: bytes) -> Request:
    """The request line and the hot headers."""
    parts = start.split(" ")
    if len(parts) != 3 or parts[2].upper() != "SIP/2.0":
        raise MessageError("the request line is not valid")
    method, uri, _ = parts
    parse_uri(uri)
    identity = read_identity(headers)
    if identity.method != method:
        raise MessageError("CSeq names another method")
    return Request(headers, cut_body(headers, body), *identity, method=method, uri=uri, via=parse_via(top_via(headers)))


def read_response(start: str, headers: Headers, body: bytes) -> Response:
    """The status line and the hot headers."""
    match = STATUS.fullmatch(start if start.count(" ") > 1 else f"{start} ")
    if match is None:
        raise MessageError("the status line is not valid")
    branch, body = read_branch(top_via(headers)), cut_body(headers, body)
    return Response(headers, body, *read_identity(headers), code=int(match[1]), phrase=match[2], branch=branch)


def top_via(headers: Headers) -> str:
    """The topmost Via, "" when there is none, which is no valid one."""
    return split_value(headers.get("Via") or "")[0]


def read_identity(headers: Headers) -> Identity:
    """CSeq is a number below 2**31 (section 8.1.1.5) and a method; the tags are "" where there are none."""
    call_id, sender, recipient, cseq = headers.identity()
    match = CSEQ.fullmatch(cseq)
    if match is None or int(match[1]) > MAX_CSEQ:
        raise MessageError("CSeq is not valid")
    if not CALL_ID.fullmatch(call_id):
        raise MessageError("Call-ID is not valid")
    return Identity(call_id, read_address_tag(sender), read_address_tag(recipient), int(match[1]), match[2])


def cut_body(headers: Headers, body: bytes) -> bytes:
    """The part that Content-Length counts; the rest is discarded, a shorter datagram refused (section 18.3)."""
    text = headers.get("Content-Length")
    if text is None:
        return body
    length = int(text)
    if length > len(body):
        raise MessageError("the body is cut short")
    return body[:length]
