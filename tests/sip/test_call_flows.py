"""Our caller and our callee against each other by bytes, on a virtual clock and network."""

import pytest

from tests.sip.virtual import SDP, Caller, Datagram, VirtualNetwork, VirtualTransport, lossy, start_agent
from widget.sip.config import UserAgentConfig
from widget.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    Failed,
    FailureCause,
    HungUp,
    IncomingEvent,
    MediaAnswered,
    MediaChanged,
    MediaRefused,
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

CALLER = ("192.0.2.1", 5060)
CALLEE = ("192.0.2.2", 5060)
TRUNK = Trunk(id=1, host=CALLEE[0])


class Callee:
    """A far end that does what the test says, step by step."""

    def __init__(self, network: VirtualNetwork) -> None:
        self.calls: list[IncomingCall] = []
        self.events: list[IncomingEvent] = []
        self.side = start_agent(network, CALLEE, on_invite=self._invited)

    def _invited(self, call: IncomingCall) -> None:
        call.on_event = self.events.append
        self.calls.append(call)

    @property
    def call(self) -> IncomingCall:
        return self.calls[-1]


@pytest.fixture
def callee(network: VirtualNetwork) -> Callee:
    return Callee(network)


@pytest.fixture
def caller(network: VirtualNetwork) -> Caller:
    return start_agent(network, CALLER)


def drop_first(start: str, count: int = 1) -> "Dropper":
    return Dropper(start, count)


class Dropper:
    """Loses the first `count` datagrams of a kind."""

    def __init__(self, start: str, count: int) -> None:
        self.start = start
        self.left = count

    def __call__(self, datagram: Datagram) -> int:
        if datagram.start == self.start and self.left:
            self.left -= 1
            return 0
        return 1


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


@pytest.mark.parametrize("lost", ["INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"])
@pytest.mark.parametrize("count", [1, 3])
def test_one_kind_of_loss_is_repaired(
    network: VirtualNetwork, caller: Caller, callee: Callee, lost: str, count: int
) -> None:
    network.judge = drop_first(lost, count)
    call = caller.call(TRUNK)
    network.clock.run(5)
    assert len(callee.calls) == 1
    callee.call.answer(SDP)
    network.clock.run(8)
    call.hang_up()
    network.clock.run(8)
    assert caller.events[-2:] == [Answered(SDP), HungUp(local=True)]
    assert callee.events == [Confirmed(), HungUp()]


