"""Before the answer: reliable provisional responses, UPDATE, and digits by INFO once the call is up."""

from pathlib import Path

import pytest

from tests.sip.callers import LiveCaller, until
from tests.sip.matrix.callee_steps import accept, answer, ask, reply
from tests.sip.matrix.case import Carrier, Case, case, dial, names, run, runs
from tests.sip.matrix.drives import takes
from tests.sip.matrix.script import HELD, SDP, Step, expect, expect_response
from widget.sip.events import Answered, DigitReceived, MediaChanged, Progress, Rejected, Ringing
from widget.sip.trunk import Transport

INVITED = expect("INVITE", {"Supported:": "100rel"})
RELEASED = (expect("BYE"), reply(200))
UP = (accept(), expect("ACK"))


def reliable(code: int, number: int, *, body: str = "") -> Step:
    return answer(code, "Require: 100rel", f"RSeq: {number}", body=body)


def acknowledged(number: int) -> tuple[Step, Step]:
    return expect("PRACK", {"RAck:": f"{number} [0-9]+ INVITE"}), reply(200)


async def takes_every_offer(caller: LiveCaller, there: Carrier) -> None:
    caller.decide = takes
    dial(caller, there)
    await caller.heard(Answered)
    caller.call.hang_up()


async def cancels_early_media(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Progress)
    await there.peer.saw("CSeq: 2 PRACK", 2)
    caller.call.hang_up()


async def dials_digits(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Answered)
    for digit in "4#":
        caller.call.send_dtmf(digit, 120)
    await there.peer.saw("Signal=#")
    await there.peer.saw("CSeq: 3 INFO", 2)
    caller.call.hang_up()


async def waits_for_a_digit(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await until(lambda: DigitReceived("7", 160) in caller.events)
    caller.call.hang_up()


CASES = [
    case(
        "a reliable session progress is acknowledged once",
        INVITED,
        reliable(183, 700, body=SDP),
        acknowledged(700),
        UP,
        RELEASED,
    ),
    case(
        "a repeated reliable response is not acknowledged anew",
        INVITED,
        reliable(183, 700, body=SDP),
        acknowledged(700),
        reliable(183, 700, body=SDP),
        UP,
        RELEASED,
    ),
    case(
        "a reliable response out of order is not acknowledged",
        INVITED,
        reliable(183, 700, body=SDP),
        acknowledged(700),
        reliable(180, 702),
        reliable(180, 701),
        acknowledged(701),
        UP,
        RELEASED,
    ),
    case(
        "an answer after reliable media needs no description",
        INVITED,
        reliable(183, 1, body=SDP),
        acknowledged(1),
        answer(200),
        expect("ACK"),
        RELEASED,
    ),
    case(
        "an UPDATE before the answer moves early media",
        INVITED,
        reliable(183, 1, body=SDP),
        acknowledged(1),
        ask("UPDATE", 1, body=HELD),
        expect_response(200, {"msg": "a=recvonly"}),
        answer(200),
        expect("ACK"),
        RELEASED,
        drive=takes_every_offer,
    ),
    case(
        "an acknowledgement that is challenged is sent again",
        INVITED,
        reliable(183, 1, body=SDP),
        expect("PRACK"),
        reply(407, 'Proxy-Authenticate: Digest realm="carrier.example", nonce="p", algorithm=MD5'),
        expect("PRACK", {"Proxy-Authorization:": 'nonce="p"', "RAck:": "1 [0-9]+ INVITE"}),
        reply(200),
        UP,
        RELEASED,
    ),
    case(
        "cancel works while early media plays",
        INVITED,
        reliable(183, 1, body=SDP),
        acknowledged(1),
        expect("CANCEL"),
        reply(200),
        answer(487),
        expect("ACK"),
        drive=cancels_early_media,
        end=Rejected(487, "From The Carrier"),
    ),
    case(
        "digits leave one after the other by INFO",
        INVITED,
        UP,
        expect("INFO", {"msg": "Signal=4", "Content-Type:": "application/dtmf-relay"}),
        reply(200),
        expect("INFO", {"msg": "Signal=#"}),
        reply(200),
        RELEASED,
        drive=dials_digits,
    ),
    case(
        "a digit of theirs by INFO is heard",
        INVITED,
        UP,
        ask("INFO", 1),
        expect_response(200),
        ask("INFO", 2, body="Signal=7\nDuration=160\n", kind="application/dtmf-relay"),
        expect_response(200),
        RELEASED,
        drive=waits_for_a_digit,
    ),
]
RUNS = runs(CASES)


@pytest.mark.parametrize(("case", "transport"), RUNS, ids=names(RUNS))
async def test_before_the_answer(case: Case, transport: Transport, tmp_path: Path) -> None:
    events = await run(case, transport, tmp_path)
    assert not any(isinstance(event, MediaChanged) for event in events) or case.drive is takes_every_offer
    assert sum(isinstance(event, Ringing) for event in events) <= 1
