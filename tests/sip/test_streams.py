"""Calls over TCP, TLS and IPv6 between two user agents, and streams that misbehave, all on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.sip.callers import LiveCallee, LiveCaller, until
from tests.sip.certificates import Authority
from tests.sip.virtual import SDP
from widget.sip import connection
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, Confirmed, Failed, FailureCause, HungUp
from widget.sip.framing import PING, PONG
from widget.sip.incoming import IncomingCall
from widget.sip.tls import TlsError, TlsOptions, client_context, server_context
from widget.sip.trunk import Transport, Trunk
from widget.sip.user_agent import UserAgent

AUTHORITY = Authority()
OPTIONS = (
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{n}\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:x@y>\r\nCall-ID: {n}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def answer(call: IncomingCall) -> None:
    call.ring()
    call.answer(SDP)


@dataclass
class Pair:
    """A caller, a callee that answers, and the trunk between them."""

    caller: LiveCaller
    callee: LiveCallee
    trunk: Trunk = field(default_factory=lambda: Trunk(id=1, host="127.0.0.1"))

    def dial(self, **changes: object) -> None:
        self.caller.dial(0, trunk=replace(self.trunk, **changes))  # type: ignore[arg-type]  # fields by name


@asynccontextmanager
async def pair(
    transport: Transport, *, host: str = "127.0.0.1", tls: TlsOptions | None = None, trusts: TlsOptions | None = None
) -> AsyncIterator[Pair]:
    """`tls` is the callee's identity, `trusts` what the caller believes and shows."""
    callee = LiveCallee(UserAgentConfig(host=host, tls=tls, tls_port=0))
    callee.decide = answer
    caller = LiveCaller(UserAgentConfig(host=host))
    await callee.start()
    await caller.start()
    port = callee.agent.tls_port if transport is Transport.TLS else callee.agent.address[1]
    trunk = Trunk(id=1, host=host, port=port, transport=transport, tls=trusts or TlsOptions())
    two = Pair(caller, callee, trunk)
    try:
        yield two
    finally:
        await caller.close()
        await two.callee.close()


def vias(callee: LiveCallee) -> str:
    return callee.calls[0].header("Via")


async def talk_and_hang_up(two: Pair) -> None:
    two.dial()
    await two.caller.heard(Answered)
    await until(lambda: Confirmed() in two.callee.events)
    two.caller.call.hang_up()
    assert await two.caller.ended() == HungUp(local=True)
    assert isinstance(two.callee.events[-1], HungUp)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_call_in_plain_text(transport: Transport, host: str) -> None:
    async with pair(transport, host=host) as two:
        await talk_and_hang_up(two)
        assert vias(two.callee).startswith(f"SIP/2.0/{transport.value} ")


async def test_call_over_tls_to_a_verified_peer() -> None:
    identity = AUTHORITY.identity("127.0.0.1")
    async with pair(Transport.TLS, tls=identity, trusts=TlsOptions(ca=AUTHORITY.certificate)) as two:
        await talk_and_hang_up(two)
        assert vias(two.callee).startswith("SIP/2.0/TLS ")
        assert two.callee.calls[0].header("Contact").endswith(";transport=tls>")


async def test_mutual_tls() -> None:
    server = AUTHORITY.identity("127.0.0.1", ca=AUTHORITY.certificate)
    client = AUTHORITY.identity("client.example", ca=AUTHORITY.certificate)
    async with pair(Transport.TLS, tls=server, trusts=client) as two:
        await talk_and_hang_up(two)


@pytest.mark.parametrize(
    ("identity", "trusts"),
    [
        pytest.param(AUTHORITY.identity("127.0.0.1"), TlsOptions(), id="unknown authority"),
        pytest.param(
            AUTHORITY.identity("other.example"), TlsOptions(ca=AUTHORITY.certificate), id="certificate of another name"
        ),
        pytest.param(Authority().identity("127.0.0.1"), TlsOptions(ca=AUTHORITY.certificate), id="forged authority"),
        pytest.param(
            AUTHORITY.identity("127.0.0.1", ca=AUTHORITY.certificate),
            TlsOptions(ca=AUTHORITY.certificate, certificate="nonsense"),
            id="unusable certificate of ours",
        ),
    ],
)
async def test_call_is_not_placed_to_a_peer_that_proves_nothing(identity: TlsOptions, trusts: TlsOptions) -> None:
    async with pair(Transport.TLS, tls=identity, trusts=trusts) as two:
        two.dial()
        assert await two.caller.ended() == Failed(FailureCause.TRANSPORT)
        assert not two.callee.calls


async def test_name_and_verification_can_be_set() -> None:
    identity = AUTHORITY.identity("sip.example")
    async with pair(Transport.TLS, tls=identity) as two:
        named = TlsOptions(ca=AUTHORITY.certificate, server_name="sip.example")
        two.dial(tls=named)
        await two.caller.heard(Answered)
        two.caller.call.hang_up()
        await two.caller.ended()


