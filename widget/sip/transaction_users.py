"""Who uses a transaction: whoever sent a request of ours, and whoever answers one of the far end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from widget.sip.message import Request, Response
from widget.sip.transport import Flow
from widget.sip.uri import Hop

Reach: TypeAlias = Callable[[Hop, Callable[[Flow | None], None]], None]
"""Finds the way to a peer that has no connection to us any more; None when there is none."""


class ClientUser(Protocol):
    """Who sent a request."""

    def response(self, response: Response) -> None:
        """One that matched, repeated ones of a 2xx to INVITE too."""

    def timeout(self) -> None:
        """No final response came; also after a CANCEL that nobody followed up."""

    def transport_error(self) -> None:
        """The request could not be sent, or its connection is gone."""

    def over(self) -> None:
        """Nothing of this transaction comes any more."""


@dataclass(frozen=True, slots=True)
class ServerHandlers:
    """What a server transaction tells its user after the request itself; the last two are an INVITE's."""

    failure: Callable[[], None]
    ack: Callable[[Request], None]
    cancel: Callable[[Request], None]


def keep() -> None:
    """Nobody has to know."""
