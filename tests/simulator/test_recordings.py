from array import array
from pathlib import Path

import pytest

from widget.media.rtp import RtpHeader
from widget.simulator.recorder import Recorder
from widget.simulator.recordings import Recordings

HEADER = RtpHeader(payload_type=0, sequence=1, timestamp=0, ssrc=1)
SAMPLES = array("h", [1] * 160)


def test_both_directions_have_their_file(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "made", "call-1")
    recordings.heard.add(HEADER, SAMPLES)
    paths = recordings.finish()
    assert paths == (tmp_path / "made" / "call-1.wav", tmp_path / "made" / "call-1-sent.wav")
    assert [path.stat().st_size for path in paths if path] == [44 + 320, 44]


def test_finishing_twice_gives_nothing_more(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path, "call-1")
    recordings.finish()
    assert recordings.finish() == (None, None)


def test_a_directory_that_cannot_be_made_means_no_recording(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    recordings = Recordings(tmp_path / "file", "call-1")
    recordings.heard.add(HEADER, SAMPLES)
    assert recordings.finish() == (None, None)
    assert "call=call-1 not recorded" in caplog.text


def test_a_full_disk_ends_the_recording_not_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recordings = Recordings(tmp_path, "call-1")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Recorder, "add", refuse)
    recordings.heard.add(HEADER, SAMPLES)
    recordings.heard.add(HEADER, SAMPLES)
    heard, sent = recordings.finish()
    assert heard is None
    assert sent is not None
    assert caplog.text.count("No space left") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["call-1-sent.wav"]
