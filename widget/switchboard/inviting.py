"""Dialling a live call: through its first trunk, through the next when that one failed, or to a colleague."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from widget.calls import events
from widget.media.errors import MediaError
from widget.switchboard import clock
from widget.switchboard.route import Route

if TYPE_CHECKING:
    from widget.switchboard.live_call import LiveCall

logger = logging.getLogger(__name__)

FAILOVER_SECONDS = 3.5
"""How long a silent trunk is waited for while there is another one to try."""


async def send_invite(live: LiveCall) -> None:
    """Each time through another trunk."""
    if live.line is not None:
        live.outgoing = live.line
        live.line.call(live.audio.offer(), live.listen)
        return
    sip_call_id = live.call.id
    if live.outgoing is not None:
        if not await _take_next_route(live):
            return
        sip_call_id = f"{live.call.id}-{live.route.trunk.id}"
    live.attempts.begin(live.route.trunk.id, clock.now().wall.date())
    live.outgoing = live.sip.invite(
        live.route.trunk,
        call_id=sip_call_id,
        number=live.route.written(live.call.number),
        caller=live.route.caller,
        sdp=live.audio.offer(),
        on_event=live.listen,
        first_response_seconds=FAILOVER_SECONDS if live.other_routes else None,
    )


async def _take_next_route(live: LiveCall) -> bool:
    """Another carrier may be full, may be reached from another address of ours, and may take other codecs."""
    live.route = live.other_routes.pop(0)
    logger.info("call=%s tries trunk=%d", live.call.id, live.route.trunk.id)
    if not _move_to(live, live.route):
        live.post(events.CarrierFailed(events.CarrierFault.FULL))
        return False
    await live.audio.close()
    live.audio = live.audio.moved_to(live.route, live.browser_leg)
    try:
        await live.audio.open(await live.sip.address_of(live.route.trunk))
    except MediaError as error:
        live.audio_failed(error)
        return False
    return True


def _move_to(live: LiveCall, route: Route) -> bool:
    """Give the place on the trunk that failed back, and take one on the next if it has any."""
    if live.slot is not None:
        live.slot.release()
    live.slot = live.load.dial(route.trunk.id, route.limits)
    return live.slot is not None
