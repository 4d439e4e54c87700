"""Fails when a private name of aiortc or aioice that ``aiortc_hooks`` relies on is gone or has another shape."""

import asyncio
import inspect

import pytest
from aioice import Candidate
from aioice.ice import CandidatePair, Connection, StunProtocol
from aioice.stun import Class, Message, Method, Transaction, parse_message
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpSendParameters

from tests.media.media_bench import MediaBench
from widget.media import aiortc_hooks
from widget.media.aiortc_hooks import CONSENT_CHECKS, MAX_REMOTE_CANDIDATES, LocalCandidate, RelayedConnection

BROWSER = ("127.0.0.1", 5000)
STRANGER = ("127.0.0.1", 6000)


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_the_ice_agent_has_the_names_that_are_replaced() -> None:
    connection = Connection(ice_controlling=False)
    for name in (
        "_protocols",
        "_check_list",
        "_nominated",
        "_remote_candidates",
        "_local_candidates",
        "_local_candidates_start",
        "_local_candidates_end",
        "_closing",
        "_early_checks",
        "_early_checks_done",
        "_check_list_state",
        "_query_consent_task",
    ):
        assert hasattr(connection, name), name
    assert parameters(Connection.check_incoming) == ["self", "message", "addr", "protocol"]
    assert parameters(Connection.check_complete) == ["self", "pair"]
    assert parameters(Connection.gather_candidates) == ["self"]
    assert parameters(Connection.add_remote_candidate) == ["self", "remote_candidate"]
    assert parameters(Connection.connect) == parameters(Connection.query_consent) == ["self"]
    assert parameters(Connection.data_received) == ["self", "data", "component"]
    assert parameters(StunProtocol.datagram_received) == ["self", "data", "addr"]
    assert inspect.signature(Connection).parameters["local_username"].default is None


async def test_stun_protocol_and_pair_have_the_names_that_are_read() -> None:
    protocol = StunProtocol(Connection(ice_controlling=False))
    assert protocol.transactions == {}
    assert parameters(protocol.send_stun) == ["message", "addr"]
    assert parameters(Transaction.response_received) == ["self", "message", "addr"]
    assert parameters(Connection.build_request) == ["self", "pair", "nominate"]
    protocol.local_candidate = Candidate("f", 1, "udp", 1, "127.0.0.1", 1, "host")
    pair = CandidatePair(protocol, protocol.local_candidate)
    assert pair.nominated is False
    assert pair.state is CandidatePair.State.FROZEN
    assert CandidatePair.State.SUCCEEDED is not None


async def test_the_transceiver_has_the_names_that_are_replaced() -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = peer.addTransceiver("audio")
    ice = transceiver.receiver.transport.transport
    assert ice._connection is ice.iceGatherer._connection
    assert ice._recv == ice._connection.recv
    assert ice._send == ice._connection.send
    assert isinstance(transceiver, RTCRtpTransceiver)
    assert isinstance(transceiver.sender._ssrc, int)
    assert transceiver._codecs == []
    assert transceiver._headerExtensions == []
    for function in (transceiver.sender.send, transceiver.receiver.receive):
        assert parameters(function) == ["parameters"]
    await peer.close()


async def test_media_never_starts() -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = peer.addTransceiver("audio")
    aiortc_hooks.keep_media_out(transceiver)
    await transceiver.sender.send(RTCRtpSendParameters())
    await peer.close()


def test_every_srtp_profile_can_be_exported() -> None:
    for profile in SRTP_PROFILES:
        material = bytes(range(2 * (profile.key_length + profile.salt_length)))
        assert len(profile.get_key_and_salt(material, 0)) == profile.key_length + profile.salt_length
        assert isinstance(profile.libsrtp_profile, int)
        assert isinstance(profile.openssl_profile, bytes)
    assert {"_ssl", "_role", "_srtp_profiles"} <= set(RTCDtlsTransport.__init__.__code__.co_names)


async def test_both_ends_export_the_same_keys_crosswise(bench: MediaBench) -> None:
    browser = await bench.browser()
    theirs = aiortc_hooks.srtp_keys(browser.dtls)
    (leg,) = bench.service._hosts[0].browsers._numbered.values()
    ours = aiortc_hooks.srtp_keys(leg._dtls)
    assert (ours.send_key, ours.receive_key) == (theirs.receive_key, theirs.send_key)
    assert ours.profile == theirs.profile
    assert "key" not in repr(ours)


