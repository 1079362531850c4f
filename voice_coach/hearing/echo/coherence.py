"""Whether the microphone hears the coach's own voice, and how much of it is in a sound.

Owns the comparison of the microphone with what was played; must not know words or exercise.
It only tells; it takes nothing out of the sound.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import SILENCE_DB, Pcm, level_db
from voice_coach.hearing.echo.alignment import LONGEST_DELAY
from voice_coach.units import Samples, to_samples

_FRAMES: Final = (4096, 2048)
"""The longer holds the better part of a room's reverberation, 256 ms; of the shorter there are
more, so that fewer agree by chance. The mean of both tells best."""
_MEMORY: Final = to_samples(2.0)
"""How much of the coach's speech tells whether it is heard."""
_INAUDIBLE: Final = 0.1
"""Share of the coach's speech during which a voice is heard, though it is not the coach's."""
_EARLY: Final[Samples] = 64
"""The strongest reflection is not always the first."""


def own_share(microphone: Pcm, played: Pcm) -> float:
    """Return the share, 0 … 1, of the microphone's energy that `played` explains.

    Both of the same length and clock; a linear path of any delay up to half a second is
    found by its phase (GCC-PHAT), then the magnitude-squared coherence of the two is averaged over
    frequency, weighted with the microphone's power. An echo alone in a room that
    reverberates for half a second gives 0.5 and more, another voice alone less than 0.4.
    """
    if len(played) < max(_FRAMES) or level_db(played) <= SILENCE_DB:
        return 0.0
    delay = max(0, _delay(microphone, played) - _EARLY)
    late = np.concatenate([np.zeros(delay, dtype=played.dtype), played])[: len(microphone)]
    return sum(_coherent(microphone, late, frame) for frame in _FRAMES) / len(_FRAMES)


def _coherent(microphone: Pcm, late: Pcm, frame: int) -> float:
    heard, said = _spectra(microphone, frame), _spectra(late, frame)
    power = np.sum(np.abs(heard) ** 2, axis=0)
    cross = np.abs(np.sum(heard * np.conj(said), axis=0)) ** 2
    coherence = cross / (power * np.sum(np.abs(said) ** 2, axis=0) + 1e-12)
    # Few frames agree by chance: one in n of independent ones; half of ours overlap.
    chance = 1.0 / max(1.01, len(heard) / 2)
    coherence = np.clip((coherence - chance) / (1 - chance), 0.0, 1.0)
    return float(np.sum(coherence * power) / (np.sum(power) + 1e-12))


def _delay(microphone: Pcm, played: Pcm) -> Samples:
    size = 1 << int(np.ceil(np.log2(len(microphone) + len(played))))
    cross = np.fft.rfft(microphone, size) * np.conj(np.fft.rfft(played, size))
    phase = np.fft.irfft(cross / (np.abs(cross) + 1e-9))[:LONGEST_DELAY]
    return int(np.argmax(np.abs(phase)))


def _spectra(sound: Pcm, frame: int) -> npt.NDArray[np.complex128]:
    """Return the spectra of overlapping frames, shape (frames, frame // 2 + 1)."""
    starts = range(0, len(sound) - frame + 1, frame // 4)
    frames = np.stack([sound[start : start + frame] for start in starts])
    return np.asarray(np.fft.rfft(frames * np.hanning(frame), axis=1))


class Audibility:
    """Whether the coach is heard by the microphone at all, chunk by chunk.

    With headphones, or the loudspeaker turned off, it is not; then nothing needs to be taken
    out, and nothing that is heard can be the coach's own.
    """

    def __init__(self) -> None:
        self._share = 1.0

    @property
    def audible(self) -> bool:
        """Whether it may be heard; so until some seconds of its speech have shown otherwise."""
        return self._share > _INAUDIBLE

    def learn(self, played: Pcm, voice: bool) -> None:
        """Take note of a chunk that was played, and whether a voice was heard meanwhile."""
        if played.any():
            self._share += (voice - self._share) * len(played) / _MEMORY
