"""A transcoder kept running, and how many calls it may have."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from tests.media.tones import payloads
from widget.media.errors import MediaError, MediaFailure
from widget.media.relay.conversion import ADDRESS, Conversion, Direction, Kind
from widget.media.rtp import RtpHeader, parse_header
from widget.media.transcoding import Transcoding

ADDRESSED = ADDRESS.pack(7, Direction.TO_CARRIER)
AUDIO = Conversion(kind=Kind.AUDIO, source="PCMU", destination="G722", payload_type=9).pack()


@pytest.fixture
async def transcoding() -> AsyncIterator[Transcoding]:
    transcoding = Transcoding(max_calls=2)
    yield transcoding
    await transcoding.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.01)


async def heard(relay: socket.socket) -> bytes:
    """What comes back, for packets that go there until something does: a fresh transcoder drops what waited for it."""
    relay.setblocking(False)  # noqa: FBT003 - the standard library's signature
    payload, loop = next(iter(payloads("PCMU", 1))), asyncio.get_running_loop()
    async with asyncio.timeout(20):
        for sequence in range(2000):
            header = RtpHeader(payload_type=0, sequence=sequence, timestamp=160 * sequence, ssrc=1)
            relay.send(ADDRESSED + AUDIO + header.pack() + payload)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(loop.sock_recv(relay, 4096), 0.05)
    raise AssertionError("the loop ends before")


def test_there_may_be_so_many_calls_and_no_more() -> None:
    transcoding = Transcoding(max_calls=2)
    transcoding.admit("first")
    transcoding.admit("second")
    transcoding.admit("first")
    assert not transcoding.has_room
    with pytest.raises(MediaError) as refused:
        transcoding.admit("third")
    assert refused.value.failure is MediaFailure.TOO_MANY_TRANSCODED
    transcoding.release("first")
    transcoding.release("nobody")
    transcoding.admit("third")
    told = transcoding.statistics()
    assert (told.calls, told.calls_total, told.refused_calls) == (2, 3, 1)


async def test_what_goes_in_comes_back_in_the_other_codec_and_is_counted(transcoding: Transcoding) -> None:
    with socket.socket(fileno=os.dup(await transcoding.socket_for(0))) as relay:
        answer = await heard(relay)
        header = parse_header(answer[ADDRESS.size :])
        assert header is not None
        assert (answer[: ADDRESS.size], header.payload_type) == (ADDRESSED, 9)
        await until(lambda: transcoding.statistics().packets > 0)
        assert transcoding.statistics().cpu_seconds > 0


async def test_every_relay_has_a_socket_of_its_own(transcoding: Transcoding) -> None:
    fds = [await transcoding.socket_for(number) for number in (0, 1, 0)]
    assert fds[0] == fds[2] != fds[1]
    for fd in fds[:2]:
        with socket.socket(fileno=os.dup(fd)) as relay:
            assert await heard(relay)


async def test_one_that_is_killed_is_replaced_and_serves_the_same_sockets(transcoding: Transcoding) -> None:
    with socket.socket(fileno=os.dup(await transcoding.socket_for(0))) as relay:
        await heard(relay)
        await until(lambda: transcoding.statistics().packets > 0)
        killed = transcoding.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await until(lambda: transcoding.pid not in (None, killed))
        assert await heard(relay)
    told = transcoding.statistics()
    assert told.restarts == 1
    assert told.packets > 0


async def test_a_closed_one_starts_no_more() -> None:
    transcoding = Transcoding(max_calls=2)
    await transcoding.ready()
    pid = transcoding.pid
    assert pid is not None
    await transcoding.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(MediaError):
        await transcoding.ready()
