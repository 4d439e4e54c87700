"""The header fields of a message (RFC 3261 section 7.3): read in one pass, then found by their name in one step."""

import re
from collections.abc import Iterable
from functools import lru_cache

NAME = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}")
WHITESPACE = " \t"

# RFC 3261 section 7.3.3 and the registry's later ones that a phone may meet.
COMPACT_FORMS = {
    "b": "referred-by",
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}
ONLY_ONCE = frozenset(
    {
        "call-id",
        "content-length",
        "content-type",
        "cseq",
        "expires",
        "from",
        "max-forwards",
        "min-expires",
        "retry-after",
        "to",
    }
)


class InvalidHeaderLineError(ValueError):
    """The line is no header, or a header that stands alone is there twice."""


class Headers:
    """Values by name: any case, the compact forms as the long ones. Several values keep their order."""

    __slots__ = ("_values",)

    def __init__(self, lines: Iterable[str] = ()) -> None:
        """Reads unfolded lines. Raises InvalidHeaderLineError."""
        values: dict[str, str | list[str]] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            key = long_name(name)
            if not colon:
                raise InvalidHeaderLineError("a header line is not valid")
            if key in values:
                add_value(values, key, value.strip(WHITESPACE))
            else:
                values[key] = value.strip(WHITESPACE)
        self._values = values

    def get(self, name: str) -> str | None:
        """The first value, None when the header is absent."""
        found = self._values.get(name.lower())
        return found[0] if isinstance(found, list) else found

    def getlist(self, name: str) -> list[str]:
        """Every value, line by line."""
        found = self._values.get(name.lower())
        if found is None:
            return []
        return found if isinstance(found, list) else [found]


@lru_cache(maxsize=512)
def long_name(name: str) -> str:
    """The key of a header: its long name in lower case. Raises InvalidHeaderLineError for what can be no name."""
    name = name.rstrip(WHITESPACE).lower()
    if not NAME.fullmatch(name):
        raise InvalidHeaderLineError("a header line is not valid")
    return COMPACT_FORMS.get(name, name)


def add_value(values: dict[str, str | list[str]], key: str, value: str) -> None:
    """A further line of this name; with From or Content-Length that is how one message is made to look like two."""
    if key in ONLY_ONCE:
        raise InvalidHeaderLineError("a header is repeated")
    known = values[key]
    if isinstance(known, list):
        known.append(value)
    else:
        values[key] = [known, value]
