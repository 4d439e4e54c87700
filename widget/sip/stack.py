"""What stands under every call and registration: transports, transactions, and the table of dialogs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from widget.sip.auth import DigestClient, PinnedRealm
from widget.sip.compose import HeaderList, OutgoingRequest, new_branch
from widget.sip.config import UserAgentConfig
from widget.sip.dialog import DialogId
from widget.sip.message import Request, Response
from widget.sip.running_transaction import Clock, ServerTransaction
from widget.sip.transaction_layer import TransactionLayer
from widget.sip.transaction_users import ClientUser
from widget.sip.transport import Flow, TransportError
from widget.sip.transport_layer import NONE_TRIED, TransportLayer
from widget.sip.trunk import Trunk
from widget.sip.uri import Hop

logger = logging.getLogger(__name__)

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "NOTIFY", "PRACK", "INFO")
ALLOW = ("Allow", ", ".join(METHODS))
ACCEPT = ("Accept", "application/sdp, multipart/mixed")
ACCEPT_ENCODING = ("Accept-Encoding", "identity")
EXTENSIONS = ("timer", "100rel", "replaces")
SUPPORTED = ("Supported", ", ".join(EXTENSIONS))
SUPPORTED_UNRELIABLY = ("Supported", ", ".join(each for each in EXTENSIONS if each != "100rel"))


class DialogUser(Protocol):
    """Whoever owns a dialog."""

    def receive(self, transaction: ServerTransaction) -> None:
        """A request in the dialog, other than ACK and CANCEL."""

    def acknowledge(self, request: Request) -> None:
        """The ACK of a 2xx of ours."""


OpensDialog: TypeAlias = Callable[[DialogId], DialogUser | None]


@dataclass(slots=True)
class FirstTry:
    """A ClientUser that the user of a request hears nothing of but when the request did not arrive: it is sent again.

    The peer may have closed the connection at the very moment when we hung up.
    """

    stack: "Stack"
    request: OutgoingRequest
    hop: Hop
    user: ClientUser
    flow: Flow
    has_failed: bool = False

    def response(self, response: Response) -> None:
        """See ClientUser."""
        self.user.response(response)

    def timeout(self) -> None:
        """See ClientUser."""
        self.user.timeout()

    def transport_error(self) -> None:
        """The second and last try."""
        self.has_failed = True
        self.stack.send_again(self.request, self.hop, self.user, self.flow)

    def over(self) -> None:
        """See ClientUser."""
        if not self.has_failed:
            self.user.over()


@dataclass(slots=True)
class SentAck:
    """The ACK of a 2xx, kept to be repeated for each retransmission of that 2xx (RFC 3261 section 13.2.2.4).

    Without a flow the way is not known yet.
    """

    cseq: int
    data: bytes = b""
    flow: Flow | None = None


def _nobody_waits() -> None:
    """The user agent is not closing."""


def _without_a_realm(trunk: Trunk) -> DigestClient:
    """The first challenge says for which realm they are."""
    return DigestClient(trunk, PinnedRealm(trunk.realm))


@dataclass(slots=True)
class Stack:
    """The layers of one user agent."""

    config: UserAgentConfig
    clock: Clock
    transport: TransportLayer
    transactions: TransactionLayer
    dialogs: dict[DialogId, DialogUser] = field(default_factory=dict)
    early: dict[tuple[str, str], OpensDialog] = field(default_factory=dict)
    """By Call-ID and our tag: INVITEs of ours that rang, whose forks are dialogs too as soon as they say something."""
    on_dialog_end: Callable[[], None] = _nobody_waits
    credentials: Callable[[Trunk], DigestClient] = _without_a_realm
    """Those of one call of this trunk."""
    own_headers: HeaderList = field(init=False)
    """What every request of ours says about us."""
    allow: tuple[str, str] = field(init=False)
    """What our calls say that may be asked in them."""

    def __post_init__(self) -> None:
        """One tuple for all of them."""
        self.own_headers = (("User-Agent", self.config.user_agent),)
        self.allow = (ALLOW[0], f"{ALLOW[1]}, REFER") if self.config.takes_refer else ALLOW

    def send(self, request: OutgoingRequest, hop: Hop, user: ClientUser) -> None:
        """Send a request in a new client transaction; no way there, tried twice, counts as a transport error."""

        def located(flow: Flow | None) -> None:
            if flow is None:
                user.transport_error()
            else:
                self.transactions.start_client(request, flow, FirstTry(self, request, hop, user, flow))

        self.transport.locate(hop, located)

    def send_again(self, request: OutgoingRequest, hop: Hop, user: ClientUser, first: Flow) -> None:
        """A closed connection is opened anew; of a name's addresses another one is tried (RFC 3263 section 4.3)."""
        tried = NONE_TRIED if first.transport.reliable else frozenset({(first.transport.kind, first.remote)})

        def located(flow: Flow | None) -> None:
            if flow is None:
                user.transport_error()
            else:
                self.transactions.start_client(request, flow, user)

        self.transport.block(first)
        self.transport.locate(hop, located, without=tried)

    def send_ack(self, request: OutgoingRequest, cseq: int, hop: Hop) -> SentAck:
        """Send the ACK of a 2xx, which has no transaction."""
        ack = SentAck(cseq)

        def located(flow: Flow | None) -> None:
            if flow is None:
                logger.warning("no way to send an ACK to %r", hop.host)
                return
            ack.flow, ack.data = flow, request.encode(flow.via(new_branch()))
            self.repeat_ack(ack)

        self.transport.locate(hop, located)
        return ack

    def repeat_ack(self, ack: SentAck) -> None:
        """Send it again, byte by byte the same."""
        if ack.flow is None:
            return
        try:
            ack.flow.transport.send(ack.data, ack.flow.remote)
        except TransportError as error:
            logger.warning("ACK not sent: %s", error)

    def dialog(self, dialog_id: DialogId) -> DialogUser | None:
        """Who owns it, None when there is no such dialog."""
        if known := self.dialogs.get(dialog_id):
            return known
        opens = self.early.get((dialog_id.call_id, dialog_id.local_tag))
        return opens(dialog_id) if opens else None

    def forget_dialog(self, dialog_id: DialogId) -> None:
        """A dialog ended; whoever waits for the last one is told."""
        self.dialogs.pop(dialog_id, None)
        self.on_dialog_end()

    def close(self) -> None:
        """Forget everything and close the sockets."""
        self.clock.scheduler.close()
        self.transactions.close()
        self.transport.close()
        self.dialogs.clear()
        self.early.clear()
