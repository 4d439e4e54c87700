from widget.media.rtp import RtpHeader, parse_header
from widget.simulator.rtp_streams import IncomingStream, OutgoingStream


def outgoing() -> OutgoingStream:
    return OutgoingStream(ssrc=9, sequence=65_534, timestamp=2**32 - 160)


def test_packets_are_numbered_across_the_wrap() -> None:
    stream = outgoing()
    headers = [stream.packet(0, bytes(160))[0] for _ in range(3)]
    assert [header.sequence for header in headers] == [65_534, 65_535, 0]
    assert [header.timestamp for header in headers] == [2**32 - 160, 0, 160]
    assert {header.ssrc for header in headers} == {9}
    assert (stream.packets, stream.octets) == (3, 480)


def test_the_datagram_is_what_the_header_says() -> None:
    header, datagram = outgoing().packet(8, b"payload")
    parsed = parse_header(datagram)
    assert parsed is not None
    assert parsed.payload_of(datagram) == b"payload"
    assert (parsed.payload_type, parsed.sequence, parsed.timestamp) == (8, header.sequence, header.timestamp)


def test_a_pause_moves_the_timestamp_not_the_sequence() -> None:
    stream = outgoing()
    first, _ = stream.packet(0, bytes(160))
    stream.pause(320)
    second, _ = stream.packet(0, bytes(160))
    third, _ = stream.packet(0, bytes(160))
    assert (second.sequence - first.sequence, second.timestamp - first.timestamp) == (1, 480 - 2**32)
    assert [first.marker, second.marker, third.marker] == [True, True, False]


def test_no_pause_sets_no_marker() -> None:
    stream = outgoing()
    stream.packet(0, bytes(160))
    stream.pause(0)
    assert stream.packet(0, bytes(160))[0].marker is False


def hear(stream: IncomingStream, *sequences: int, ssrc: int = 1) -> None:
    for sequence in sequences:
        stream.count(RtpHeader(payload_type=0, sequence=sequence, timestamp=0, ssrc=ssrc), bytes(160))


def test_what_is_missing_is_counted() -> None:
    stream = IncomingStream()
    assert stream.lost == 0
    hear(stream, 65_533, 65_534, 1, 2)
    assert (stream.packets, stream.octets, stream.lost) == (4, 640, 2)


def test_a_packet_out_of_order_is_not_missing() -> None:
    stream = IncomingStream()
    hear(stream, 10, 12, 11, 13)
    assert stream.lost == 0


def test_duplicates_do_not_make_the_loss_negative() -> None:
    stream = IncomingStream()
    hear(stream, 10, 10, 10, 11)
    assert stream.lost == 0


def test_a_new_source_keeps_the_losses_of_the_one_before() -> None:
    stream = IncomingStream()
    hear(stream, 10, 13)
    hear(stream, 500, 502, ssrc=2)
    assert stream.lost == 3
