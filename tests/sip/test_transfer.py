"""Blind and attended transfer on the virtual network."""

import pytest

from tests.sip.far_end import CALLEE, CALLER, TRUNK, Callee
from tests.sip.virtual import SDP, Caller, VirtualNetwork, start_agent
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, HungUp, Referred, TransferDone, TransferFailed, TransferProgress
from widget.sip.outgoing import OutgoingCall
from widget.sip.uri import InvalidUriError


class Exchange(Callee):
    """A far end that takes REFER."""

    def __init__(self, network: VirtualNetwork) -> None:
        self.calls = []
        self.events = []
        self.side = start_agent(network, CALLEE, on_invite=self._invited, config=UserAgentConfig(takes_refer=True))

    @property
    def referred(self) -> Referred:
        return next(event for event in reversed(self.events) if isinstance(event, Referred))


@pytest.fixture
def caller(network: VirtualNetwork) -> Caller:
    return start_agent(network, CALLER)


def talking(network: VirtualNetwork, caller: Caller, callee: Callee, call_id: str = "call-1") -> OutgoingCall:
    call = caller.call(TRUNK, call_id=call_id)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)
    return call


def test_blind_transfer(network: VirtualNetwork, caller: Caller) -> None:
    exchange = Exchange(network)
    call = talking(network, caller, exchange)
    call.transfer("12025550123")
    network.clock.run(0.1)
    assert exchange.referred.target == "sip:12025550123@192.0.2.2"
    exchange.referred.report(180, "Ringing")
    network.clock.run(0.1)
    exchange.referred.report(200, "OK")
    network.clock.run(0.1)
    assert caller.events[-3:] == [TransferProgress(202), TransferProgress(180), TransferDone()]
    call.hang_up()
    network.clock.run(60)
    assert caller.events[-1] == HungUp(local=True)
    assert not network.clock.pending


def test_transfer_that_fails_leaves_the_call_up(network: VirtualNetwork, caller: Caller) -> None:
    exchange = Exchange(network)
    call = talking(network, caller, exchange)
    for _ in range(2):
        call.transfer("100")
        network.clock.run(0.1)
        exchange.referred.report(486, "Busy Here")
        network.clock.run(0.1)
        assert caller.events[-1] == TransferFailed(486, "Busy Here")
    assert not call.ended


def test_far_end_that_takes_no_transfer(network: VirtualNetwork, caller: Caller) -> None:
    call = talking(network, caller, Callee(network))
    call.transfer("100")
    network.clock.run(0.1)
    assert caller.events[-1] == TransferFailed(405, "Method Not Allowed")


def test_second_transfer_must_wait_and_a_silent_one_is_given_up(network: VirtualNetwork, caller: Caller) -> None:
    call = talking(network, caller, Exchange(network))
    call.transfer("100")
    call.transfer("101")
    assert caller.events[-1] == TransferFailed(491, "Request Pending")
    network.clock.run(200)
    assert caller.events[-1] == TransferFailed(408, "Request Timeout")
    assert not call.ended


def test_attended_transfer_names_the_other_call(network: VirtualNetwork, caller: Caller) -> None:
    exchange = Exchange(network)
    customer = talking(network, caller, exchange, "call-1")
    colleague = talking(network, caller, exchange, "call-2")
    assert colleague.dialog
    customer.transfer_into(colleague)
    network.clock.run(0.1)
    other = colleague.dialog.id
    assert exchange.referred.target == (
        f"{colleague.dialog.target}?Replaces=call-2%3Bto-tag%3D{other.remote_tag}%3Bfrom-tag%3D{other.local_tag}"
    )


def test_transfer_of_a_call_that_came_in(network: VirtualNetwork) -> None:
    caller = start_agent(network, CALLER, config=UserAgentConfig(takes_refer=True))
    callee = Callee(network)
    talking(network, caller, callee)
    callee.call.transfer("100")
    network.clock.run(0.1)
    referred = caller.events[-1]
    assert isinstance(referred, Referred)
    assert referred.target == "sip:100@192.0.2.1"
    referred.report(200, "OK")
    network.clock.run(0.1)
    assert callee.events[-2:] == [TransferProgress(202), TransferDone()]


def test_only_numbers_are_transferred_to(network: VirtualNetwork, caller: Caller) -> None:
    call = talking(network, caller, Callee(network))
    with pytest.raises(InvalidUriError):
        call.transfer("100@elsewhere")


def test_notify_without_a_transfer_is_refused(network: VirtualNetwork, caller: Caller) -> None:
    exchange = Exchange(network)
    call = talking(network, caller, exchange)
    call.transfer("100")
    network.clock.run(0.1)
    for _ in range(2):
        exchange.referred.report(200, "OK")
        network.clock.run(0.1)
    assert network.starts(CALLER)[-2:] == ["200 NOTIFY", "481 NOTIFY"]
    assert [type(event) for event in caller.events].count(TransferDone) == 1
    assert any(isinstance(event, Answered) for event in caller.events)


def test_who_lists_its_methods_without_refer_is_known_to_refuse_it(network: VirtualNetwork, caller: Caller) -> None:
    """The callee's Allow is in its 200, the caller's in the INVITE (RFC 3261 section 20.5)."""
    callee = Callee(network)
    call = talking(network, caller, callee)
    assert call.refuses_refer
    assert callee.call.refuses_refer


def test_who_lists_refer_is_asked(network: VirtualNetwork, caller: Caller) -> None:
    assert not talking(network, caller, Exchange(network)).refuses_refer


def test_one_call_may_refuse_what_the_others_take(network: VirtualNetwork, caller: Caller) -> None:
    exchange = Exchange(network)
    call = talking(network, caller, exchange)
    exchange.call.refuse_transfers(603)
    call.transfer("100")
    network.clock.run(0.1)
    assert caller.events[-1] == TransferFailed(603, "Decline")
    assert not any(isinstance(event, Referred) for event in exchange.events)
    assert call.dialog is not None
