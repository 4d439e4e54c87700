"""What happens within a call that we made: changes of media by either side, glare, crossing messages, transfers."""

from pathlib import Path

import pytest

from tests.sip.callers import LiveCaller, until
from tests.sip.matrix.callee_steps import accept, acknowledge, answer_again, ask, reply
from tests.sip.matrix.case import Carrier, Case, Drive, case, dial, names, run, runs
from tests.sip.matrix.script import HELD, SDP, Step, expect, expect_response
from widget.sip.events import (
    Answered,
    HungUp,
    MediaAnswered,
    MediaChanged,
    MediaRefused,
    SipEvent,
    TransferDone,
    TransferFailed,
)
from widget.sip.offer_answer import answer_offer, make_offer
from widget.sip.trunk import Transport

INVITED = expect("INVITE")
UP = (INVITED, accept(), expect("ACK"))
RELEASED = (expect("BYE"), reply(200))
THEIRS = HungUp()
OUR_HOLD = make_offer(
    host="127.0.0.1", port=4000, codecs=["PCMU", "PCMA"], session_id=1, version=2, direction="sendonly"
)


def takes(change: MediaChanged) -> None:
    """As an agent's audio would: our answer to their offer, our offer where they want one."""
    if change.sdp:
        change.answer(
            answer_offer(change.sdp, host="127.0.0.1", port=4000, codecs=["PCMU"], session_id=1, version=2)[0]
        )
    else:
        change.answer(make_offer(host="127.0.0.1", port=4000, codecs=["PCMU"], session_id=1, version=2))


def after(kind: type[SipEvent], count: int = 1) -> Drive:
    """Answer, take the far end's offers, and hang up when this was heard so often."""

    async def drive(caller: LiveCaller, there: Carrier) -> None:
        caller.decide = takes
        dial(caller, there)
        for _ in range(count):
            await caller.heard(kind)
        caller.call.hang_up()

    return drive


def holds(result: type[SipEvent]) -> Drive:
    """Put the far end on hold, hear this about it, and hang up."""

    async def drive(caller: LiveCaller, there: Carrier) -> None:
        caller.decide = takes
        dial(caller, there)
        await caller.heard(Answered)
        caller.call.change_media(OUR_HOLD)
        await caller.heard(result)
        assert not any(isinstance(event, HungUp) for event in caller.events)
        caller.call.hang_up()

    return drive


def transfers(result: type[SipEvent]) -> Drive:
    async def drive(caller: LiveCaller, there: Carrier) -> None:
        dial(caller, there)
        await caller.heard(Answered)
        caller.call.transfer("300")
        await caller.heard(result)
        caller.call.hang_up()

    return drive


def when_seen(text: str, times: int = 1) -> Drive:
    """Hang up when this stands so often in what the carrier sent and received."""

    async def drive(caller: LiveCaller, there: Carrier) -> None:
        dial(caller, there)
        await caller.heard(Answered)
        await there.peer.saw(text, times)
        caller.call.hang_up()

    return drive


async def holds_until_the_end(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Answered)
    caller.call.change_media(OUR_HOLD)


async def leaves_their_offer_open(caller: LiveCaller, there: Carrier) -> None:
    caller.decide = lambda _change: None
    dial(caller, there)


async def hangs_up_while_they_do(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Answered)
    caller.call.hang_up()
    await until(lambda: bool(caller.events) and isinstance(caller.events[-1], HungUp))


def notify(cseq: int, status: str, *, is_last: bool = False) -> Step:
    """How the carrier reports on our REFER."""
    state = "terminated;reason=noresource" if is_last else "active;expires=60"
    headers = ("Event: refer", f"Subscription-State: {state}")
    return ask("NOTIFY", cseq, *headers, body=f"SIP/2.0 {status}\n", kind="message/sipfrag;version=2.0")


