"""One request outside of calls, to learn how a peer does: OPTIONS (RFC 3261 section 11), or what REGISTER would say.

A REGISTER without Contact asks for the bindings and changes none (section 10.2.3), but is authenticated as any other.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from widget.sip.auth import DigestClient
from widget.sip.compose import MAX_FORWARDS, OutgoingRequest, new_tag
from widget.sip.message import Response
from widget.sip.running_transaction import ClientHandlers
from widget.sip.stack import ACCEPT, ALLOW, Stack
from widget.sip.timers import TimerHandle
from widget.sip.transport import Address, Flow
from widget.sip.trunk import Trunk
from widget.sip.uri import host_port, user_uri, way_to


class ProbeFailure(Enum):
    """Why no final response came."""

    SILENCE = "silence"
    """Something was sent and nothing came back in time."""
    NO_WAY = "no_way"
    """The name does not resolve, there is no route, no connection, or ICMP said that nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """``code`` is that of the final response, 0 without one. ``phrase`` and ``realm`` are hostile texts.

    ``challenges``: how often credentials were asked for; 2 with a final 401 or 407 means that ours were refused.
    """

    code: int = 0
    phrase: str = ""
    round_trip_seconds: float = 0.0
    challenges: int = 0
    realm: str = ""
    remote: Address | None = None
    failure: ProbeFailure | None = None


class Probe:
    """Sends once `start` is called, and calls `done` exactly once unless the user agent is closed before."""

    def __init__(
        self,
        stack: Stack,
        trunk: Trunk,
        method: str,
        *,
        digest: DigestClient | None,
        seconds: float,
        done: Callable[[ProbeResult], None],
    ) -> None:
        """`seconds` is the patience with a silent peer; without `digest` a challenge is the answer."""
        self._stack = stack
        self._trunk = trunk
        self._method = method
        self._digest = digest
        self._seconds = seconds
        self._done = done
        self._uri = f"sip:{host_port(trunk.host, trunk.port)}"
        self._account = user_uri(trunk.username or trunk.caller(""), trunk.host)
        self._call_id = f"probe-{secrets.token_hex(12)}"
        self._tag = new_tag()
        self._cseq = 0
        self._challenges = 0
        self._realm = ""
        self._sent_at = 0.0
        self._patience: TimerHandle | None = None
        self._flow: Flow | None = None
        self._is_over = False

    def start(self) -> None:
        """Find the way and send."""
        self._patience = self._stack.clock.scheduler.call_later(self._seconds, self._silent)
        self._locate()

    def _locate(self) -> None:
        self._stack.transport.locate(way_to(self._trunk), self._located)

    def _located(self, flow: Flow | None) -> None:
        if self._is_over:
            return
        if flow is None:
            self._no_way()
            return
        self._flow = flow
        self._sent_at = self._stack.clock.scheduler.time()
        handlers = ClientHandlers(lambda response: self._answered(response, flow), self._silent, self._no_way)
        self._stack.transactions.start_client(self._request(flow), flow, handlers)

    def _request(self, flow: Flow) -> OutgoingRequest:
        self._cseq += 1
        to = self._account if self._method == "REGISTER" else self._uri
        headers = (
            MAX_FORWARDS,
            ("From", f"<{self._account}>;tag={self._tag}"),
            ("To", f"<{to}>"),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} {self._method}"),
            *(
                ()
                if self._method == "REGISTER"
                else (("Contact", flow.contact(self._stack.config.contact_user)), ACCEPT)
            ),
            *(self._digest.headers(self._method, self._uri) if self._digest else ()),
            ALLOW,
            *self._stack.own_headers,
        )
        return OutgoingRequest(self._method, self._uri, headers)

    def _answered(self, response: Response, flow: Flow) -> None:
        if response.code < 200 or self._is_over:
            return
        if response.code in {401, 407}:
            self._challenges += 1
            if self._digest and self._digest.takes(response):
                self._locate()
                return
        self._finish(
            ProbeResult(
                code=response.code,
                phrase=response.phrase,
                round_trip_seconds=self._stack.clock.scheduler.time() - self._sent_at,
                challenges=self._challenges,
                realm=self._digest.pinned.realm if self._digest else "",
                remote=flow.remote,
            )
        )

    def _silent(self) -> None:
        """Another address of the same name may be alive: it comes first next time."""
        if self._flow and not self._is_over:
            self._stack.transport.block(self._flow)
        self._finish(ProbeResult(failure=ProbeFailure.SILENCE, challenges=self._challenges))

    def _no_way(self) -> None:
        self._finish(ProbeResult(failure=ProbeFailure.NO_WAY, challenges=self._challenges))

    def _finish(self, result: ProbeResult) -> None:
        if self._is_over:
            return
        self._is_over = True
        if self._patience:
            self._patience.cancel()
        self._done(result)
