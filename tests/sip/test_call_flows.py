"""Our caller and our callee against each other by bytes, on a virtual clock and network."""

import pytest

from tests.sip.far_end import CALLEE, CALLER, TRUNK, Callee, drop_first
from tests.sip.virtual import SDP, Caller, VirtualNetwork, VirtualTransport, start_agent
from widget.sip.config import UserAgentConfig
from widget.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    Failed,
    FailureCause,
    HungUp,
    Progress,
    Rejected,
    Ringing,
    SipEvent,
    Trying,
)
from widget.sip.incoming import IncomingCall
from widget.sip.resolver import Found, Resolver
from widget.sip.transport_layer import TransportLayer
from widget.sip.trunk import Trunk
from widget.sip.uri import Hop, InvalidUriError
from widget.sip.user_agent import UserAgent


def test_call_is_answered_and_hung_up_by_the_caller(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    assert callee.call.number == "100"
    assert callee.call.caller == "200"
    assert callee.call.sdp == SDP
    callee.call.ring()
    callee.call.answer(SDP)
    network.clock.run(0.1)
    call.hang_up(reason="done")
    network.clock.run(0.1)
    assert caller.events == [Trying(), Ringing(), Answered(SDP), HungUp(local=True)]
    assert callee.events == [Confirmed(), HungUp(reason='SIP;cause=200;text="done"')]
    assert network.starts() == [
        "INVITE",
        "100 INVITE",
        "180 INVITE",
        "200 INVITE",
        "ACK",
        "BYE",
        "200 BYE",
    ]


def test_call_is_hung_up_by_the_far_end(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    callee.call.hang_up()
    network.clock.run(0.1)
    assert caller.events[-1] == HungUp()
    assert callee.events == [Confirmed(), HungUp(local=True)]


def test_early_media_reaches_the_owner_and_stands_in_for_a_missing_answer(
    network: VirtualNetwork, caller: Caller, callee: Callee
) -> None:
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.ring(183, SDP)
    callee.call.answer("")
    network.clock.run(0.1)
    assert caller.events == [Trying(), Progress(183, SDP), Answered(SDP)]


def test_answer_without_any_description_is_released(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer("")
    network.clock.run(0.1)
    assert caller.events[-1] == Failed(FailureCause.BAD_ANSWER)
    assert network.starts(CALLER)[-2:] == ["ACK", "BYE"]


@pytest.mark.parametrize("code", [302, 404, 486, 503, 603])
def test_refusal_is_acknowledged(network: VirtualNetwork, caller: Caller, callee: Callee, code: int) -> None:
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.reject(code, "No", (("Retry-After", "30 (soon)"), ("Reason", 'Q.850;cause=17;text="busy"')))
    network.clock.run(0.1)
    assert caller.events[-1] == Rejected(code, "No", 'Q.850;cause=17;text="busy"', 30)
    assert network.starts(CALLER) == ["INVITE", "ACK"]


def test_cancel_while_ringing(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.ring()
    network.clock.run(0.1)
    call.hang_up()
    call.hang_up()
    network.clock.run(0.1)
    assert callee.events == [Cancelled()]
    assert caller.events[-1] == Rejected(487, "Request Terminated")
    assert network.starts(CALLER) == ["INVITE", "CANCEL", "ACK"]


def test_cancel_waits_for_the_first_provisional(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    network.judge = drop_first("100 INVITE")
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    call.hang_up()
    network.clock.run(0.1)
    assert network.starts(CALLER) == ["INVITE"]
    network.clock.run(1)
    assert network.starts(CALLER) == ["INVITE", "INVITE", "CANCEL", "ACK"]


def test_answer_that_crosses_the_cancel_is_acknowledged_and_released(
    network: VirtualNetwork, caller: Caller, callee: Callee
) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    call.hang_up()
    network.clock.run(0.2)
    assert network.starts(CALLER) == ["INVITE", "CANCEL", "ACK", "BYE"]
    assert caller.events == [Trying(), HungUp(local=True)]
    assert callee.events == [Confirmed(), HungUp()]


def test_hang_up_before_anything_was_sent(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    caller.call(TRUNK).hang_up()
    network.clock.run(0.1)
    assert caller.events == [Rejected(487, "Request Terminated")]
    assert not network.log


def test_silent_carrier_is_given_up_and_a_late_answer_released(
    network: VirtualNetwork, caller: Caller, callee: Callee
) -> None:
    caller.call(TRUNK)
    network.judge = lambda datagram: int(datagram.source == CALLER)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(8.1)
    assert caller.events == [Failed(FailureCause.NO_RESPONSE)]
    invites = network.starts(CALLER).count("INVITE")
    network.judge = lambda _datagram: 1
    network.clock.run(10)
    assert network.starts(CALLER)[invites:] == ["ACK", "BYE"]
    assert caller.events == [Failed(FailureCause.NO_RESPONSE)]


def test_late_ringing_after_giving_up_is_cancelled(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    network.judge = lambda datagram: int(datagram.source == CALLER)
    caller.call(TRUNK)
    network.clock.run(9)
    network.judge = lambda _datagram: 1
    callee.call.ring()
    network.clock.run(1)
    assert callee.events == [Cancelled()]
    assert caller.events == [Failed(FailureCause.NO_RESPONSE)]


def test_ringing_has_no_limit_here(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.ring()
    network.clock.run(600)
    assert caller.events == [Trying(), Ringing()]


@pytest.mark.parametrize("number", ["", "12a", "1;phone-context=x", "1@evil", "+", "1" * 21, "١٢", "1\r\nX: y", "%31"])
def test_numbers_that_may_not_be_dialled(network: VirtualNetwork, caller: Caller, number: str) -> None:
    with pytest.raises(InvalidUriError):
        caller.call(TRUNK, number)
    network.clock.run(0.1)
    assert not network.log


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_retransmitted_challenge_is_acknowledged_again_and_changes_nothing(
    network: VirtualNetwork, caller: Caller, algorithm: str
) -> None:
    accepted: list[IncomingCall] = []

    def challenging(call: IncomingCall) -> None:
        if call.challenge("r", "joe", "s3cret", algorithm):
            accepted.append(call)
            call.ring()

    start_agent(network, CALLEE, on_invite=challenging)
    network.judge = drop_first("ACK")
    caller.call(Trunk(id=1, host=CALLEE[0], username="joe", password="s3cret"))
    network.clock.run(5)
    assert network.starts(CALLEE).count("407 INVITE") == 2
    assert network.starts(CALLER) == ["INVITE", "ACK", "INVITE", "ACK"]
    assert caller.events == [Ringing()]
    assert len(accepted) == 1


def test_first_response_seconds_and_headers_of_one_call(network: VirtualNetwork, caller: Caller) -> None:
    call = caller.agent.invite(
        TRUNK,
        call_id="quick",
        number="100",
        caller="200",
        sdp=SDP,
        on_event=caller.events.append,
        headers=(("X-Ticket", "4711"),),
        first_response_seconds=1.0,
    )
    network.clock.run(0.9)
    assert not call.ended
    assert b"\r\nX-Ticket: 4711\r\n" in network.log[0].data
    network.clock.run(0.2)
    assert caller.events == [Failed(FailureCause.NO_RESPONSE)]


class NeverFound(Resolver):
    """A name that DNS never answers for."""

    def resolve(self, hop: Hop, family: int, found: Found) -> None:
        """Never calls back."""


def test_looking_for_a_trunk_counts_as_its_silence(network: VirtualNetwork) -> None:
    agent = UserAgent(UserAgentConfig(first_response_seconds=3.5))
    transport = VirtualTransport(network, ("192.0.2.9", 5060), agent.receive)
    agent.run_on(network.clock, TransportLayer(NeverFound(), transport))
    events: list[SipEvent] = []
    trunk = Trunk(id=1, host="trunk.example")
    agent.invite(trunk, call_id="lost", number="100", caller="200", sdp=SDP, on_event=events.append)
    network.clock.run(3.4)
    assert events == []
    network.clock.run(0.2)
    assert events == [Failed(FailureCause.NO_RESPONSE)]
