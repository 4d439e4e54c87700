"""REGISTER on a virtual clock: refresh, back-off, 423, challenge, withdrawal."""

import itertools
from collections.abc import Callable

import pytest

from tests.sip.virtual import Caller, VirtualClock, VirtualNetwork, VirtualTransport, start_agent
from widget.sip.message import Request, parse_message
from widget.sip.registration import RegistrationState
from widget.sip.transport import Address, MessageTransport
from widget.sip.trunk import Trunk

US = ("192.0.2.1", 5060)
REGISTRAR = ("192.0.2.2", 5060)
TRUNK = Trunk(id=7, host=REGISTRAR[0], username="joe", password="s3cret", registers=True, registration_seconds=300)


class Registrar:
    """Answers REGISTER as the test says; None is silence."""

    def __init__(self, network: VirtualNetwork) -> None:
        self.answer: Callable[[Request], str | None] = lambda request: granted(request, 300)
        self.requests: list[Request] = []
        self.times: list[float] = []
        self._network = network
        self._node = VirtualTransport(network, REGISTRAR, self._receive)

    def _receive(self, data: bytes, source: Address, _transport: MessageTransport) -> None:
        request = parse_message(data)
        assert isinstance(request, Request)
        self.requests.append(request)
        self.times.append(self._network.clock.time())
        if text := self.answer(request):
            start, _, rest = text.partition("\r\n")
            head = "".join(f"{name}: {request.header(name)}\r\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
            self._network.send(REGISTRAR, source, f"SIP/2.0 {start}\r\n{head}{rest}\r\n".encode())


def granted(request: Request, seconds: int) -> str:
    return f"200 OK\r\nContact: <sip:other@192.0.2.77>;expires=9, {request.header('Contact')};expires={seconds}\r\n"


@pytest.fixture
def registrar(network: VirtualNetwork) -> Registrar:
    return Registrar(network)


@pytest.fixture
def agent(network: VirtualNetwork) -> Caller:
    return start_agent(network, US)


def state(agent: Caller) -> RegistrationState:
    return agent.agent.registration_state(TRUNK.id)


def test_registers_and_refreshes_before_the_end(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    agent.agent.add_trunk(TRUNK)
    clock.run(1)
    first = registrar.requests[0]
    assert state(agent) is RegistrationState.REGISTERED
    assert (first.uri, first.header("Expires")) == ("sip:192.0.2.2", "300")
    assert first.header("To") == "<sip:joe@192.0.2.2>"
    assert first.header("Contact") == "<sip:cc@192.0.2.1>"
    clock.run(600)
    assert [round(at) for at in registrar.times] == [0, 270, 540]
    assert [request.cseq for request in registrar.requests] == [1, 2, 3]
    assert len({request.call_id for request in registrar.requests}) == 1


@pytest.mark.parametrize(
    "reply", ["200 OK\r\nExpires: 100\r\n", "200 OK\r\nContact: <sip:cc@192.0.2.1>;expires=100\r\n"]
)
def test_registrar_decides_how_long(clock: VirtualClock, registrar: Registrar, agent: Caller, reply: str) -> None:
    registrar.answer = lambda _request: reply
    agent.agent.add_trunk(TRUNK)
    clock.run(91)
    assert [round(at) for at in registrar.times] == [0, 90]


def test_challenge_is_answered_and_the_nonce_kept(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    def answer(request: Request) -> str:
        if request.header("Authorization"):
            return granted(request, 300)
        return '401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n'

    registrar.answer = answer
    agent.agent.add_trunk(TRUNK)
    clock.run(300)
    assert state(agent) is RegistrationState.REGISTERED
    assert [bool(request.header("Authorization")) for request in registrar.requests] == [False, True, True]
    assert "nc=00000002" in registrar.requests[2].header("Authorization")


def test_wrong_password_is_refused_and_tried_rarely(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    registrar.answer = lambda _request: '401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n'
    agent.agent.add_trunk(TRUNK)
    clock.run(1)
    assert state(agent) is RegistrationState.REFUSED
    clock.run(3600)
    assert len(registrar.requests) < 80


def test_longer_life_is_taken_once(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    registrar.answer = lambda request: f"423 Brief\r\nMin-Expires: {int(request.header('Expires')) + 60}\r\n"
    agent.agent.add_trunk(TRUNK)
    clock.run(1)
    assert [request.header("Expires") for request in registrar.requests] == ["300", "360"]
    assert state(agent) is RegistrationState.FAILED


def test_silence_is_retried_with_growing_pauses(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    registrar.answer = lambda _request: None
    agent.agent.add_trunk(TRUNK)
    clock.run(33)
    assert state(agent) is RegistrationState.FAILED
    clock.run(3600)
    attempts = [
        at
        for index, at in enumerate(registrar.times)
        if index == 0 or registrar.requests[index].cseq != registrar.requests[index - 1].cseq
    ]
    pauses = [after - before - 32 for before, after in itertools.pairwise(attempts)]
    assert 2.4 <= pauses[0] <= 5.1
    assert max(pauses) <= 301
    assert pauses[-1] >= 149
    registrar.answer = lambda request: granted(request, 300)
    clock.run(400)
    assert state(agent) is RegistrationState.REGISTERED


def test_retry_after_is_respected(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    registrar.answer = lambda _request: "503 Later\r\nRetry-After: 120\r\n"
    agent.agent.add_trunk(TRUNK)
    clock.run(121)
    assert [round(at) for at in registrar.times] == [0, 120]


def test_removed_trunk_is_withdrawn_and_quiet(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    agent.agent.add_trunk(TRUNK)
    clock.run(1)
    agent.agent.remove_trunk(TRUNK.id)
    clock.run(1000)
    assert [request.header("Expires") for request in registrar.requests] == ["300", "0"]
    assert state(agent) is RegistrationState.UNREGISTERED
    assert clock.pending == 0


def test_trunk_that_is_replaced_registers_anew(clock: VirtualClock, registrar: Registrar, agent: Caller) -> None:
    agent.agent.add_trunk(TRUNK)
    clock.run(1)
    agent.agent.add_trunk(TRUNK)
    clock.run(1)
    assert [request.header("Expires") for request in registrar.requests] == ["300", "0", "300"]
    assert state(agent) is RegistrationState.REGISTERED


def test_trunk_removed_while_registering_is_withdrawn_too(
    clock: VirtualClock, registrar: Registrar, agent: Caller
) -> None:
    agent.agent.add_trunk(TRUNK)
    agent.agent.remove_trunk(TRUNK.id)
    clock.run(1000)
    assert [request.header("Expires") for request in registrar.requests] == ["300", "0"]
    assert clock.pending == 0
