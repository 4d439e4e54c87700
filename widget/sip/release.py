"""The BYE of a session (RFC 3261 section 15.1.1), challenged or not."""

from collections.abc import Callable

from widget.sip.auth import DigestClient
from widget.sip.compose import HeaderList
from widget.sip.dialog import Dialog
from widget.sip.message import Response
from widget.sip.reason import reason_header
from widget.sip.stack import Stack


class Release:
    """`released` is called when the BYE is answered, or given up."""

    __slots__ = ("_dialog", "_digest", "_reason", "_released", "_stack")

    def __init__(
        self, stack: Stack, dialog: Dialog, digest: DigestClient | None, reason: str, released: Callable[[], None]
    ) -> None:
        self._stack = stack
        self._dialog = dialog
        self._digest = digest
        self._reason: HeaderList = reason_header(reason)
        self._released = released

    def begin(self) -> None:
        """Send it."""
        if self._digest:
            self._digest.begin()
        self._send()

    def _send(self) -> None:
        uri, _ = self._dialog.path()
        credentials = self._digest.headers("BYE", uri) if self._digest else ()
        bye = self._dialog.next_request("BYE", (*credentials, *self._reason, *self._stack.own_headers))
        self._stack.send(bye, self._dialog.next_hop(), self)

    # What its transaction tells.

    def response(self, response: Response) -> None:
        """The BYE was answered, if that is final."""
        if response.code < 200:
            return
        if self._digest and self._digest.takes(response):
            self._send()
        else:
            self._released()

    def timeout(self) -> None:
        """Nobody answers."""
        self._released()

    def transport_error(self) -> None:
        """Nobody is reached."""
        self._released()

    def over(self) -> None:
        """There is nothing left to let go of."""
