"""Each mistake that an operator makes with a new trunk is told in a sentence that names the cause and the field to
change: real sockets, certificates and carriers, and the admin's own words."""

from __future__ import annotations

import asyncio
import datetime
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import translation

from tests.sip.certificates import Authority
from tests.switchboard.board import Board
from tests.switchboard.curt_carrier import Answer, always, over_stream, over_udp
from tests.web.factories import make_group, make_trunk
from widget.admin.trunk_test_words import sentence
from widget.models import AgentGroup, Trunk, TrunkRoute
from widget.switchboard.findings import Finding, Outcome
from widget.switchboard.trunk_test import TEST_SECONDS, examine

AUTHORITY = Authority("Example Root CA")
NAME = "sip.example.com"
TLS = {"transport": "tls", "tls_ca": AUTHORITY.certificate, "tls_server_name": NAME}
ACCOUNT = {"username": "acme", "password": "a very secret word"}
NUMBER = "+12025550100"
DAY = datetime.timedelta(days=1)


def takes(mark: str) -> Answer:
    """A carrier that takes offers with this in them."""

    def answer(method: str, request: str) -> str:
        if method == "INVITE":
            return "486 Busy Here" if mark in request else "488 Not Acceptable Here"
        return "200 OK" if method == "OPTIONS" else ""

    return answer


def called(answer: str) -> AbstractAsyncContextManager[int]:
    """A carrier that is well, and says this to calls."""
    return over_udp(always(OPTIONS="200 OK", INVITE=answer))


def registered(answer: str) -> AbstractAsyncContextManager[int]:
    return over_udp(always(OPTIONS="200 OK", REGISTER=answer))


@asynccontextmanager
async def nobody() -> AsyncIterator[int]:
    """A port where nobody listens, in either way."""
    with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        stream.bind(("127.0.0.1", 0))
        port = int(stream.getsockname()[1])
        datagrams.bind(("127.0.0.1", port))
        datagrams.close()
        yield port


@dataclass(frozen=True)
class Mistake:
    """``told``: what the last sentence that failed, or the last note, has to say."""

    name: str
    told: tuple[str, ...]
    far_end: AbstractAsyncContextManager[int] | None = None
    trunk: dict[str, Any] = field(default_factory=dict)
    number: str = ""
    outcome: Outcome = Outcome.FAIL


def wrong_ways() -> list[Mistake]:
    """Names, ports and transports."""
    plain = always(OPTIONS="200 OK")
    return [
        Mistake("name", ("carrier.invalid leads to no address", "under Host"), trunk={"host": "carrier.invalid"}),
        Mistake("udp port", ("Nothing listens at 127.0.0.1", "Check Port"), nobody()),
        Mistake("tcp port", ("refuses the connection", "Check Port"), nobody(), {"transport": "tcp"}),
        Mistake("udp to a tcp port", ("takes TCP connections", "Choose TCP"), over_stream(plain)),
        Mistake("udp to a tls port", ("speaks TLS", "Choose TLS"), over_stream(plain, AUTHORITY.identity(NAME))),
        Mistake(
            "tcp to a tls port",
            ("speaks TLS", "Choose TLS"),
            over_stream(plain, AUTHORITY.identity(NAME)),
            {"transport": "tcp"},
        ),
        Mistake("tls to a plain port", ("begins no TLS", "Check Port"), over_stream(plain), TLS),
        Mistake("silence", ("Nothing came back", "Check Host, Port and Transport"), over_udp(always())),
        Mistake("a mute connection", ("did not answer OPTIONS",), over_stream(always()), {"transport": "tcp"}),
        Mistake("overload", ("cannot work now: “503 Busy”",), over_udp(always(OPTIONS="503 Busy"))),
    ]


