"""Transfers of calls that we made, by REFER and the NOTIFYs about it; sipp judges what it saw on the wire."""

from pathlib import Path

import pytest

from tests.sip.matrix.callee_steps import accept, ask, reply
from tests.sip.matrix.case import Case, case, names, run, runs
from tests.sip.matrix.drives import transfers
from tests.sip.matrix.script import Step, expect, expect_response
from widget.sip.events import TransferDone, TransferFailed
from widget.sip.trunk import Transport

UP = (expect("INVITE"), accept(), expect("ACK"))
RELEASED = (expect("BYE"), reply(200))


def notify(cseq: int, status: str, *, is_last: bool = False) -> Step:
    """How the carrier reports on our REFER."""
    state = "terminated;reason=noresource" if is_last else "active;expires=60"
    headers = ("Event: refer", f"Subscription-State: {state}")
    return ask("NOTIFY", cseq, *headers, body=f"SIP/2.0 {status}\n", kind="message/sipfrag;version=2.0")


CASES = [
    case(
        "a blind transfer is reported step by step",
        UP,
        expect("REFER", {"Refer-To:": "sip:300@127.0.0.1"}),
        reply(202),
        notify(1, "100 Trying"),
        expect_response(200),
        notify(2, "200 OK", is_last=True),
        expect_response(200),
        RELEASED,
        drive=transfers(TransferDone),
    ),
    case(
        "a transfer to a busy party leaves the call as it was",
        UP,
        expect("REFER"),
        reply(202),
        notify(1, "486 Busy Here", is_last=True),
        expect_response(200),
        RELEASED,
        drive=transfers(TransferFailed),
    ),
    case(
        "a transfer that the far end refuses leaves the call as it was",
        UP,
        expect("REFER"),
        reply(603),
        RELEASED,
        drive=transfers(TransferFailed),
    ),
]
RUNS = runs(CASES)


@pytest.mark.parametrize(("case", "transport"), RUNS, ids=names(RUNS))
async def test_handing_over(case: Case, transport: Transport, tmp_path: Path) -> None:
    await run(case, transport, tmp_path)
