"""The offer in a 2xx to an INVITE of ours that had none: our answer goes into the ACK (RFC 3261 section 13.2.1)."""

from widget.sip.compose import HeaderList
from widget.sip.message import Response
from widget.sip.session import Session


class LateOffer:
    """Waits for the owner's answer; the far end repeats its 2xx meanwhile."""

    __slots__ = ("_cseq", "_headers", "is_open", "sdp", "session")

    def __init__(self, session: Session, response: Response, headers: HeaderList) -> None:
        """`headers`: the credentials of the INVITE, which its ACK repeats."""
        self.session = session
        self._cseq = response.cseq
        self._headers = headers
        self.sdp = response.sdp
        self.is_open = True

    def answer(self, sdp: str = "") -> None:
        """Acknowledge, without an answer when the session is to be released at once. Idempotent."""
        if not self.is_open:
            return
        self.is_open = False
        self.session.local_sdp = sdp or self.session.local_sdp
        self.session.send_ack(self._cseq, self._headers, sdp)
