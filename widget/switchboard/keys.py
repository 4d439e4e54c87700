"""Keys that an agent presses in a call, where the server sends them: in the audio, or in the signalling (SIP INFO)."""

from widget.calls.call import CallState
from widget.errors import InvalidOptionsError, NoSuchCallError
from widget.media.errors import MediaError
from widget.sip.transferable import TransferableCall
from widget.switchboard.live_call import LiveCall

INFO_MILLISECONDS = 160


def press(live: LiveCall | None, digits: str) -> None:
    """Send them to the carrier, as its trunk wants them. Raises NoSuchCallError and InvalidOptionsError."""
    if live is None or live.call.state is not CallState.TALKING:
        raise NoSuchCallError
    try:
        send(live, digits)
    except (ValueError, MediaError) as error:
        raise InvalidOptionsError(f"digits: {error}") from error


def send(live: LiveCall, digits: str) -> None:
    """In an answered call. Raises ValueError for what is no key, MediaError where the far end takes none."""
    dialog = live.dialog
    if not live.audio.signals_keys:
        live.audio.media.press(live.audio.leg, digits)
    elif isinstance(dialog, TransferableCall):
        for digit in digits:
            dialog.send_dtmf(digit, INFO_MILLISECONDS)
