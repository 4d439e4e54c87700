"""What happens within a call that we made: changes of media by either side, glare, crossing messages."""

from pathlib import Path

import pytest

from tests.sip.matrix.callee_steps import accept, acknowledge, answer_again, ask, reply
from tests.sip.matrix.case import Case, case, names, run, runs
from tests.sip.matrix.drives import (
    after,
    hangs_up_while_they_do,
    holds,
    holds_until_the_end,
    leaves_their_offer_open,
    when_seen,
)
from tests.sip.matrix.script import HELD, SDP, expect, expect_response
from widget.sip.events import (
    HungUp,
    MediaAnswered,
    MediaChanged,
    MediaRefused,
)
from widget.sip.trunk import Transport

INVITED = expect("INVITE")
UP = (INVITED, accept(), expect("ACK"))
RELEASED = (expect("BYE"), reply(200))
THEIRS = HungUp()


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
        drive=after(MediaChanged, 2, seen="z9hG4bK-ACK-2"),
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
        drive=when_seen("CSeq: 1 ACK", 2),
    ),
    case(
        "a re-INVITE that requires what we lack is refused",
        UP,
        ask("INVITE", 1, "Require: wonders", body=SDP),
        expect_response(100, optional=True),
        expect_response(420, {"Unsupported:": "wonders"}),
        acknowledge(1, refused=True),
        RELEASED,
        drive=when_seen("CSeq: 1 ACK", 2),
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
        drive=when_seen("SIP/2.0 422"),
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
        drive=when_seen("SIP/2.0 500"),
    ),
]
RUNS = runs(CASES)


@pytest.mark.parametrize(("case", "transport"), RUNS, ids=names(RUNS))
async def test_within_our_call(case: Case, transport: Transport, tmp_path: Path) -> None:
    await run(case, transport, tmp_path)
