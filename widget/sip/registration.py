"""REGISTER (RFC 3261 section 10.2): kept fresh, repeated with back-off after a failure, withdrawn at the end."""

import logging
import secrets
from collections.abc import Callable
from enum import Enum

from widget.sip.address import InvalidAddressError, parse_name_addr, split_parameters, split_values
from widget.sip.auth import DigestClient
from widget.sip.compose import MAX_FORWARDS, OutgoingRequest, new_tag
from widget.sip.message import Response
from widget.sip.reason import retry_after
from widget.sip.running_transaction import ClientHandlers
from widget.sip.stack import ALLOW, Stack
from widget.sip.timers import TimerHandle
from widget.sip.transport import Flow, MessageTransport
from widget.sip.trunk import Trunk
from widget.sip.uri import host_port, user_uri, way_to

logger = logging.getLogger(__name__)

REFRESH_AT = 0.9
MAX_EXPIRES = 86_400
random = secrets.SystemRandom()


class RegistrationState(Enum):
    """FAILED: the last attempt failed, another one is planned. REFUSED: our credentials were refused; also retried."""

    UNREGISTERED = "unregistered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    FAILED = "failed"
    REFUSED = "refused"


class Registration:
    """Our binding at one trunk."""

    def __init__(self, stack: Stack, trunk: Trunk, digest: DigestClient) -> None:
        self.state = RegistrationState.UNREGISTERED
        self._stack = stack
        self._trunk = trunk
        self._digest = digest
        self._uri = f"sip:{host_port(trunk.host, trunk.port)}"
        self._account = user_uri(trunk.username or trunk.caller(""), trunk.host)
        self._call_id = secrets.token_hex(16)
        self._tag = new_tag()
        self._cseq = 0
        self._expires = trunk.registration_seconds
        self._failures = 0
        self._timer: TimerHandle | None = None
        self._stopped: Callable[[], None] | None = None
        self._flow: Flow | None = None

    def start(self) -> None:
        """Register now, and keep it so."""
        self._timer = None
        if self.state is not RegistrationState.REGISTERED:
            self.state = RegistrationState.REGISTERING
        self._digest.begin()
        self._locate()

    def stop(self, done: Callable[[], None]) -> None:
        """Withdraw the binding and call back when that is settled either way."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._stopped = done
        if self.state is RegistrationState.REGISTERED:
            self._withdraw()
        elif self.state is not RegistrationState.REGISTERING:
            self._settle()

    def connection_lost(self, transport: MessageTransport) -> None:
        """The carrier reaches us over the connection that we registered on: register over a new one."""
        if self._flow and self._flow.transport is transport and self.state is RegistrationState.REGISTERED:
            self._plan(random.uniform(0.0, 1.0))

    def _withdraw(self) -> None:
        """Ask for no time at all (section 10.2.2)."""
        self._expires = 0
        self._digest.begin()
        self._locate()

    def _locate(self) -> None:
        self._stack.transport.locate(way_to(self._trunk), self._located)

    def _located(self, flow: Flow | None) -> None:
        if flow is None:
            self._failed(RegistrationState.FAILED, None)
            return
        handlers = ClientHandlers(
            lambda response: self._answered(response, flow), lambda: self._silent(flow), lambda: self._silent(flow)
        )
        self._stack.transactions.start_client(self._request(flow), flow, handlers)

    def _request(self, flow: Flow) -> OutgoingRequest:
        self._cseq += 1
        headers = (
            MAX_FORWARDS,
            ("From", f"<{self._account}>;tag={self._tag}"),
            ("To", f"<{self._account}>"),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", flow.contact(self._stack.config.contact_user)),
            ("Expires", str(self._expires)),
            *self._digest.headers("REGISTER", self._uri),
            ALLOW,
            *self._stack.own_headers,
        )
        return OutgoingRequest("REGISTER", self._uri, headers)

    def _answered(self, response: Response, flow: Flow) -> None:
        if response.code < 200:
            return
        if response.code < 300:
            self._granted(response, flow)
        elif self._digest.takes(response) or (response.code == 423 and self._takes_longer(response)):
            self._locate()
        else:
            if response.code >= 500:
                self._stack.transport.block(flow)
            refused = response.code in {401, 403, 407}
            self._failed(RegistrationState.REFUSED if refused else RegistrationState.FAILED, retry_after(response))

    def _granted(self, response: Response, flow: Flow) -> None:
        self._failures = 0
        if self._stopped and self._expires:
            self._withdraw()
            return
        if self._stopped:
            self._settle()
            return
        if self.state is not RegistrationState.REGISTERED:
            logger.info("trunk=%d registered", self._trunk.id)
        self.state = RegistrationState.REGISTERED
        self._flow = flow
        self._plan(max(self._lifetime(response, flow) * REFRESH_AT, 1.0))

    def _lifetime(self, response: Response, flow: Flow) -> int:
        """Seconds granted to our own Contact, else by Expires, else what we asked for (section 10.2.4)."""
        granted = contact_expires(response, flow.contact(self._stack.config.contact_user)[1:-1])
        if granted is None:
            granted = response.number("Expires")
        return self._expires if granted is None else min(granted, MAX_EXPIRES)

    def _takes_longer(self, response: Response) -> bool:
        """423: the registrar wants a longer life (section 10.2.8); it may say so once."""
        wanted = response.number("Min-Expires")
        asked = self._trunk.registration_seconds
        if wanted is None or self._expires != asked or not asked < wanted <= MAX_EXPIRES:
            return False
        self._expires = wanted
        return True

    def _silent(self, flow: Flow) -> None:
        """The next attempt goes to another address of the name, if there is one (RFC 3263 section 4.3)."""
        self._stack.transport.block(flow)
        self._failed(RegistrationState.FAILED, None)

    def _failed(self, state: RegistrationState, pause: int | None) -> None:
        """Try again at Retry-After, else after a pause that doubles, scattered so that trunks do not march in step."""
        if self._stopped:
            self._settle()
            return
        self.state = state
        logger.warning("trunk=%d registration %s", self._trunk.id, state.value)
        config = self._stack.config
        longest = min(config.registration_retry_seconds * 2**self._failures, config.registration_retry_limit_seconds)
        self._failures = min(self._failures + 1, 16)
        self._plan(float(min(pause, MAX_EXPIRES)) if pause else longest * random.uniform(0.5, 1.0))

    def _plan(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._stack.clock.scheduler.call_later(seconds, self.start)

    def _settle(self) -> None:
        self.state = RegistrationState.UNREGISTERED
        stopped, self._stopped = self._stopped, _settled
        if stopped:
            stopped()


def _settled() -> None:
    """Whoever waited for the end was told."""


def contact_expires(response: Response, uri: str) -> int | None:
    """The expires parameter of our own Contact in a 200 to REGISTER."""
    try:
        for value in split_values(response.headers.getlist("Contact")):
            address = parse_name_addr(value)
            if address.uri.lower() == uri.lower():
                expires = dict(split_parameters(address.parameters)).get("expires", "")
                return int(expires) if expires.isascii() and expires.isdigit() and len(expires) < 10 else None
    except InvalidAddressError:
        return None
    return None
