"""Messages out of a byte stream (RFC 3261 section 18.3). Pure: bytes in, messages out.

A stream has no edges of its own: whoever makes us and a proxy count a body differently has one message read as two.
So Content-Length must be there exactly once, in one plain form, and everything else ends the connection.
"""

import re
from collections.abc import Iterator

from widget.sip.message import MAX_HEAD_BYTES, MAX_MESSAGE_BYTES

PING = b"\r\n\r\n"
"""A keep-alive of RFC 5626 section 4.4.1 between messages; it is answered by PONG."""
PONG = b"\r\n"
LENGTH_LINE = re.compile(rb"\r\n([ \t\v\f]*(?:content-length|l)[ \t\v\f]*)(:[^\r]*)?(?=(\r\n[ \t]?)|\Z)", re.I)
"""What a lenient reader could take for a Content-Length, in a head without bare line breaks: name, value, what follows.

It begins with a line break, as the search for a literal is many times as fast as any other.
"""
LENGTH = re.compile(rb":[ \t]*([0-9]{1,6})[ \t]*")
STARTS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.!%*_+`'~-\r")
"""A method, or a line break between messages. A TLS handshake and other binary protocols end with their first byte."""


class FramingError(ValueError):
    """The stream cannot be read on; `reason` holds nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Framer:
    """The bytes of one connection that are not yet a whole message."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._needed = 0

    @property
    def is_empty(self) -> bool:
        """Whether the last message was complete."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages, and PINGs, that are complete now. Raises FramingError, after those before the fault."""
        self._buffer += data
        while True:
            piece = self._keep_alive() or self._message()
            if piece is None:
                return
            yield piece

    def _keep_alive(self) -> bytes | None:
        """Between messages: a double line break is a ping, a single one is a pong or padding."""
        if self._needed or self._searched:
            return None
        if self._buffer.startswith(PING):
            return self._take(len(PING))
        while self._buffer.startswith(PONG) and not PING.startswith(self._buffer):
            del self._buffer[: len(PONG)]
        return None

    def _message(self) -> bytes | None:
        if not self._needed and not self._find_end():
            return None
        return self._take(self._needed) if len(self._buffer) >= self._needed else None

    def _find_end(self) -> bool:
        """Look for the end of the headers, never twice at the same place: a drop at a time must not cost more."""
        if not self._searched and self._buffer and self._buffer[0] not in STARTS:
            raise FramingError("no message begins like that")
        end = self._buffer.find(b"\r\n\r\n", max(self._searched - 3, 0))
        self._searched = 0 if PING.startswith(self._buffer) else len(self._buffer)
        if max(end, len(self._buffer) if end < 0 else 0) > MAX_HEAD_BYTES:
            raise FramingError("headers too large")
        if end < 0:
            return False
        self._needed = end + 4 + content_length(bytes(self._buffer[:end]))
        if self._needed > MAX_MESSAGE_BYTES:
            raise FramingError("message too large")
        return True

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._searched = self._needed = 0
        return taken


def content_length(head: bytes) -> int:
    """The one Content-Length. Raises FramingError when it is missing, repeated, folded, or anything but plain digits.

    Also for a space before its colon, which some readers take for another header.
    """
    if not head.count(b"\r") == head.count(b"\n") == head.count(b"\r\n") or b"\0" in head:
        raise FramingError("a bare line break")
    found = LENGTH_LINE.findall(head)
    if len(found) != 1 or LENGTH_LINE.match(b"\r\n" + head):
        raise FramingError("Content-Length is missing or repeated")
    [(name, value, following)] = found
    match = LENGTH.fullmatch(value)
    if match is None or name.strip() != name or following.strip(b"\r\n"):
        raise FramingError("Content-Length is not plain")
    return int(match[1])
