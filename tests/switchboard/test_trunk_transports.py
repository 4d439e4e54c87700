"""Calls as a trunk prescribes them: TLS with certificates of one's own, IPv6, the headers that name the caller."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pytest_django import Settings

from tests.sip.certificates import Authority
from tests.switchboard.board import SETTINGS, Board, Seat, running_board
from widget.models import Agent, Trunk
from widget.sip.config import UserAgentConfig
from widget.sip.incoming import IncomingCall
from widget.sip.trunk import Transport
from widget.sip.user_agent import UserAgent

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def signed_in(**carrier: Any) -> AsyncIterator[tuple[Board, Seat]]:
    async with running_board(time_scale=0.1, **carrier) as board:
        seat = await board.seat()
        await seat.sign_in()
        yield board, seat


async def answered_and_ended(seat: Seat) -> None:
    await seat.dial("12025550100")
    await seat.talking()
    await seat.hang_up()
    assert (await seat.ended()).termination == "agent_hung_up"


async def tls_trunk(board: Board, **fields: Any) -> None:
    port = board.carrier.trunk(transport=Transport.TLS).port
    await Trunk.objects.aupdate(transport="tls", port=port, **fields)


@pytest.fixture
def authority() -> Authority:
    return Authority()


async def test_a_carrier_of_its_own_authority(transactional_db: None, settings: Settings, authority: Authority) -> None:
    """Who is not verified is not called; the name may be another than the host."""
    settings.CCSDK = SETTINGS
    async with signed_in(tls=authority.identity("sip.carrier.example"), tls_port=0) as (board, seat):
        await tls_trunk(board)
        await seat.dial("12025550100")
        assert (await seat.ended()).termination == "transport_failed"
        await Trunk.objects.aupdate(tls_ca=authority.certificate)
        await seat.dial("12025550100")
        assert (await seat.ended()).termination == "transport_failed"
        await Trunk.objects.aupdate(tls_server_name="sip.carrier.example")
        await answered_and_ended(seat)


async def test_a_carrier_that_wants_our_certificate(
    transactional_db: None, settings: Settings, authority: Authority
) -> None:
    settings.CCSDK = SETTINGS
    wants_ours = authority.identity("127.0.0.1", ca=authority.certificate)
    async with signed_in(tls=wants_ours, tls_port=0) as (board, seat):
        await tls_trunk(board, tls_ca=authority.certificate)
        await seat.dial("12025550100")
        assert (await seat.ended()).termination != "agent_hung_up"
        ours = authority.identity("ours.example")
        trunk = await Trunk.objects.aget()
        trunk.tls_certificate, trunk.tls_key = ours.certificate, ours.key
        await trunk.asave()
        await answered_and_ended(seat)


async def test_an_unverified_carrier_is_called_when_an_admin_says_so(
    transactional_db: None, settings: Settings
) -> None:
    settings.CCSDK = SETTINGS
    async with signed_in(tls=Authority().self_signed("nobody.example"), tls_port=0) as (board, seat):
        await tls_trunk(board, tls_verify=False)
        await answered_and_ended(seat)


async def test_a_carrier_that_wants_to_offer(transactional_db: None, settings: Settings) -> None:
    """Our INVITE has no description; the carrier's offer is answered and the audio connected."""
    settings.CCSDK = SETTINGS
    async with signed_in() as (_, seat):
        await Trunk.objects.aupdate(late_offer=True, transport="auto")
        await seat.dial("12025550100")
        await seat.talking()
        await seat.hang_up()
        assert (await seat.ended()).termination == "agent_hung_up"


async def test_a_carrier_over_ipv6_beside_ipv4(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "SIP_SECOND_HOST": "::1"}
    async with signed_in(host="::1") as (board, seat):
        assert board.exchange.trunks.admits("::1")
        await answered_and_ended(seat)


@asynccontextmanager
async def listening_carrier() -> AsyncIterator[tuple[UserAgent, asyncio.Queue[IncomingCall]]]:
    """A carrier that only notes what it is asked, and is busy."""
    asked: asyncio.Queue[IncomingCall] = asyncio.Queue()

    def receive(incoming: IncomingCall) -> None:
        asked.put_nowait(incoming)
        incoming.reject(486)

    agent = UserAgent(UserAgentConfig(host="127.0.0.1"), on_invite=receive)
    await agent.start()
    try:
        yield agent, asked
    finally:
        await agent.close()


@pytest.mark.parametrize(
    ("prescribed", "headers"),
    [
        ({}, {"From": "<sip:+12025550199@127.0.0.1>", "P-Asserted-Identity": "", "Privacy": ""}),
        (
            {"identity": "asserted", "from_domain": "carrier.example"},
            {
                "From": "<sip:+12025550199@carrier.example>",
                "P-Asserted-Identity": "<sip:+12025550199@carrier.example>",
                "Supported": "timer, 100rel, replaces",
            },
        ),
        (
            {"identity": "preferred", "from_account": True},
            {"From": "<sip:demo@127.0.0.1>", "P-Preferred-Identity": "<sip:+12025550199@127.0.0.1>"},
        ),
        (
            {"identity": "asserted", "privacy": True},
            {
                "From": '"Anonymous" <sip:anonymous@anonymous.invalid>',
                "P-Asserted-Identity": "<sip:+12025550199@127.0.0.1>",
                "Privacy": "id",
            },
        ),
        (
            {"extra_headers": ["X-Account: 7 b"], "session_timer_seconds": 600, "reliable_provisional": "required"},
            {"X-Account": "7 b", "Session-Expires": "600", "Require": "100rel"},
        ),
        (
            {"session_timer_seconds": 0, "reliable_provisional": "off"},
            {"Session-Expires": "", "Supported": "timer, replaces", "Require": ""},
        ),
    ],
)
async def test_an_invite_is_as_the_trunk_prescribes(
    seat: Seat, prescribed: dict[str, object], headers: dict[str, str]
) -> None:
    await Agent.objects.aupdate(display_number="+12025550199")
    async with listening_carrier() as (carrier, asked):
        host, port = carrier.address
        await Trunk.objects.aupdate(host=host, port=port, **prescribed)
        await seat.dial("12025550100")
        invite = await asyncio.wait_for(asked.get(), 20)
        await seat.ended()
    read = {name: invite.header(name).partition(";tag=")[0] for name in headers}
    assert read == headers