def wrong_certificates() -> list[Mistake]:
    now = datetime.datetime.now(datetime.UTC)
    plain = always(OPTIONS="200 OK")
    untrusted = {**TLS, "tls_ca": ""}
    identity = AUTHORITY.identity
    return [
        Mistake(
            "another name",
            ("for pbx.example.net and not for sip.example.com", "Name in the carrier's certificate"),
            over_stream(plain, identity("pbx.example.net")),
            TLS,
        ),
        Mistake(
            "an unknown authority",
            ("signed by Example Root CA", "paste it under The carrier's own authority"),
            over_stream(plain, identity(NAME)),
            untrusted,
        ),
        Mistake(
            "self-signed",
            ("signed its certificate itself", "The carrier's own authority"),
            over_stream(plain, Authority("pbx").self_signed(NAME)),
            untrusted,
        ),
        Mistake(
            "expired",
            ("ended on", "has to renew it"),
            over_stream(plain, identity(NAME, valid=(now - 3 * DAY, now - DAY))),
            TLS,
        ),
        Mistake(
            "ours is wanted",
            ("wants a certificate of ours", "under Our certificate"),
            over_stream(plain, identity(NAME, ca=AUTHORITY.certificate)),
            TLS,
        ),
    ]


def wrong_accounts(carrier: int) -> list[Mistake]:
    """``carrier``: the port of the simulated one, which knows one account."""
    asks = "12025550111"
    registers = {**ACCOUNT, "registers": True}
    return [
        Mistake("password", ("refused user name or password",), None, {**ACCOUNT, "username": "demo", "port": carrier}),
        Mistake("user", ("refused user name or password", "Check User name"), None, {**ACCOUNT, "port": carrier}),
        Mistake("no password", ("none is stored",), None, {"username": "demo", "port": carrier}),
        Mistake("no account", ("under User name and Password",), None, {"port": carrier}, asks),
        Mistake(
            "an account outside of calls",
            ("asks for credentials", "User name and Password"),
            over_udp(always(OPTIONS='401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n"')),
        ),
        Mistake("address", ("does not let our address in",), over_udp(always(OPTIONS="403 Forbidden"))),
        Mistake("refused", ("forbids the account: “403 No”",), registered("403 No"), registers),
        Mistake("unknown", ("does not know the account",), registered("404 Not Found"), registers),
        Mistake("no registrar", ("Untick Registers",), registered("405 Method Not Allowed"), registers),
        Mistake("broken", ("failed at our registration: “500 Oops”",), registered("500 Oops"), registers),
        Mistake("silent", ("did not answer REGISTER", "untick Registers"), registered(""), registers),
        Mistake(
            "too brief",
            ("wants longer registrations", "by ourselves"),
            registered("423 Interval Too Brief\r\nMin-Expires: 1800"),
            registers,
            outcome=Outcome.NOTE,
        ),
    ]


def wrong_calls() -> list[Mistake]:
    def call(name: str, answer: str, *told: str, **trunk: Any) -> Mistake:
        return Mistake(name, told, called(answer), trunk, NUMBER)

    def audio(name: str, mark: str, *told: str, **trunk: Any) -> Mistake:
        return Mistake(name, told, over_udp(takes(mark)), trunk, NUMBER)

    return [
        call(
            "caller id", "403 Caller ID not allowed", "from +12025550000", "under Caller id", caller_id="+12025550000"
        ),
        call("unknown number", "404 Not Found", "does not know +12025550100", "number rule"),
        call("number format", "484 Address Incomplete", "does not know +12025550100", "number rule"),
        call("silence", "", "answers OPTIONS but said nothing to the call", "server's address"),
        call("failure", "500 Oops", "The carrier failed: “500 Oops”", "under Host"),
        call("another server", "302 Moved", "to another server", "under Host"),
        call("extension", "421 Extension Required", "Acknowledge ringing (100rel)"),
        call("session timer", "422 Session Interval Too Small", "under Session timer"),
        call("size", "513 Message Too Large", "Choose TCP or TLS under Transport"),
        call("account", '401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n"', "User name and Password"),
        call("no audio at all", "488 Not Acceptable Here", "refuses our audio (PCMU, PCMA)", "under Codecs"),
        audio("codec", "G722", "took G722. Enter G722 under Codecs"),
        audio("srtp is wanted", "RTP/SAVP", "encrypted audio only", "“always” under Encrypted audio"),
        audio("srtp is refused", "RTP/AVP", "no encrypted audio", "“off” under Encrypted audio", srtp="required"),
        Mistake(
            "a call that works without OPTIONS",
            ("carries calls",),
            over_udp(always(INVITE="486 Busy Here")),
            number=NUMBER,
            outcome=Outcome.NOTE,
        ),
        Mistake(
            "a call that works where OPTIONS is forbidden",
            ("refuses what is not a call",),
            over_udp(always(OPTIONS="403 No", INVITE="486 Busy Here")),
            number=NUMBER,
            outcome=Outcome.NOTE,
        ),
    ]


