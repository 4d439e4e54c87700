"""The two recordings of a call. A disk that refuses ends the recording, never the call."""

import logging
from collections.abc import Callable
from pathlib import Path

from widget.media.rtp import RtpHeader
from widget.simulator.audio import Samples
from widget.simulator.recorder import Recorder

logger = logging.getLogger(__name__)


class Recording:
    """One file, or nothing if it cannot be written. ``label`` names the call in the log."""

    def __init__(self, path: Path, *, label: str) -> None:
        self._label = label
        self._recorder: Recorder | None = None
        self._guard(lambda: self._begin(path))

    def add(self, header: RtpHeader, samples: Samples) -> None:
        """Record one packet."""
        if (recorder := self._recorder) is not None:
            self._guard(lambda: recorder.add(ssrc=header.ssrc, timestamp=header.timestamp, samples=samples))

    def finish(self) -> Path | None:
        """The finished file, None if there is none."""
        if (recorder := self._recorder) is not None:
            self._guard(recorder.finish)
        finished, self._recorder = self._recorder, None
        return finished.path if finished else None

    def _begin(self, path: Path) -> None:
        self._recorder = Recorder(path)

    def _guard(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            logger.warning("call=%s not recorded: %s", self._label, error)
            if self._recorder is not None:
                self._recorder.discard()
            self._recorder = None


class Recordings:
    """``<name>.wav`` is what the carrier heard, ``<name>-sent.wav`` what it sent."""

    def __init__(self, directory: Path, name: str) -> None:
        self.heard = Recording(directory / f"{name}.wav", label=name)
        self.sent = Recording(directory / f"{name}-sent.wav", label=name)

    def finish(self) -> tuple[Path | None, Path | None]:
        """The paths of what was heard and what was sent, None for a file that could not be written."""
        return self.heard.finish(), self.sent.finish()
