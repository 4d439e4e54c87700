"""An agent's audio between browser and server: the leg in use, and one that is coming up to replace it."""

import logging
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from widget.errors import MediaFailedError
from widget.media.errors import MediaError
from widget.media.service import MediaService
from widget.switchboard.legs import LegDirectory

logger = logging.getLogger(__name__)


ALL_CODECS = ("PCMU", "PCMA", "G722", "opus")


def with_all(codecs: Sequence[str]) -> tuple[str, ...]:
    """These first, as browsers speak the first, and all others behind them, as a carrier may choose any of a trunk's
    and another trunk has others."""
    return *codecs, *(codec for codec in ALL_CODECS if codec not in codecs)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a browser is to send: a codec by its name in SDP, and milliseconds of audio per packet. With
    ``signals_keys`` pressed keys are the server's to send."""

    codec: str
    packet_ms: int
    signals_keys: bool = False


@dataclass(slots=True, kw_only=True)
class BrowserAudio:
    """``leg`` carries audio now, ``coming`` has an answer and no connection yet; "" means none. ``spoken`` is what the
    browser was last told to speak over ``leg``."""

    agent_id: int
    media: MediaService
    legs: LegDirectory
    leg: str = ""
    coming: str = ""
    spoken: Spoken | None = None

    async def offer(self, sdp: str, *, codecs: Sequence[str], beside: str = "") -> str:
        """The answer to a browser's offer; the leg in use stays until the new one connects. ``beside`` is the carrier
        leg of the agent's call. Raises MediaFailedError."""
        await self.close(self.coming)
        leg = self.coming = uuid.uuid4().hex
        self.legs.add(leg, self.agent_id)
        try:
            return await self.media.open_browser_leg(leg, sdp, codecs=with_all(codecs), beside=beside)
        except MediaError as error:
            self.coming = ""
            self.legs.discard(leg)
            raise MediaFailedError(str(error)) from error

    def connected(self, leg: str) -> bool:
        """Take the leg into use if it is the one that was awaited; its predecessor is left for :meth:`close`."""
        if leg != self.coming:
            return False
        self.leg, self.coming, self.spoken = leg, "", None
        return True

    def failed(self, leg: str) -> bool:
        """Forget a leg; True when it was the one in use."""
        self.legs.discard(leg)
        if leg == self.coming:
            self.coming = ""
        was_in_use = leg == self.leg
        if was_in_use:
            self.leg = ""
        return was_in_use

    def among(self, legs: Collection[str]) -> list[str]:
        """Which of ``legs`` are ours."""
        return [leg for leg in (self.leg, self.coming) if leg and leg in legs]

    async def drop(self) -> bool:
        """Close everything; True when there was audio."""
        coming, leg = self.coming, self.leg
        self.coming = self.leg = ""
        await self.close(coming)
        await self.close(leg)
        return bool(leg)

    async def close(self, leg: str) -> None:
        """Close one leg, for instance the one that was replaced; "" does nothing."""
        if leg:
            self.legs.discard(leg)
            await self.media.close_browser_leg(leg)
