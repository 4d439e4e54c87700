"""A probe tells what a peer says outside of calls: alive, silent, not there, with or without credentials."""

import pytest

from tests.sip.virtual import Datagram, VirtualClock, VirtualNetwork, start_agent
from widget.sip.probe import ProbeFailure, ProbeResult
from widget.sip.registrar import IncomingRegistration
from widget.sip.trunk import Trunk

OURS, THEIRS = ("192.0.2.1", 5060), ("192.0.2.2", 5060)


def probed(
    network: VirtualNetwork, *, method: str = "OPTIONS", account: str = "acme:right", signs_in: bool = False
) -> list[ProbeResult]:
    agent = start_agent(network, OURS).agent
    results: list[ProbeResult] = []
    username, _, password = account.partition(":")
    trunk = Trunk(id=1, host=THEIRS[0], username=username, password=password)
    agent.probe(trunk, results.append, method=method, signs_in=signs_in)
    network.clock.run(60)
    return results


@pytest.fixture
def network() -> VirtualNetwork:
    return VirtualNetwork(VirtualClock())


def judge_registration(registration: IncomingRegistration) -> None:
    assert registration.contact == ""
    if registration.challenge("carrier", "acme", "right"):
        registration.accept(60)


def test_options_of_a_peer_that_is_alive(network: VirtualNetwork) -> None:
    start_agent(network, THEIRS)
    (result,) = probed(network)
    assert (result.code, result.failure, result.remote) == (200, None, THEIRS)
    assert result.round_trip_seconds == pytest.approx(2 * network.delay)


def test_any_answer_is_one(network: VirtualNetwork) -> None:
    start_agent(network, THEIRS)
    (result,) = probed(network, method="REGISTER")
    assert result.code == 405


def test_silence_is_told_once_and_soon(network: VirtualNetwork) -> None:
    (result,) = probed(network)
    assert (result.failure, result.code) == (ProbeFailure.SILENCE, 0)


def test_a_late_answer_changes_nothing(network: VirtualNetwork) -> None:
    network.delay = 4.0
    start_agent(network, THEIRS)
    (result,) = probed(network)
    assert result.failure is ProbeFailure.SILENCE


def test_a_socket_that_is_broken(network: VirtualNetwork) -> None:
    caller = start_agent(network, OURS)
    caller.transport.is_broken = True
    results: list[ProbeResult] = []
    caller.agent.probe(Trunk(id=1, host=THEIRS[0]), results.append)
    network.clock.run(60)
    assert [result.failure for result in results] == [ProbeFailure.NO_WAY]


@pytest.mark.parametrize(("account", "code", "challenges"), [("acme:right", 200, 1), ("acme:wrong", 401, 2)])
def test_credentials_are_tried(network: VirtualNetwork, account: str, code: int, challenges: int) -> None:
    start_agent(network, THEIRS, on_register=judge_registration)
    (result,) = probed(network, method="REGISTER", account=account, signs_in=True)
    assert (result.code, result.challenges, result.realm) == (code, challenges, "carrier")


def test_without_signing_in_the_challenge_is_the_answer(network: VirtualNetwork) -> None:
    start_agent(network, THEIRS, on_register=judge_registration)
    (result,) = probed(network, method="REGISTER")
    assert (result.code, result.challenges) == (401, 1)


def test_a_lost_datagram_is_repeated(network: VirtualNetwork) -> None:
    lost: list[Datagram] = []

    def lose_first(datagram: Datagram) -> int:
        lost.append(datagram)
        return int(len(lost) > 1)

    network.judge = lose_first
    start_agent(network, THEIRS)
    (result,) = probed(network)
    assert result.code == 200
    assert [datagram.start for datagram in lost] == ["OPTIONS", "OPTIONS", "200 OPTIONS"]
