"""Records what a user says to teach the coach, and judges whether it can be learnt from.

Owns the way from a segment of voice to a take, and when takes agree; must not know how the user
is asked, nor what becomes of the takes.

Each take is learnt as it was said and with noise of several levels added, because the same words
look different to the network when a kettle is on.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np

from voice_coach.audio.pcm import Pcm, decibels, level_db, silence
from voice_coach.grammar import Grammar
from voice_coach.hearing.decision import Segment
from voice_coach.hearing.engines.combined import sentences_only
from voice_coach.hearing.engines.moonshine import Moonshine
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis
from voice_coach.hearing.enrolled.profile import LONGEST, SHORTEST, Features, Warping, trimmed
from voice_coach.units import Samples, to_samples

NOISES_DB: Final = (8.0,)
"""How much quieter than the voice the noise is that is added."""
LEAST_SNR_DB: Final = 9.0
"""How much louder than the room a voice must be, to learn anything of it."""
AGREEING: Final = 0.12
"""Distance up to which two takes are the same words. Measured: people who say a digit again are
at 0.05, 95 of 100 below 0.11; two digits are at 0.20, 99 of 100 above 0.12."""

_SHORT: Final = to_samples(0.2)
_LONG: Final = to_samples(3.5)
_SKIPPING: Final = -3.0
"""Log-probability of "skip", less that of what was written down, from which it is believed."""
_VOICED: Final = 0.05
"""Share of the peak below which a sample belongs to a pause."""


class Trouble(StrEnum):
    """Why nothing can be learnt from what was said."""

    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_QUIET = "too_quiet"
    """It is hardly louder than the room."""
    TOO_LOUD = "too_loud"
    """The microphone was overdriven."""


@dataclass(frozen=True, eq=False)
class Trial:
    """Something that was said when a phrase was asked for."""

    start: Samples
    end: Samples
    """Where, in samples of the stream."""
    takes: tuple[Features, ...] = ()
    """As it was said, and with noise added; empty if it cannot be learnt from."""
    trouble: Trouble | None = None
    """Why not."""
    skip: bool = False
    """Whether it asks to leave the phrase out."""


class TakeRecorder:
    """Stands where a recogniser stands, and keeps what it gets; it recognises nothing."""

    name: Final = "a recorder of takes"

    def __init__(self, phrases: tuple[str, ...], skips: tuple[str, ...]) -> None:
        """Load the network; ModelError where it is not installed.

        `phrases` are asked for; one of `skips` is said to leave one of them out.
        """
        self._network = Moonshine()
        self._skips = skips
        self._subwords = self._network.spelled(sentences_only((*phrases, *skips)))
        self._heard: list[Pcm] = []
        self._utterance: Pcm | None = None

    def use(self, grammar: Grammar) -> None:
        pass

    def start(self) -> None:
        self._heard = []
        self._utterance = None

    def hear(self, samples: Pcm) -> str:
        self._heard.append(samples)
        return ""

    def guess(self) -> Hypothesis | None:
        return None

    def finish(self) -> Hypothesis:
        self._utterance = np.concatenate([silence(0), *self._heard])
        return NOTHING

    def close(self) -> None:
        self._heard = []

    def judged(self, segment: Segment) -> Trial | None:
        """Return what became of the segment that has just ended; None if it was no voice."""
        utterance, self._utterance = self._utterance, None
        start, end = segment.voice_start, segment.voice_end
        if utterance is None or segment.speech < _SHORT:
            too_long = segment.length > _LONG
            return Trial(start, end, trouble=Trouble.TOO_LONG) if too_long else None
        voice = slice(start - segment.start, end - segment.start)
        trouble = _trouble(utterance, voice)
        if trouble:
            return Trial(start, end, trouble=trouble)
        features = self._network.encode(utterance)
        takes = [trimmed(features, voice.start, voice.stop)]
        if not SHORTEST <= len(takes[0]) <= LONGEST:
            return Trial(start, end, trouble=Trouble.TOO_SHORT)
        noisy = map(self._network.encode, _noisy(utterance, voice))
        takes += (trimmed(each, voice.start, voice.stop) for each in noisy)
        return Trial(start, end, tuple(takes), skip=self._skipping(features))

    def _skipping(self, features: Features) -> bool:
        best = next(iter(self._network.search(features, self._subwords)), None)
        if best is None or best.text not in self._skips:
            return False
        free = self._network.transcribe(features)
        return best.log_probability - free.log_probability > _SKIPPING


def _trouble(utterance: Pcm, voice: slice) -> Trouble | None:
    if voice.stop - voice.start > _LONG:
        return Trouble.TOO_LONG
    # What the coach left in the room before the voice has been turned down, and the room with it.
    room_db = max(level_db(utterance[: voice.start]), level_db(utterance[voice.stop :]))
    if _voice_db(utterance[voice]) - room_db < LEAST_SNR_DB:
        return Trouble.TOO_QUIET
    return None


def _voice_db(voice: Pcm) -> float:
    size = np.abs(voice)
    return level_db(voice[size > _VOICED * size.max(initial=0.0)])


def _noisy(utterance: Pcm, voice: slice) -> list[Pcm]:
    noise_db = _voice_db(utterance[voice])
    return [
        utterance + _pink(len(utterance), seed) * np.float32(decibels(noise_db - db))
        for seed, db in enumerate(NOISES_DB)
    ]


@cache
def _pink(length: Samples, seed: int) -> Pcm:
    """Return noise that falls by 3 dB per octave, of level 0 dB."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise / np.std(noise), dtype=np.float32)


def agreeing(trials: list[Trial]) -> list[Trial]:
    """Return the most trials that agree with one of them: the same words, said the same way."""
    circles = [[other for other in trials if _agree(one, other)] for one in trials]
    return max(circles, key=len, default=[])


def _agree(one: Trial, other: Trial) -> bool:
    if one is other:
        return True
    take, sound = one.takes[0], other.takes[0]
    distance = float(Warping([take]).distances(sound, lead=_LOOSE, tail=_LOOSE)[0])
    return distance <= AGREEING


_LOOSE: Final = 8
"""Frames by which two takes may begin and end apart."""
