"""The Reason header (RFC 3326) and Retry-After: why a call ended, in the far end's words."""

import re

from widget.sip.compose import HeaderList
from widget.sip.message import Message

MAX_REASON = 200
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def reason_text(message: Message) -> str:
    """The Reason header as it came, cut to 200 characters, "" without one. Hostile text."""
    return UNPRINTABLE.sub("", message.header("Reason"))[:MAX_REASON]


def reason_header(text: str) -> HeaderList:
    """A Reason header for a request of ours, none for ""."""
    if not text:
        return ()
    plain = UNPRINTABLE.sub("", text).replace("\\", "\\\\").replace('"', '\\"')[:MAX_REASON]
    return (("Reason", f'SIP;cause=200;text="{plain}"'),)


def retry_after(message: Message) -> int | None:
    """Seconds, None without the header."""
    return message.number("Retry-After")
