"""What arrives, and who takes it (RFC 3261 sections 8.2 and 16.3): from the raw message to its transaction's user."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from widget.sip.admission import TokenBuckets
from widget.sip.auth import DigestServer
from widget.sip.dialog import id_at_server
from widget.sip.drop_log import DropLog
from widget.sip.incoming import IncomingCall
from widget.sip.malformed import bad_request
from widget.sip.message import MessageError, Request, Response, parse_message
from widget.sip.observer import Observer
from widget.sip.options import answer_options, refuse_method
from widget.sip.registrar import IncomingRegistration
from widget.sip.replacement import replace_dialog
from widget.sip.running_transaction import ServerTransaction
from widget.sip.session_timer import SHORTEST_SECONDS, is_too_brief
from widget.sip.stack import ACCEPT, ACCEPT_ENCODING, EXTENSIONS, Stack
from widget.sip.transport import Address, MessageTransport, TransportError

logger = logging.getLogger(__name__)

DESCRIBED = frozenset({"INVITE", "UPDATE", "PRACK"})
"""Whose bodies describe a session; INFO has bodies of its own, and those of other requests are for nobody here."""

OnInvite: TypeAlias = Callable[[IncomingCall], None]
OnRegister: TypeAlias = Callable[[IncomingRegistration], None]
Admits: TypeAlias = Callable[[str], bool]


@dataclass(slots=True)
class Hooks:
    """Who takes what comes in. `took` hears of each new call, `changed` that something may have ended.

    `admits` gets the source's address; without it everybody is admitted.
    """

    on_invite: OnInvite | None
    on_register: OnRegister | None
    admits: Admits | None
    took: Callable[[IncomingCall], None]
    changed: Callable[[], None]
    is_closing: bool = False
    observer: Observer | None = None


class Dispatcher:
    """Hands each message to its transaction, dialog or hook."""

    def __init__(self, stack: Stack, hooks: Hooks) -> None:
        self._stack = stack
        self._hooks = hooks
        self._digest = DigestServer()
        self._drops = DropLog(logger)
        config = stack.config
        self._buckets = TokenBuckets(per_second=config.messages_per_second, burst=config.message_burst)

    def receive(self, data: bytes, source: Address, transport: MessageTransport) -> None:
        """One message from the network."""
        if not data.strip(b"\r\n\0 "):
            return
        if not self._buckets.takes(source[0], self._stack.clock.scheduler.time()):
            self._drops.note("too many messages", source)
            return
        try:
            message = parse_message(data)
        except MessageError as error:
            self._drops.note(error.reason, source)
            self._complain(data, source, transport)
            return
        if self._hooks.observer:
            self._hooks.observer.received(data, message.call_id, source, transport)
        if isinstance(message, Response):
            self._stack.transactions.receive_response(message)
        else:
            self._receive_request(message, source, transport)

    def _complain(self, data: bytes, source: Address, transport: MessageTransport) -> None:
        """Tell a peer of ours what it sent; nobody else, as a 400 without a transaction could be aimed at others."""
        if self._hooks.admits is None or not self._hooks.admits(source[0]):
            return
        try:
            if answer := bad_request(data, source, transport):
                transport.send(*answer)
        except (TransportError, MessageError) as error:
            logger.info("400 not sent: %s", error)

    def _receive_request(self, request: Request, source: Address, transport: MessageTransport) -> None:
        is_known = self._stack.transactions.knows(request)
        if request.method == "ACK" and not is_known:
            if user := self._stack.dialog(id_at_server(request)):
                user.acknowledge(request)
            return
        if not is_known and self._is_stranger(request, source):
            self._drops.note("a request of a stranger", source)
            return
        transaction = self._stack.transactions.receive_request(request, source, transport)
        if transaction:
            self._dispatch(transaction)
            self._hooks.changed()

    def _is_stranger(self, request: Request, source: Address) -> bool:
        """Who is not admitted learns not even that we are here; a dialog's tags admit to that dialog.

        A CANCEL of a known INVITE is as good as the INVITE.
        """
        if self._hooks.on_invite is None and request.method == "INVITE" and not request.to_tag:
            return True
        if self._hooks.admits is None or self._hooks.admits(source[0]):
            return False
        if request.method == "CANCEL":
            return self._stack.transactions.invite_of(request) is None
        return self._stack.dialog(id_at_server(request)) is None

    def _dispatch(self, transaction: ServerTransaction) -> None:
        """A new request: CANCEL, one in a dialog, or one that stands alone (section 8.2)."""
        request = transaction.request
        if request.method == "CANCEL":
            self._cancel(transaction)
        elif unknown := [token for token in request.tokens("Require") if token not in EXTENSIONS]:
            transaction.respond(420, headers=(("Unsupported", ", ".join(unknown)),))
        elif request.method in DESCRIBED and not request.is_understood:
            transaction.respond(415, headers=(ACCEPT, ACCEPT_ENCODING))
        elif request.method in {"INVITE", "UPDATE"} and is_too_brief(request):
            transaction.respond(422, headers=(("Min-SE", str(SHORTEST_SECONDS)),))
        elif request.to_tag:
            self._dispatch_in_dialog(transaction)
        else:
            self._dispatch_alone(transaction)

    def _dispatch_alone(self, transaction: ServerTransaction) -> None:
        match transaction.request.method:
            case "INVITE":
                self._invited(transaction)
            case "OPTIONS":
                answer_options(transaction)
            case "REGISTER" if self._hooks.on_register:
                self._register(transaction, self._hooks.on_register)
            case "BYE" | "INFO" | "NOTIFY" | "PRACK" | "UPDATE":
                transaction.respond(481)
            case _:
                refuse_method(transaction)

    def _cancel(self, transaction: ServerTransaction) -> None:
        invite = self._stack.transactions.invite_of(transaction.request)
        if invite is None:
            transaction.respond(481)
            return
        transaction.to_tag = invite.to_tag
        transaction.respond(200)
        invite.cancel(transaction.request)

    def _dispatch_in_dialog(self, transaction: ServerTransaction) -> None:
        user = self._stack.dialog(id_at_server(transaction.request))
        if user:
            user.receive(transaction)
        else:
            transaction.respond(481)

    def _register(self, transaction: ServerTransaction, on_register: OnRegister) -> None:
        registration = IncomingRegistration(transaction, self._digest, self._stack.clock.scheduler.time())
        on_register(registration)
        if not registration.is_decided:
            registration.reject(403)

    def _invited(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if self._hooks.on_invite is None or self._hooks.is_closing:
            transaction.respond(503)
        elif request.header("Replaces"):
            replace_dialog(self._stack, transaction)
        else:
            self._offer_call(transaction, self._hooks.on_invite)

    def _offer_call(self, transaction: ServerTransaction, on_invite: OnInvite) -> None:
        call = IncomingCall(self._stack, transaction, self._digest)
        self._hooks.took(call)
        logger.info("call=%s INVITE from %r for %r", call.call_id, call.caller, call.number)
        on_invite(call)
        call.proceed()
