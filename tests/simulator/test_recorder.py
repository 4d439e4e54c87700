import wave
from array import array
from pathlib import Path

import pytest

from widget.simulator import recorder as recorder_module
from widget.simulator.audio import Samples
from widget.simulator.recorder import LONGEST_GAP_SAMPLES, REORDERING_SAMPLES, Recorder


def frame(value: int, *, length: int = 160) -> Samples:
    return array("h", [value] * length)


def read(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return array("h", file.readframes(file.getnframes()))


def record(tmp_path: Path, *packets: tuple[int, int, Samples]) -> Samples:
    recorder = Recorder(tmp_path / "call.wav")
    for ssrc, timestamp, samples in packets:
        recorder.add(ssrc=ssrc, timestamp=timestamp, samples=samples)
    return read(recorder.finish())


def test_packets_in_order(tmp_path: Path) -> None:
    assert record(tmp_path, (1, 5000, frame(1)), (1, 5160, frame(2))) == frame(1) + frame(2)


def test_a_lost_packet_stays_a_gap(tmp_path: Path) -> None:
    assert record(tmp_path, (1, 0, frame(1)), (1, 320, frame(3))) == frame(1) + frame(0) + frame(3)


def test_packets_out_of_order_are_put_right(tmp_path: Path) -> None:
    packets = [(1, 0, frame(1)), (1, 320, frame(3)), (1, 160, frame(2)), (1, 480, frame(4))]
    assert record(tmp_path, *packets) == frame(1) + frame(2) + frame(3) + frame(4)


def test_a_duplicate_changes_nothing(tmp_path: Path) -> None:
    assert record(tmp_path, (1, 0, frame(1)), (1, 160, frame(2)), (1, 0, frame(1))) == frame(1) + frame(2)


def test_a_packet_older_than_the_window_is_left_out(tmp_path: Path) -> None:
    late = REORDERING_SAMPLES + 160
    samples = record(tmp_path, (1, 0, frame(1)), (1, late, frame(3)), (1, 0, frame(9)), (1, late + 160, frame(4)))
    assert samples == frame(1) + frame(0, length=late - 160) + frame(3) + frame(4)


def test_the_timestamp_may_wrap(tmp_path: Path) -> None:
    assert record(tmp_path, (1, 2**32 - 160, frame(1)), (1, 0, frame(2))) == frame(1) + frame(2)


def test_a_new_source_continues_at_the_end(tmp_path: Path) -> None:
    assert record(tmp_path, (1, 77, frame(1)), (2, 4_000_000_000, frame(2))) == frame(1) + frame(2)


@pytest.mark.parametrize("jump", [LONGEST_GAP_SAMPLES + 161, -LONGEST_GAP_SAMPLES - 161])
def test_a_wild_timestamp_is_a_new_beginning_not_a_huge_gap(tmp_path: Path, jump: int) -> None:
    assert record(tmp_path, (1, 2**31, frame(1)), (1, 2**31 + jump, frame(2))) == frame(1) + frame(2)


def test_a_pause_longer_than_the_window_is_silence(tmp_path: Path) -> None:
    pause = 30 * 8000
    expected = frame(1) + frame(0, length=pause) + frame(2)
    assert record(tmp_path, (1, 0, frame(1)), (1, 160 + pause, frame(2))) == expected


def test_a_long_recording_in_many_packets(tmp_path: Path) -> None:
    packets = [(1, number * 160, frame(number)) for number in range(150)]
    expected = array("h")
    for number in range(150):
        expected += frame(number)
    assert record(tmp_path, *packets) == expected


def test_recording_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "LONGEST_SAMPLES", 320)
    packets = [(1, number * 160, frame(number)) for number in range(5)]
    assert record(tmp_path, *packets) == frame(0) + frame(1)


def test_the_file_appears_only_when_finished(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "made" / "call.wav")
    recorder.add(ssrc=1, timestamp=0, samples=frame(1))
    assert not recorder.path.exists()
    recorder.finish()
    assert [path.name for path in recorder.path.parent.iterdir()] == ["call.wav"]


def test_a_discarded_recording_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "call.wav")
    recorder.add(ssrc=1, timestamp=0, samples=frame(1))
    recorder.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_call_in_which_nothing_was_heard_gives_an_empty_file(tmp_path: Path) -> None:
    assert len(record(tmp_path)) == 0
