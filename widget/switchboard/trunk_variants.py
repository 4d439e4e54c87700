"""A test call whose audio the carrier refused: what it would take, found out by asking with one thing changed."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from widget.models.validation import CODECS
from widget.switchboard.findings import Finding, Outcome, Step, fail
from widget.switchboard.route import Route
from widget.switchboard.services import Services
from widget.switchboard.trunk_call import TrialCall

SECONDS = 20.0
"""For all of them: a carrier that refuses audio does so at once."""
WANTS_CODEC = "wants_codec"
WANTS = {"required": "wants_srtp", "off": "wants_no_srtp"}
OTHER_SRTP = {"off": ("required",), "required": ("off",), "optional": ("off", "required")}


@dataclass(frozen=True, slots=True)
class Variant:
    """The route with one thing changed, and what it means when the carrier takes that."""

    route: Route
    reason: str
    codec: str = ""


def variants(route: Route) -> Iterator[Variant]:
    """First the encryption, which is all or nothing, then each codec that the trunk does not list."""
    for srtp in OTHER_SRTP[route.audio.srtp]:
        yield Variant(replace(route, audio=replace(route.audio, srtp=srtp)), WANTS[srtp])
    for codec in CODECS:
        if codec not in route.codecs:
            yield Variant(replace(route, codecs=(codec,)), WANTS_CODEC, codec)


async def try_call(services: Services, route: Route, number: str) -> Finding:
    """A test call; when its audio is refused, what would not be."""
    found = await TrialCall(services, route, number).run()
    if found.reason != "codec":
        return found
    try:
        async with asyncio.timeout(SECONDS):
            return await _taken(services, route, number) or found
    except TimeoutError:
        return found


async def _taken(services: Services, route: Route, number: str) -> Finding | None:
    for variant in variants(route):
        found = await TrialCall(services, variant.route, number).run()
        if found.outcome is Outcome.OK:
            return fail(Step.CALL, variant.reason, codec=variant.codec, codecs=", ".join(route.codecs))
    return None
