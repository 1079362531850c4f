"""Learns the path from the loudspeaker to the microphone, and predicts the echo.

Owns one linear filter and what it believes of its own error; must not know delays, devices,
words or exercise.

A Kalman filter for every frequency, the path cut into partitions of one frame (Enzner and Vary,
Signal Processing 86, 2006; Kuech, Mabande and Enzner, ICASSP 2014). Its step follows from how
uncertain it is and how loud everything else is, so that a voice beside the echo stops it from
learning, and no detector of double-talk is needed.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Pcm, silence
from voice_coach.units import Samples, to_samples

FRAME: Final[Samples] = 256
"""Samples that are worked on together: 16 ms."""
TAIL: Final[Samples] = to_samples(0.352)
"""How long an echo the filter can hold."""

_PARTITIONS: Final = TAIL // FRAME
_BINS: Final = FRAME + 1

_MEMORY: Final = 0.9998
"""How much of the path is still true a frame later: rooms change within a minute."""
_CAUTION: Final = 0.3
"""How much of the learnt is believed; 0.5 would be right for frames that know nothing of each
other, and makes the filter sure of itself long before it is right (12 dB less after 4 s)."""
_NOISE_MEMORY: Final = 0.8
_NEIGHBOURS: Final = np.full(9, 1 / 9, np.float32)
"""Frequencies over which the loudness of one frame is averaged: 280 Hz."""
_LEAST_DOUBT: Final = 1e-8
_TINY: Final = 1e-6

Spectra = npt.NDArray[np.complex64]
Power = npt.NDArray[np.float32]
Learnt = tuple[Spectra, Power]
"""A path, and the doubt about it."""


class AdaptiveFilter:
    """Predicts the echo of each frame, then learns from what the microphone heard."""

    def __init__(self, lead: Samples = FRAME) -> None:
        """`lead` is when the first echo is likely, in samples after the reference."""
        self._path: Spectra = np.zeros((_PARTITIONS, _BINS), np.complex64)
        self._doubt: Power = np.repeat(_first_doubt(lead)[:, np.newaxis], _BINS, axis=1)
        self._noise: Power = np.full(_BINS, 1e-4, np.float32)
        self._played: Spectra = np.zeros((_PARTITIONS, _BINS), np.complex64)
        self._before: Pcm = silence(FRAME)

    def remember(self, played: Pcm) -> None:
        """Take `played`, shape (TAIL + FRAME,), as the reference up to now."""
        frames = played.reshape(-1, FRAME)
        pairs = np.concatenate([frames[:-1], frames[1:]], axis=1)
        self._played[:] = np.fft.rfft(pairs, axis=1)[::-1]
        self._before = frames[-1]

    def echo(self, played: Pcm) -> Pcm:
        """Return what the microphone hears of the next FRAME samples of the reference."""
        self._played[1:] = self._played[:-1]
        self._played[0] = np.fft.rfft(np.concatenate([self._before, played]))
        self._before = played
        spectrum = np.einsum("pf,pf->f", self._path, self._played)
        return np.fft.irfft(spectrum)[FRAME:].astype(np.float32)

    def learn(self, rest: Pcm) -> None:
        """Learn from the microphone less `echo`, FRAME samples."""
        error = np.fft.rfft(np.concatenate([silence(FRAME), rest])).astype(np.complex64)
        now = _power(error)
        self._noise += (1 - _NOISE_MEMORY) * (now - self._noise)
        # A voice that begins is known at once, before it has spoilt what was learnt.
        noise = np.maximum(self._noise, np.convolve(now, _NEIGHBOURS, "same"))
        loudness = _power(self._played)
        expected = 0.5 * np.einsum("pf,pf->f", loudness, self._doubt)
        step = self._doubt / (expected + noise + np.float32(_TINY))
        change = np.fft.irfft(step * np.conj(self._played) * error, axis=1)
        change[:, FRAME:] = 0  # a partition holds FRAME taps; the rest is wrapped round
        self._path += np.fft.rfft(change, axis=1)
        self._path *= np.float32(_MEMORY)
        self._doubt *= np.float32(_MEMORY**2) * (1 - np.float32(_CAUTION) * step * loudness)
        self._doubt += np.float32(1 - _MEMORY**2) * _power(self._path)
        np.maximum(self._doubt, np.float32(_LEAST_DOUBT), out=self._doubt)

    def move(self, samples: Samples) -> None:
        """Let the echo come later by so many samples (earlier if negative) than was learnt."""
        if not samples:
            return
        taps = np.fft.irfft(self._path, axis=1)[:, :FRAME].ravel()
        moved = np.roll(taps, samples)
        moved[: max(0, samples)] = 0  # what was rolled round
        moved[samples if samples < 0 else len(moved) :] = 0
        self._path[:] = np.fft.rfft(moved.reshape(-1, FRAME), 2 * FRAME, axis=1)

    def learnt(self) -> Learnt:
        """Return a copy of what was learnt, for `recall`."""
        return self._path.copy(), self._doubt.copy()

    def recall(self, learnt: Learnt) -> None:
        """Go back to what `learnt` returned."""
        self._path[:], self._doubt[:] = learnt


def _first_doubt(lead: Samples) -> Power:
    """Return the energy that the path may have in each partition, before anything is known."""
    after = np.arange(_PARTITIONS) - lead // FRAME
    return np.where(after < 0, 0.05, 0.5 * np.exp(-0.3 * after)).astype(np.float32)


def _power(spectra: Spectra) -> Power:
    return np.asarray(spectra.real**2 + spectra.imag**2, dtype=np.float32)
