"""The header fields of a message (RFC 3261 section 7.3): read in one pass, then found by their name in one step."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import itemgetter

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
identity_of = itemgetter("call-id", "from", "to", "cseq")


class InvalidHeaderLineError(ValueError):
    """The line is no header, or a header that stands alone is there twice."""


class Headers:
    """Values by name: any case, the compact forms as the long ones. Several values keep their order."""

    __slots__ = ("_all", "_first")

    def __init__(self, lines: Sequence[str] = ()) -> None:
        """Reads unfolded lines. Raises InvalidHeaderLineError."""
        names, colons, values = zip(*map(str.partition, lines, repeat(":")), strict=True) if lines else ((), (), ())
        if "" in colons:
            raise InvalidHeaderLineError("a header line is not valid")
        keys = tuple(map(long_name, names))
        stripped = tuple(map(str.strip, values, repeat(WHITESPACE)))
        self._first = dict(zip(keys, stripped, strict=True))
        self._all: dict[str, list[str]] = {}
        if len(self._first) < len(keys):
            self._all = gathered(keys, stripped)
            self._first = {key: values[0] for key, values in self._all.items()}

    def identity(self) -> tuple[str, str, str, str]:
        """Call-ID, From, To and CSeq, which say what a message belongs to.

        Raises InvalidHeaderLineError when one is missing.
        """
        try:
            call_id, sender, recipient, cseq = identity_of(self._first)
        except KeyError as error:
            raise InvalidHeaderLineError("Call-ID, From, To or CSeq is missing") from error
        return call_id, sender, recipient, cseq

    def among(self, names: frozenset[str]) -> set[str]:
        """Which of these long names in lower case are there."""
        return self._first.keys() & names

    def get(self, name: str) -> str | None:
        """The first value, None when the header is absent."""
        return self._first.get(name.lower())

    def getlist(self, name: str) -> list[str]:
        """Every value, line by line."""
        key = name.lower()
        return self._all.get(key) or ([self._first[key]] if key in self._first else [])


@lru_cache(maxsize=512)
def long_name(name: str) -> str:
    """The key of a header: its long name in lower case. Raises InvalidHeaderLineError for what can be no name."""
    name = name.rstrip(WHITESPACE).lower()
    if not NAME.fullmatch(name):
        raise InvalidHeaderLineError("a header line is not valid")
    return COMPACT_FORMS.get(name, name)


def gathered(keys: Iterable[str], values: Iterable[str]) -> dict[str, list[str]]:
    """Where names come more than once. Raises InvalidHeaderLineError for one that stands alone.

    A repeated From or Content-Length is how one message is made to look like two.
    """
    lists: dict[str, list[str]] = {}
    for key, value in zip(keys, values, strict=True):
        lists.setdefault(key, []).append(value)
    if any(len(lists[key]) > 1 for key in ONLY_ONCE & lists.keys()):
        raise InvalidHeaderLineError("a header is repeated")
    return lists