async def try_it(board: Board, mistake: Mistake) -> list[Finding]:
    """The findings of a new trunk that has it, in bounded time."""
    async with asyncio.timeout(TEST_SECONDS):
        if mistake.far_end is None:
            return await _found(board, mistake)
        async with mistake.far_end as port:
            return await _found(board, mistake, port=port)


async def _found(board: Board, mistake: Mistake, **changes: Any) -> list[Finding]:
    application = (await Trunk.objects.select_related("application").afirst()).application  # type: ignore[union-attr]
    fields = {"host": "127.0.0.1", **changes, **mistake.trunk}
    trunk = await sync_to_async(make_trunk)(application, mistake.name, **fields)
    return [finding async for finding in examine(board.exchange.services, trunk.pk, mistake.number)]


def fault(mistake: Mistake, findings: list[Finding]) -> str:
    """What is wrong with what was said; "" for nothing."""
    worth = [finding for finding in findings if finding.outcome is mistake.outcome]
    if not worth or any(finding.outcome is Outcome.FAIL for finding in findings if finding not in worth):
        return f"{mistake.name}: {[(each.outcome.value, each.reason) for each in findings]}"
    text = sentence(worth[-1].packed())
    missing = [part for part in mistake.told if part not in text]
    return f"{mistake.name}: “{text}” lacks {missing}" if missing else ""


@pytest.mark.parametrize("kind", ["ways", "certificates", "accounts", "calls"])
async def test_what_is_wrong_is_said_and_no_secret(board: Board, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """All mistakes of a kind at the same time: most of them are waiting."""
    carrier = board.carrier.address[1]
    mistakes = {
        "ways": wrong_ways,
        "certificates": wrong_certificates,
        "accounts": lambda: wrong_accounts(carrier),
        "calls": wrong_calls,
    }[kind]()
    caplog.set_level(logging.DEBUG, logger="widget")
    findings = await asyncio.gather(*(try_it(board, mistake) for mistake in mistakes))
    with translation.override("en"):
        assert [text for pair in zip(mistakes, findings, strict=True) if (text := fault(*pair))] == []
    told = " ".join(str(each.packed()) for some in findings for each in some)
    assert ACCOUNT["password"] not in told + caplog.text


async def test_a_trunk_that_no_group_uses(board: Board) -> None:
    other = await Trunk.objects.select_related("application").aget()
    group: AgentGroup = await sync_to_async(make_group)(other.application)
    found = await try_it(board, Mistake("while no group lists any", (), called("486 Busy Here")))
    assert "unused" not in {each.reason for each in found}
    await TrunkRoute.objects.acreate(group=group, trunk=other)
    found = await try_it(board, Mistake("while the group lists another", (), called("486 Busy Here")))
    (unused,) = (each for each in found if each.reason == "unused")
    with translation.override("en"):
        assert "List it under Trunks in the agent groups" in sentence(unused.packed())
