"""Calls that a carrier makes to us: sipp judges our answers, the events judge what we understood."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.sip.callers import until
from tests.sip.matrix.caller_steps import (
    ANSWERED,
    HANGS_UP,
    RINGING,
    TRYING,
    UP,
    acknowledge,
    call,
    reply,
    send,
    within,
)
from tests.sip.matrix.case import EVERYWHERE, ONE_CONNECTION, Steps, callee, flattened, judged
from tests.sip.matrix.drives import takes
from tests.sip.matrix.script import HELD, SDP, Script, Wire, expect, expect_response
from tests.sip.peers import free_port, sipp_script
from widget.sip.events import Cancelled, Confirmed, DigitReceived, HungUp, IncomingEvent, MediaChanged
from widget.sip.incoming import IncomingCall
from widget.sip.trunk import Transport

Decide = Callable[[IncomingCall], None]
ENDED = (Confirmed, HungUp)
OUR_SDP = SDP.replace("\n", "\r\n")


def answers(incoming: IncomingCall) -> None:
    incoming.ring()
    incoming.answer(OUR_SDP)


def rings(incoming: IncomingCall) -> None:
    incoming.ring()


def early_media(incoming: IncomingCall) -> None:
    incoming.ring(183, OUR_SDP)
    incoming.answer(OUR_SDP)


def rejects(code: int) -> Decide:
    return lambda incoming: incoming.reject(code)


def answers_one_who_is_asserted(incoming: IncomingCall) -> None:
    who = incoming.identity
    assert (who.asserted, who.name, who.is_private, who.diverted_from) == ("+4930123", "Alice", True, "100")
    answers(incoming)


def is_never_asked(incoming: IncomingCall) -> None:
    raise AssertionError(f"a call came in: {incoming.call_id}")


@dataclass(frozen=True, slots=True)
class Inbound:
    """`events` are the kinds that our side hears, in order; `hangs_up`: we do, when the call is up."""

    script: Script
    decide: Decide = answers
    events: tuple[type[IncomingEvent], ...] = ENDED
    hangs_up: bool = False
    transports: tuple[Transport, ...] = field(default=EVERYWHERE)

    def __str__(self) -> str:
        return self.script.proves.replace(" ", "_")


def inbound(
    proves: str,
    *steps: Steps,
    decide: Decide = answers,
    events: tuple[type[IncomingEvent], ...] = ENDED,
    hangs_up: bool = False,
) -> Inbound:
    return Inbound(Script(proves, flattened(steps)), decide, events, hangs_up)


CASES = [
    inbound("a caller talks and hangs up", call(), UP, HANGS_UP),
    inbound("a caller is released by us", call(), UP, expect("BYE"), reply(), hangs_up=True),
    inbound(
        "early media and the answer carry the same description",
        call(),
        TRYING,
        expect_response(183, {"msg": "m=audio"}),
        expect_response(200, {"msg": "m=audio"}),
        acknowledge(),
        HANGS_UP,
        decide=early_media,
    ),
    *(
        inbound(
            f"a refusal with {code} is acknowledged",
            call(),
            TRYING,
            expect_response(code),
            acknowledge(refused=True),
            decide=rejects(code),
            events=(),
        )
        for code in (404, 480, 486, 503, 603)
    ),
    inbound(
        "a caller gives up while we ring",
        call(),
        TRYING,
        expect_response(180),
        send("CANCEL", 1, 'Reason: SIP;cause=200;text="elsewhere"', branch="z9hG4bK-INVITE-1"),
        expect_response(200),
        expect_response(487),
        acknowledge(refused=True),
        decide=rings,
        events=(Cancelled,),
    ),
    inbound(
        "a cancel that comes after the answer changes nothing",
        call(),
        ANSWERED,
        send("CANCEL", 1, branch="z9hG4bK-INVITE-1"),
        expect_response(200),
        acknowledge(),
        HANGS_UP,
    ),
    inbound(
        "a cancel of nothing is refused",
        send("CANCEL", 1),
        expect_response(481),
        decide=is_never_asked,
        events=(),
    ),
    inbound(
        "a caller without an offer gets ours and answers in its acknowledgement",
        call(body=""),
        TRYING,
        RINGING,
        expect_response(200, {"msg": "m=audio"}),
        acknowledge(body=SDP),
        HANGS_UP,
    ),
    inbound(
        "a caller behind two proxies is reached through both",
        call("Record-Route: <sip:127.0.0.1:@PORT@;lr@PARAM@;hop=near>, <sip:127.0.0.1:@PORT@;lr@PARAM@;hop=far>"),
        TRYING,
        RINGING,
        expect_response(200, {"msg": "hop=near.*hop=far"}),
        acknowledge(),
        expect("BYE", {"msg": "Route: .*hop=near.*hop=far"}),
        reply(),
        hangs_up=True,
    ),
    inbound(
        "a caller who requires reliable ringing gets it",
        call("Require: 100rel"),
        TRYING,
        expect_response(183, {"Require:": "100rel", "RSeq:": "[0-9]+"}),
        within("PRACK", 2, "RAck: [$rseq] 1 INVITE"),
        expect_response(200, {"CSeq:": "PRACK"}),
        expect_response(200, {"CSeq:": "INVITE"}),
        acknowledge(),
        HANGS_UP,
        decide=early_media,
    ),
    inbound(
        "a caller of short headers is understood",
        call("k: timer", "x: 1800;refresher=uac"),
        TRYING,
        RINGING,
        expect_response(200, {"Session-Expires:": "1800;refresher=uac"}),
        acknowledge(),
        HANGS_UP,
    ),
    inbound(
        "a session that is too short is refused with what we want",
        call("Supported: timer", "Session-Expires: 60"),
        TRYING,
        expect_response(422, {"Min-SE:": "90"}),
        acknowledge(refused=True),
        decide=is_never_asked,
        events=(),
    ),
    inbound(
        "who calls is read from what the network asserts",
        call(
            'P-Asserted-Identity: "Alice" <sip:+4930123@carrier.example>, <tel:+4930124>',
            "Privacy: id",
            "Diversion: <sip:100@carrier.example>;reason=unconditional",
        ),
        UP,
        HANGS_UP,
        decide=answers_one_who_is_asserted,
    ),
    inbound(
        "an extension that we lack is named in the refusal",
        call("Require: wonders, 100rel"),
        TRYING,
        expect_response(420, {"Unsupported:": "wonders"}),
        acknowledge(refused=True),
        decide=is_never_asked,
        events=(),
    ),
    inbound(
        "a call with a body that is no description is refused",
        call(body="<x/>", kind="application/xml"),
        TRYING,
        expect_response(415, {"Accept:": "application/sdp"}),
        acknowledge(refused=True),
        decide=is_never_asked,
        events=(),
    ),
    inbound(
        "the same call over two ways is one call",
        call(branch="z9hG4bK-INVITE-1"),
        TRYING,
        expect_response(180),
        call(branch="z9hG4bK-second"),
        expect_response(482),
        send(
            "ACK", 1, branch="z9hG4bK-second", to="<sip:100@[remote_ip]:[remote_port]>[peer_tag_param]", repeats=False
        ),
        send("CANCEL", 1, branch="z9hG4bK-INVITE-1"),
        expect_response(200),
        expect_response(487),
        acknowledge(refused=True),
        decide=rings,
        events=(Cancelled,),
    ),
    inbound(
        "a caller holds resumes and sends a digit",
        call(),
        UP,
        within("INVITE", 2, body=HELD),
        TRYING,
        expect_response(200, {"msg": "a=recvonly"}),
        acknowledge(2),
        within("UPDATE", 3, body=SDP),
        expect_response(200, {"msg": "a=sendrecv"}),
        within("INFO", 4, body="Signal=3\nDuration=100\n", kind="application/dtmf-relay"),
        expect_response(200),
        HANGS_UP,
        events=(Confirmed, MediaChanged, MediaChanged, DigitReceived, HungUp),
    ),
    inbound(
        "an early release by the caller ends the call",
        call(),
        TRYING,
        expect_response(180),
        within("BYE", 2),
        expect_response(200, {"CSeq:": "BYE"}),
        expect_response(487),
        acknowledge(refused=True),
        decide=rings,
        events=(HungUp,),
    ),
    inbound(
        "requests outside of calls are answered by kind",
        send("OPTIONS", 1),
        expect_response(200, {"Allow:": "INVITE", "Accept:": "application/sdp"}),
        send("MESSAGE", 2, body="hello", kind="text/plain"),
        expect_response(405),
        send("WONDER", 3),
        expect_response(501),
        send("BYE", 4),
        expect_response(481),
        send("SUBSCRIBE", 5, "Event: presence"),
        expect_response(405),
        decide=is_never_asked,
        events=(),
    ),
    inbound(
        "a re-INVITE of a call that we do not know is refused",
        send("INVITE", 5, body=SDP, to="<sip:100@127.0.0.1>;tag=unknown"),
        TRYING,
        expect_response(481),
        acknowledge(5, refused=True),
        decide=is_never_asked,
        events=(),
    ),
]
RUNS = [(each, transport) for each in CASES for transport in each.transports]


@pytest.mark.parametrize(("case", "transport"), RUNS, ids=[f"{one}-{transport.value}" for one, transport in RUNS])
async def test_their_call(case: Inbound, transport: Transport, tmp_path: Path) -> None:
    async with callee(transport) as (live, port):
        live.decide = case.decide
        live.hangs_up = case.hangs_up
        live.change = takes
        own = free_port()
        path = case.script.write(tmp_path, Wire(transport, str(own)))
        options = () if transport is Transport.UDP else ONE_CONNECTION
        async with sipp_script(path, tmp_path, port=own, target=f"127.0.0.1:{port}", options=options) as peer:
            await judged(peer)
        if case.events:
            await until(lambda: len(live.events) >= len(case.events))
            assert tuple(type(event) for event in live.events) == case.events
