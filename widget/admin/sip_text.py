"""A kept SIP message, read for display: leniently, as nothing depends on it but what is shown. All of it is hostile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from widget.visible_text import visible

COMPACT = {"via": "v", "from": "f", "to": "t", "call-id": "i", "contact": "m", "content-type": "c"}
STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?", re.S)
TAG = re.compile(r";\s*tag\s*=", re.I)
MEDIA = re.compile(r"^m=audio ([0-9]{1,5})[^\n]*", re.M)
ADDRESS = re.compile(r"^c=IN IP[46] ([0-9A-Za-z.:-]{1,64})", re.M)
CODEC = re.compile(r"^a=rtpmap:[0-9]{1,3} ([A-Za-z0-9.-]{1,24})/", re.M)
DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.M)
MAX_CODECS = 8
STATIC = {"0": "PCMU", "8": "PCMA", "9": "G722", "18": "G729"}


@dataclass(frozen=True)
class SipText:
    """One message as the ladder keeps it: ``\\n`` line ends, unfolded headers."""

    text: str

    @cached_property
    def _parts(self) -> tuple[list[str], str]:
        head, _, body = self.text.partition("\n\n")
        return head.split("\n"), body

    @property
    def start_line(self) -> str:
        return self._parts[0][0]

    @cached_property
    def code(self) -> int | None:
        """The status code of a response; ``None`` for a request."""
        match = STATUS.fullmatch(self.start_line)
        return int(match[1]) if match else None

    @property
    def phrase(self) -> str:
        match = STATUS.fullmatch(self.start_line)
        return visible(match[2] or "") if match else ""

    @property
    def method(self) -> str:
        """The method of a request; for a response the one that it answers."""
        return self.cseq_method if self.code is not None else self.start_line.partition(" ")[0]

    @property
    def cseq_method(self) -> str:
        return self.header("CSeq").rpartition(" ")[2]

    @property
    def to_tag(self) -> bool:
        return bool(TAG.search(self.header("To")))

    def header(self, name: str) -> str:
        """The first value of a header, "" without one."""
        names = {name.lower(), COMPACT.get(name.lower(), name.lower())}
        for line in self._parts[0][1:]:
            found, colon, value = line.partition(":")
            if colon and found.strip().lower() in names:
                return value.strip()
        return ""

    @property
    def direction(self) -> str:
        """Of the audio that is offered or answered, "" where it is not named."""
        match = DIRECTION.search(self._parts[1])
        return match[1] if match else ""

    @cached_property
    def audio(self) -> str:
        """The codecs, where the audio shall go, and its direction; "" for a message without audio."""
        body = self._parts[1]
        media = MEDIA.search(body)
        if media is None:
            return ""
        static = [STATIC[number] for number in media[0].split(" ")[3:] if number in STATIC]
        codecs = list(dict.fromkeys([*CODEC.findall(body), *static]))[:MAX_CODECS]
        address = ADDRESS.search(body)
        where = f"{address[1]}:{media[1]}" if address else media[1]
        return " ".join(part for part in (", ".join(codecs), f"@ {where}", self.direction) if part)
