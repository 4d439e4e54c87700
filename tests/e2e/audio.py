"""Speech for the microphone, and the question whether a recording is that speech."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

MICROPHONE_RATE = 48_000
TELEPHONE_RATE = 8_000
PLAYED_SECONDS = 0.2
TEXT = (
    "The quick brown fox jumps over the lazy dog, while seven bright ships sail past the harbour wall. "
    "Nobody on the pier has seen such a summer morning for many years."
)


def speak(path: Path, text: str = TEXT) -> None:
    """Write a text, spoken, as 48 kHz mono WAV, as Chromium's fake microphone wants it."""
    raw = path.with_suffix(".espeak.wav")
    subprocess.run(["espeak-ng", "-s", "150", "-w", raw, text], check=True)
    rate, samples = read(raw)
    write(path, MICROPHONE_RATE, resample(samples, rate, MICROPHONE_RATE))


def read(path: Path) -> tuple[int, Samples]:
    """Return the rate and the samples of a 16-bit mono WAV file, from -1 to 1."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        data = file.readframes(file.getnframes())
        return file.getframerate(), np.frombuffer(data, dtype="<i2").astype(np.float64) / 32768


def write(path: Path, rate: int, samples: Samples) -> None:
    """Write 16-bit mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """Resample by cutting or padding the spectrum: exact below half of the lower rate."""
    length = round(len(samples) * wanted / rate)
    return np.fft.irfft(np.fft.rfft(samples), length) * (length / len(samples))


def likeness(heard: Samples, said: Samples, *, seconds: float = 1.0, rate: int = TELEPHONE_RATE) -> float:
    """Return how alike a recording is to a speech that repeats: the median over its loud windows, 0 to 1.

    Each window is moved along the speech and normalised there, so neither the delay nor the level counts; an echo
    mixed in or another speech does. A browser stretches and squeezes what it plays as the packets come, so what it
    played is compared in windows of ``PLAYED_SECONDS``, which are too short for that to matter.
    """
    size = int(seconds * rate)
    repeated = np.concatenate([said, said[: size - 1]])
    windows = [heard[start : start + size] for start in range(0, len(heard) - size + 1, size)]
    loudest = max((float(np.dot(window, window)) for window in windows), default=0.0)
    loud = [window for window in windows if np.dot(window, window) > loudest / 10]
    return float(np.median([_best_match(window, repeated) for window in loud])) if loud else 0.0


def tone_level(heard: Samples, hertz: float, *, rate: int = TELEPHONE_RATE) -> float:
    """Return the amplitude of one frequency over the whole recording (one bin of the Fourier transform)."""
    wave_of_it = np.exp(-2j * np.pi * hertz * np.arange(len(heard)) / rate)
    return float(2 * abs(np.dot(heard, wave_of_it)) / len(heard))


def _best_match(window: Samples, speech: Samples) -> float:
    """The largest normalised cross-correlation of the window with any stretch of the speech."""
    size = len(window)
    length = 1 << (len(speech) + size - 1).bit_length()
    spectrum = np.fft.rfft(speech, length) * np.conj(np.fft.rfft(window, length))
    products = np.fft.irfft(spectrum, length)[: len(speech) - size + 1]
    sums = np.concatenate([[0.0], np.cumsum(speech**2)])
    energies = np.maximum(sums[size:] - sums[:-size], 1e-9)
    return float(np.max(np.abs(products) / np.sqrt(energies * np.dot(window, window))))
