"""Digits by INFO (RFC 6086, `application/dtmf-relay`), for carriers that take none in the audio."""

import logging
import re
from collections.abc import Callable

from widget.sip.auth import DigestClient
from widget.sip.compose import HeaderList
from widget.sip.dialog import Dialog
from widget.sip.events import DigitReceived
from widget.sip.message import Request, Response
from widget.sip.running_transaction import ClientHandlers, ServerTransaction
from widget.sip.stack import Stack

logger = logging.getLogger(__name__)

MAX_WAITING = 64
USUAL_MS = 250
LONGEST_MS = 10_000
DIGIT = re.compile(r"[0-9A-D*#]", re.I)
RELAYED = re.compile(r"\s*Signal\s*=\s*(?P<digit>[0-9A-D*#]|1[0-5])\s*$", re.I | re.M)
DURATION = re.compile(r"^\s*Duration\s*=\s*(?P<ms>[0-9]{1,5})\s*$", re.I | re.M)
NUMBERED = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
RELAY_TYPE = "application/dtmf-relay"
PLAIN_TYPE = "application/dtmf"


class InfoDigits:
    """Of one dialog: sent one after the other, so that they arrive in order."""

    __slots__ = ("_dialog", "_digest", "_is_sending", "_stack", "_waiting")

    def __init__(self, stack: Stack, dialog: Dialog, digest: DigestClient | None) -> None:
        self._stack = stack
        self._dialog = dialog
        self._digest = digest
        self._waiting: list[tuple[str, int]] = []
        self._is_sending = False

    def send(self, digit: str, duration_ms: int) -> None:
        """Send one digit (0 to 9, A to D, *, #). Raises ValueError for another one, or too many at once."""
        if not DIGIT.fullmatch(digit) or not 0 < duration_ms <= LONGEST_MS or len(self._waiting) >= MAX_WAITING:
            raise ValueError("no such digit, or too long, or too many at once")
        self._waiting.append((digit.upper(), duration_ms))
        if not self._is_sending:
            self._send_next()

    def receive(self, transaction: ServerTransaction, tell: Callable[[DigitReceived], None]) -> None:
        """A digit of the far end; an INFO without a body is a sign of life."""
        digit = read_digit(transaction.request)
        if transaction.request.body and digit is None:
            transaction.respond(415, headers=(("Accept", f"{RELAY_TYPE}, {PLAIN_TYPE}"),))
            return
        transaction.respond(200)
        if digit:
            tell(digit)

    def stop(self) -> None:
        """The session ended."""
        self._waiting.clear()

    def _send_next(self) -> None:
        self._is_sending = bool(self._waiting)
        if self._is_sending:
            digit, duration_ms = self._waiting.pop(0)
            if self._digest:
                self._digest.begin()
            self._send(f"Signal={digit}\r\nDuration={duration_ms}\r\n")

    def _send(self, body: str) -> None:
        uri, _ = self._dialog.path()
        credentials: HeaderList = self._digest.headers("INFO", uri, body) if self._digest else ()
        headers = (*credentials, *self._stack.own_headers, ("Content-Type", RELAY_TYPE))

        def answered(response: Response) -> None:
            if response.code < 200:
                return
            if response.code >= 300 and self._digest and self._digest.takes(response):
                self._send(body)
                return
            if response.code >= 300:
                logger.warning("call=%s digit refused: %d", self._dialog.id.call_id, response.code)
            self._send_next()

        request = self._dialog.next_request("INFO", headers, body)
        handlers = ClientHandlers(answered, self._send_next, self._send_next)
        self._stack.send(request, self._dialog.next_hop(), handlers)


def read_digit(request: Request) -> DigitReceived | None:
    """The digit of an INFO, None when it carries none that we know."""
    kind = request.header("Content-Type").partition(";")[0].strip().lower()
    text = request.body[:200].decode("ascii", "replace")
    if kind == PLAIN_TYPE and DIGIT.fullmatch(text.strip()):
        return DigitReceived(text.strip().upper(), USUAL_MS)
    match = RELAYED.search(text) if kind == RELAY_TYPE else None
    if match is None:
        return None
    duration = DURATION.search(text)
    digit = NUMBERED.get(match["digit"], match["digit"].upper())
    return DigitReceived(digit, min(int(duration["ms"]), LONGEST_MS) if duration else USUAL_MS)
