"""From the loudspeaker's rate to the clock's: one filter for what was played and what was heard.

Owns the filter and its delay; must not know devices, words or exercise.

The echo canceller compares both sides sample by sample, so the filter has a linear phase: it
delays every frequency by exactly DELAY. Where a device records at the loudspeaker's rate, its
sound goes through the same filter, and both sides are late by the same.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Pcm, silence
from voice_coach.units import FRAMES_PER_SAMPLE, LOUDSPEAKER_RATE, Samples, to_frames

DELAY: Final[Samples] = 32
"""By how much what comes out is later than what went in: 2 ms, at every frequency."""

_CUTOFF_HZ: Final = 7_650.0
"""Where half the amplitude is left: all of it at 7.1 kHz, and nothing (-70 dB) at 8.2 kHz."""
_ATTENUATION: Final = 6.76
"""Kaiser's beta for 70 dB."""
_TAPS: Final = 2 * to_frames(DELAY) + 1


def _phases() -> list[npt.NDArray[np.float32]]:
    """Return the low-pass by Kaiser's window, cut into the taps for each frame of a sample."""
    place = np.arange(_TAPS) - to_frames(DELAY)
    cutoff = 2 * _CUTOFF_HZ / LOUDSPEAKER_RATE
    taps = np.sinc(cutoff * place) * np.kaiser(_TAPS, _ATTENUATION)
    taps /= taps.sum()
    return [taps[phase::FRAMES_PER_SAMPLE].astype(np.float32) for phase in range(FRAMES_PER_SAMPLE)]


_PHASES: Final = _phases()


class Decimator:
    """Turns a stream of sound at LOUDSPEAKER_RATE into Pcm, whatever the sizes of its pieces."""

    def __init__(self) -> None:
        self._rest: npt.NDArray[np.float32] = np.zeros(_TAPS - 1, dtype=np.float32)

    def push(self, frames: npt.NDArray[np.float32]) -> Pcm:
        """Take the next frames, shape (frames,); return the samples that are complete by them."""
        both = np.concatenate([self._rest, frames], dtype=np.float32)
        count = max(0, (len(both) - _TAPS) // FRAMES_PER_SAMPLE + 1)
        self._rest = both[to_frames(count) :]
        if not count or not both.any():
            return silence(count)
        samples = silence(count)
        for phase, taps in enumerate(_PHASES):
            part = both[phase::FRAMES_PER_SAMPLE][: count + len(taps) - 1]
            samples += np.correlate(part, taps, "valid")
        return samples
