"""Who may look at the messages of a user agent as they pass, for a record of what was said.

An observer is called on the loop between two messages: it keeps references and does nothing else. Without one each
message costs a comparison.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from widget.sip.transport import Address, MessageTransport

Sent: TypeAlias = Callable[[bytes, Address, MessageTransport], None]


class Observer(Protocol):
    """All bytes are as they were on the wire: they hold credentials, and what came from outside is hostile."""

    def sent(self, data: bytes, remote: Address, transport: MessageTransport) -> None:
        """One message, or a keep-alive, that the network took; again for each retransmission."""

    def received(self, data: bytes, call_id: str, remote: Address, transport: MessageTransport) -> None:
        """One message that is valid SIP; who sent it is not known to be one of ours."""
