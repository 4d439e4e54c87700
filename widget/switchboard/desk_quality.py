"""How the agent's call sounds: told to their page, and kept with the record."""

from dataclasses import dataclass, field
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


@dataclass
class _Sounding:
    """One call's measurements; ``kept_at`` is in seconds since its answer."""

    kept_at: float
    log: QualityLog = field(default_factory=QualityLog)


class DeskQuality(DeskPresence):
    """``_sounded`` takes what the media side tells, ``_keep_quality`` writes at the end of a call."""

    def __init__(self, agent_id: int, services: Services) -> None:
        super().__init__(agent_id, services)
        self._sounding: dict[str, _Sounding] = {}
        self._quality_shown: tuple[frozenset[str], str, dict[str, Any]] | None = None

    async def _sounded(self, told: CallQuality) -> None:
        """Ringing tones and announcements before the answer are nobody's conversation and are not judged."""
        live = self._talk_on(told.leg_id)
        if live is None:
            return
        answered = live.call.answered
        at = clock.now().monotonic - answered.monotonic if answered is not None else 0.0
        sounding = self._sounding.setdefault(live.call.id, _Sounding(at))
        sounding.log.add(told, at)
        await self._show_quality(live, page_value(told))
        if at - sounding.kept_at >= KEPT_SECONDS:
            sounding.kept_at = at
            await self._keep_quality(live)

    def _talk_on(self, leg_id: str) -> LiveCall | None:
        """The agent's call, or the one beside it in which they ask somebody."""
        both = (self.live, self.live and self.live.consulted)
        talks = (live for live in both if live is not None and live.call.state is CallState.TALKING)
        return next((live for live in talks if live.carrier_leg == leg_id), None)

    async def _show_quality(self, live: LiveCall, value: dict[str, Any]) -> None:
        """Only to the page in use, and only what it does not show already. A call beside the agent's own is marked:
        the widget shows how it sounds, but it is no event of the page."""
        shown = frozenset(self.pages), live.call.id, value
        if shown == self._quality_shown:
            return
        self._quality_shown = shown
        for page in self.pages:
            await self.services.send(page, {"type": "call.quality", "value": value, "beside": live is not self.live})

    async def _keep_quality(self, live: LiveCall) -> None:
        sounding = self._sounding.get(live.call.id)
        record = sounding.log.record() if sounding is not None else None
        if record is not None:
            await self._put_down(QualityEntry(live.call.id, record))
        if live.is_over:
            self._sounding.pop(live.call.id, None)