class Agent:
    """A relayed ICE agent whose datagrams are kept."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, tuple[str, int]]] = []
        candidate = LocalCandidate("127.0.0.1", 4000, lambda data, address: self.sent.append((data, address)))
        self.connection = RelayedConnection([candidate], on_selected=lambda index, address: None)
        self.connection.remote_username, self.connection.remote_password = "browser", "p" * 24
        self.connection._early_checks_done = True

    def check(self, source: tuple[str, int], **attributes: object) -> None:
        """An authentic connectivity check from ``source``."""
        message = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.connection.local_username}:browser"
        message.attributes.update({"PRIORITY": 1, "ICE-CONTROLLING": 1} | attributes)
        message.add_message_integrity(self.connection.local_password.encode())
        self.connection.receive(0, bytes(message), source)


@pytest.mark.parametrize("datagram", [b"", b"\x00", b"\x16" * 20, b"\x80" * 20, b"\x00\x01" + bytes(17), b"\xff"])
async def test_what_nobody_proved_reaches_neither_stun_nor_dtls(datagram: bytes) -> None:
    agent = Agent()
    agent.connection.receive(0, datagram, STRANGER)
    assert agent.connection._queue.empty()
    assert agent.sent == []
    await agent.connection.close()


async def test_dtls_is_taken_only_from_where_a_check_was_answered() -> None:
    agent = Agent()
    agent.check(BROWSER)
    agent.connection.receive(0, b"\x16" * 20, BROWSER)
    assert agent.connection._queue.empty()
    agent.connection._check_list[0].state = CandidatePair.State.SUCCEEDED
    agent.connection.receive(0, b"\x16" * 20, STRANGER)
    assert agent.connection._queue.empty()
    agent.connection.receive(0, b"\x16" * 20, BROWSER)
    assert not agent.connection._queue.empty()
    await agent.connection.close()


async def test_checks_from_ever_new_addresses_are_answered_but_not_followed() -> None:
    agent = Agent()
    for port in range(10000, 10000 + 3 * MAX_REMOTE_CANDIDATES):
        agent.check(("127.0.0.1", port))
    assert len(agent.connection._check_list) == MAX_REMOTE_CANDIDATES
    await agent.connection.close()


class Consenting(Agent):
    """With a pair that carries media. ``answers`` says which check is answered after how many were sent."""

    def __init__(self, answers: dict[int, int], password: str = "p" * 24) -> None:
        super().__init__()
        self._answers = answers
        self._password = password
        protocol = self.connection._protocols[0]
        self.pair = CandidatePair(protocol, Candidate("f", 1, "udp", 1, *BROWSER, "host"))
        self.connection._nominated[1] = self.pair

    async def pause(self) -> None:
        """Instead of the seconds between two checks."""
        asked = len(self.sent)
        if asked in self._answers:
            self._answer(self._answers[asked])

    def _answer(self, check: int) -> None:
        request = parse_message(self.sent[check][0])
        response = Message(Method.BINDING, Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 4000)
        response.add_message_integrity(self._password.encode())
        self.connection.receive(0, bytes(response), BROWSER)


async def test_an_answer_proves_consent_however_late_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = Consenting({5: 0, 10: 5, 15: 10})
    monkeypatch.setattr(aiortc_hooks, "_until_next_check", agent.pause)
    await asyncio.wait_for(agent.connection.query_consent(), 30)
    assert len(agent.sent) == 15 + CONSENT_CHECKS
    assert len(agent.pair.protocol.transactions) == CONSENT_CHECKS
    assert len({data for data, _ in agent.sent}) == len(agent.sent)
    assert {address for _, address in agent.sent} == {BROWSER}


@pytest.mark.parametrize("answers", [{}, {1: 0, 5: 3}], ids=["nobody", "a forger"])
async def test_consent_ends_with_the_checks_that_nobody_answers(
    answers: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = Consenting(answers, password="wrong")
    monkeypatch.setattr(aiortc_hooks, "_until_next_check", agent.pause)
    await asyncio.wait_for(agent.connection.query_consent(), 30)
    assert len(agent.sent) == CONSENT_CHECKS
    assert agent.connection._closing


async def test_candidates_of_the_offer_and_their_end_are_not_looked_at() -> None:
    agent = Agent()
    await agent.connection.add_remote_candidate(Candidate("f", 1, "udp", 1, "224.0.0.1", 9, "host"))
    await agent.connection.add_remote_candidate(None)
    assert agent.connection.remote_candidates == []
    assert agent.connection._remote_candidates_expected()
    await agent.connection.close()


async def test_a_check_with_a_wrong_password_gets_an_error_and_no_check_back() -> None:
    agent = Agent()
    agent.connection._local_password, right = "x" * 22, agent.connection.local_password
    agent.check(BROWSER)
    agent.connection._local_password = right
    forged = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
    forged.attributes["USERNAME"] = f"{agent.connection.local_username}:browser"
    forged.add_message_integrity(b"wrong")
    checks = len(agent.connection._check_list)
    agent.connection.receive(0, bytes(forged), STRANGER)
    assert len(agent.connection._check_list) == checks
    await agent.connection.close()
