"""One direction of a transcoded call: what is heard of it, and its numbers."""

import itertools
from dataclasses import replace

import pytest

from tests.media.tones import heard, level, payloads
from widget.media.dtmf import DtmfEvent, pack, unpack
from widget.media.relay.conversion import TRANSCODED, Conversion, Kind
from widget.media.rtp import RtpHeader, parse_header
from widget.media.transcoder.codecs import CLOCK_RATES, DECODED_RATES
from widget.media.transcoder.noise import level_of, payload_of
from widget.media.transcoder.reordering import WAIT_SECONDS, Incoming
from widget.media.transcoder.strand import Strand

Packet = tuple[RtpHeader, bytes]


class Source:
    """Feeds a strand as a far end would; the clock goes on by a packet's length with every packet."""

    def __init__(self, conversion: Conversion, *, packet_ms: int = 20) -> None:
        self.conversion = conversion
        self.strand = Strand()
        self.sequence, self.timestamp, self.now = 65_500, 0xFFFF_F000, 0.0
        self.ssrc = 7
        self._seconds = packet_ms / 1000

    def lose(self) -> None:
        self.rest(self._seconds)
        self.sequence += 1

    def rest(self, seconds: float) -> None:
        """Nothing is sent."""
        self.timestamp += round(seconds * CLOCK_RATES[self.conversion.source])
        self.now += seconds

    def audio(self, payload: bytes) -> list[Packet]:
        sent = self._push(self.conversion, payload, self.timestamp)
        self.rest(self._seconds)
        return sent

    def special(self, kind: Kind, payload: bytes, *, timestamp: int | None = None, **changes: int) -> list[Packet]:
        conversion = replace(self.conversion, kind=kind, **changes)  # type: ignore[arg-type] # the numbers
        return self._push(conversion, payload, self.timestamp if timestamp is None else timestamp)

    def due(self) -> list[Packet]:
        return [_read(packet) for packet in self.strand.due(self.now)]

    def _push(self, conversion: Conversion, payload: bytes, timestamp: int) -> list[Packet]:
        incoming = Incoming(
            conversion=conversion,
            sequence=self.sequence & 0xFFFF,
            timestamp=timestamp & 0xFFFFFFFF,
            ssrc=self.ssrc,
            marker=False,
            payload=payload,
        )
        self.sequence += 1
        return [_read(packet) for packet in self.strand.push(incoming, self.now)]


def _read(packet: bytes) -> Packet:
    header = parse_header(packet)
    assert header is not None
    return header, header.payload_of(packet)


def between(source: str, destination: str, **more: int) -> Conversion:
    numbers = {"event_payload_type": 101, **more}
    return Conversion(kind=Kind.AUDIO, source=source, destination=destination, payload_type=96, **numbers)


def steps(packets: list[Packet]) -> list[tuple[int, int]]:
    """From each packet to the next: sequence numbers and timestamps."""
    pairs = itertools.pairwise(header for header, _ in packets)
    return [((b.sequence - a.sequence) & 0xFFFF, (b.timestamp - a.timestamp) & 0xFFFFFFFF) for a, b in pairs]


