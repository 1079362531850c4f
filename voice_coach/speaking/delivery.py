"""How every voice delivers a line: in phrases with exact pauses between them, calm and even.

Owns where one breathes, how breath prompts are drawn out, and how loud it all is; must not know
any engine, which says one phrase at a time, nor why something is said.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import (
    Sound,
    decibels,
    duration,
    faded,
    from_int16,
    quiet,
    resample,
    to_int16,
)
from voice_coach.speaking.loudness import levelled
from voice_coach.speaking.voice import bounded
from voice_coach.units import LOUDSPEAKER_RATE, Samples, to_frames, to_samples

LOUDNESS: Final = -21.0
"""Of every line, in LUFS (ITU-R BS.1770-4)."""

PEAK_DB: Final = -3.0
"""No true peak exceeds this; it leaves room for tones mixed over the voice."""

SOFTER_DB: Final = 4.0
"""How much softer a breath is led than all else is said."""

DRAWN_OUT: Final = 1.6
"""How much slower a breath is led at most; more does not sound natural."""

PAUSES: Final = {".": 0.45, "!": 0.45, "?": 0.45, "…": 0.45, ":": 0.30, ";": 0.30, ",": 0.18}
"""Seconds of silence after a phrase that ends so, at speed 1; other phrases have been cut."""

_LONGEST: Final = 200
"""Characters in a phrase; some engines take time and memory by the square of it."""
_PHRASE_ENDS: Final = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?![a-z])|(?<=[,;:])\s+")
_HEARD_DB: Final = -60.0
"""A stretch of 5 ms so far under the peak, and no less, belongs to the sound. The softest last
consonants of the voices lie at -50 dB, their silence below -70 dB."""
_SILENT_DB: Final = -70.0
_STRETCH: Final = to_frames(to_samples(0.005))
_KEPT: Final = 2 * _STRETCH
_EDGE: Final = to_samples(0.003)
_APART: Final = to_samples(0.1)
"""What leads a breath is over so long before the next one begins."""

SayPhrase = Callable[[str, float], tuple[npt.NDArray[Any], int]]
"""An engine: says one phrase at so many times its calm rate; returns samples and their rate."""


class Phrase(NamedTuple):
    """What is said in one breath, and the seconds of silence after it at speed 1."""

    text: str
    pause: float


def phrased(line: str) -> list[Phrase]:
    """Split a line where one breathes: at the end of a sentence and at commas.

    What holds no letter and no digit says nothing, and is left out.
    """
    parts = (_short(part) for part in _PHRASE_ENDS.split(line))
    spoken = [part for parted in parts for part in parted if any(map(str.isalnum, part))]
    return [Phrase(part, PAUSES.get(part.rstrip('"”’)]')[-1:], 0.0)) for part in spoken]


def delivered(line: str, speed: float, breath: Samples, say: SayPhrase) -> Sound:
    """Return `line` as `say` says its phrases, joined, at the common loudness.

    With a `breath` it leads one of that length: softly, and drawn out towards it, but never
    longer. The ends are trimmed; samples are whole steps of 16 bits.
    """
    phrases, speed = phrased(line), bounded(speed)
    sound = _joined(phrases, speed, say)
    if not len(sound):
        return sound
    if breath:
        sound = _drawn_out(sound, breath, lambda slower: _joined(phrases, speed / slower, say))
    target = LOUDNESS - (SOFTER_DB if breath else 0.0)
    return _at_level(sound, target)


def mastered(samples: npt.NDArray[Any], rate: int) -> Sound:
    """Return a sound of any rate trimmed and at the common loudness."""
    sound = trimmed(resample(samples, rate, LOUDSPEAKER_RATE))
    return _at_level(sound, LOUDNESS) if len(sound) else sound


def trimmed(sound: Sound) -> Sound:
    """Return `sound` from 10 ms before what can be heard to 10 ms after it."""
    stretches = np.pad(sound, (0, -len(sound) % _STRETCH)).reshape(-1, _STRETCH)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak < decibels(_SILENT_DB):
        return quiet(0)
    rms = np.sqrt(np.mean(np.square(stretches, dtype=np.float64), axis=1))
    heard = np.flatnonzero(rms > peak * decibels(_HEARD_DB))
    begin, end = int(heard[0]) * _STRETCH, (int(heard[-1]) + 1) * _STRETCH
    return sound[max(0, begin - _KEPT) : end + _KEPT]


def _at_level(sound: Sound, lufs: float) -> Sound:
    return from_int16(to_int16(levelled(sound, LOUDSPEAKER_RATE, lufs, PEAK_DB)))


def _short(part: str) -> list[str]:
    """Split a phrase that is too long to be said at once."""
    if len(part) <= _LONGEST:
        return [part]
    cut = part.rfind(" ", 0, _LONGEST + 1)
    cut = cut if cut > 0 else _LONGEST
    return [part[:cut], *_short(part[cut:].lstrip())]


def _joined(phrases: list[Phrase], speed: float, say: SayPhrase) -> Sound:
    spoken = [(_said(phrase, speed, say), phrase.pause) for phrase in phrases]
    spoken = [(sound, pause) for sound, pause in spoken if len(sound)]
    if not spoken:
        return quiet(0)
    parts = [spoken[0][0]]
    for (_, pause), (sound, _) in pairwise(spoken):
        parts += [quiet(to_samples(pause / speed)), sound]
    return np.concatenate(parts)


def _said(phrase: Phrase, speed: float, say: SayPhrase) -> Sound:
    samples, rate = say(phrase.text, speed)
    return faded(trimmed(resample(samples, rate, LOUDSPEAKER_RATE)), _EDGE, _EDGE)


def _drawn_out(sound: Sound, breath: Samples, slower: Callable[[float], Sound]) -> Sound:
    room = breath - _APART
    factor = min(DRAWN_OUT, room / duration(sound))
    if factor <= 1.0:
        return sound
    slow = slower(factor)
    return slow if duration(slow) <= room else sound
