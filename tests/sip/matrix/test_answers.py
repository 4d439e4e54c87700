"""How our calls are answered, refused, forked, redirected and challenged; sipp judges what it saw on the wire."""

from pathlib import Path

import pytest

from tests.sip.callers import LiveCaller
from tests.sip.matrix.callee_steps import SENT_BY, accept, answer, ask, reply
from tests.sip.matrix.case import Carrier, Case, case, dial, names, run, runs, waits
from tests.sip.matrix.script import SDP, Step, expect, expect_response
from widget.sip.events import Answered, Failed, FailureCause, HungUp, Rejected
from widget.sip.trunk import Transport

RELEASED = (expect("BYE"), reply(200))
UP = (accept(), expect("ACK"))
BASIC = 'Proxy-Authenticate: Basic realm="carrier.example"'
FOREIGN = 'Proxy-Authenticate: Digest realm="elsewhere.example", nonce="f", algorithm=MD5'


def digest(nonce: str, *, realm: str = "carrier.example", more: str = "", algorithm: str = "MD5") -> str:
    return f'Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"{more}'


def proxy(nonce: str, **more: str) -> str:
    return f"Proxy-Authenticate: {digest(nonce, **more)}"


def carries(header: str, *texts: str) -> Step:
    """An INVITE with these texts in a header."""
    return expect("INVITE", {header: ".*".join(texts)})


async def hears_the_first_answer(caller: LiveCaller, there: Carrier) -> None:
    dial(caller, there)
    await caller.heard(Answered)
    await there.peer.saw("CSeq: 2 BYE", 2)
    assert not isinstance(caller.events[-1], HungUp)
    caller.call.hang_up()


