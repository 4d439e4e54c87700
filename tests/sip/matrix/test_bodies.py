"""Bodies of several parts in both directions, and our own calls without an offer; sipp judges what it saw."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sip.callers import LiveCaller
from tests.sip.matrix.callee_steps import accept, acknowledge, answer, ask, reply
from tests.sip.matrix.caller_steps import HANGS_UP, TRYING, call
from tests.sip.matrix.caller_steps import acknowledge as their_ack
from tests.sip.matrix.case import Carrier, Case, case, names, run, runs
from tests.sip.matrix.drives import after, takes
from tests.sip.matrix.inbound import Inbound, inbound, is_never_asked, run_theirs, their_names, their_runs
from tests.sip.matrix.script import HELD, SDP, expect, expect_response
from widget.sip.events import Answered, MediaChanged, Progress
from widget.sip.trunk import Transport

EDGE = "unique-boundary-1"
MIXED = f'multipart/mixed;boundary="{EDGE}"'
RIGHTS = "Content-Type: application/x-rights\n{}\n<granted/>\n"
INVITED = expect("INVITE")
RELEASED = (expect("BYE"), reply(200))


def joined(*parts: str) -> str:
    """Parts between their delimiters."""
    return "".join(f"--{EDGE}\n{part}\n" for part in parts) + f"--{EDGE}--\n"


def with_rights(sdp: str, *, handling: str = "") -> str:
    """A description behind a part that is for others, unless its handling is required."""
    disposition = f"Content-Disposition: render; handling={handling}\n" if handling else ""
    return joined(RIGHTS.format(disposition), f"Content-Type: application/sdp\n\n{sdp}")


async def calls_without_an_offer(caller: LiveCaller, there: Carrier) -> None:
    caller.decide = takes
    caller.dial(0, trunk=replace(there.trunk, late_offer=True))
    await caller.heard(Answered)
    caller.call.hang_up()


async def hears_early_media(caller: LiveCaller, there: Carrier) -> None:
    caller.dial(0, trunk=there.trunk)
    await caller.heard(Answered)
    assert any(isinstance(event, Progress) and event.sdp for event in caller.events)
    caller.call.hang_up()


OURS = [
    case(
        "a description among other parts is early media and answer",
        INVITED,
        answer(183, body=with_rights(SDP), kind=MIXED),
        answer(200, body=with_rights(SDP), kind=MIXED),
        expect("ACK"),
        RELEASED,
        drive=hears_early_media,
    ),
    case(
        "a re-INVITE with several parts changes the media",
        INVITED,
        accept(),
        expect("ACK"),
        ask("INVITE", 1, body=with_rights(HELD, handling="optional"), kind=MIXED),
        expect_response(100, optional=True),
        expect_response(200, {"msg": "a=recvonly"}),
        acknowledge(1),
        RELEASED,
        drive=after(MediaChanged, seen="z9hG4bK-ACK-1"),
    ),
    case(
        "a call without an offer is answered with theirs and our acknowledgement answers",
        expect("INVITE", {"msg": "Accept: application/sdp.*Content-Length: 0", "Supported:": "timer, replaces"}),
        answer(180),
        accept(),
        expect("ACK", {"msg": "Content-Type: application/sdp.*m=audio 4000"}),
        RELEASED,
        drive=calls_without_an_offer,
    ),
]
THEIRS = [
    inbound(
        "a call with several parts is answered by its description",
        call(body=with_rights(SDP), kind=MIXED),
        TRYING,
        expect_response(180, optional=True),
        expect_response(200, {"msg": "m=audio"}),
        their_ack(),
        HANGS_UP,
    ),
    inbound(
        "a part that has to be understood and is not is refused",
        call(body=with_rights(SDP, handling="required"), kind=MIXED),
        TRYING,
        expect_response(415, {"Accept:": "multipart/mixed"}),
        their_ack(refused=True),
        decide=is_never_asked,
        events=(),
    ),
    inbound(
        "a body that may be ignored leaves a call without an offer",
        call("Content-Disposition: render;handling=optional", body="<x/>", kind="application/xml"),
        TRYING,
        expect_response(180, optional=True),
        expect_response(200, {"msg": "m=audio"}),
        their_ack(body=SDP),
        HANGS_UP,
    ),
    inbound(
        "a packed description is refused with what we read",
        call("Content-Encoding: gzip", body="packed"),
        TRYING,
        expect_response(415, {"Accept-Encoding:": "identity"}),
        their_ack(refused=True),
        decide=is_never_asked,
        events=(),
    ),
]
OUR_RUNS, THEIR_RUNS = runs(OURS), their_runs(THEIRS)


@pytest.mark.parametrize(("case", "transport"), OUR_RUNS, ids=names(OUR_RUNS))
async def test_our_call(case: Case, transport: Transport, tmp_path: Path) -> None:
    await run(case, transport, tmp_path)


@pytest.mark.parametrize(("case", "transport"), THEIR_RUNS, ids=their_names(THEIR_RUNS))
async def test_their_call(case: Inbound, transport: Transport, tmp_path: Path) -> None:
    await run_theirs(case, transport, tmp_path)
