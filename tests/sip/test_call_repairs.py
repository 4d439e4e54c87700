"""What is lost on the way, or never comes: repaired by retransmission or given up, on a virtual clock and network."""

import pytest

from tests.sip.far_end import CALLEE, CALLER, TRUNK, Callee, drop_first
from tests.sip.virtual import SDP, Caller, VirtualNetwork, lossy
from widget.sip.events import (
    Answered,
    Confirmed,
    Failed,
    FailureCause,
    HungUp,
    Rejected,
)


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