@pytest.mark.parametrize(("source", "destination"), list(itertools.permutations(TRANSCODED, 2)))
def test_a_tone_is_heard_on_the_other_side(source: str, destination: str) -> None:
    far_end = Source(between(source, destination))
    sent = [far_end.audio(payload) for payload in payloads(source, 100)]
    assert all(len(packets) == 1 for packets in sent), "a packet leaves as soon as its own has come"
    packets = [packet for packets in sent for packet in packets]
    assert set(steps(packets)) == {(1, CLOCK_RATES[destination] // 50)}
    assert [header.marker for header, _ in packets] == [True] + [False] * 99
    samples = heard(destination, (payload for _, payload in packets))
    assert len(samples) == 2 * DECODED_RATES[destination]
    assert level(destination, samples[len(samples) // 2 :]) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("source", ["G722", "PCMU", "opus"])
@pytest.mark.parametrize("packet_ms", [10, 20, 40, 60])
def test_packets_of_other_lengths_are_cut_anew(source: str, packet_ms: int) -> None:
    destination = "PCMA" if source == "opus" else "opus"
    far_end = Source(between(source, destination), packet_ms=packet_ms)
    count = 1200 // packet_ms
    packets = [item for payload in payloads(source, count, packet_ms=packet_ms) for item in far_end.audio(payload)]
    assert len(packets) == 60
    assert set(steps(packets)) == {(1, CLOCK_RATES[destination] // 50)}


@pytest.mark.parametrize("packet_ms", [10, 30, 40, 60])
def test_packets_are_as_long_as_the_other_side_wants_them(packet_ms: int) -> None:
    far_end = Source(between("opus", "G722", packet_ms=packet_ms))
    packets = [item for payload in payloads("opus", 60) for item in far_end.audio(payload)]
    assert len(packets) == 1200 // packet_ms
    assert {len(payload) for _, payload in packets} == {8 * packet_ms}


def test_a_loss_stays_a_loss_as_long_as_it_was() -> None:
    far_end = Source(between("G722", "opus"))
    coded = list(payloads("G722", 10))
    packets = far_end.audio(coded[0])
    far_end.lose()
    far_end.lose()
    assert far_end.audio(coded[3]) == []
    packets += far_end.audio(coded[4])
    assert steps(packets) == [(3, 2880), (1, 960)]


def test_a_lost_packet_of_60_ms_is_three_of_20() -> None:
    far_end = Source(between("PCMU", "G722"), packet_ms=60)
    coded = list(payloads("PCMU", 4, packet_ms=60))
    packets = far_end.audio(coded[0])
    far_end.lose()
    far_end.audio(coded[2])
    packets += far_end.audio(coded[3])
    assert steps(packets)[:3] == [(1, 160), (1, 160), (4, 640)]


def test_who_waits_for_a_lost_packet_leaves_in_time() -> None:
    far_end = Source(between("PCMU", "G722"))
    first, _, third = payloads("PCMU", 3)
    packets = far_end.audio(first)
    far_end.lose()
    assert far_end.audio(third) == []
    assert far_end.strand.is_pending
    far_end.now += WAIT_SECONDS
    packets += far_end.due()
    assert steps(packets) == [(2, 320)]
    assert not far_end.strand.is_pending


def test_a_payload_that_cannot_be_decoded_is_a_loss() -> None:
    far_end = Source(between("opus", "PCMU"))
    first, _, third = payloads("opus", 3)
    packets = far_end.audio(first) + far_end.audio(b"\xff" * 40) + far_end.audio(third)
    assert steps(packets) == [(2, 320)]


def test_a_pause_is_time_that_passes_and_no_loss() -> None:
    far_end = Source(between("opus", "PCMU"))
    first, second = payloads("opus", 2)
    packets = far_end.audio(first)
    far_end.rest(0.4)
    packets += far_end.audio(second)
    assert steps(packets) == [(1, 3360)]
    assert packets[1][0].marker


def test_another_source_is_another_stream() -> None:
    far_end = Source(between("opus", "PCMU"))
    first, second = payloads("opus", 2)
    (before, _), *_ = far_end.audio(first)
    far_end.ssrc, far_end.sequence, far_end.timestamp = 8, 100, 5_000_000
    (after, _), *_ = far_end.audio(second)
    assert before.ssrc != after.ssrc
    assert after.marker


def test_digits_pass_with_their_length_in_the_other_clock() -> None:
    far_end = Source(between("opus", "PCMU"))
    coded = list(payloads("opus", 3))
    packets = far_end.audio(coded[0])
    start = far_end.timestamp
    for elapsed in (960, 1920, 2880):
        event = pack(DtmfEvent(5, duration=elapsed, end=elapsed == 2880))
        packets += far_end.special(Kind.EVENT, event, timestamp=start, source_event_rate=48000)
        far_end.rest(0.02)
    packets += far_end.audio(coded[1])
    headers = [header for header, _ in packets]
    assert [header.payload_type for header in headers] == [96, 101, 101, 101, 96]
    assert [header.marker for header in headers] == [True, True, False, False, True]
    assert steps(packets) == [(1, 160), (1, 0), (1, 0), (1, 480)]
    events = [unpack(payload) for _, payload in packets[1:4]]
    assert [(event.digit, event.duration) for event in events if event] == [("5", 160), ("5", 320), ("5", 480)]


def test_two_digits_without_audio_between_them_are_two() -> None:
    """Also where the source counts them otherwise than its audio."""
    far_end = Source(between("opus", "PCMU"))
    (first,) = payloads("opus", 1)
    far_end.audio(first)
    packets = []
    for start in (1_000_000_000, 1_000_004_800):
        packets += far_end.special(Kind.EVENT, pack(DtmfEvent(1, end=True)), timestamp=start)
    assert steps(packets)[0][1] > 0


@pytest.mark.parametrize(("source", "destination"), [("opus", "PCMU"), ("G722", "PCMU"), ("PCMU", "G722")])
def test_a_packet_without_anything_in_it_ends_nothing(source: str, destination: str) -> None:
    far_end = Source(between(source, destination))
    coded = list(payloads(source, 6))
    before = [item for payload in coded[:3] for item in far_end.audio(payload)]
    assert far_end.special(Kind.AUDIO, b"") == []
    after = [item for payload in coded[3:] for item in far_end.audio(payload)]
    assert len(after) == 3
    assert {step for step, _ in steps(before + after)} == {1}


def test_a_side_that_takes_no_digits_gets_none() -> None:
    far_end = Source(between("opus", "PCMU"))
    assert far_end.special(Kind.EVENT, pack(DtmfEvent(1)), event_payload_type=None) == []  # type: ignore[arg-type] # none


def test_noise_passes_where_the_other_side_makes_its_own() -> None:
    far_end = Source(between("PCMU", "G722", noise_payload_type=13))
    packets = [item for payload in payloads("PCMU", 2) for item in far_end.audio(payload)]
    packets += far_end.special(Kind.NOISE, b"\x28")
    assert (packets[-1][0].payload_type, packets[-1][1]) == (13, b"\x28")
    assert not far_end.strand.is_pending


def test_noise_is_made_for_a_side_that_does_not_know_it() -> None:
    far_end = Source(between("PCMU", "opus"))
    coded = list(payloads("PCMU", 3))
    packets = far_end.audio(coded[0]) + far_end.special(Kind.NOISE, b"\x1e")
    was_pending = far_end.strand.is_pending
    for _ in range(10):
        far_end.rest(0.02)
        packets += far_end.due()
    packets += far_end.audio(coded[1])
    assert (was_pending, far_end.strand.is_pending) == (True, False)
    assert set(steps(packets)[:-1]) == {(1, 960)}
    quiet = heard("opus", (payload for _, payload in packets[1:-1]))
    assert level_of(payload_of(quiet[-4800:].tobytes())) == pytest.approx(30, abs=6)


def test_pauses_of_opus_become_noise() -> None:
    far_end = Source(between("opus", "PCMU", noise_payload_type=13))
    (first,) = payloads("opus", 1)
    far_end.audio(first)
    (noise, payload), *_ = far_end.audio(first[:1])
    assert noise.payload_type == 13
    assert 0 < level_of(payload) <= 127
    made = Source(between("opus", "PCMU"))
    made.audio(first)
    assert made.audio(first[:1])[0][0].payload_type == 96
    assert made.strand.is_pending


def test_a_noise_update_neither_hurries_nor_delays_the_noise() -> None:
    far_end = Source(between("PCMU", "opus"))
    (first,) = payloads("PCMU", 1)
    packets = far_end.audio(first)
    for number in range(50):
        packets += far_end.special(Kind.NOISE, b"\x1e") if number % 10 == 0 else far_end.due()
        far_end.rest(0.02)
    assert len(packets) == 51
    assert set(steps(packets)) == {(1, 960)}
