"""Pressing keys towards a carrier (RFC 4733): one after the other, in real time, however many are asked for at once."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from widget.media import dtmf
from widget.media.relay.protocol import SendEvent

#: How long a key is held, and let go before the next: what carriers' decoders need is 40 ms each (ITU-T Q.24).
PRESS_MS: Final = 120
PAUSE_MS: Final = 80
STEP_MS: Final = 20
#: More would not be heard before the caller has given up.
MAX_WAITING: Final = 64


class Keys:
    """The keys of one carrier leg. ``send`` reaches the relay."""

    def __init__(self, leg: int, send: Callable[[SendEvent], None]) -> None:
        self._leg = leg
        self._send = send
        self._waiting: deque[tuple[str, int]] = deque()
        self._playing: asyncio.Task[None] | None = None

    def press(self, digits: str, *, clock_rate: int) -> bool:
        """Press these keys after those that still wait; False if they are too many. ``clock_rate``, in Hz, is what was
        negotiated for telephone events. Raises :class:`ValueError` for what is no key, and presses none then."""
        for digit in digits:
            dtmf.digit_to_event(digit)
        if len(self._waiting) + len(digits) > MAX_WAITING:
            return False
        self._waiting.extend((digit, clock_rate) for digit in digits)
        if self._playing is None or self._playing.done():
            self._playing = asyncio.create_task(self._play())
        return True

    def release(self) -> None:
        """The leg closes: what was not pressed yet is forgotten."""
        self._waiting.clear()
        if self._playing is not None:
            self._playing.cancel()

    async def _play(self) -> None:
        while self._waiting:
            for message in packets(self._leg, *self._waiting.popleft()):
                self._send(message)
                await asyncio.sleep(STEP_MS / 1000)
            await asyncio.sleep(PAUSE_MS / 1000)


def packets(leg: int, digit: str, clock_rate: int) -> list[SendEvent]:
    """One key press, a packet every :data:`STEP_MS`."""
    units = clock_rate // 1000
    events = dtmf.press(digit, duration=PRESS_MS * units, step=STEP_MS * units)
    last = len(events) - 1
    return [
        SendEvent(leg=leg, payload=dtmf.pack(event).hex(), begins=place == 0, ends=place == last)
        for place, event in enumerate(events)
    ]