def test_lost_refusal_and_lost_ack_are_repaired(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    network.judge = drop_first("ACK", 2)
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.reject(486)
    network.clock.run(3)
    assert network.starts(CALLEE).count("486 INVITE") == 3
    assert network.starts(CALLER).count("ACK") == 3


@pytest.mark.parametrize("seed", range(40))
def test_calls_survive_loss_and_duplication(network: VirtualNetwork, callee: Callee, caller: Caller, seed: int) -> None:
    network.judge = lossy(seed, loss=0.25, duplication=0.2)
    call = caller.call(TRUNK)
    network.clock.run(7.9)
    if not callee.calls:
        return
    assert len(callee.calls) == 1
    callee.call.ring()
    network.clock.run(5)
    callee.call.answer(SDP)
    network.clock.run(30)
    call.hang_up()
    network.clock.run(40)
    assert len(callee.calls) == 1
    assert sum(isinstance(event, Answered) for event in caller.events) <= 1
    assert sum(isinstance(event, Rejected | HungUp | Failed) for event in caller.events) == 1
    network.clock.run(100)
    assert network.clock.pending == 0


def test_unacknowledged_answer_is_given_up_by_bye(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    network.judge = lambda datagram: int(datagram.start != "ACK")
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(40)
    assert callee.events == [Failed(FailureCause.TIMEOUT)]
    assert caller.events[-1] == HungUp()
    assert network.starts(CALLEE).count("200 INVITE") == 11


def test_dead_peer_does_not_keep_a_hung_up_call(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    network.judge = lambda _datagram: 0
    call.hang_up()
    network.clock.run(33)
    assert caller.events[-1] == HungUp(local=True)
    assert network.starts(CALLER).count("BYE") == 11


def test_cancel_that_nobody_follows_up_ends_after_64_t1(
    network: VirtualNetwork, caller: Caller, callee: Callee
) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.ring()
    network.clock.run(0.1)
    network.judge = lambda _datagram: 0
    call.hang_up()
    network.clock.run(33)
    assert caller.events[-1] == Failed(FailureCause.TIMEOUT)


def test_broken_transport_fails_the_call(network: VirtualNetwork, caller: Caller) -> None:
    caller.transport.is_broken = True
    caller.call(TRUNK)
    network.clock.run(0.1)
    assert caller.events == [Failed(FailureCause.TRANSPORT)]


@pytest.mark.parametrize("number", ["", "12a", "1;phone-context=x", "1@evil", "+", "1" * 21, "١٢", "1\r\nX: y", "%31"])
def test_numbers_that_may_not_be_dialled(network: VirtualNetwork, caller: Caller, number: str) -> None:
    with pytest.raises(InvalidUriError):
        caller.call(TRUNK, number)
    network.clock.run(0.1)
    assert not network.log


def test_reinvite_of_the_far_end_is_answered_by_the_owner(
    network: VirtualNetwork, caller: Caller, callee: Callee
) -> None:
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    callee.call.change_media(SDP.replace("sendrecv", "sendonly"))
    network.clock.run(0.1)
    change = caller.events[-1]
    assert isinstance(change, MediaChanged)
    assert "sendonly" in change.sdp
    change.answer("answer")
    change.answer("twice")
    network.clock.run(0.1)
    assert callee.events[-1] == MediaAnswered("answer")


def test_refused_reinvite_leaves_the_call_as_it_was(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    callee.call.change_media(SDP)
    network.clock.run(0.1)
    change = caller.events[-1]
    assert isinstance(change, MediaChanged)
    change.answer(None)
    network.clock.run(0.1)
    assert network.starts(CALLER)[-1] == "488 INVITE"
    assert callee.events[-1] == MediaRefused(488)
    call.hang_up()
    network.clock.run(0.1)
    assert caller.events[-1] == HungUp(local=True)


def test_glare_is_refused_on_both_sides_and_settled(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    call.change_media("ours")
    callee.call.change_media("theirs")
    network.clock.run(0.1)
    assert network.starts().count("491 INVITE") == 2
    for _ in range(2):
        network.clock.run(5)
        for event in (caller.events[-1], callee.events[-1]):
            if isinstance(event, MediaChanged):
                event.answer(f"yes to {event.sdp}")
    network.clock.run(0.1)
    assert MediaAnswered("yes to ours") in caller.events
    assert MediaAnswered("yes to theirs") in callee.events


def test_second_offer_of_ours_waits_and_the_newest_counts(
    network: VirtualNetwork, caller: Caller, callee: Callee
) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    for offer in ("one", "two", "three"):
        call.change_media(offer)
    network.clock.run(0.1)
    asked = [event for event in callee.events if isinstance(event, MediaChanged)]
    assert [event.sdp for event in asked] == ["one"]
    asked[0].answer("yes")
    network.clock.run(0.1)
    assert caller.events[-1] == MediaAnswered("yes")
    assert isinstance(callee.events[-1], MediaChanged)
    assert callee.events[-1].sdp == "three"


def test_offer_to_a_peer_that_forgot_the_call_ends_it(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    start_agent(network, CALLEE)
    call.change_media("still there?")
    network.clock.run(0.1)
    assert caller.events[-1] == HungUp(local=True)


def test_offer_is_withdrawn_by_bye(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    call = caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    callee.call.change_media("open offer")
    network.clock.run(0.1)
    change = caller.events[-1]
    assert isinstance(change, MediaChanged)
    call.hang_up()
    network.clock.run(0.1)
    change.answer("too late")
    network.clock.run(60)
    assert caller.events[-1] == HungUp(local=True)
    assert callee.events[-1] == HungUp()


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
