"""What an agent finds by typing into the number field: their own recent calls, and colleagues of the group."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from widget.agent_view import FrameOptions
from widget.colleagues import Colleague, colleagues_of
from widget.models import Agent, Call, CallState
from widget.phone_numbers import country_of, written

SEARCHED_CALLS = 500
"""How far back: some weeks of a busy agent, read from an index in a few milliseconds."""
MAX_CALLS, MAX_COLLEAGUES = 5, 3


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number of an earlier call, how it is written for the agent, and what was known of it. All hostile."""

    number: str
    shown: str
    about: str


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, best first."""

    colleagues: tuple[Colleague, ...] = ()
    numbers: tuple[FoundNumber, ...] = ()


def find(agent_id: int, text: str, options: FrameOptions) -> Found:
    """Look for digits within numbers, or for letters within names, information and remarks; nothing in, nothing out.

    Where numbers are masked no earlier call is found: a search would tell a number digit by digit.
    """
    wanted = folded(text)
    if not any(sign.isalnum() for sign in wanted):
        return Found()
    people = (each for each in colleagues_of(agent_id) if wanted in folded(f"{each.name} {each.account}"))
    remembers = options.history and not options.masks_numbers
    numbers = _numbers(agent_id, wanted, options) if remembers else iter(())
    return Found(tuple(islice(people, MAX_COLLEAGUES)), tuple(islice(numbers, MAX_CALLS)))


def folded(text: str) -> str:
    """Without case, accents and outer space, as people type."""
    plain = unicodedata.normalize("NFD", text.strip())
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()


def _numbers(agent_id: int, wanted: str, options: FrameOptions) -> Iterator[FoundNumber]:
    """Each number once, the latest call first."""
    agent = Agent.objects.select_related("application").get(pk=agent_id)
    country = agent.application.region or country_of(agent.display_number)
    seen: set[str] = set()
    ended = Call.objects.filter(
        agent_id=agent_id, state__in=[CallState.BRIDGED, CallState.ENDED], consults_for=None, colleague=None
    )
    for row in ended.order_by("-started_at")[:SEARCHED_CALLS]:
        number = row.caller if row.direction == "inbound" else row.called
        about = _about(row, options)
        if number and number not in seen and _fits(wanted, number, about):
            seen.add(number)
            yield FoundNumber(number, written(number, country), about.split("\n", 1)[0][:80])


def _about(row: Call, options: FrameOptions) -> str:
    """What the agent's mode lets them read of a call."""
    texts = (row.info if options.information else "", row.remark if options.remark else "")
    return "\n".join(filter(None, texts))


def _fits(wanted: str, number: str, about: str) -> bool:
    """A national number begins with a 0 that the international one lacks."""
    if any(sign.isalpha() for sign in wanted):
        return wanted in folded(about)
    digits = re.sub(r"\D", "", wanted)
    return digits in number or (digits.startswith("0") and len(digits) > 1 and digits[1:] in number)
