"""INVITEs as unusual peers write them, byte by byte: who is called, who calls, and what is not answered."""

import pytest

from tests.sip.test_user_agent import THEM, US, RawPeer
from tests.sip.virtual import VirtualNetwork, start_agent
from widget.sip.incoming import IncomingCall

WRITTEN = {
    "uri": "sip:100@192.0.2.1",
    "via": "",
    "from": "<sip:200@192.0.2.2>",
    "to": "<sip:100@192.0.2.1>",
    "contact": "<sip:200@192.0.2.2>",
    "more": "Max-Forwards: 70",
}
INVITE = """INVITE {uri} SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKx{via}
From: {from};tag=1
To: {to}
Call-ID: unusual
CSeq: 1 INVITE
Contact: {contact}
{more}

"""


@pytest.fixture
def peer(network: VirtualNetwork) -> RawPeer:
    return RawPeer(network)


@pytest.fixture
def calls(network: VirtualNetwork) -> list[IncomingCall]:
    found: list[IncomingCall] = []
    start_agent(network, US, on_invite=found.append, admits=lambda _host: True)
    return found


def say(network: VirtualNetwork, **written: str) -> None:
    """An INVITE with these parts written another way."""
    text = INVITE.format(**{**WRITTEN, **{name.rstrip("_"): value for name, value in written.items()}})
    network.send(THEM, US, text.replace("\n", "\r\n").encode())
    network.clock.run(0.1)


@pytest.mark.parametrize(
    ("written", "number", "caller"),
    [
        ({"uri": "tel:+49-301-2345", "from_": "<tel:+49(30)999>"}, "+493012345", "+4930999"),
        ({"uri": "tel:100;phone-context=+49", "from_": "tel:200;phone-context=x"}, "100", "200"),
        ({"uri": "sip:+4930123;npdi;rn=+4930@192.0.2.1;user=phone"}, "+4930123", "200"),
        ({"from_": "<sip:+4930999;cpc=ordinary@192.0.2.2>"}, "100", "+4930999"),
        ({"uri": "SIP:100@192.0.2.1", "from_": "<SiP:200@192.0.2.2>"}, "100", "200"),
        ({"uri": "sips:100@192.0.2.1"}, "100", "200"),
        ({"uri": "sip:10%300@192.0.2.1"}, "1000", "200"),
        ({"uri": "sip:100@my_pbx:5060", "from_": "<sip:200@pbx_1.internal>"}, "100", "200"),
        ({"from_": '"\u041f\u0435\u0442\u0440 \\"x\\", y" <sip:%D0%9F@192.0.2.2>'}, "100", "\u041f"),
        ({"from_": "\u041f\u0435\u0442\u0440 <sip:200@192.0.2.2>"}, "100", "200"),
        ({"from_": "sip:200@192.0.2.2"}, "100", "200"),
        ({"from_": "<sip:anonymous@anonymous.invalid>"}, "100", "anonymous"),
        ({"from_": '"" <sip:@192.0.2.2>'}, "100", ""),
        ({"uri": "sip:192.0.2.1"}, "", "200"),
        ({"via": ", SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKy;received=192.0.2.77"}, "100", "200"),
        ({"more": "Max-Forwards: 0"}, "100", "200"),
        ({"more": "Subject: a\n folded\n\t line\nRequire: \nSupported:"}, "100", "200"),
        ({"more": "P-Asserted-Identity: tel:+49-30-777, <sip:+4930777@x.example>"}, "100", "200"),
        ({"contact": "*"}, "100", "200"),
        ({"contact": "<tel:200>"}, "100", "200"),
        ({"contact": "<sip:200@[2001:db8::1]:5060;transport=udp>;q=1"}, "100", "200"),
    ],
)
def test_is_a_call(
    network: VirtualNetwork,
    peer: RawPeer,
    calls: list[IncomingCall],
    written: dict[str, str],
    number: str,
    caller: str,
) -> None:
    say(network, **written)
    assert peer.codes() == [100]
    assert [(call.number, call.caller) for call in calls] == [(number, caller)]
    assert calls[0].identity.asserted in {"", "+4930777"}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"uri": "sip:100@192.0.2.1?Subject=x"}, 400),
        ({"uri": "http://192.0.2.1/"}, 416),
        ({"uri": "sip:100@_pbx"}, 400),
        ({"more": "Max-Forwards: many"}, 400),
        ({"more": "Content-Length: 99"}, 400),
        ({"more": "Call-ID: second"}, 400),
    ],
)
def test_is_told_to_be_wrong(
    network: VirtualNetwork, peer: RawPeer, calls: list[IncomingCall], written: dict[str, str], code: int
) -> None:
    say(network, **written)
    assert not calls
    assert peer.codes() in ([code], [])


def test_a_forged_received_takes_no_answer_elsewhere(
    network: VirtualNetwork, peer: RawPeer, calls: list[IncomingCall]
) -> None:
    say(network, via=";received=192.0.2.77;rport=9")
    assert len(calls) == 1
    assert {each.target for each in network.log if each.source == US} == {THEM}
