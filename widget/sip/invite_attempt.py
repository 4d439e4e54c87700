"""One INVITE of an invitation, from its bytes to the end of its transaction."""

from typing import NamedTuple, Protocol

from widget.sip.compose import OutgoingRequest
from widget.sip.events import FailureCause
from widget.sip.message import Response
from widget.sip.stack import Stack
from widget.sip.transport import Flow
from widget.sip.uri import Hop


class Inviter(Protocol):
    """The call that an invitation is for. After `failed` or `given_up` there is none left."""

    def make_invite(self, flow: Flow, cseq: int) -> OutgoingRequest:
        """The INVITE for this way."""

    def response(self, response: Response) -> None:
        """One of the address that is asked now."""

    def late_answer(self, response: Response, invite: OutgoingRequest, hop: Hop) -> None:
        """A 2xx of an address that was given up, and where that is."""

    def failed(self, cause: FailureCause) -> None:
        """No address did its work."""

    def given_up(self) -> None:
        """Nobody wants the call any more, and nothing was sent."""

    def invite_over(self) -> None:
        """Nothing of the last INVITE comes any more."""


class Inviting(Protocol):
    """The invitation; it tells apart the attempt that counts and one that was given up."""

    def heard(self, attempt: "Attempt", response: Response) -> None:
        """A response."""

    def timed_out(self, attempt: "Attempt") -> None:
        """Nobody answered."""

    def not_sent(self, attempt: "Attempt") -> None:
        """It did not arrive, or its answer will not."""

    def over(self, attempt: "Attempt") -> None:
        """Its transaction has ended for good."""


class Letter(NamedTuple):
    """An INVITE ready to be sent."""

    request: OutgoingRequest
    flow: Flow
    branch: str
    data: bytes


class Attempt:
    """One transaction of an invitation, which may be given up for another one."""

    __slots__ = ("_invitation", "transaction")

    def __init__(self, invitation: Inviting, stack: Stack, letter: Letter) -> None:
        """Sends the INVITE."""
        self._invitation = invitation
        self.transaction = stack.transactions.start_client(
            letter.request, letter.flow, self, branch=letter.branch, data=letter.data
        )

    def response(self, response: Response) -> None:
        """It may come to one that was given up."""
        self._invitation.heard(self, response)

    def timeout(self) -> None:
        """64 T1 without an answer."""
        self._invitation.timed_out(self)

    def transport_error(self) -> None:
        """The connection is gone, or ICMP says that nobody is there."""
        self._invitation.not_sent(self)

    def over(self) -> None:
        """No response is repeated any more."""
        self._invitation.over(self)
