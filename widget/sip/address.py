"""Name-addr header values (RFC 3261 section 20.10) read raw: From, To, Contact, Route, Record-Route.

The library's own address parser lets a quoted display name swallow the next value of a list,
and costs five times as much.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from sipmessage import URI

from widget.sip.uri import InvalidUriError, parse_uri, subscriber

QUOTED = r'"(?:[^"\\]|\\.)*+"'
NAME_ADDR = re.compile(rf'(?:(?P<quoted>{QUOTED})|(?P<name>[^"<>,;:]*))\s*<(?P<uri>[^<>\s"]+)>(?P<parameters>.*)', re.S)
PARAMETER = re.compile(rf"\s*;\s*(?P<key>[^\s;=,\"<>]+)(?:\s*=\s*(?P<value>{QUOTED}|[^\s;,\"<>]*))?")
PIECE = re.compile(rf"(?:{QUOTED}|<[^<>]*>|[^,\"<])++")
TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,256}")
USUAL = re.compile(r"""(?:"[^"\\]*+"|[^"<>,;:]*+)\s*<[^<>\s"]++>(?:;tag=([A-Za-z0-9.!%*_+`'~-]{1,256}))?""")
"""From and To of nearly every message; the tag is all that a dialog needs of them."""


class InvalidAddressError(ValueError):
    """The value is not a name-addr or addr-spec."""


@dataclass(frozen=True, slots=True)
class NameAddr:
    """One address. `uri` is text as it came; `tag` is "" when there is none; `parameters` is the raw rest."""

    uri: str
    name: str = ""
    tag: str = ""
    parameters: str = ""

    def parsed(self) -> URI:
        """The URI. Raises InvalidUriError."""
        return parse_uri(self.uri)


@lru_cache(maxsize=512)
def parse_name_addr(text: str) -> NameAddr:
    """Read one address. Raises InvalidAddressError."""
    match = NAME_ADDR.fullmatch(text)
    if match is None:
        return parse_addr_spec(text)
    name = unquote(match["quoted"]) if match["quoted"] else match["name"].strip()
    return NameAddr(match["uri"], name, read_tag(match["parameters"]), match["parameters"])


def parse_addr_spec(text: str) -> NameAddr:
    """Without angle brackets every parameter belongs to the header (section 20)."""
    uri, semicolon, rest = text.partition(";")
    uri = uri.strip()
    if not uri or any(character in uri for character in '<>", \t'):
        raise InvalidAddressError("the address is not valid")
    return NameAddr(uri, "", read_tag(semicolon + rest), semicolon + rest)


def read_address_tag(text: str) -> str:
    """The tag of one address, "" when there is none, for the price of one match. Raises InvalidAddressError."""
    match = USUAL.fullmatch(text)
    return (match[1] or "") if match else parse_name_addr(text).tag


def read_tag(parameters: str) -> str:
    """The tag parameter, or "". Raises InvalidAddressError for parameters that are none and for a second tag."""
    tags = [value for key, value in split_parameters(parameters) if key == "tag"]
    if not tags:
        return ""
    if len(tags) > 1 or not TOKEN.fullmatch(tags[0]):
        raise InvalidAddressError("the tag is not valid")
    return tags[0]


def split_parameters(text: str) -> list[tuple[str, str]]:
    """`;key=value` pairs, keys in lower case, values as they came. Raises InvalidAddressError."""
    pairs = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = PARAMETER.match(text, position)
        if match is None:
            raise InvalidAddressError("a parameter is not valid")
        pairs.append((match["key"].lower(), match["value"] or ""))
        position = match.end()
    return pairs


def split_values(values: list[str]) -> list[str]:
    """The elements of a comma-separated header, over all its lines, commas in quotes and angle brackets left alone."""
    return [piece for value in values for piece in split_value(value)]


def split_value(value: str) -> list[str]:
    """One line of such a header. Raises InvalidAddressError when quotes or brackets stay open."""
    if "," not in value:
        return [value.strip()]
    pieces = []
    position = 0
    while True:
        match = PIECE.match(value, position)
        if match is None:
            raise InvalidAddressError("an element of the list is not valid")
        pieces.append(match[0].strip())
        position = match.end() + 1
        if match.end() == len(value):
            return pieces
        if value[match.end()] != ",":
            raise InvalidAddressError("an element of the list is not valid")


def unquote(text: str) -> str:
    """A quoted string without its quotes and escapes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def user_of(address: NameAddr) -> str:
    """The user part for display, "" when the URI has none or is of a kind that we do not read."""
    try:
        return subscriber(address.parsed().user)
    except InvalidUriError:
        return ""
