"""A WAV file of one direction of a call: 8 kHz, 16 bit, mono.

Packets are placed by their RTP timestamp, so that lost packets and pauses stay as silence of the same length and
packets out of order are put right. The file appears under its name only when the recording is finished.
"""

import os
import wave
from contextlib import suppress
from pathlib import Path

from widget.simulator.audio import SAMPLE_RATE, Samples

_BYTES_PER_SAMPLE = 2
_WRAP = 1 << 32

REORDERING_SAMPLES = SAMPLE_RATE
"""How late a packet may come, in samples, and still be put in its place."""

LONGEST_GAP_SAMPLES = 600 * SAMPLE_RATE
"""A timestamp that jumps further than this is a new beginning, not a pause: forged packets must not fill the disk."""

LONGEST_SAMPLES = 4 * 3600 * SAMPLE_RATE
"""What lies beyond is not recorded: 230 MB."""


class Recorder:
    """Records the packets given to it. Every method may raise OSError when the disk does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(path.name + ".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = wave.open(os.fspath(self._part), "wb")  # noqa: SIM115 (open as long as the call)
        self._file.setparams((1, _BYTES_PER_SAMPLE, SAMPLE_RATE, 0, "NONE", ""))
        self._written = 0
        self._window = bytearray()
        self._stream: _Stream | None = None

    def add(self, *, ssrc: int, timestamp: int, samples: Samples) -> None:
        """Place the samples of one packet; one that is too late, or beyond the longest recording, is left out."""
        place = self._place(ssrc, timestamp)
        end = place + len(samples)
        if place < self._written or end > LONGEST_SAMPLES:
            return
        self._flush(before=end - REORDERING_SAMPLES)
        start = (place - self._written) * _BYTES_PER_SAMPLE
        size = len(samples) * _BYTES_PER_SAMPLE
        self._window.extend(bytes(max(0, start + size - len(self._window))))
        self._window[start : start + size] = samples.tobytes()

    def finish(self) -> Path:
        """Write the rest and give the file its name."""
        self._file.writeframes(bytes(self._window))
        self._window.clear()
        self._file.close()
        self._part.replace(self.path)
        return self.path

    def discard(self) -> None:
        """Give up, also when the disk already did: leave no file behind."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._part.unlink()

    @property
    def _end(self) -> int:
        return self._written + len(self._window) // _BYTES_PER_SAMPLE

    def _place(self, ssrc: int, timestamp: int) -> int:
        """Position of a packet in samples. A new SSRC, or a jump, continues at the end of what there is."""
        if self._stream is not None and self._stream.ssrc == ssrc:
            place = self._stream.place(timestamp)
            if abs(place - self._end) <= LONGEST_GAP_SAMPLES:
                self._stream.follow(timestamp, place)
                return place
        self._stream = _Stream(ssrc, timestamp, self._end)
        return self._end

    def _flush(self, *, before: int) -> None:
        """Write everything that lies before a position, which no packet can change any more."""
        count = (before - self._written) * _BYTES_PER_SAMPLE
        if count <= 0:
            return
        ready = bytes(self._window[:count]).ljust(count, b"\0")
        del self._window[:count]
        self._file.writeframesraw(ready)
        self._written = before


class _Stream:
    """Turns the 32-bit timestamps of one SSRC into positions, across their wrap."""

    __slots__ = ("_position", "_timestamp", "ssrc")

    def __init__(self, ssrc: int, timestamp: int, position: int) -> None:
        self.ssrc = ssrc
        self._timestamp = timestamp
        self._position = position

    def place(self, timestamp: int) -> int:
        """The position of a timestamp, which may lie half a wrap before or after the last."""
        distance = (timestamp - self._timestamp + _WRAP // 2) % _WRAP - _WRAP // 2
        return self._position + distance

    def follow(self, timestamp: int, position: int) -> None:
        """Count from here on."""
        self._timestamp = timestamp
        self._position = position
