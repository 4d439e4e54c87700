"""Taking an inbound call: the same order as dialling, the audio, then the record, and only then the 180."""

from dataclasses import replace
from functools import partial

from widget.calls.agent import AgentStatus
from widget.calls.transitions import start_inbound_call
from widget.media.errors import MediaError
from widget.models import new_call_id
from widget.switchboard import clock
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.colleague_line import HandedCall
from widget.switchboard.desk_core import DeskCore
from widget.switchboard.desk_presence import DeskPresence
from widget.switchboard.dialling import Attempt, profile_of
from widget.switchboard.inbound import InboundOffered
from widget.switchboard.live_call import LiveCall


def can_ring(desk: DeskPresence) -> bool:
    """Only an idle agent with a page and audio is rung: the database's word may be a moment old, and the audio of a
    browser that is gone is missed only after seconds."""
    return (
        desk.live is None
        and desk.agent.status is AgentStatus.IDLE
        and bool(desk.pages)
        and bool(desk.audio.leg)
        and not desk.services.is_draining
    )


async def prepare(desk: DeskCore, offered: InboundOffered) -> Attempt | None:
    """Open the audio for a call that will ring; ``None`` when there is no port for it."""
    services = desk.services
    number = offered.incoming.number
    profile = await profile_of(desk)
    seconds = profile.inbound_ring_seconds or services.limits.ring_seconds
    limits = replace(services.limits, ring_seconds=seconds)
    call, commands = start_inbound_call(id=new_call_id(), number=number, limits=limits, now=clock.now())
    live = LiveCall(
        call=call,
        route=offered.route,
        sip=services.sip,
        audio=CarrierAudio.on(offered.route, leg=call.id, media=services.media, browser_leg=desk.audio.leg),
        post=partial(desk.post_call, call.id),
        browser_leg=desk.audio.leg,
        load=services.load,
        refusals=services.refusals,
        slot=offered.slot,
        incoming=offered.incoming,
    )
    try:
        if not isinstance(offered.incoming, HandedCall):
            await live.audio.open(offered.incoming.source[0])
    except MediaError:
        return None
    services.ladder.recorder.bind(offered.incoming.call_id, call.id)
    return Attempt(
        live,
        offered.info,
        profile.application_id,
        commands,
        offered.origin,
        answers_by_itself=profile.answers_by_itself,
    )


def listen(offered: InboundOffered, live: LiveCall) -> None:
    """From now on the call hears its carrier, beginning with what came while nobody did."""
    offered.incoming.on_event = live.listen
    for event in offered.early:
        live.listen(event)
