"""Who calls, as the carrier knows it: P-Asserted-Identity, Privacy and Diversion (RFC 3325, RFC 3323, RFC 5806).

All of it is what the sender wrote. It is worth as much as the trunk that it comes from, and hostile text.
"""

from dataclasses import dataclass

from widget.sip.address import InvalidAddressError, NameAddr, parse_name_addr, split_values, user_of
from widget.sip.message import Message
from widget.sip.uri import subscriber

HIDING = frozenset({"id", "user", "header", "full", "critical"})


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Numbers without a name, "" when unknown.

    `asserted` is the network's own word, `name` its display name; `is_private`: do not show them; `diverted_from` is
    who was dialled first, when the call was forwarded.
    """

    asserted: str = ""
    name: str = ""
    is_private: bool = False
    diverted_from: str = ""


def read_identity_headers(message: Message) -> CallerIdentity:
    """From an INVITE; a header that makes no sense counts as absent."""
    asserted = first_address(message, "P-Asserted-Identity")
    diversion = first_address(message, "Diversion")
    return CallerIdentity(
        asserted=number_of(asserted),
        name=asserted.name if asserted else "",
        is_private=bool(HIDING & privacy(message)),
        diverted_from=number_of(diversion),
    )


def privacy(message: Message) -> set[str]:
    """The values of Privacy, which stand between semicolons (RFC 3323 section 4.2)."""
    return {token.strip() for value in message.tokens("Privacy") for token in value.split(";")}


def first_address(message: Message, name: str) -> NameAddr | None:
    """The first element of an address header."""
    try:
        values = split_values(message.headers.getlist(name))
        return parse_name_addr(values[0]) if values else None
    except InvalidAddressError:
        return None


def number_of(address: NameAddr | None) -> str:
    """The user part of a sip URI, the number of a tel URI (RFC 3966)."""
    if address is None:
        return ""
    if address.uri[:4].lower() == "tel:":
        return subscriber(address.uri[4:])
    return user_of(address)
