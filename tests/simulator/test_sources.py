from array import array

import pytest

from widget.simulator import audio
from widget.simulator.sources import Echo, Loop, Playback, Queue, Silence, Source

QUIET = b"\xff" * 160


def payloads(source: Source, count: int) -> list[bytes | None]:
    return [source.read(160) for _ in range(count)]


@pytest.mark.parametrize(("codec", "octet"), [("PCMU", b"\xff"), ("PCMA", b"\xd5")])
def test_silence_never_ends(codec: str, octet: bytes) -> None:
    assert payloads(Silence(codec), 3) == [octet * 160] * 3


def test_playback_ends_after_a_last_packet_filled_with_silence() -> None:
    samples = audio.tone((600,), 0.03)
    first, second, end, still_ended = payloads(Playback("PCMU", samples), 4)
    assert first is not None
    assert second is not None
    assert first + second == audio.encode("PCMU", samples) + b"\xff" * 80
    assert end is None
    assert still_ended is None


def test_loop_begins_again() -> None:
    source = Loop("PCMA", audio.tone((630,), 0.04))
    first, second, third, fourth = payloads(source, 4)
    assert first != second
    assert (third, fourth) == (first, second)


def test_loop_needs_something_to_repeat() -> None:
    with pytest.raises(ValueError, match="sample"):
        Loop("PCMU", array("h"))


@pytest.mark.parametrize("octets", [80, 160, 240, 400, 1600])
def test_loop_has_no_seam_whatever_the_packet_length(octets: int) -> None:
    samples = audio.tone((630,), 0.05)
    source = Loop("PCMU", samples)
    played = b"".join(source.read(octets) or b"" for _ in range(5))
    assert played == (audio.encode("PCMU", samples) * 20)[: 5 * octets]


def test_queue_plays_what_is_appended_and_silence_between() -> None:
    source = Queue("PCMU")
    assert payloads(source, 2) == [QUIET, QUIET]
    samples = audio.tone((600,), 0.02)
    source.append(samples)
    source.append(samples)
    played = audio.encode("PCMU", samples)
    assert payloads(source, 3) == [played, played, QUIET]


def test_queue_does_not_grow_without_end() -> None:
    source = Queue("PCMU")
    second = audio.silence(1.0)
    for _ in range(100):
        source.append(second)
    assert len(source._pending) == Queue.LIMIT


def test_echo_waits_for_one_turn_then_returns_what_it_heard_unchanged() -> None:
    echo = Echo("PCMU")
    assert echo.read(160) == QUIET
    echo.hear(b"a" * 160)
    assert echo.read(160) == QUIET
    echo.hear(b"b" * 160)
    assert payloads(echo, 3) == [b"a" * 160, b"b" * 160, QUIET]


def test_echo_keeps_nothing_back_when_the_other_side_pauses() -> None:
    echo = Echo("PCMU")
    echo.hear(b"a" * 160)
    assert payloads(echo, 3) == [QUIET, b"a" * 160, QUIET]


def test_echo_does_not_tear_when_packets_come_late_by_less_than_a_turn() -> None:
    echo = Echo("PCMU")
    played = []
    for arriving in (1, 1, 0, 2, 1, 0, 2):
        for _ in range(arriving):
            echo.hear(b"a" * 160)
        played.append(echo.read(160))
    assert played == [QUIET] + [b"a" * 160] * 6


def test_echo_waits_again_after_a_pause() -> None:
    echo = Echo("PCMU")
    echo.hear(b"a" * 320)
    payloads(echo, 4)
    echo.hear(b"b" * 320)
    assert payloads(echo, 3) == [QUIET, b"b" * 160, b"b" * 160]


def test_echo_cuts_other_packet_lengths_to_its_own() -> None:
    echo = Echo("PCMU")
    for letter in (b"a", b"b", b"c", b"d"):
        echo.hear(letter * 80)
    assert payloads(echo, 3) == [QUIET, b"a" * 80 + b"b" * 80, b"c" * 80 + b"d" * 80]


def test_echo_in_longer_packets_than_it_heard() -> None:
    echo = Echo("PCMU")
    for letter in (b"a", b"b", b"c", b"d"):
        echo.hear(letter * 160)
    assert echo.read(240) == b"\xff" * 240
    assert echo.read(240) == b"a" * 160 + b"b" * 80
    assert echo.read(240) == b"b" * 80 + b"c" * 160


def test_echo_never_lags_far_behind_a_faster_clock() -> None:
    echo = Echo("PCMU")
    for number in range(20):
        echo.hear(bytes([number]) * 160)
    assert echo.read(160) == QUIET
    waiting = []
    while (payload := echo.read(160)) != QUIET:
        waiting.append(payload)
    assert len(waiting) <= Echo.LIMIT // 160
    assert waiting[-1] == bytes([19]) * 160
