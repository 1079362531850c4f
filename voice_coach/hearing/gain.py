"""Makes voices about equally loud, whatever the microphone and however far the user.

Owns the gain and what it learns from; must not know devices, recognisers, words or exercise.
The detector of voice misses quiet speech (at -60 dB of full scale, half of it), and some
recognisers do too; neither is troubled by noise that is made louder. No clock, no threads.
"""

from typing import Final

import numpy as np

from voice_coach.audio.pcm import SILENCE_DB, Pcm, decibels, level_db, ramp
from voice_coach.units import Samples, to_seconds

TARGET_DB: Final = -26.0
"""Where speech is brought to: root mean square of its voiced parts, in dB of full scale."""
LEAST_DB: Final = -6.0
MOST_DB: Final = 36.0
"""The gain's bounds."""
START_DB: Final = 12.0
"""The gain before anybody has spoken: a quiet user must be heard once, to be made louder."""
RISE_DB: Final = 12.0
FALL_DB: Final = 24.0
"""How much the gain changes at most in a second of speech; without speech it never does."""
RELEASE_DB: Final = 30.0
"""How much the gain comes back in a second after a peak that left no room for it."""

_VOICED: Final = 0.5
"""Probability from which a chunk counts as speech, if the one before it does too."""
_MEMORY_SECONDS: Final = 1.0
"""Of speech, over which its level is averaged."""
_DRIFT: Final = 0.05
"""Share of a chunk's mean in the offset that is taken out."""
_KNEE: Final = 0.8
"""Amplitude above which peaks are bent, so that nothing leaves full scale."""


class AutomaticGain:
    """Amplifies a stream by what its speech needs, chunk by chunk.

    For each chunk: `process`, then `learn` with the detector's judgement of the result. The
    gain follows speech only, so noise between words is never pumped up, and goes in straight
    lines, so that it adds no clicks.
    """

    def __init__(self) -> None:
        self._gain_db = self._before_db = START_DB
        self._room_db = MOST_DB
        """The gain at which the loudest peak of late would just stay straight."""
        self._speech = 0.0
        """Mean square of the speech that was learnt from, before the gain."""
        self._learnt = 0.0
        """Seconds of it."""
        self._chunk_db = SILENCE_DB
        self._length: Samples = 0
        self._voiced = False

    @property
    def gain_db(self) -> float:
        """The gain that the next chunk will end with."""
        return self._gain_db

    def process(self, chunk: Pcm) -> Pcm:
        """Return `chunk` amplified, within -1 … 1."""
        self._chunk_db, self._length = level_db(chunk), len(chunk)
        room_db = level_of_peak(_KNEE) - level_of_peak(float(np.abs(chunk).max(initial=0.0)))
        self._room_db = min(room_db, self._room_db + RELEASE_DB * to_seconds(self._length))
        gain_db = min(self._gain_db, self._room_db)
        ends = decibels(min(self._before_db, self._room_db)), decibels(gain_db)
        self._before_db = gain_db
        louder = chunk * ramp(*ends, len(chunk))
        return _limited(louder)

    def learn(self, voice: float) -> None:
        """Take note that the chunk just processed is the user's speech with probability `voice`.

        Give 0 where it may be the coach's own voice.
        """
        voiced = voice >= _VOICED
        if voiced and self._voiced and self._chunk_db > SILENCE_DB:
            self._follow(to_seconds(self._length))
        self._voiced = voiced

    def _follow(self, seconds: float) -> None:
        self._learnt = min(_MEMORY_SECONDS, self._learnt + seconds)
        share = seconds / self._learnt
        self._speech += share * (10 ** (self._chunk_db / 10) - self._speech)
        wanted = TARGET_DB - 10 * float(np.log10(self._speech))
        step = float(np.clip(wanted - self._gain_db, -FALL_DB * seconds, RISE_DB * seconds))
        self._gain_db = min(MOST_DB, max(LEAST_DB, self._gain_db + step))


def level_of_peak(peak: float) -> float:
    """Return an amplitude in dB of full scale, SILENCE_DB at least."""
    return max(SILENCE_DB, 20 * float(np.log10(max(peak, 1e-12))))


class Centring:
    """Takes a constant offset out of a stream, as bad sound cards add it, chunk by chunk."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def process(self, chunk: Pcm) -> Pcm:
        """Return `chunk` around zero; the offset is followed within a second or so."""
        mean = float(np.mean(chunk)) if len(chunk) else 0.0
        before = mean if self._offset is None else self._offset
        self._offset = before + _DRIFT * (mean - before)
        return chunk - ramp(before, self._offset, len(chunk))


def _limited(sound: Pcm) -> Pcm:
    size = np.abs(sound)
    loud = size > _KNEE
    if loud.any():
        room = 1.0 - _KNEE
        sound[loud] = np.copysign(_KNEE + room * np.tanh((size[loud] - _KNEE) / room), sound[loud])
    return sound
