"""What is wrong on the way to a peer is told apart, with real sockets and certificates."""

import asyncio
import datetime
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.sip.certificates import Authority
from widget.sip.reachability import Reach, TlsFault, reach, shake_hands
from widget.sip.tls import TlsOptions, server_context
from widget.sip.transport import Address
from widget.sip.trunk import Transport, Trunk

AUTHORITY = Authority()
NAME = "sip.example.com"
TRUSTED = TlsOptions(ca=AUTHORITY.certificate, server_name=NAME)


@asynccontextmanager
async def server(identity: TlsOptions | None = None) -> AsyncIterator[Address]:
    """Takes connections and says nothing; over TLS when it has an identity."""
    open_ones: list[asyncio.StreamWriter] = []

    def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.append(writer)

    listening = await asyncio.start_server(take, "127.0.0.1", 0, ssl=server_context(identity) if identity else None)
    try:
        yield listening.sockets[0].getsockname()[:2]
    finally:
        listening.close()
        for writer in open_ones:
            writer.transport.abort()
        await listening.wait_closed()


def trunk(tls: TlsOptions) -> Trunk:
    return Trunk(id=1, host="127.0.0.1", transport=Transport.TLS, tls=tls)


async def fault_of(identity: TlsOptions, believed: TlsOptions) -> TlsFault:
    async with server(identity) as address:
        return (await shake_hands(trunk(believed), address)).fault


async def test_a_port_that_listens() -> None:
    async with server() as address:
        assert await reach(address) is Reach.CONNECTED


async def test_a_dead_port() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        assert await reach(unheard.getsockname()) is Reach.REFUSED


async def test_a_good_certificate() -> None:
    async with server(AUTHORITY.identity(NAME, "other.example.com")) as address:
        handshake = await shake_hands(trunk(TRUSTED), address)
    assert (handshake.fault, handshake.names) == (TlsFault.NONE, (NAME, "other.example.com"))
    assert handshake.protocol.startswith("TLSv1.")
    assert handshake.issuer == AUTHORITY.name
    assert handshake.until is not None
    assert handshake.until > datetime.datetime.now(datetime.UTC)


async def test_a_wrong_name_is_told_with_the_right_one() -> None:
    async with server(AUTHORITY.identity("pbx.example.net", "192.0.2.7")) as address:
        handshake = await shake_hands(trunk(TRUSTED), address)
    assert (handshake.fault, handshake.names) == (TlsFault.WRONG_NAME, ("pbx.example.net", "192.0.2.7"))


async def test_an_address_that_the_certificate_does_not_name() -> None:
    assert await fault_of(AUTHORITY.identity(NAME), TlsOptions(ca=AUTHORITY.certificate)) is TlsFault.WRONG_NAME


async def test_an_unknown_authority() -> None:
    async with server(AUTHORITY.identity(NAME)) as address:
        handshake = await shake_hands(trunk(TlsOptions(server_name=NAME)), address)
    assert (handshake.fault, handshake.issuer) == (TlsFault.UNKNOWN_AUTHORITY, AUTHORITY.name)


async def test_another_authority() -> None:
    believed = TlsOptions(ca=Authority("somebody else").certificate, server_name=NAME)
    assert await fault_of(AUTHORITY.identity(NAME), believed) is TlsFault.UNKNOWN_AUTHORITY


@pytest.mark.parametrize(("days", "fault"), [((-3, -1), TlsFault.EXPIRED), ((1, 3), TlsFault.NOT_YET_VALID)])
async def test_a_certificate_out_of_its_time(days: tuple[int, int], fault: TlsFault) -> None:
    now = datetime.datetime.now(datetime.UTC)
    begins, ends = (now + datetime.timedelta(days=each) for each in days)
    assert await fault_of(AUTHORITY.identity(NAME, valid=(begins, ends)), TRUSTED) is fault


async def test_a_certificate_that_signed_itself() -> None:
    own = Authority(NAME)
    identity = own.self_signed(NAME)
    assert await fault_of(identity, TlsOptions(server_name=NAME)) is TlsFault.SELF_SIGNED
    assert await fault_of(identity, TlsOptions(server_name=NAME, ca=identity.certificate)) is TlsFault.NONE


async def test_a_peer_that_wants_our_certificate() -> None:
    identity = AUTHORITY.identity(NAME, ca=AUTHORITY.certificate)
    assert await fault_of(identity, TRUSTED) is TlsFault.WANTS_OUR_CERTIFICATE
    ours = AUTHORITY.identity("us")
    known = TlsOptions(ca=AUTHORITY.certificate, server_name=NAME, certificate=ours.certificate, key=ours.key)
    assert await fault_of(identity, known) is TlsFault.NONE


async def test_a_peer_that_speaks_no_tls() -> None:
    async def answer_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SIP/2.0 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer_plainly, "127.0.0.1", 0) as listening:
        address = listening.sockets[0].getsockname()
        assert (await shake_hands(trunk(TRUSTED), address)).fault is TlsFault.NOT_TLS


async def test_settings_of_ours_that_cannot_be_used() -> None:
    handshake = await shake_hands(trunk(TlsOptions(ca="nonsense")), ("127.0.0.1", 9))
    assert handshake.fault is TlsFault.OUR_SETTINGS
