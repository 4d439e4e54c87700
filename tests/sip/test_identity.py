"""Who calls, as the carrier says it."""

from typing import Any

import pytest

from tests.sip.test_torture import request
from tests.sip.virtual import SDP, VirtualNetwork, start_agent
from widget.sip.custom_headers import InvalidHeaderError
from widget.sip.identity import CallerIdentity, read_identity_headers
from widget.sip.message import parse_message
from widget.sip.trunk import Identity, Trunk


@pytest.mark.parametrize(
    ("lines", "identity"),
    [
        ((), CallerIdentity()),
        (
            ('P-Asserted-Identity: "Alice, A." <sip:+12025550100@carrier.example>, <tel:+12025550101>',),
            CallerIdentity(asserted="+12025550100", name="Alice, A."),
        ),
        (("P-Asserted-Identity: <tel:+12025550101;phone-context=x>",), CallerIdentity(asserted="+12025550101")),
        (("Privacy: id;critical",), CallerIdentity(is_private=True)),
        (("Privacy: none",), CallerIdentity()),
        (
            ("Diversion: <sip:100@a.example>;reason=no-answer", "Diversion: <sip:200@b.example>"),
            CallerIdentity(diverted_from="100"),
        ),
        (('P-Asserted-Identity: "open <sip:a@b>', "Diversion: ,"), CallerIdentity()),
    ],
)
def test_identity(lines: tuple[str, ...], identity: CallerIdentity) -> None:
    assert read_identity_headers(parse_message(request("OPTIONS sip:a@b SIP/2.0", *lines))) == identity


@pytest.mark.parametrize(
    ("prescribed", "wanted"),
    [
        ({}, ["From: <sip:+4930100@192.0.2.1>"]),
        ({"domain": "carrier.example"}, ["From: <sip:+4930100@carrier.example>"]),
        (
            {"identity": Identity.ASSERTED, "username": "joe", "domain": "carrier.example"},
            ["From: <sip:joe@carrier.example>", "P-Asserted-Identity: <sip:+4930100@carrier.example>"],
        ),
        (
            {"identity": Identity.PREFERRED, "caller_id": "100"},
            ["From: <sip:100@192.0.2.1>", "P-Preferred-Identity: <sip:100@192.0.2.1>"],
        ),
        (
            {"privacy": True, "identity": Identity.ASSERTED},
            [
                'From: "Anonymous" <sip:anonymous@anonymous.invalid>',
                "P-Asserted-Identity: <sip:+4930100@192.0.2.1>",
                "Privacy: id",
            ],
        ),
        ({"privacy": True}, ["P-Preferred-Identity: <sip:+4930100@192.0.2.1>", "Privacy: id"]),
        ({"extra_headers": (("X-Queue", "sales"),)}, ["X-Queue: sales"]),
        ({"session_timer_seconds": 600}, ["Session-Expires: 600"]),
    ],
)
def test_the_trunk_prescribes_who_calls(network: VirtualNetwork, prescribed: dict[str, Any], wanted: list[str]) -> None:
    caller = start_agent(network, ("192.0.2.1", 5060))
    caller.agent.invite(
        Trunk(id=1, host="192.0.2.2", **prescribed),
        call_id="c",
        number="100",
        caller="+4930100",
        sdp=SDP,
        on_event=caller.events.append,
    )
    network.clock.run(0.1)
    lines = [line.partition(";tag=")[0] for line in network.log[0].data.decode().split("\r\n")]
    assert [line for line in wanted if line not in lines] == []


@pytest.mark.parametrize("header", [("Route", "<sip:evil.example>"), ("X-A", "a\r\nVia: b")])
def test_a_trunk_cannot_write_routing_headers(network: VirtualNetwork, header: tuple[str, str]) -> None:
    caller = start_agent(network, ("192.0.2.1", 5060))
    with pytest.raises(InvalidHeaderError):
        caller.call(Trunk(id=1, host="192.0.2.2", extra_headers=(header,)))
