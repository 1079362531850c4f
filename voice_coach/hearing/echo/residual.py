"""Turns down the frequencies in which what an echo canceller left outweighs everything else.

Owns one gain for each frequency; must not know how the echo was found, words or exercise.
Mild on purpose: a recogniser suffers less from a rest of echo than from holes in a voice.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Pcm, decibels, silence

_LEAST_GAIN: Final = decibels(-6.0)
_FADING: Final = 0.8
"""How much of an echo's power in one frame is still there in the next, from reverberation."""
_SMOOTH: Final = np.ones(5) / 5
"""Over neighbouring frequencies, so that the gain acts on a few milliseconds and not more."""

_Gain = npt.NDArray[np.float64]


class ResidualSuppressor:
    """Works frame by frame without delay; frames have the length that the first has."""

    def __init__(self) -> None:
        self._rest: Pcm = silence(0)
        self._echo: Pcm = silence(0)
        self._echo_power: _Gain = np.zeros(1)
        self._power: _Gain = np.zeros(1)
        self._gain: _Gain = np.ones(1)

    def suppress(self, rest: Pcm, echo: Pcm, suppression_db: float) -> Pcm:
        """Return `rest` with less of what is left of `echo`, which is so much quieter now."""
        frames = len(rest)
        if not len(self._rest):
            self._rest = self._echo = silence(frames)
        spectrum = np.fft.rfft(np.concatenate([self._rest, rest]))
        said = np.fft.rfft(np.concatenate([self._echo, echo]))
        self._rest, self._echo = rest, echo
        self._echo_power = np.maximum(np.abs(said) ** 2, _FADING * self._echo_power)
        self._power = 0.5 * (self._power + np.abs(spectrum) ** 2)
        left = 10 ** (-suppression_db / 10) * self._echo_power / (self._power + 1e-9)
        gain = np.convolve(np.maximum(_LEAST_GAIN, 1 - left), _SMOOTH, "same")
        gain[:2], gain[-2:] = gain[2], gain[-3]  # where the smoothing lacks neighbours
        before, after = np.fft.irfft([self._gain * spectrum, gain * spectrum])[:, frames:]
        self._gain = gain
        fade = np.arange(1, frames + 1) / frames
        return np.asarray(before + fade * (after - before), dtype=np.float32)
