"""Calling a colleague: before handing a call over, beside the one that waits, or on one's own account."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async

from widget.calls.transitions import start_call
from widget.colleagues import Colleague, find_colleague
from widget.errors import CallInProgressError, DrainingError, InvalidNumberError, NotConnectedError
from widget.models import new_call_id
from widget.models.trunk_media import default_codecs
from widget.sip.trunk import Trunk
from widget.switchboard import clock, dialling
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.colleague_line import BUSY_HERE, OURSELVES, CalledEnd, CallingEnd, ColleagueLine, HandedCall
from widget.switchboard.dialling import Attempt
from widget.switchboard.inbound import InboundOffered
from widget.switchboard.live_call import LiveCall
from widget.switchboard.messages import Dial
from widget.switchboard.origin import Origin
from widget.switchboard.route import Route

if TYPE_CHECKING:
    from widget.switchboard.desk_core import DeskCore

CODECS = tuple(default_codecs())
"""Of a call between two agents, in order of preference."""


async def prepare(desk: DeskCore, main: LiveCall, to: str, colleague: Colleague | None, info: str) -> Attempt:
    """A call to a number through a trunk, or to a colleague without one; the audio is open, nothing has left.

    Raises a CcError that says what the agent can do.
    """
    if colleague is not None:
        attempt = await _prepare_inside(desk, main.route.codecs, colleague, info)
        return replace(attempt, origin=replace(attempt.origin, consults_for=main.call.id))
    attempt = await dialling.reserve(desk, to, info)
    return replace(attempt, origin=Origin(consults_for=main.call.id))


async def prepare_dialled(desk: DeskCore, dial: Dial) -> Attempt:
    """A call on the agent's own account, to a number or to a colleague. Raises as :func:`prepare`."""
    if not dial.colleague:
        return await dialling.prepare(desk, dial)
    if desk.live is not None:
        raise CallInProgressError
    if desk.services.is_draining:
        raise DrainingError
    if not desk.audio.leg:
        raise NotConnectedError
    colleague = await database_sync_to_async(find_colleague)(desk.agent_id, dial.colleague)
    if colleague is None:
        raise InvalidNumberError("no colleague of this account")
    return await _prepare_inside(desk, CODECS, colleague, dial.info[: dialling.MAX_INFO])


async def _prepare_inside(desk: DeskCore, codecs: tuple[str, ...], colleague: Colleague, info: str) -> Attempt:
    profile = await dialling.profile_of(desk)
    limits = dialling.limits_of(desk, profile)
    call, commands = start_call(id=new_call_id(), number=colleague.account, limits=limits, now=clock.now())
    route = inside_route(codecs, profile.account)
    live = LiveCall(
        call=call,
        route=route,
        sip=desk.services.sip,
        audio=CarrierAudio(leg=call.id, media=desk.services.media, codecs=route.codecs, beside=desk.audio.leg),
        post=partial(desk.post_call, call.id),
        browser_leg=desk.audio.leg,
        line=_line(desk, colleague, call.id, route, info),
    )
    await dialling.open_audio(live, OURSELVES)
    return Attempt(live, info, profile.application_id, commands, Origin(colleague_id=colleague.id))


def _line(desk: DeskCore, colleague: Colleague, call_id: str, route: Route, info: str) -> CallingEnd:
    line = ColleagueLine(
        call_id=f"{call_id}-inside",
        agent_id=colleague.id,
        number=colleague.account,
        caller=route.caller,
        ring=partial(_ring, desk, colleague, route, info),
    )
    return line.caller


def inside_route(codecs: tuple[str, ...], caller: str) -> Route:
    """No trunk at all: the audio stays on this host, in the codecs of the call that it is about, if any."""
    return Route(trunk=Trunk(id=0, host=OURSELVES), codecs=codecs, caller=caller)


def offer_call(desk: DeskCore, main: LiveCall, colleague: Colleague, *, party: str, info: str) -> HandedCall:
    """Let a colleague ring for ``party``, the far end of ``main``; who answers has the call."""
    handed = HandedCall(main, number=colleague.account, caller=party)
    _ring(desk, colleague, inside_route(main.route.codecs, party), info, handed)
    return handed


def _ring(desk: DeskCore, colleague: Colleague, route: Route, info: str, incoming: CalledEnd | HandedCall) -> None:
    """A colleague who cannot be rung now is busy."""
    taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    taken.add_done_callback(lambda settled: None if settled.result() else incoming.reject(BUSY_HERE))
    offered = InboundOffered(incoming, route, taken, info=info, origin=Origin(colleague_id=desk.agent_id))
    incoming.on_event = offered.early.append
    desk.services.offer(colleague.id, offered)
