"""Starting an outbound call: every check, then the audio, then the record, and only then the INVITE."""

import random
from dataclasses import dataclass, replace
from functools import partial

from channels.db import database_sync_to_async

from widget.calls import numbers
from widget.calls.commands import Command
from widget.calls.transitions import start_call
from widget.errors import (
    CallInProgressError,
    DrainingError,
    InvalidNumberError,
    LinesBusyError,
    MediaFailedError,
    NotConnectedError,
)
from widget.media.errors import MediaError
from widget.models import new_call_id
from widget.switchboard import clock, journal, trunks
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.desk_core import DeskCore
from widget.switchboard.journal import AgentProfile, AgentRecord
from widget.switchboard.live_call import LiveCall
from widget.switchboard.messages import Dial
from widget.switchboard.route import Route, in_order
from widget.switchboard.trunk_load import Slot

MAX_ROUTES = 3
"""Trunks that one call may try: the agent waits meanwhile."""
CHANCE = random.SystemRandom()
MAX_INFO = 1000
"""cc-sdk-contract.md, callPhone: longer information is truncated."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that is ready to go: nothing has left yet, and its carrier port is open."""

    live: LiveCall
    info: str
    application_id: int
    commands: tuple[Command, ...]


async def prepare(desk: DeskCore, dial: Dial) -> Attempt:
    """Check and reserve. Raises a CcError that says what the agent can do; nothing is left open then."""
    _refuse_when_busy(desk)
    number = _number(dial.phone)
    if not desk.audio.leg:
        raise NotConnectedError
    profile = await database_sync_to_async(journal.agent_profile)(desk.agent_id)
    slot, route, *others = await _free_routes(desk)
    services = desk.services
    limits = replace(services.limits, ring_seconds=profile.ring_seconds or services.limits.ring_seconds)
    call, commands = start_call(id=new_call_id(), number=number, limits=limits, now=clock.now(), routes=1 + len(others))
    live = LiveCall(
        call=call,
        route=route,
        load=services.load,
        slot=slot,
        other_routes=others,
        sip=services.sip,
        audio=CarrierAudio(leg=call.id, media=services.media, codecs=route.codecs),
        post=partial(desk.post_call, call.id),
        browser_leg=desk.audio.leg,
    )
    await _reserve_audio(live)
    return Attempt(live, dial.info[:MAX_INFO], profile.application_id, commands)


async def _free_routes(desk: DeskCore) -> tuple[Slot, Route, *tuple[Route, ...]]:
    """The trunks to try, best first, and a place on the first: full ones before it are passed over, dead ones last.

    Raises NoTrunkError, and LinesBusyError when all are full.
    """
    listed = in_order(await database_sync_to_async(trunks.routes_of)(desk.agent_id), CHANCE)
    routes = desk.services.health.down_last(listed)
    for place, route in enumerate(routes):
        if slot := desk.services.load.dial(route.trunk.id, route.limits):
            return slot, route, *routes[place + 1 : place + MAX_ROUTES]
    raise LinesBusyError(f"agent {desk.agent_id}: {len(routes)} trunks")


async def application_of(desk: DeskCore) -> int:
    """The application whose record the call becomes."""
    profile: AgentProfile = await database_sync_to_async(journal.agent_profile)(desk.agent_id)
    return profile.application_id


async def commit(attempt: Attempt, *, agent: AgentRecord) -> None:
    """Write the call's row. Raises django.db.Error, and then the call must not go out."""
    await database_sync_to_async(journal.open_call)(
        attempt.live.call,
        agent=agent,
        application_id=attempt.application_id,
        route=attempt.live.route,
        info=attempt.info,
    )


def _refuse_when_busy(desk: DeskCore) -> None:
    if desk.services.is_draining:
        raise DrainingError
    if desk.live is not None:
        raise CallInProgressError


def _number(phone: str) -> str:
    try:
        return numbers.parse_dial_string(phone)
    except numbers.InvalidNumberError as error:
        raise InvalidNumberError(repr(phone[:40])) from error


async def _reserve_audio(live: LiveCall) -> None:
    try:
        await live.audio.open(live.route.trunk.host)
    except MediaError as error:
        await live.abandon()
        raise MediaFailedError(str(error)) from error
