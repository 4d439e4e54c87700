"""The transaction layer (RFC 3261 section 17): matches messages to running transactions."""

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from widget.sip.compose import HeaderList, OutgoingRequest, new_branch
from widget.sip.message import Request, Response
from widget.sip.running_transaction import ClientHandlers, ClientKey, ClientTransaction, Clock, ServerTransaction
from widget.sip.transaction import Event
from widget.sip.transaction_users import ClientUser, Reach, keep
from widget.sip.transport import Address, Flow, MessageTransport
from widget.sip.via import MAGIC_COOKIE

logger = logging.getLogger(__name__)

ServerKey: TypeAlias = tuple[str, str, str]
MergeKey: TypeAlias = tuple[str, str, int, str]
OWN_BRANCH = re.compile(rb";branch=([A-Za-z0-9]+);rport\r\n")


class TransactionLayer:
    """Every transaction of a user agent, by its key."""

    def __init__(self, clock: Clock, reach: Reach, *, common: HeaderList = ()) -> None:
        """`common` headers go into every response."""
        self.clock = clock
        self._reach = reach
        self._common = common
        self._clients: dict[ClientKey, ClientTransaction] = {}
        self._servers: dict[ServerKey, ServerTransaction] = {}
        self._merged: dict[MergeKey, ServerKey] = {}

    def start_client(
        self, request: OutgoingRequest, flow: Flow, user: ClientUser, *, branch: str = "", data: bytes = b""
    ) -> ClientTransaction:
        """Send a request of ours over a flow. `data`: the request, if it is encoded already, with that branch."""
        transaction = ClientTransaction(self.clock, request, flow, branch or new_branch(), user, data)
        self._clients[transaction.key] = transaction
        transaction.on_end(partial(self._clients.pop, transaction.key, None))
        transaction.begin()
        return transaction

    def cancel(self, invite: ClientTransaction, *, over: Flow | None = None, lost: Callable[[], None] = keep) -> None:
        """Send CANCEL, in a transaction of its own whose answer says nothing (section 9.1), and wait for the end.

        `over`: the way to the same peer, when it is not the INVITE's; `lost` is called when the CANCEL did not arrive.
        """
        ignored = ClientHandlers(lambda _response: None, keep, lost)
        self.start_client(invite.request.cancel(), over or invite.flow, ignored, branch=invite.branch)
        invite.abandon()

    def receive_response(self, response: Response) -> None:
        """Hand a response to its transaction; a stray one is dropped, as section 18.1.2 allows."""
        transaction = self._clients.get((response.branch, response.cseq_method))
        if transaction is None:
            logger.debug("stray response %d", response.code)
            return
        transaction.receive(response)

    def unreachable(self, quoted: bytes) -> None:
        """ICMP brought the start of a datagram back: its request will not arrive, if it was one of ours."""
        branch = OWN_BRANCH.search(quoted)
        if branch is None:
            return
        for transaction in [each for each in self._clients.values() if each.branch.encode() == branch[1]]:
            transaction.handle(Event.TRANSPORT_ERROR)

    def connection_lost(self, transport: MessageTransport) -> None:
        """What waits for an answer over a connection that is gone fails; a ringing INVITE may be answered anew."""
        for transaction in [each for each in self._clients.values() if each.flow.transport is transport]:
            transaction.handle(Event.TRANSPORT_ERROR)

    def receive_request(
        self, request: Request, source: Address, transport: MessageTransport
    ) -> ServerTransaction | None:
        """Absorb a retransmission or ACK of a known transaction, or begin a new one. None: nothing is left to do.

        An ACK never begins one: ask `knows` first, as the ACK of a 2xx belongs to the dialog (section 17.2.3).
        """
        key = server_key(request)
        known = self._servers.get(key)
        if known is None and request.method == "ACK":
            return None
        if known is None:
            return self._begin(request, key, source, transport)
        known.handle(Event.ACK if request.method == "ACK" else Event.REQUEST, request)
        return None

    def knows(self, request: Request) -> bool:
        """Whether a transaction for this request is there."""
        return server_key(request) in self._servers

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL is about (section 9.2)."""
        branch, sent_by, _ = server_key(cancel)
        return self._servers.get((branch, sent_by, "INVITE"))

    def close(self) -> None:
        """Forget everything at once."""
        for transaction in (*self._clients.values(), *self._servers.values()):
            transaction.stop()
        self._clients.clear()
        self._servers.clear()
        self._merged.clear()

    def _begin(
        self, request: Request, key: ServerKey, source: Address, transport: MessageTransport
    ) -> ServerTransaction | None:
        transaction = ServerTransaction(self.clock, request, source, transport, self._common, self._reach)
        self._servers[key] = transaction
        transaction.on_end(partial(self._end, key, request))
        if not request.to_tag and self._merged.setdefault(merge_key(request), key) != key:
            transaction.respond(482)
            return None
        return transaction

    def _end(self, key: ServerKey, request: Request) -> None:
        del self._servers[key]
        if self._merged.get(merge_key(request)) == key:
            del self._merged[merge_key(request)]


def server_key(request: Request) -> ServerKey:
    """Section 17.2.3: branch, sent-by and method, where ACK counts as INVITE; RFC 2543 knew no cookie."""
    method = "INVITE" if request.method == "ACK" else request.method
    branch = request.via.branch
    if not branch.startswith(MAGIC_COOKIE):
        branch = f"{request.call_id} {request.cseq} {request.from_tag} {branch}"
    return branch, request.via.sent_by, method


def merge_key(request: Request) -> MergeKey:
    """Section 8.2.2.2: the same request over two ways has the same From tag, Call-ID and CSeq."""
    return request.call_id, request.from_tag, request.cseq, request.method
