"""A trunk's test names what is wrong, with real sockets, certificates and carriers; the words are the admin's."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.sip.certificates import Authority
from tests.switchboard.board import Board
from tests.switchboard.silent_peer import silent_peer
from widget.models import Trunk
from widget.sip.config import UserAgentConfig
from widget.sip.incoming import IncomingCall
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport
from widget.sip.trunk import Trunk as SipTrunk
from widget.sip.user_agent import UserAgent
from widget.switchboard.exchange import SwitchboardConsumer
from widget.switchboard.trunk_test import examine
from widget.switchboard.trunk_way import settings

AUTHORITY = Authority()
NAME = "sip.example.com"


async def found(board: Board, *, number: str = "", **changes: Any) -> dict[str, str]:
    """Step → reason of each finding, after changing the board's trunk so."""
    trunk = await Trunk.objects.aget()
    await Trunk.objects.filter(pk=trunk.pk).aupdate(**changes)
    findings = [finding async for finding in examine(board.exchange.services, trunk.pk, number)]
    return {finding.step.value: f"{finding.outcome.value}: {finding.reason}" for finding in findings}


def set_password(password: str) -> None:
    trunk = Trunk.objects.get()
    trunk.password = password
    trunk.save()


@asynccontextmanager
async def carrier(tls: TlsOptions | None = None, *, refuse: int = 0) -> AsyncIterator[UserAgent]:
    """Answers OPTIONS; refuses every call with this status."""

    def decide(call: IncomingCall) -> None:
        call.reject(refuse)

    agent = UserAgent(UserAgentConfig(host="127.0.0.1", tls=tls, tls_port=0), on_invite=decide)
    await agent.start()
    try:
        yield agent
    finally:
        await agent.close()


async def test_all_is_well(board: Board) -> None:
    assert await found(board, number="12025550100", registers=True) == {
        "settings": "ok: complete",
        "dns": "ok: address",
        "connection": "ok: route",
        "options": "ok: alive",
        "credentials": "ok: accepted",
        "call": "ok: rings",
    }
    assert not board.carrier.live_calls


async def test_a_test_call_is_taken_back(board: Board) -> None:
    await found(board, number="+1 (202) 555-0103")
    (call,) = board.carrier.calls
    assert call.number.removeprefix("+") == "12025550103"
    assert not call.live


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("12025550102", "ok: reached"),
        ("12025550105", "ok: rings"),
        ("12025550109", "fail: number_unknown"),
        ("12025550108", "fail: carrier_error"),
        ("12025550111", "ok: rings"),
        ("not a number", "fail: number"),
    ],
)
async def test_calls(board: Board, number: str, reason: str) -> None:
    told = await found(board, number=number)
    if number == "12025550105":
        assert told["call"] in {"ok: answered", "ok: progresses", "ok: rings"}
    else:
        assert told["call"] == reason


async def test_a_wrong_password(board: Board) -> None:
    await sync_to_async(set_password)("wrong")
    told = await found(board, number="12025550111")
    assert (told["credentials"], told["call"]) == ("fail: refused", "fail: refused")


async def test_no_account_where_none_is_needed(board: Board) -> None:
    assert (await found(board, username=""))["credentials"] == "ok: by_address"


async def test_a_carrier_that_takes_no_registrations(board: Board) -> None:
    async with carrier() as other:
        told = await found(board, port=other.address[1], registers=True)
    assert told["credentials"] == "fail: no_registrar"


async def test_no_codec_in_common(board: Board) -> None:
    async with carrier(refuse=488) as other:
        told = await found(board, port=other.address[1], number="100")
    assert told["call"] == "fail: codec"


async def test_a_call_that_is_forbidden(board: Board) -> None:
    async with carrier(refuse=403) as other:
        told = await found(board, port=other.address[1], number="100")
    assert told["call"] == "fail: call_forbidden"


async def test_a_dead_port(board: Board) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert (await found(board, port=port))["options"] == "fail: unreachable"
    assert await found(board, port=port, transport="tcp") == {
        "settings": "ok: complete",
        "dns": "ok: address",
        "connection": "fail: refused",
    }


async def test_silence(board: Board) -> None:
    with silent_peer() as (_, port):
        told = await found(board, port=port)
    assert told["options"] == "fail: silent"
    assert "credentials" not in told


async def test_an_unknown_host(board: Board) -> None:
    told = await found(board, host="carrier.invalid")
    assert told == {"settings": "ok: complete", "dns": "fail: unknown_host"}


@pytest.mark.parametrize(
    ("names", "changes", "reason"),
    [
        ([NAME], {"tls_ca": AUTHORITY.certificate, "tls_server_name": NAME}, "ok: secure"),
        (["pbx.example.net"], {"tls_ca": AUTHORITY.certificate, "tls_server_name": NAME}, "fail: wrong_name"),
        ([NAME], {"tls_server_name": NAME}, "fail: unknown_authority"),
        ([NAME], {"tls_verify": False}, "note: unverified"),
    ],
)
async def test_tls(board: Board, names: list[str], changes: dict[str, Any], reason: str) -> None:
    async with carrier(AUTHORITY.identity(*names)) as other:
        told = await found(board, transport="tls", port=other.tls_port, **changes)
    assert told["tls"] == reason
    assert ("options" in told) is (not reason.startswith("fail"))


async def test_tls_where_there_is_none(board: Board) -> None:
    told = await found(board, transport="tls")
    assert told["tls"] in {"fail: not_tls", "fail: timeout"}


@pytest.mark.parametrize(
    ("trunk", "codecs", "reasons"),
    [
        (SipTrunk(id=1, host="h"), ("PCMU",), ["complete"]),
        (SipTrunk(id=1, host="h", registers=True), (), ["no_user", "no_codec"]),
        (SipTrunk(id=1, host="h", username="acme"), ("PCMU",), ["no_password"]),
        (SipTrunk(id=1, host="h", transport=Transport.TLS, port=5060), ("PCMU",), ["plain_port"]),
        (SipTrunk(id=1, host="h", transport=Transport.TCP, port=5061), ("PCMU",), ["tls_port"]),
    ],
)
def test_settings(trunk: SipTrunk, codecs: tuple[str, ...], reasons: list[str]) -> None:
    assert [finding.reason for finding in settings(trunk, codecs, enabled=True)] == reasons
    assert [finding.reason for finding in settings(trunk, ("PCMU",), enabled=False)][-1] in {"disabled", "no_user"}


async def test_over_the_channel_layer(board: Board) -> None:
    channel = await board.layer.new_channel()
    consumer = SwitchboardConsumer(board.exchange)
    trunk = await Trunk.objects.aget()
    message = {"type": "trunk.test", "trunk": trunk.pk, "number": "", "channel": channel}
    await consumer.trunk_test({**message, "asked_at": time.time() - 3600})
    await consumer.trunk_test({**message, "asked_at": time.time()})
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not heard or heard[-1]["type"] != "trunk.tested":
            heard.append(await board.layer.receive(channel))
    assert heard[0]["type"] == "trunk.testing"
    steps = [each["finding"]["step"] for each in heard[1:-1]]
    assert steps == ["settings", "dns", "connection", "options", "credentials"]


async def test_a_switchboard_that_stops_refuses(board: Board) -> None:
    channel = await board.layer.new_channel()
    board.exchange.services.is_draining = True
    board.exchange.test_trunk({"trunk": 1, "number": "", "channel": channel, "asked_at": time.time()})
    async with asyncio.timeout(30):
        assert (await board.layer.receive(channel))["type"] == "trunk.refused"
    board.exchange.services.is_draining = False