INVITED = expect("INVITE")
CASES = [
    case("a call rings is answered and released", INVITED, answer(100), answer(180), UP, RELEASED),
    case(
        "progress after ringing changes nothing", INVITED, answer(180), answer(183, body=SDP), answer(180), UP, RELEASED
    ),
    case(
        "an answer without description takes that of its own early dialog",
        INVITED,
        answer(183, body=SDP),
        answer(200),
        expect("ACK"),
        RELEASED,
    ),
    case(
        "several phones ring and one answers",
        INVITED,
        answer(180, tag="a"),
        answer(183, tag="b", body=SDP),
        answer(181, tag="a"),
        answer(180, tag="callee"),
        UP,
        expect("BYE", {"To:": "tag=callee"}),
        reply(200),
    ),
    case(
        "the second answer of a fork is acknowledged and released",
        INVITED,
        answer(180),
        accept(),
        expect("ACK", {"To:": "tag=callee"}),
        accept(tag="other", contact=f"Contact: <sip:other@{SENT_BY}@PARAM@>"),
        expect("ACK", {"To:": "tag=other", "msg": "ACK sip:other@"}),
        expect("BYE", {"To:": "tag=other"}),
        reply(200),
        expect("BYE", {"To:": "tag=callee"}),
        reply(200),
        drive=hears_the_first_answer,
    ),
    case(
        "a redirect is not followed",
        INVITED,
        answer(302, "Contact: <sip:900@premium.example>"),
        expect("ACK"),
        drive=waits,
        end=Rejected(302, "From The Carrier"),
    ),
    case(
        "a wrong number is told apart from a busy one",
        INVITED,
        answer(404, "Reason: Q.850;cause=1"),
        expect("ACK"),
        drive=waits,
        end=Rejected(404, "From The Carrier", "Q.850;cause=1"),
    ),
    case(
        "an overloaded carrier says when to come again",
        INVITED,
        answer(503, "Retry-After: 120"),
        expect("ACK"),
        drive=waits,
        end=Rejected(503, "From The Carrier", retry_after=120),
    ),
    case(
        "a decline of everybody ends the ringing",
        INVITED,
        answer(180),
        answer(603),
        expect("ACK"),
        drive=waits,
        end=Rejected(603, "From The Carrier"),
    ),
    case(
        "a session interval that is too small grows once",
        INVITED,
        answer(422, "Min-SE: 2400"),
        expect("ACK"),
        carries("Session-Expires:", "2400"),
        UP,
        RELEASED,
    ),
    case(
        "a session interval that never suffices is a refusal",
        INVITED,
        answer(422, "Min-SE: 2400"),
        expect("ACK"),
        INVITED,
        answer(422, "Min-SE: 2400"),
        expect("ACK"),
        drive=waits,
        end=Rejected(422, "From The Carrier"),
    ),
    case(
        "of several challenges the one that we can answer is answered",
        INVITED,
        answer(407, BASIC, proxy("new", algorithm="SHA-512"), proxy("ours", algorithm="SHA-256")),
        expect("ACK"),
        carries("Proxy-Authorization:", "ours", "SHA-256"),
        UP,
        RELEASED,
    ),
    case(
        "a stale nonce is answered once more",
        INVITED,
        answer(407, proxy("old")),
        expect("ACK"),
        carries("Proxy-Authorization:", 'nonce="old"'),
        answer(407, proxy("new", more=", stale=true")),
        expect("ACK"),
        carries("Proxy-Authorization:", 'nonce="new"'),
        UP,
        RELEASED,
    ),
    case(
        "a proxy and a registrar on one way are both answered",
        INVITED,
        answer(407, proxy("p")),
        expect("ACK"),
        carries("Proxy-Authorization:", 'nonce="p"'),
        answer(401, f"WWW-Authenticate: {digest('w')}"),
        expect("ACK"),
        expect("INVITE", {"Proxy-Authorization:": 'nonce="p"', "Authorization:": 'nonce="w"'}),
        UP,
        RELEASED,
    ),
    case(
        "a foreign realm gets no credentials",
        INVITED,
        answer(407, BASIC),
        expect("ACK"),
        drive=waits,
        end=Failed(FailureCause.AUTHENTICATION),
    ),
    case(
        "a repeated challenge while the second INVITE rings changes nothing",
        INVITED,
        answer(407, proxy("n")),
        expect("ACK"),
        INVITED,
        answer(180),
        UP,
        RELEASED,
    ),
    case(
        "a challenged BYE is sent again",
        INVITED,
        UP,
        expect("BYE"),
        reply(407, proxy("b")),
        expect("BYE", {"Proxy-Authorization:": 'nonce="b"'}),
        reply(200),
    ),
    case(
        "acknowledgement and release take the route backwards",
        INVITED,
        accept(
            f"Record-Route: <sip:{SENT_BY};lr@PARAM@;hop=far>, <sip:{SENT_BY};lr@PARAM@;hop=near>",
            contact="Contact: <sip:phone@192.0.2.99:5999@PARAM@>",
        ),
        expect("ACK", {"msg": "ACK sip:phone@192.0.2.99:5999.*hop=near.*hop=far"}),
        expect("BYE", {"msg": "BYE sip:phone@192.0.2.99:5999.*hop=near.*hop=far"}),
        reply(200),
    ),
    case(
        "a strict router gets itself as request URI",
        INVITED,
        accept(f"Record-Route: <sip:{SENT_BY}@PARAM@;hop=near>", contact="Contact: <sip:phone@192.0.2.99:5999@PARAM@>"),
        expect("ACK", {"msg": "ACK sip:127.0.0.1.*hop=near.*Route: <sip:phone@192.0.2.99"}),
        expect("BYE", {"msg": "BYE sip:127.0.0.1.*hop=near.*Route: <sip:phone@192.0.2.99"}),
        reply(200),
    ),
    case(
        "a description of many lines and unknown headers is read",
        INVITED,
        answer(
            200, "X-Long: " + "x" * 900, "Subject: ", body=SDP + "a=x-carrier:" + "y" * 40 + "\n" + "a=ice-lite\n" * 60
        ),
        expect("ACK"),
        RELEASED,
    ),
    case(
        "the callee hangs up with a reason",
        INVITED,
        UP,
        ask("BYE", 1, 'Reason: Q.850;cause=16;text="bye"'),
        expect_response(200),
        drive=waits,
        end=HungUp('Q.850;cause=16;text="bye"'),
    ),
]
RUNS = runs(CASES)


@pytest.mark.parametrize(("case", "transport"), RUNS, ids=names(RUNS))
async def test_our_call(case: Case, transport: Transport, tmp_path: Path) -> None:
    await run(case, transport, tmp_path)
