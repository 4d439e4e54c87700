"""What carriers may do and seldom do: forks with media of their own, short headers, moved targets."""

from pathlib import Path

import pytest

from tests.sip.callers import LiveCaller
from tests.sip.matrix.callee_steps import SENT_BY, accept, acknowledge, answer, answer_again, ask, reply
from tests.sip.matrix.case import Carrier, Case, case, dial, names, run, runs, waits
from tests.sip.matrix.drives import after, holds, transfers
from tests.sip.matrix.script import HELD, SDP, Step, expect, expect_response, message
from tests.sip.matrix.test_answers import BASIC, digest, proxy
from widget.sip.events import (
    Answered,
    HungUp,
    MediaAnswered,
    MediaChanged,
    MediaRefused,
    Progress,
    Rejected,
    TransferFailed,
)
from widget.sip.trunk import Transport

INVITED = expect("INVITE")
UP = (accept(), expect("ACK"))
RELEASED = (expect("BYE"), reply(200))
OTHER_SDP = SDP.replace("audio 6000", "audio 7000")
OUR_REINVITE = expect("INVITE", {"msg": "a=sendonly"}, keep="re")
AGREED = (answer_again(200, body=HELD.replace("sendonly", "recvonly")), expect("ACK"))


def short_answer() -> Step:
    """200 in short forms, with a name in another script, and parameters that nobody knows."""
    lines = (
        "SIP/2.0 200 Ja, h\u00f6ren Sie",
        "v:[$via]",
        "f:[$from]",
        'To:[$to];tag=callee;x-leg="a, b"',
        "i: [call_id]",
        "CSeq:[$cseq]",
        f'm: "\u041f\u0435, \\"PBX\\"" <sip:callee@{SENT_BY}@PARAM@;x-lr>;q=0.7;+sip.instance="<urn:uuid:1>"',
        "k: timer, 100rel",
        "c: application/sdp",
        "l: [len]",
        "",
        SDP,
    )
    text = "\n".join(lines)
    return Step(f'<send retrans="500"><![CDATA[\n{text}\n]]></send>')


