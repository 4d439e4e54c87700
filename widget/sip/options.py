"""OPTIONS (RFC 3261 section 11): what we can, asked as a health check by most carriers, in and outside of calls."""

from widget.sip.running_transaction import ServerTransaction
from widget.sip.stack import ACCEPT, ALLOW, SUPPORTED


def answer_options(transaction: ServerTransaction) -> None:
    """200 with our capabilities."""
    transaction.respond(200, headers=(ALLOW, ACCEPT, SUPPORTED))


def refuse_method(transaction: ServerTransaction) -> None:
    """405 for a method that SIP knows and we do not take, 501 for one that it does not know (section 21.5.2)."""
    known = transaction.request.method in REGISTERED_METHODS
    transaction.respond(405 if known else 501, headers=(ALLOW,))


REGISTERED_METHODS = frozenset(
    {
        "ACK",
        "BYE",
        "CANCEL",
        "INFO",
        "INVITE",
        "MESSAGE",
        "NOTIFY",
        "OPTIONS",
        "PRACK",
        "PUBLISH",
        "REFER",
        "REGISTER",
        "SUBSCRIBE",
        "UPDATE",
    }
)
