"""Headers that an owner may add to an INVITE: a short list, so that nobody writes a routing or identity header."""

import re

from widget.sip.compose import HeaderList

ALLOWED = frozenset({"p-asserted-identity", "privacy", "diversion", "history-info", "subject", "alert-info"})
MAX_HEADERS = 16
NAME = re.compile(r"[Xx]-[A-Za-z0-9-]{1,62}")
VALUE = re.compile(r"[^\x00-\x1f\x7f]{0,512}")


class InvalidHeaderError(ValueError):
    """A header that may not be added; the text names it."""


def checked_headers(headers: HeaderList) -> HeaderList:
    """The same headers. Raises InvalidHeaderError for a name off the list, a control character, or too many."""
    if len(headers) > MAX_HEADERS:
        raise InvalidHeaderError(f"more than {MAX_HEADERS} headers")
    for name, value in headers:
        if not (NAME.fullmatch(name) or name.lower() in ALLOWED) or not VALUE.fullmatch(value):
            raise InvalidHeaderError(f"the header {name[:64]!r} may not be added")
    return headers
