"""Session timers and UPDATE on a virtual clock."""

from collections.abc import Callable

import pytest

from tests.sip.far_end import CALLEE, CALLER, TRUNK, Callee
from tests.sip.virtual import SDP, Caller, Datagram, VirtualNetwork, start_agent
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, HungUp, MediaAnswered, MediaChanged

HALF_AN_HOUR = 1800


@pytest.fixture
def callee(network: VirtualNetwork) -> Callee:
    return Callee(network)


@pytest.fixture
def caller(network: VirtualNetwork) -> Caller:
    return start_agent(network, CALLER)


def answered(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    caller.call(TRUNK)
    network.clock.run(0.1)
    callee.call.answer(SDP)
    network.clock.run(0.1)


def rewrite(start: str, old: str, new: str) -> Callable[[Datagram], int]:
    """A proxy on the way that changes messages of one kind."""

    def judge(datagram: Datagram) -> int:
        if datagram.start == start:
            datagram.data = datagram.data.replace(old.encode(), new.encode())
        return 1

    return judge


def text(network: VirtualNetwork, start: str) -> str:
    return next(each.data.decode() for each in reversed(network.log) if each.start == start)


def test_caller_refreshes_by_update_as_long_as_the_call_lasts(
    network: VirtualNetwork, caller: Caller, callee: Callee
) -> None:
    answered(network, caller, callee)
    assert "Session-Expires: 1800\r\n" in text(network, "INVITE")
    assert "Session-Expires: 1800;refresher=uac\r\nRequire: timer\r\n" in text(network, "200 INVITE")
    network.clock.run(3 * HALF_AN_HOUR + 10)
    assert network.starts(CALLER).count("UPDATE") == 6
    assert isinstance(caller.events[-1], Answered)
    callee.call.hang_up()
    network.clock.run(60)
    assert not network.clock.pending


@pytest.mark.parametrize("silent", [CALLER, CALLEE])
def test_either_side_notices_that_the_other_is_gone(
    network: VirtualNetwork, caller: Caller, callee: Callee, silent: tuple[str, int]
) -> None:
    answered(network, caller, callee)
    network.judge = lambda datagram: int(silent not in {datagram.source, datagram.target})
    network.clock.run(HALF_AN_HOUR + 60)
    assert caller.events[-1] == HungUp(local=True)
    assert callee.events[-1] == HungUp(local=True)


def test_callee_refreshes_when_asked_to(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    network.judge = rewrite("INVITE", "Session-Expires: 1800", "Session-Expires: 200;refresher=uas")
    answered(network, caller, callee)
    network.clock.run(1000)
    assert network.starts(CALLEE).count("UPDATE") == 9
    assert "Session-Expires: 200;refresher=uac" in text(network, "UPDATE")
    assert isinstance(caller.events[-1], Answered)


def test_without_update_the_refresh_is_an_invite(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    network.judge = rewrite("200 INVITE", "OPTIONS, UPDATE, NOTIFY", "OPTIONS")
    answered(network, caller, callee)
    network.clock.run(HALF_AN_HOUR / 2)
    change = callee.events[-1]
    assert isinstance(change, MediaChanged)
    assert change.sdp == SDP
    change.answer(SDP)
    network.clock.run(1)
    assert caller.events[-1] == MediaAnswered(SDP)
    assert "UPDATE" not in network.starts(CALLER)


def test_peer_that_knows_no_timers_is_not_watched(network: VirtualNetwork, caller: Caller, callee: Callee) -> None:
    network.judge = rewrite("200 INVITE", "Session-Expires: 1800;refresher=uac\r\nRequire: timer", "X-Nothing: 0")
    answered(network, caller, callee)
    network.clock.run(2 * HALF_AN_HOUR)
    assert "UPDATE" not in network.starts(CALLER)


def test_too_brief_a_session_is_asked_for_again(network: VirtualNetwork, callee: Callee) -> None:
    caller = start_agent(network, CALLER, config=UserAgentConfig(session_seconds=30))
    answered(network, caller, callee)
    assert network.starts(CALLER) == ["INVITE", "ACK", "INVITE", "ACK"]
    assert "Session-Expires: 90\r\n" in text(network, "INVITE")
    assert isinstance(caller.events[-1], Answered)


def test_no_timer_when_none_is_configured(network: VirtualNetwork, callee: Callee) -> None:
    caller = start_agent(network, CALLER, config=UserAgentConfig(session_seconds=0))
    answered(network, caller, callee)
    assert "Session-Expires" not in text(network, "INVITE") + text(network, "200 INVITE")
    callee.call.hang_up()
    network.clock.run(60)
    assert not network.clock.pending
