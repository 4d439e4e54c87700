"""What outgoing and incoming calls share: an answered call can be joined with another one, and sends digits."""

from widget.sip.dialog import Dialog
from widget.sip.session import Session, SessionState
from widget.sip.transfer import replaces


class TransferableCall:
    """A call with a session of its own, once it is answered."""

    _session: Session | None

    @property
    def dialog(self) -> Dialog | None:
        """The dialog of the answered call, None before and after."""
        return self._session.dialog if self._session and self._session.state is SessionState.UP else None

    @property
    def refuses_refer(self) -> bool:
        """Whether the far end has said that it takes no REFER; nothing is known before the answer."""
        return self._session is not None and self._session.refuses_refer

    def refuse_transfers(self, code: int) -> None:
        """Let the far end's REFER get this final response, in the answered call."""
        if self._session:
            self._session.transfers.refusal = code

    def transfer_into(self, other: "TransferableCall") -> None:
        """Attended transfer: join our far end with that of another answered call. TransferDone or TransferFailed.

        Nothing happens unless both are up.
        """
        if self.dialog and self._session and other.dialog:
            self._session.transfers.refer(replaces(other.dialog.target, other.dialog.id))

    def send_dtmf(self, digit: str, duration_ms: int = 250) -> None:
        """Send one digit by INFO (`application/dtmf-relay`) in the answered call. Raises ValueError for no digit."""
        if self.dialog and self._session:
            self._session.digits.send(digit, duration_ms)