async def hears_both_forks(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    answered = await caller.heard(Answered)
    early = [event.sdp for event in caller.events if isinstance(event, Progress) and event.sdp]
    assert ["6000" in sdp for sdp in early] == [True, False, True]
    assert isinstance(answered, Answered)
    assert "7000" in answered.sdp
    caller.call.hang_up()


def refused_hold(code: int) -> Case:
    return case(
        f"our hold that is refused with {code} leaves the call as it was",
        INVITED,
        UP,
        OUR_REINVITE,
        answer_again(code),
        expect("ACK"),
        RELEASED,
        drive=holds(MediaRefused),
        transports=(Transport.UDP,),
    )


def redirected(code: int) -> Case:
    contacts = "Contact: <sip:1@elsewhere.example>;q=0.9, <sips:2@elsewhere.example>;q=0.1, <tel:+4930123>"
    return case(
        f"several addresses with {code} are not followed",
        INVITED,
        answer(code, contacts),
        expect("ACK"),
        drive=waits,
        end=Rejected(code, "From The Carrier"),
        transports=(Transport.UDP,),
    )


CASES = [
    case(
        "forks change their early media and one of them answers without any",
        INVITED,
        answer(100, "X-Hop: 1"),
        answer(183, tag="a", body=SDP),
        answer(183, tag="callee", body=OTHER_SDP),
        answer(199, "Reason: SIP;cause=486", tag="a"),
        answer(183, tag="b", body=SDP),
        answer(200),
        expect("ACK", {"To:": "tag=callee"}),
        RELEASED,
        drive=hears_both_forks,
    ),
    case(
        "an answer in short headers and another script is understood", INVITED, short_answer(), expect("ACK"), RELEASED
    ),
    case(
        "a fork that answers after the call is up is released and the call goes on",
        INVITED,
        answer(180, tag="a"),
        accept(),
        expect("ACK", {"To:": "tag=callee"}),
        accept(tag="late"),
        expect("ACK", {"To:": "tag=late"}),
        expect("BYE", {"To:": "tag=late"}),
        reply(481),
        ask("INVITE", 1, body=HELD),
        expect_response(100, optional=True),
        expect_response(200),
        acknowledge(1),
        RELEASED,
        drive=after(MediaChanged, seen="z9hG4bK-ACK-1"),
    ),
    case(
        "the carrier moves and our release follows it",
        INVITED,
        UP,
        message(
            (
                "INVITE [$target] SIP/2.0",
                f"Via: SIP/2.0/@VIA@ {SENT_BY};branch=z9hG4bK-moved, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-far",
                "From:[$to];tag=callee",
                "To:[$from]",
                "Call-ID: [call_id]",
                "CSeq: 1 INVITE",
                f"Contact: <sip:moved@{SENT_BY}@PARAM@>",
                "Max-Forwards: 1",
            ),
            HELD,
            repeats=True,
        ),
        expect_response(100, optional=True),
        expect_response(200, {"Via:": "z9hG4bK-moved"}),
        acknowledge(1),
        expect("BYE", {"msg": "BYE sip:moved@"}),
        reply(200),
        drive=after(MediaChanged, seen="z9hG4bK-ACK-1"),
    ),
    case(
        "a contact that is a telephone number is passed over",
        INVITED,
        accept(contact="Contact: <tel:+4930123>"),
        expect("ACK", {"msg": "ACK sip:100@127.0.0.1"}),
        RELEASED,
    ),
    case(
        "the weaker of two digests is not taken",
        INVITED,
        answer(407, proxy("strong", algorithm="SHA-256"), proxy("weak")),
        expect("ACK"),
        expect("INVITE", {"Proxy-Authorization:": "strong.*SHA-256"}),
        UP,
        RELEASED,
    ),
    case(
        "a proxy that protects bodies gets that",
        INVITED,
        answer(407, BASIC, proxy("n").replace('qop="auth"', 'qop="auth-int"')),
        expect("ACK"),
        expect("INVITE", {"Proxy-Authorization:": "qop=auth-int"}),
        UP,
        RELEASED,
    ),
    case(
        "a re-INVITE whose nonce is stale is sent again",
        INVITED,
        answer(407, proxy("old")),
        expect("ACK"),
        expect("INVITE", {"Proxy-Authorization:": "old"}),
        UP,
        OUR_REINVITE,
        answer_again(407, proxy("new", more=", stale=true")),
        expect("ACK"),
        expect("INVITE", {"Proxy-Authorization:": "new"}, keep="re"),
        AGREED,
        expect("BYE", {"Proxy-Authorization:": "new"}),
        reply(407, proxy("newest", more=", stale=true")),
        expect("BYE", {"Proxy-Authorization:": "newest"}),
        reply(200),
        drive=holds(MediaAnswered),
    ),
    case(
        "a transfer that is challenged is asked for again",
        INVITED,
        UP,
        expect("REFER"),
        reply(401, f"WWW-Authenticate: {digest('r')}"),
        expect("REFER", {"Authorization:": "nonce=.r."}),
        reply(405),
        RELEASED,
        drive=transfers(TransferFailed),
    ),
    case(
        "signs of life within the call are answered",
        INVITED,
        UP,
        ask("OPTIONS", 1, "Accept: application/sdp"),
        expect_response(200),
        ask("UPDATE", 2),
        expect_response(200, {"Contact:": "sip:"}),
        ask("NOTIFY", 3, "Event: keep-alive"),
        expect_response(481),
        ask("INFO", 4, body="<x/>", kind="application/media_control+xml"),
        expect_response(415),
        ask("UPDATE", 5, "Supported: timer", "Session-Expires: 90;refresher=uac"),
        expect_response(200, {"Session-Expires:": "90;refresher=uac"}),
        ask("BYE", 6, "Reason: SIP;cause=200", "Require: nothing-we-know"),
        expect_response(420, {"Unsupported:": "nothing-we-know"}),
        ask("BYE", 7),
        expect_response(200),
        drive=waits,
        end=HungUp(),
    ),
    *(refused_hold(code) for code in (415, 500, 503, 603)),
    *(redirected(code) for code in (300, 305, 380)),
]
RUNS = runs(CASES)


@pytest.mark.parametrize(("case", "transport"), RUNS, ids=names(RUNS))
async def test_our_call(case: Case, transport: Transport, tmp_path: Path) -> None:
    await run(case, transport, tmp_path)
