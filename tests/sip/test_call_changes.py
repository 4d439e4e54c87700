"""Changes of media within a call by either side, by bytes, on a virtual clock and network."""

from tests.sip.far_end import CALLEE, CALLER, TRUNK, Callee
from tests.sip.virtual import SDP, Caller, VirtualNetwork, start_agent
from widget.sip.events import (
    HungUp,
    MediaAnswered,
    MediaChanged,
    MediaRefused,
)


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