OUR_REINVITE = expect("INVITE", {"msg": "a=sendonly"}, keep="re")
AGREED = (answer_again(200, body=HELD.replace("sendonly", "recvonly")), expect("ACK"))
CASES = [
    case(
        "the far end holds and resumes",
        UP,
        ask("INVITE", 1, body=HELD),
        expect_response(100, optional=True),
        expect_response(200, {"msg": "a=recvonly"}),
        acknowledge(1),
        ask("INVITE", 2, body=SDP),
        expect_response(100, optional=True),
        expect_response(200, {"msg": "a=sendrecv"}),
        acknowledge(2),
        RELEASED,
        drive=after(MediaChanged, 2),
    ),
    case(
        "a re-INVITE that we refuse leaves the call as it was",
        UP,
        ask("INVITE", 1, body=SDP.replace("AVP 0 101", "AVP 18")),
        expect_response(100, optional=True),
        expect_response(488),
        acknowledge(1, refused=True),
        ask("OPTIONS", 2),
        expect_response(200),
        RELEASED,
        drive=when_seen("CSeq: 2 OPTIONS", 2),
    ),
    case(
        "a re-INVITE without an offer gets ours and its ACK answers",
        UP,
        ask("INVITE", 1),
        expect_response(100, optional=True),
        expect_response(200, {"msg": "m=audio"}),
        acknowledge(1, body=SDP),
        RELEASED,
        drive=after(MediaAnswered),
    ),
    case(
        "a re-INVITE with a body that is no description is refused",
        UP,
        ask("INVITE", 1, body="<x/>", kind="application/xml"),
        expect_response(100, optional=True),
        expect_response(415),
        acknowledge(1, refused=True),
        RELEASED,
        drive=when_seen("415"),
    ),
    case(
        "a re-INVITE that requires what we lack is refused",
        UP,
        ask("INVITE", 1, "Require: wonders", body=SDP),
        expect_response(100, optional=True),
        expect_response(420, {"Unsupported:": "wonders"}),
        acknowledge(1, refused=True),
        RELEASED,
        drive=when_seen("420"),
    ),
    case("our hold is accepted", UP, OUR_REINVITE, AGREED, RELEASED, drive=holds(MediaAnswered)),
    case(
        "our hold is refused and the call goes on",
        UP,
        OUR_REINVITE,
        answer_again(488),
        expect("ACK"),
        RELEASED,
        drive=holds(MediaRefused),
    ),
    case(
        "our challenged re-INVITE is sent again",
        UP,
        OUR_REINVITE,
        answer_again(407, 'Proxy-Authenticate: Digest realm="carrier.example", nonce="r", algorithm=MD5'),
        expect("ACK"),
        expect("INVITE", {"Proxy-Authorization:": 'nonce="r"'}, keep="re"),
        AGREED,
        RELEASED,
        drive=holds(MediaAnswered),
    ),
    case(
        "our hold that meets glare is tried again",
        UP,
        OUR_REINVITE,
        answer_again(491),
        expect("ACK"),
        OUR_REINVITE,
        AGREED,
        RELEASED,
        drive=holds(MediaAnswered),
        transports=(Transport.UDP,),
    ),
    case(
        "an offer of theirs that crosses ours gets 491",
        UP,
        OUR_REINVITE,
        ask("INVITE", 1, body=SDP),
        expect_response(100, optional=True),
        expect_response(491),
        acknowledge(1, refused=True),
        AGREED,
        RELEASED,
        drive=holds(MediaAnswered),
    ),
    case(
        "a re-INVITE of ours to a dialog that is gone ends the call",
        UP,
        OUR_REINVITE,
        answer_again(481),
        expect("ACK"),
        RELEASED,
        drive=holds_until_the_end,
    ),
    case(
        "releases that cross are both answered",
        UP,
        expect("BYE"),
        ask("BYE", 1, repeats=False),
        expect_response(200),
        drive=hangs_up_while_they_do,
        end=THEIRS,
    ),
    case(
        "a release that crosses our re-INVITE ends the call",
        UP,
        OUR_REINVITE,
        ask("BYE", 1),
        expect_response(200),
        answer_again(487),
        expect("ACK"),
        drive=holds_until_the_end,
        end=THEIRS,
    ),
    case(
        "their release while their own offer is open ends both",
        UP,
        ask("INVITE", 1, body=SDP, repeats=False),
        expect_response(100),
        ask("BYE", 2),
        expect_response(487, optional=True),
        expect_response(200),
        drive=leaves_their_offer_open,
        end=THEIRS,
    ),
    case(
        "an UPDATE without an offer refreshes the session",
        UP,
        ask("UPDATE", 1, "Supported: timer", "Session-Expires: 1800;refresher=uac"),
        expect_response(200, {"Session-Expires:": "1800;refresher=uac"}),
        RELEASED,
        drive=when_seen("CSeq: 1 UPDATE", 2),
    ),
    case(
        "an UPDATE with an offer changes the media",
        UP,
        ask("UPDATE", 1, body=HELD),
        expect_response(200, {"msg": "a=recvonly"}),
        RELEASED,
        drive=after(MediaChanged),
    ),
    case(
        "a session that is too short is refused with what we want",
        UP,
        ask("UPDATE", 1, "Supported: timer", "Session-Expires: 30"),
        expect_response(422, {"Min-SE:": "90"}),
        RELEASED,
        drive=when_seen("422"),
    ),
    case(
        "methods that we do not take are told apart from unknown ones",
        UP,
        ask("MESSAGE", 1),
        expect_response(405, {"Allow:": "INVITE"}),
        ask("WONDER", 2),
        expect_response(501),
        ask("NOTIFY", 3, "Event: refer"),
        expect_response(481),
        ask("REFER", 4, "Refer-To: <sip:900@premium.example>"),
        expect_response(405),
        RELEASED,
        drive=when_seen("CSeq: 4 REFER", 2),
    ),
    case(
        "a request out of order is refused",
        UP,
        ask("OPTIONS", 5),
        expect_response(200),
        ask("OPTIONS", 4),
        expect_response(500),
        RELEASED,
        drive=when_seen("500"),
    ),
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
async def test_within_our_call(case: Case, transport: Transport, tmp_path: Path) -> None:
    await run(case, transport, tmp_path)