async def test_unverified_tls_when_asked_for() -> None:
    async with pair(Transport.TLS, tls=Authority().identity("x"), trusts=TlsOptions(verify=False)) as two:
        await talk_and_hang_up(two)


async def test_second_call_uses_the_same_connection_and_a_lost_one_is_opened_again() -> None:
    async with pair(Transport.TCP) as two:
        await talk_and_hang_up(two)
        await talk_and_hang_up(two)
        first, second = (call.source for call in two.callee.calls)
        assert first == second
        port = two.callee.agent.address[1]
        await two.callee.close()
        two.callee = LiveCallee(UserAgentConfig(host="127.0.0.1", port=port))
        two.callee.decide = answer
        await two.callee.start()
        await talk_and_hang_up(two)


async def test_callee_hangs_up_over_the_connection_of_the_caller() -> None:
    async with pair(Transport.TCP) as two:
        two.dial()
        await two.caller.heard(Answered)
        await until(lambda: Confirmed() in two.callee.events)
        two.callee.calls[0].hang_up()
        assert await two.caller.ended() == HungUp()


async def test_invite_too_large_for_a_datagram_goes_over_tcp() -> None:
    async with pair(Transport.UDP) as two:
        two.caller.dial(0, trunk=two.trunk, sdp=SDP + "a=x-padding:" + "x" * 1300 + "\r\n")
        await two.caller.heard(Answered)
        assert vias(two.callee).startswith("SIP/2.0/TCP ")
        two.caller.call.hang_up()
        await two.caller.ended()


async def test_too_large_invite_stays_on_udp_when_nobody_takes_tcp() -> None:
    received: asyncio.Queue[bytes] = asyncio.Queue()

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            received.put_nowait(data)

    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"))
    await caller.start()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Listener, ("127.0.0.1", 0))
    caller.dial(transport.get_extra_info("sockname")[1], sdp=SDP + "a=x-padding:" + "x" * 1300 + "\r\n")
    assert b"SIP/2.0/UDP" in await received.get()
    transport.close()
    await caller.agent.close(timeout_seconds=0)


async def test_refused_connection_fails_the_call_at_once() -> None:
    async with pair(Transport.TCP) as two:
        await two.callee.close()
        two.dial()
        assert await two.caller.ended() == Failed(FailureCause.TRANSPORT)
        await two.callee.start()


@asynccontextmanager
async def raw(agent: UserAgent) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", agent.address[1])
    yield reader, writer
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@pytest.fixture
async def agent() -> AsyncIterator[UserAgent]:
    agent = UserAgent(UserAgentConfig(host="127.0.0.1"))
    await agent.start()
    yield agent
    await agent.close()


async def test_keep_alive_goes_on_until_a_peer_that_answered_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PING_SECONDS", 0.01)
    monkeypatch.setattr(connection, "PING_SCATTER_SECONDS", 0.0)
    monkeypatch.setattr(connection, "PONG_SECONDS", 0.05)
    heard: list[bytes] = []
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(SDP[-20:].encode())
        for pong in (PONG, PONG, b""):
            heard.append(await reader.readexactly(4))
            writer.write(pong)
        await asyncio.gather(reader.read(), return_exceptions=True)
        writer.close()
        closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"))
    await caller.start()
    caller.dial(
        0, trunk=Trunk(id=1, host="127.0.0.1", port=server.sockets[0].getsockname()[1], transport=Transport.TCP)
    )
    await closed.wait()
    assert heard == [PING] * 3
    assert await caller.ended() == Failed(FailureCause.TRANSPORT)
    await caller.close()
    server.close()
    await server.wait_closed()


async def test_response_comes_back_on_the_same_connection_whatever_via_says(agent: UserAgent) -> None:
    async with raw(agent) as (reader, writer):
        writer.write(OPTIONS.format(n=1).encode() + PING + OPTIONS.format(n=2).encode())
        text = await reader.readuntil(b"\r\n\r\n")
        assert text.startswith(b"SIP/2.0 200 OK")
        assert await reader.readexactly(2) == PONG
        assert b"Call-ID: 2" in await reader.readuntil(b"\r\n\r\n")


async def test_stream_without_a_length_is_closed(agent: UserAgent) -> None:
    async with raw(agent) as (reader, writer):
        writer.write(OPTIONS.format(n=1).replace("Content-Length: 0\r\n", "").encode())
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)


async def test_stranger_is_not_even_read() -> None:
    agent = UserAgent(UserAgentConfig(host="127.0.0.1"), admits=lambda _host: False)
    await agent.start()
    async with raw(agent) as (reader, writer):
        writer.write(OPTIONS.format(n=1).encode())
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
    await agent.close()


def test_unusable_certificates_are_named() -> None:
    with pytest.raises(TlsError, match="authorities"):
        client_context(TlsOptions(ca="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
    with pytest.raises(TlsError, match="certificate"):
        server_context(TlsOptions())
    with pytest.raises(TlsError, match="our certificate and key"):
        server_context(TlsOptions(certificate="x", key="y"))


def test_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(AUTHORITY.identity("x"))
