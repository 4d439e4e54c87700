"""How the agent's call sounds: told to their page, and kept with the record."""

from typing import Any, Final

from widget.calls.call import CallState
from widget.media.events import CallQuality
from widget.switchboard import clock
from widget.switchboard.desk_presence import DeskPresence
from widget.switchboard.ledger import QualityEntry
from widget.switchboard.live_call import LiveCall
from widget.switchboard.quality_log import QualityLog, page_value
from widget.switchboard.services import Services

KEPT_SECONDS: Final = 60
"""A server that is killed loses no more of a call's series than this."""


class DeskQuality(DeskPresence):
    """``_sounded`` takes what the media side tells, ``_keep_quality`` writes at the end of a call."""

    def __init__(self, agent_id: int, services: Services) -> None:
        super().__init__(agent_id, services)
        self._quality = QualityLog()
        self._quality_call = ""
        self._quality_kept_at = 0.0
        self._quality_shown: tuple[frozenset[str], dict[str, Any]] | None = None

    async def _sounded(self, told: CallQuality) -> None:
        """Ringing tones and announcements before the answer are nobody's conversation and are not judged."""
        live = self.live
        if live is None or live.carrier_leg != told.leg_id or live.call.state is not CallState.TALKING:
            return
        answered = live.call.answered
        at = clock.now().monotonic - answered.monotonic if answered is not None else 0.0
        if self._quality_call != live.call.id:
            self._quality, self._quality_call, self._quality_kept_at = QualityLog(), live.call.id, at
        self._quality.add(told, at)
        await self._show_quality(page_value(told))
        if at - self._quality_kept_at >= KEPT_SECONDS:
            self._quality_kept_at = at
            await self._keep_quality(live)

    async def _show_quality(self, value: dict[str, Any]) -> None:
        """Only to the page in use, and only what it does not show already."""
        shown = frozenset(self.pages), value
        if shown == self._quality_shown:
            return
        self._quality_shown = shown
        for page in self.pages:
            await self.services.send(page, {"type": "call.quality", "value": value})

    async def _keep_quality(self, live: LiveCall) -> None:
        record = self._quality.record() if self._quality_call == live.call.id else None
        if record is not None:
            await self._put_down(QualityEntry(live.call.id, record))
