"""Message bodies (RFC 3261 sections 7.4 and 20.11, RFC 5621): where in one the session description is.

Pure. Carriers wrap it in a multipart together with what is for others: ISUP, locations, rights. Such a part may stay
unread unless its handling is said to be required; on its own a body that we do not know is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

DESCRIPTION = "application/sdp"
SESSION = "session"
MAX_PARTS = 16
MAX_DEPTH = 3
MAX_PART_HEAD = 2_048
BOUNDARY = re.compile(r"""boundary[ \t]*=[ \t]*(?:"([^"]{1,70})"|([A-Za-z0-9'()+_,./:=?-]{1,70}))""", re.I)
HANDLING = re.compile(r";[ \t]*handling[ \t]*=[ \t]*\"?([a-z]{1,20})", re.I)
PART_HEADER = re.compile(rb"(content-[a-z-]{1,30})[ \t]*:[ \t]*([^\r\n]*)", re.I)
FOLD = re.compile(rb"\r\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Body:
    """A body, or a part of one, with its Content-Type, -Disposition and -Encoding headers; "" for what is absent."""

    content: bytes
    type: str
    disposition: str = ""
    encoding: str = ""
    is_part: bool = False

    @property
    def kind(self) -> str:
        """The media type without parameters, in lower case."""
        return self.type.partition(";")[0].strip().lower()

    @property
    def is_description(self) -> bool:
        """Of the session, unencoded, and not of another one (RFC 3959) or to be looked at."""
        purpose = self.disposition.partition(";")[0].strip().lower()
        return self.kind == DESCRIPTION and purpose in {"", SESSION} and self._is_plain

    @property
    def may_be_ignored(self) -> bool:
        """Whether its sender can do without our reading it (RFC 3204 section 6)."""
        match = HANDLING.search(self.disposition)
        return self.is_part if match is None else match[1].lower() == "optional"

    @property
    def _is_plain(self) -> bool:
        return self.encoding.strip().lower() in {"", "identity"}

    def parts(self) -> "list[Body]":
        """Those of a multipart that we can read, else none."""
        boundary = BOUNDARY.search(self.type)
        if not self.kind.startswith("multipart/") or boundary is None or not self._is_plain:
            return []
        return list(_split(self.content, (boundary[1] or boundary[2]).encode()))


def session_description(body: Body, depth: int = 0) -> str:
    """The session description of a message, "" when it has none; of alternatives the last is the best (RFC 2046)."""
    if body.is_description:
        return body.content.decode("utf-8", "replace")
    if depth == MAX_DEPTH:
        return ""
    parts = body.parts()
    if body.kind == "multipart/alternative":
        parts.reverse()
    return next((found for part in parts if (found := session_description(part, depth + 1))), "")


def is_understood(body: Body, depth: int = 0) -> bool:
    """Whether a request with it may be served; else it gets 415."""
    if not body.content or body.is_description or body.may_be_ignored:
        return True
    parts = body.parts() if depth < MAX_DEPTH else []
    if not parts:
        return False
    judged = [is_understood(part, depth + 1) for part in parts]
    return any(judged) if body.kind == "multipart/alternative" else all(judged)


def _split(content: bytes, boundary: bytes) -> Iterator[Body]:
    """RFC 2046 section 5.1.1; what stands before the first and after the last delimiter is for nobody."""
    pieces = (b"\r\n" + content).split(b"\r\n--" + boundary, MAX_PARTS + 1)
    for piece in pieces[1 : MAX_PARTS + 1]:
        if piece.startswith(b"--"):
            return
        head, separator, inner = piece.lstrip(b" \t").partition(b"\r\n\r\n")
        if separator and len(head) <= MAX_PART_HEAD:
            yield _part(head, inner)


def _part(head: bytes, content: bytes) -> Body:
    """A part without a Content-Type is plain text."""
    found = {
        name.decode("ascii").lower(): value.decode("utf-8", "replace")
        for name, value in PART_HEADER.findall(FOLD.sub(b" ", head))
    }
    return Body(
        content,
        found.get("content-type", "text/plain"),
        found.get("content-disposition", ""),
        found.get("content-transfer-encoding", "") if _is_coded(found) else found.get("content-encoding", ""),
        is_part=True,
    )


def _is_coded(found: dict[str, str]) -> bool:
    """Base64 and quoted-printable change the text; "binary", "8bit" and "7bit" only say what it is."""
    return found.get("content-transfer-encoding", "binary").strip().lower() not in {"binary", "8bit", "7bit"}
