"""Which digits were pressed, from the telephone events of one call (RFC 4733). Pure."""

from widget.media import dtmf


class DigitReceiver:
    """Joins the packets of each press into one digit.

    All packets of a press carry the RTP timestamp of its beginning (RFC 4733 section 2.5.1.2), so a digit is reported
    with the first packet that arrives, whichever of the press's packets were lost.
    """

    def __init__(self) -> None:
        self._press: tuple[int, int, int] | None = None

    def hear(self, *, ssrc: int, timestamp: int, payload: bytes) -> str | None:
        """Take one telephone-event payload; the digit if a new press begins with it, otherwise None."""
        event = dtmf.unpack(payload)
        if event is None or event.digit is None:
            return None
        press = (ssrc, timestamp, event.event)
        if press == self._press:
            return None
        self._press = press
        return event.digit
