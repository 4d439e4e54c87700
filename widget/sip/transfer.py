"""Handing a call over: REFER and the NOTIFYs about what came of it (RFC 3515, RFC 5589), Replaces (RFC 3891)."""

import logging
import re
from collections.abc import Callable
from urllib.parse import quote

from widget.sip.address import InvalidAddressError, parse_name_addr
from widget.sip.auth import DigestClient
from widget.sip.compose import HeaderList
from widget.sip.dialog import Dialog, DialogId
from widget.sip.events import Referred, TransferDone, TransferEvent, TransferFailed, TransferProgress
from widget.sip.message import Request, Response
from widget.sip.options import refuse_method
from widget.sip.running_transaction import ClientHandlers, ServerTransaction
from widget.sip.stack import Stack
from widget.sip.timers import TimerHandle
from widget.sip.transport import Flow

logger = logging.getLogger(__name__)

LONGEST_TRANSFER_SECONDS = 180.0
STATUS_LINE = re.compile(rb"\s*SIP/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]{0,100}))?")
REFER_EVENT = re.compile(r"refer\s*(;.*)?", re.I | re.S)


def replaces(uri: str, other: DialogId) -> str:
    """The Refer-To URI that puts the far end in our place in another call; tags as its other party sees them."""
    value = f"{other.call_id};to-tag={other.remote_tag};from-tag={other.local_tag}"
    return f"{uri}?Replaces={quote(value, safe='')}"


class Transfers:
    """REFER and NOTIFY of one dialog, one transfer at a time. `emit` is told how it goes."""

    __slots__ = ("_dialog", "_digest", "_emit", "_limit", "_stack", "_target", "refusal")

    def __init__(
        self, stack: Stack, dialog: Dialog, digest: DigestClient | None, emit: Callable[[TransferEvent], None]
    ) -> None:
        self._stack = stack
        self._dialog = dialog
        self._digest = digest
        self._emit = emit
        self._target = ""
        self._limit: TimerHandle | None = None
        #: What a REFER gets instead of 202; 0 = nothing.
        self.refusal = 0

    def refer(self, target: str) -> None:
        """Ask the far end to call `target`, a URI. TransferDone or TransferFailed follows, progress before it."""
        if self._target:
            self._emit(TransferFailed(491, "Request Pending"))
            return
        self._target = target
        if self._digest:
            self._digest.begin()
        self._limit = self._stack.clock.scheduler.call_later(LONGEST_TRANSFER_SECONDS, self._no_answer)
        self._locate()

    def receive(self, transaction: ServerTransaction) -> None:
        """NOTIFY about our transfer, or REFER, which is refused unless the configuration takes it."""
        if transaction.request.method == "NOTIFY":
            self._notified(transaction)
        elif not self._stack.config.takes_refer:
            refuse_method(transaction)
        else:
            self._referred(transaction)

    def stop(self) -> None:
        """The dialog ended, and with it what we can learn."""
        self._target = ""
        if self._limit:
            self._limit.cancel()
            self._limit = None

    # Ours.

    def _locate(self) -> None:
        self._stack.transport.locate(self._dialog.next_hop(), self._located)

    def _located(self, flow: Flow | None) -> None:
        if flow is None:
            self._no_answer()
        elif self._target:
            who = ("Referred-By", f"<{parse_name_addr(self._dialog.local).uri}>")
            self._send("REFER", flow, (("Refer-To", f"<{self._target}>"), who), self._refer_answered)

    def _refer_answered(self, response: Response) -> None:
        if response.code < 200 or not self._target:
            return
        if response.code < 300:
            self._emit(TransferProgress(response.code))
        elif self._digest and self._digest.takes(response):
            self._locate()
        else:
            self._finish(TransferFailed(response.code, response.phrase))

    def _notified(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if not self._target or not REFER_EVENT.fullmatch(request.header("Event")):
            transaction.respond(481)
            return
        transaction.respond(200)
        match = STATUS_LINE.match(request.body)
        code = int(match[1]) if match else 0
        if 200 <= code < 300:
            self._finish(TransferDone())
        elif code >= 300:
            self._finish(TransferFailed(code, (match[2] or b"").decode("utf-8", "replace") if match else ""))
        elif request.header("Subscription-State").lower().startswith("terminated"):
            self._finish(TransferFailed(487, "the far end reports no more"))
        elif code:
            self._emit(TransferProgress(code))

    def _no_answer(self) -> None:
        if self._target:
            self._finish(TransferFailed(408, "Request Timeout"))

    def _finish(self, event: TransferDone | TransferFailed) -> None:
        self.stop()
        logger.info("call=%s %r", self._dialog.id.call_id, event)
        self._emit(event)

    # Theirs.

    def _referred(self, transaction: ServerTransaction) -> None:
        try:
            target = parse_name_addr(transaction.request.header("Refer-To")).uri
        except InvalidAddressError:
            transaction.respond(400)
            return
        if self.refusal:
            transaction.respond(self.refusal)
            return
        transaction.respond(202)
        self._emit(Referred(target, self._report))

    def _report(self, code: int, phrase: str) -> None:
        """NOTIFY with a status line; a final one ends the subscription (RFC 3515 section 2.4.5)."""

        def located(flow: Flow | None) -> None:
            if flow:
                state = "active;expires=180" if code < 200 else "terminated;reason=noresource"
                event = (("Event", "refer"), ("Subscription-State", state), ("Content-Type", "message/sipfrag"))
                self._send("NOTIFY", flow, event, _ignored, f"SIP/2.0 {code} {phrase}\r\n")

        self._stack.transport.locate(self._dialog.next_hop(), located)

    def _send(
        self, method: str, flow: Flow, headers: HeaderList, answered: Callable[[Response], None], body: str = ""
    ) -> None:
        uri, _ = self._dialog.path()
        credentials = self._digest.headers(method, uri, body) if self._digest else ()
        contact = ("Contact", flow.contact(self._stack.config.contact_user))
        request = self._dialog.next_request(method, (contact, *credentials, *headers, *self._stack.own_headers), body)
        handlers = ClientHandlers(answered, self._no_answer, self._no_answer)
        self._stack.transactions.start_client(request, flow, handlers)


def _ignored(_response: Response) -> None:
    """Nothing depends on the answer to a NOTIFY."""


def is_transfer(request: Request) -> bool:
    """Whether a request in a dialog is for Transfers."""
    return request.method in {"REFER", "NOTIFY"}
