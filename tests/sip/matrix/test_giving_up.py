"""Calls that we give up, and carriers that answer them all the same; sipp judges what it saw on the wire."""

from pathlib import Path

import pytest

from tests.sip.callers import LiveCaller
from tests.sip.matrix.callee_steps import accept, answer, reply
from tests.sip.matrix.case import Carrier, Case, case, dial, names, run, runs, waits
from tests.sip.matrix.script import expect, pause
from widget.sip.events import Failed, FailureCause, Rejected, Ringing
from widget.sip.trunk import Transport

INVITED = expect("INVITE")
RELEASED = (expect("BYE"), reply(200))


async def cancels_when_it_rings(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Ringing)
    caller.call.hang_up()


async def gives_up_at_once(caller: LiveCaller, there: Carrier) -> None:
    """Before anything came back: CANCEL has to wait."""
    dial(caller, there)
    await there.peer.said("INVITE sip:100@")
    caller.call.hang_up()


async def is_impatient(caller: LiveCaller, there: Carrier) -> None:
    """The carrier is silent for longer than the agent's next trunk can wait."""
    caller.dial(0, trunk=there.trunk, first_response_seconds=0.3)


CASES = [
    case(
        "cancel is answered by both final responses",
        INVITED,
        answer(180),
        expect("CANCEL"),
        reply(200),
        answer(487),
        expect("ACK"),
        drive=cancels_when_it_rings,
        end=Rejected(487, "From The Carrier"),
    ),
    case(
        "cancel waits for the first provisional response",
        INVITED,
        pause(200),
        answer(100),
        expect("CANCEL"),
        reply(200),
        answer(487),
        expect("ACK"),
        drive=gives_up_at_once,
        end=Rejected(487, "From The Carrier"),
    ),
    case(
        "an answer that crosses cancel is acknowledged and released",
        INVITED,
        answer(180),
        expect("CANCEL"),
        accept(),
        expect("ACK"),
        RELEASED,
        drive=cancels_when_it_rings,
    ),
    case(
        "an answer after cancel was confirmed is released",
        INVITED,
        answer(180),
        expect("CANCEL"),
        reply(200),
        pause(50),
        accept(),
        expect("ACK"),
        RELEASED,
        drive=cancels_when_it_rings,
    ),
    case(
        "an answer after our patience is released",
        INVITED,
        pause(800),
        accept(),
        expect("ACK"),
        RELEASED,
        drive=is_impatient,
        end=Failed(FailureCause.NO_RESPONSE),
    ),
    case(
        "an answer without any description is released",
        INVITED,
        answer(200),
        expect("ACK"),
        RELEASED,
        drive=waits,
        end=Failed(FailureCause.BAD_ANSWER),
    ),
]
RUNS = runs(CASES)


@pytest.mark.parametrize(("case", "transport"), RUNS, ids=names(RUNS))
async def test_given_up(case: Case, transport: Transport, tmp_path: Path) -> None:
    await run(case, transport, tmp_path)
