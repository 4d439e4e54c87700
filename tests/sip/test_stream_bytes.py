"""What peers write into a TCP connection, well and badly cut; whatever one of them does, the others are served."""

import asyncio

import pytest

from tests.sip.test_streams import OPTIONS, agent, raw
from widget.sip.framing import PING, PONG
from widget.sip.user_agent import UserAgent

__all__ = ["agent"]

PATIENCE_SECONDS = 20.0
FIRST, SECOND = (OPTIONS.format(n=n).encode() for n in (1, 2))


async def answered(reader: asyncio.StreamReader, number: int) -> None:
    """The next message is the 200 to this question."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"SIP/2.0 200")
    assert f"Call-ID: {number}\r\n".encode() in head


async def test_two_messages_in_one_segment(agent: UserAgent) -> None:
    async with raw(agent) as (reader, writer):
        writer.write(FIRST + SECOND)
        await answered(reader, 1)
        await answered(reader, 2)


@pytest.mark.parametrize("cut", [1, 10, -30, -3, -1])
async def test_a_message_in_two_segments(agent: UserAgent, cut: int) -> None:
    async with raw(agent) as (reader, writer):
        writer.write(FIRST[:cut])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(FIRST[cut:] + SECOND[:cut])
        await answered(reader, 1)
        writer.write(SECOND[cut:])
        await answered(reader, 2)


async def test_a_message_byte_by_byte(agent: UserAgent) -> None:
    async with raw(agent) as (reader, writer):
        for byte in FIRST:
            writer.write(bytes([byte]))
            await writer.drain()
        await answered(reader, 1)


async def test_line_breaks_without_end_are_answered_and_the_message_after_them_too(agent: UserAgent) -> None:
    async with raw(agent) as (reader, writer):
        writer.write(PING * 500 + FIRST)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.readexactly(500 * len(PONG)) == PONG * 500
        await answered(reader, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),
        b"GET / HTTP/1.1\r\nHost: sip.example\r\n\r\n",
        bytes(range(256)) * 100,
        FIRST.replace(b"Content-Length: 0", b"Content-Length: 999999"),
        FIRST.replace(b"Content-Length: 0", b"Content-Length: 99999999999999999999"),
        FIRST.replace(b"Content-Length: 0", b"Content-Length: -1"),
        FIRST.replace(b"Content-Length: 0", b"Content-Length: 0\r\nl: 5"),
        FIRST[:-2] + b"X: " + b"y" * 20_000,
    ],
    ids=["tls", "http", "noise", "huge", "beyond numbers", "negative", "two lengths", "endless header"],
)
async def test_what_cannot_be_read_ends_its_own_connection_only(agent: UserAgent, data: bytes) -> None:
    async with raw(agent) as (good, good_writer), raw(agent) as (reader, writer):
        writer.write(data)
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1_000_000)
        good_writer.write(SECOND)
        await answered(good, 2)


async def test_a_peer_that_leaves_in_the_middle_of_a_message_is_forgotten(agent: UserAgent) -> None:
    async with raw(agent) as (_, writer):
        writer.write(FIRST[:40])
        await writer.drain()
    async with raw(agent) as (reader, writer):
        writer.write(SECOND)
        await answered(reader, 2)
