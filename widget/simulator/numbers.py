"""The scripted numbers of the simulated carrier, as one table.

All times are in seconds before the carrier's ``time_scale`` is applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from widget.simulator.impairment import GOOD_LINE, Impairment


class Behaviour(Enum):
    """What the far end does once the call is answered."""

    ECHO = "echoes"
    ANNOUNCE = "plays an announcement"
    DIGITS = "plays back each digit"
    NOTHING = "sends no audio"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A final response that ends the call before it is answered (RFC 3261 section 21)."""

    code: int
    phrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The script of one number, in the order in which its fields take effect.

    ``ring_seconds`` is the time between the provisional and the final response: 0 sends no provisional response, None
    never sends a final one. ``hang_up_after_seconds`` counts from the answer; None leaves hanging up to the caller,
    except that an announcement always hangs up when it is over. ``line`` is what becomes of the audio that is sent.
    ``calls_back_after_seconds`` counts from the end of the call: then the number calls its caller.
    ``refuses_refer_with`` is the final response to a REFER in the call, 0 = it is taken, if the carrier takes any.
    """

    number: str
    summary: str
    responds: bool = True
    challenges: bool = False
    early_media: bool = False
    ring_seconds: float | None = 1.0
    refusal: Refusal | None = None
    behaviour: Behaviour = Behaviour.ECHO
    line: Impairment = GOOD_LINE
    hang_up_after_seconds: float | None = None
    calls_back_after_seconds: float | None = None
    refuses_refer_with: int = 0


ANY_OTHER = Scenario(number="any other", summary="rings 2 s, answers, echoes", ring_seconds=2.0)

SCRIPTED = (
    Scenario(number="12025550100", summary="rings 1 s, answers, echoes"),
    Scenario(
        number="12025550101",
        summary="answers, plays an announcement, hangs up after it",
        behaviour=Behaviour.ANNOUNCE,
    ),
    Scenario(
        number="12025550102",
        summary="busy (486)",
        ring_seconds=0,
        refusal=Refusal(486, "Busy Here"),
    ),
    Scenario(number="12025550103", summary="rings, never answers", ring_seconds=None),
    Scenario(
        number="12025550104",
        summary="rings 1 s, declines (603)",
        refusal=Refusal(603, "Decline"),
    ),
    Scenario(
        number="12025550105",
        summary="early media (183 with a ringback tone) for 3 s, answers, echoes",
        early_media=True,
        ring_seconds=3.0,
    ),
    Scenario(
        number="12025550106",
        summary="answers, echoes, hangs up after 5 s",
        hang_up_after_seconds=5.0,
    ),
    Scenario(
        number="12025550107",
        summary="answers, plays back each digit received (RFC 4733) as its tone pair",
        behaviour=Behaviour.DIGITS,
    ),
    Scenario(
        number="12025550108",
        summary="service unavailable (503)",
        ring_seconds=0,
        refusal=Refusal(503, "Service Unavailable"),
    ),
    Scenario(
        number="12025550109",
        summary="not found (404)",
        ring_seconds=0,
        refusal=Refusal(404, "Not Found"),
    ),
    Scenario(number="12025550110", summary="silent: no response at all", responds=False),
    Scenario(
        number="12025550111",
        summary="asks for digest authentication, rings 1 s, answers, echoes",
        challenges=True,
    ),
    Scenario(
        number="12025550112",
        summary="answers, sends no audio: the agent hears nothing",
        behaviour=Behaviour.NOTHING,
    ),
    Scenario(
        number="12025550113",
        summary="answers, echoes, loses a twentieth of its audio",
        line=Impairment(loss=0.05),
    ),
    Scenario(
        number="12025550114",
        summary="answers, echoes 0.3 to 0.4 s late: delay and jitter",
        line=Impairment(delay_seconds=0.3, jitter_seconds=0.1),
    ),
    Scenario(
        number="12025550115",
        summary="busy (486), calls back after 3 s, echoes",
        ring_seconds=0,
        refusal=Refusal(486, "Busy Here"),
        calls_back_after_seconds=3.0,
    ),
    Scenario(
        number="12025550116",
        summary="rings 1 s, answers, echoes, refuses to be transferred (REFER: 603)",
        refuses_refer_with=603,
    ),
)

BY_NUMBER: Mapping[str, Scenario] = MappingProxyType({scenario.number: scenario for scenario in SCRIPTED})


def scenario_for(number: str) -> Scenario:
    """The script of a dialled number, with or without its leading plus sign."""
    return BY_NUMBER.get(number.removeprefix("+"), ANY_OTHER)


def number_table() -> str:
    """The numbers and what they do, one a line, aligned, for people."""
    return "\n".join(f"{scenario.number:<12} {scenario.summary}" for scenario in (*SCRIPTED, ANY_OTHER))
