"""An INVITE on its way to a trunk: from one address of it to the next until one answers (RFC 3263 section 4.3)."""

import logging
from collections.abc import Callable

from widget.sip.compose import OutgoingRequest, new_branch
from widget.sip.events import FailureCause
from widget.sip.invite_attempt import Attempt, Inviter, Letter
from widget.sip.message import Response
from widget.sip.running_transaction import ClientTransaction
from widget.sip.stack import Stack
from widget.sip.timers import TimerHandle
from widget.sip.transport import Flow
from widget.sip.transport_layer import NONE_TRIED, Target
from widget.sip.trunk import Transport
from widget.sip.uri import Domain, Hop

logger = logging.getLogger(__name__)

MAX_UDP_BYTES = 1300
NONE_CANCELLED: frozenset[str] = frozenset()
ADDRESS_SECONDS = 1.5
"""How long an address may be silent while the name has others: two retransmissions; 100 is due within 0.2 s."""


class Invitation:
    """One INVITE, over as many addresses, challenges and session intervals as it takes.

    `sent_at`: when the first one left, in seconds of the scheduler's clock; `cseq`: of the last one.
    """

    __slots__ = (
        "_attempt",
        "_call",
        "_cancelled",
        "_deadline",
        "_flow",
        "_has_provisional",
        "_has_rung",
        "_hop",
        "_is_unwanted",
        "_patience",
        "_silence",
        "_stack",
        "_tried",
        "cseq",
        "sent_at",
    )

    def __init__(self, stack: Stack, hop: Hop | Domain, patience_seconds: float, call: Inviter) -> None:
        self._stack = stack
        self._hop = hop
        self._patience = patience_seconds
        self._call = call
        self.cseq = 0
        self._deadline = 0.0
        self.sent_at: float | None = None
        self._flow: Flow | None = None
        self._attempt: Attempt | None = None
        self._silence: TimerHandle | None = None
        self._tried: frozenset[Target] = NONE_TRIED
        self._cancelled: frozenset[str] = NONE_CANCELLED
        self._has_provisional = False
        self._has_rung = False
        self._is_unwanted = False

    @property
    def request(self) -> OutgoingRequest:
        """The INVITE that was sent last."""
        return self._transaction.request

    @property
    def hop(self) -> Hop:
        """Where that went, over the transport that was taken."""
        return self._hop_over(self._transaction.flow)

    @property
    def _transaction(self) -> ClientTransaction:
        if self._attempt is None:
            raise RuntimeError("a response without a transaction")
        return self._attempt.transaction

    def _hop_over(self, flow: Flow) -> Hop:
        hop, kind = self._hop, flow.transport.kind
        return hop if isinstance(hop, Hop) and hop.transport is kind else Hop(hop.host, hop.port, kind)

    def start(self) -> None:
        """Find the way to the trunk and send the INVITE."""
        self._deadline = self._now() + self._patience
        self._await_a_way()
        self._stack.transport.locate(self._hop, self._located)

    def again(self) -> None:
        """Once more, over the same way; a connection may have been closed after the response."""
        flow = self._flow
        self._deadline = self._now() + self._patience
        if flow and flow.transport.reliable:
            self._stack.transport.locate(Hop(*flow.remote, flow.transport.kind), self._located)
        elif flow:
            self._send(self._letter(flow))

    def elsewhere(self, nowhere: Callable[[], None]) -> None:
        """To the trunk's next address; `nowhere` is called when there is none, and when a phone rang already."""
        self.stop_waiting()
        flow = self._flow
        if flow is None or self._has_rung or self._is_unwanted:
            nowhere()
            return
        self._tried |= {(flow.transport.kind, flow.remote)}
        self._stack.transport.block(flow)
        self._await_a_way()

        def located(other: Flow | None) -> None:
            if other is None:
                nowhere()
            else:
                self._located(other)

        self._stack.transport.locate(self._hop, located, without=self._tried)

    def cancel(self) -> None:
        """CANCEL may only follow a provisional response (section 9.1); before it, wait. Idempotent."""
        if self._is_unwanted:
            return
        self._is_unwanted = True
        if self._attempt and self._has_provisional:
            self._take_back(self._transaction)

    def _take_back(self, invite: ClientTransaction, *, is_last: bool = False) -> None:
        """CANCEL, over a new connection when that of the INVITE is gone: the phone rings on until it arrives."""
        cancel, flow = self._stack.transactions.cancel, invite.flow
        if not flow.transport.reliable:
            cancel(invite)
            return

        def located(other: Flow | None) -> None:
            if other is None or is_last:
                cancel(invite, over=other)
            else:
                cancel(invite, over=other, lost=lambda: self._take_back(invite, is_last=True))

        self._stack.transport.locate(Hop(*flow.remote, flow.transport.kind), located)

    def stop_waiting(self) -> None:
        """Something was heard, or nobody listens any more."""
        if self._silence:
            self._silence.cancel()
            self._silence = None

    # Sending.

    def _located(self, flow: Flow | None) -> None:
        if flow is None:
            self._call.failed(FailureCause.TRANSPORT)
        elif self._is_unwanted:
            self._call.given_up()
        else:
            self._send_or_switch(self._letter(flow))

    def _letter(self, flow: Flow) -> Letter:
        self.cseq += 1
        return self._addressed(flow)

    def _addressed(self, flow: Flow) -> Letter:
        request, branch = self._call.make_invite(flow, self.cseq), new_branch()
        return Letter(request, flow, branch, request.encode(flow.via(branch)))

    def _send_or_switch(self, letter: Letter) -> None:
        """Section 18.1.1: what may not fit into a datagram goes over TCP, if the peer takes it."""

        def switched(connection: Flow | None) -> None:
            if self._is_unwanted:
                self._call.given_up()
            else:
                self._send(self._addressed(connection) if connection else letter)

        if letter.flow.transport.kind is Transport.UDP and len(letter.data) > MAX_UDP_BYTES:
            self._stack.transport.locate(Hop(*letter.flow.remote, Transport.TCP), switched)
        else:
            self._send(letter)

    def _send(self, letter: Letter) -> None:
        """A new transaction; the one before it, if it still runs, is given up."""
        given_up, self._attempt = self._attempt, None
        if given_up:
            given_up.transaction.abandon()
        self._flow = letter.flow
        self._has_provisional = False
        self._attempt = Attempt(self, self._stack, letter)
        self.sent_at = self._now() if self.sent_at is None else self.sent_at
        self._await_anything()

    def _await_a_way(self) -> None:
        """Finding and opening the way counts too: a trunk that is not there is given up as soon as a silent one."""
        self.stop_waiting()
        left = self._deadline - self._now()
        if left > 0:
            self._silence = self._stack.clock.scheduler.call_later(left, self._give_up)

    def _await_anything(self) -> None:
        """Where there is one address only, the way and the answer have one time together, which may run already."""
        others = self._stack.transport.may_have_others(self._hop)
        if self._silence and not others:
            return
        self.stop_waiting()
        left = max(self._deadline - self._now(), 0.0)
        wait = min(ADDRESS_SECONDS, left) if others else left
        self._silence = self._stack.clock.scheduler.call_later(wait, self._silent)

    # What comes back.

    def heard(self, attempt: Attempt, response: Response) -> None:
        """A response to the INVITE that counts, or to one that was given up."""
        if attempt is not self._attempt:
            self._late(response, attempt.transaction)
            return
        self.stop_waiting()
        if response.code >= 200:
            self._call.response(response)
            return
        first = not self._has_provisional
        self._has_provisional = True
        self._has_rung = self._has_rung or response.code > 100
        if not self._is_unwanted:
            self._call.response(response)
        elif first:
            self._take_back(attempt.transaction)

    def _late(self, response: Response, transaction: ClientTransaction) -> None:
        """An address that was given up rings or answers after all."""
        if 200 <= response.code < 300:
            self._call.late_answer(response, transaction.request, self._hop_over(transaction.flow))
        elif response.code < 200 and transaction.branch not in self._cancelled:
            self._cancelled |= {transaction.branch}
            self._take_back(transaction)

    def _silent(self) -> None:
        """Not even 100. The INVITE is not repeated there any more, but a late answer will still be released."""
        self._silence = None
        if self._deadline - self._now() > 0.05:
            self.elsewhere(self._wait_on)
        else:
            self._give_up()

    def _wait_on(self) -> None:
        """There is no other address: what is left of our patience is for this one."""
        self.stop_waiting()
        left = max(self._deadline - self._now(), 0.0)
        self._silence = self._stack.clock.scheduler.call_later(left, self._give_up)

    def _give_up(self) -> None:
        self._silence = None
        if self._attempt:
            self._transaction.abandon()
            self._stack.transport.block(self._transaction.flow)
        self._is_unwanted = True
        self._call.failed(FailureCause.NO_RESPONSE)

    def timed_out(self, attempt: Attempt) -> None:
        """Nobody answered it."""
        if attempt is self._attempt:
            self._call.failed(FailureCause.TIMEOUT)

    def not_sent(self, attempt: Attempt) -> None:
        """It did not arrive, or its answer will not."""
        if attempt is not self._attempt:
            return
        if self._has_provisional:
            self._call.failed(FailureCause.LOST)
        else:
            self.elsewhere(lambda: self._call.failed(FailureCause.TRANSPORT))

    def over(self, attempt: Attempt) -> None:
        """Its transaction has ended for good."""
        if attempt is self._attempt:
            self._call.invite_over()

    def let_go(self) -> None:
        """The call needs nothing of it any more but `sent_at`."""
        self.stop_waiting()
        self._attempt = self._flow = None

    def _now(self) -> float:
        return self._stack.clock.scheduler.time()
