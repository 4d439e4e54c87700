"""Starting an outbound call: every check, then the audio, then the record, and only then the INVITE."""

import random
from dataclasses import dataclass, field, replace
from functools import partial

from channels.db import database_sync_to_async

from widget.calls import numbers
from widget.calls.call import Limits
from widget.calls.commands import Command
from widget.calls.transitions import start_call
from widget.errors import (
    AtCapacityError,
    CallInProgressError,
    DrainingError,
    InvalidNumberError,
    LinesBusyError,
    MediaFailedError,
    NotConnectedError,
)
from widget.media.errors import MediaError, MediaFailure
from widget.models import new_call_id
from widget.phone_numbers import dialled
from widget.switchboard import clock, journal, trunks
from widget.switchboard.attempts import Attempts
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.desk_core import DeskCore
from widget.switchboard.journal import AgentProfile, AgentRecord
from widget.switchboard.live_call import LiveCall
from widget.switchboard.messages import Dial
from widget.switchboard.origin import Origin
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
    origin: Origin = field(default_factory=Origin)
    answers_by_itself: bool = False


async def prepare(desk: DeskCore, dial: Dial) -> Attempt:
    """Check and reserve. Raises a CcError that says what the agent can do; nothing is left open then."""
    if desk.live is not None:
        raise CallInProgressError
    return await reserve(desk, dial.phone, dial.info)


async def reserve(desk: DeskCore, phone: str, info: str) -> Attempt:
    """A call to a number, whether the agent has another one or not; otherwise as :func:`prepare`."""
    if desk.services.is_draining:
        raise DrainingError
    parsed = number_of(phone)
    if not desk.audio.leg:
        raise NotConnectedError
    if not desk.services.capacity.admits():
        raise AtCapacityError
    profile = await profile_of(desk)
    number = dialled(parsed, profile.region)
    slot, route, *others = await _free_routes(desk)
    services = desk.services
    limits = limits_of(desk, profile)
    call, commands = start_call(id=new_call_id(), number=number, limits=limits, now=clock.now(), routes=1 + len(others))
    live = LiveCall(
        call=call,
        route=route,
        load=services.load,
        refusals=services.refusals,
        attempts=Attempts(tell=services.health.call_told),
        slot=slot,
        other_routes=others,
        sip=services.sip,
        audio=CarrierAudio.on(route, leg=call.id, media=services.media, browser_leg=desk.audio.leg),
        post=partial(desk.post_call, call.id),
        browser_leg=desk.audio.leg,
    )
    await open_audio(live, await services.sip.address_of(route.trunk))
    return Attempt(live, info[:MAX_INFO], profile.application_id, commands)


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


async def profile_of(desk: DeskCore) -> AgentProfile:
    """What admins decided for the agent, as it is now."""
    profile: AgentProfile = await database_sync_to_async(journal.agent_profile)(desk.agent_id)
    return profile


def limits_of(desk: DeskCore, profile: AgentProfile) -> Limits:
    """How long a call that the agent makes may take."""
    limits = desk.services.limits
    return replace(limits, ring_seconds=profile.ring_seconds or limits.ring_seconds)


async def commit(attempt: Attempt, *, agent: AgentRecord) -> None:
    """Write the call's row. Raises django.db.Error, and then the call must not go out."""
    await database_sync_to_async(journal.open_call)(
        attempt.live.call,
        agent=agent,
        application_id=attempt.application_id,
        route=attempt.live.route,
        info=attempt.info,
        origin=attempt.origin,
    )


def number_of(phone: str) -> str:
    """What to dial. Raises InvalidNumberError."""
    try:
        return numbers.parse_dial_string(phone)
    except numbers.InvalidNumberError as error:
        raise InvalidNumberError(repr(phone[:40])) from error


async def open_audio(live: LiveCall, remote_host: str) -> None:
    """Open the port; without it there is no call. Raises MediaFailedError, AtCapacityError."""
    try:
        await live.audio.open(remote_host)
    except MediaError as error:
        await live.abandon()
        if error.failure is MediaFailure.TOO_MANY_TRANSCODED:
            raise AtCapacityError(str(error)) from error
        raise MediaFailedError(str(error)) from error
