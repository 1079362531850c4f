"""Soft tones that rise and fall with the breath, and short signals in the place of words.

Owns how they sound; must not know when they are played, or what for.

A breath tone is a fundamental with a little of its second and third harmonic, and some air: a
band of noise around 900 Hz. Loudspeakers of laptops give little below 200 Hz, and a voice is
understood by what is above 400 Hz, so the tone keeps between the two: it glides over a fifth,
from A3 to E4, along half a cosine like the breath itself, slow at both turns. The
signals are notes of the same key, A major, in the octaves above. All is a pure function: the
same samples at every run, read-only, because they are shared.
"""

import math
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Sound, decibels
from voice_coach.units import LOUDSPEAKER_RATE, Samples, to_frames, to_samples

_Curve: TypeAlias = npt.NDArray[np.float64]

LOW_HZ: Final = 220.0
"""Fundamental (A3) where an inhale begins and an exhale ends."""

HIGH_HZ: Final = 330.0
"""Fundamental (E4, a pure fifth above) at the turn between inhale and exhale."""

LOUDEST_DB: Final = -32.0
"""Root mean square at that turn, in dB of full scale; speech is at -20 dB."""

QUIETEST_DB: Final = -41.0
"""Root mean square at the low end of a breath."""

HIGH_HOLD_DB: Final = -37.0
LOW_HOLD_DB: Final = QUIETEST_DB
"""Root mean square of a held breath, steady: softer than the turn, or as soft as the low end."""

FADE: Final = to_samples(0.1)
"""How long a breath tone takes, along half a cosine, to come from silence and to go back."""

SIGNAL_DB: Final = -26.0
"""Root mean square of a signal, from its first to its last frame."""

SOFT_DB: Final = -32.0
"""The same of one that comes in a silence, and must not startle."""

_HARMONICS: Final = (1.0, 0.32, 0.12)
"""Amplitudes of fundamental, second and third harmonic: 0, -10 and -18 dB."""

_AIR: Final = decibels(-14.0)
"""The air, in parts of the whole tone's root mean square."""

_AIR_HZ: Final = 900.0
_AIR_OCTAVES: Final = 0.5
"""Middle of the air's band, and its standard deviation."""

_AIR_LOOP: Final = to_frames(65_536)
"""Frames after which the air repeats: 4.1 s."""

_NOTE_HARMONICS: Final = (1.0, 0.25, 0.06)
"""As of a soft mallet on wood; each further one dies away that much sooner."""

_LAST: Final = to_samples(0.04)
"""How long a signal takes to end, along half a cosine."""


class Contour(StrEnum):
    """What a tone leads: breathing in or out, or holding the breath full or empty."""

    RISE = "rise"
    FALL = "fall"
    HIGH = "high"
    LOW = "low"


_HOLD_DB: Final = {Contour.HIGH: HIGH_HOLD_DB, Contour.LOW: LOW_HOLD_DB}


class Earcon(StrEnum):
    """What a short signal tells."""

    BEGIN = "begin"
    END = "end"
    HALFWAY = "halfway"
    COUNTDOWN = "countdown"
    """One tick, to be played every second."""
    SWITCH_SIDES = "switch sides"
    REST = "rest"
    LEAD_IN = "lead in"
    """One soft tick, to be played every second before something begins."""
    LISTENING = "listening"
    """The coach hears."""
    PARDON = "pardon"
    """The coach has not understood."""


class _Melody(NamedTuple):
    hertz: tuple[float, ...]
    """Fundamentals of its notes, one after the other."""
    step: float
    """Seconds from one note to the next."""
    seconds: float
    """From the first note to the end of all."""
    attack: float
    """Seconds that a note takes to sound in full."""
    decay: float
    """Seconds after which a note has fallen by 8.7 dB."""
    level_db: float = SIGNAL_DB
    """Root mean square, in dB of full scale."""


_MELODIES: Final = {
    Earcon.BEGIN: _Melody((440.0, 550.0, 660.0), 0.13, 0.58, 0.010, 0.12),  # A4 C♯5 E5, rising
    Earcon.END: _Melody((660.0, 550.0, 440.0), 0.13, 0.58, 0.010, 0.12),  # the same, falling
    Earcon.HALFWAY: _Melody((660.0, 660.0), 0.18, 0.42, 0.010, 0.10),  # E5 twice
    Earcon.COUNTDOWN: _Melody((880.0,), 0.0, 0.12, 0.005, 0.025),  # A5, short
    Earcon.SWITCH_SIDES: _Melody((440.0, 660.0, 440.0, 660.0), 0.13, 0.58, 0.010, 0.08),  # to, fro
    Earcon.REST: _Melody((440.0, 330.0), 0.22, 0.59, 0.050, 0.20),  # A4 E4, slow
    Earcon.LEAD_IN: _Melody((440.0,), 0.0, 0.12, 0.010, 0.025, SOFT_DB),  # A4, short
    Earcon.LISTENING: _Melody((440.0, 660.0), 0.22, 0.55, 0.010, 0.12),  # A4 E5, rising
    Earcon.PARDON: _Melody((330.0, 247.5), 0.16, 0.50, 0.030, 0.12, SOFT_DB),  # E4 B3, low
}


@lru_cache(16)
def breath_tone(kind: Contour, length: Samples) -> Sound:
    """Return the tone of one breath or hold of `length` samples of the clock, first and last
    frame 0.

    A fall begins at the pitch and level at which a rise ends, and the other way round. Made
    for 0.5 to 20 s, to the sample; any length is possible, in one shorter than 0.2 s the
    fades are shorter as well.
    """
    frames = to_frames(length)
    turn = _turn(kind, frames)
    tone = _warm(LOW_HZ * np.exp(turn * math.log(HIGH_HZ / LOW_HZ)))
    tone += np.resize(_air(), frames)
    tone *= _gain(kind, turn) / math.hypot(1.0, _AIR)
    fade = _rising(min(to_frames(FADE), (frames + 1) // 2))
    tone[: len(fade)] *= fade
    tone[frames - len(fade) :] *= fade[::-1]
    return _shared(tone)


@cache
def earcon(kind: Earcon) -> Sound:
    """Return a signal of less than 0.6 s, first and last frame 0."""
    melody = _MELODIES[kind]
    frames, last = (to_frames(length) for length in (to_samples(melody.seconds), _LAST))
    sound = np.zeros(frames)
    for number, hertz in enumerate(melody.hertz):
        start = to_frames(to_samples(number * melody.step))
        sound[start:] += _note(hertz, frames - start, melody)
    sound[frames - last :] *= _rising(last)[::-1]
    return _shared(sound * decibels(melody.level_db) / np.sqrt(np.mean(sound**2)))


def _turn(kind: Contour, frames: int) -> _Curve:
    """Return how near to the turn between inhale and exhale each frame is, 0 … 1."""
    match kind:
        case Contour.RISE:
            return _half_cosine(frames)
        case Contour.FALL:
            return _half_cosine(frames)[::-1]
        case Contour.HIGH:
            return np.ones(frames)
        case Contour.LOW:
            return np.zeros(frames)


def _gain(kind: Contour, turn: _Curve) -> Sound:
    if kind in _HOLD_DB:
        return np.full(len(turn), decibels(_HOLD_DB[kind]), dtype=np.float32)
    span = math.log(decibels(LOUDEST_DB - QUIETEST_DB))
    return np.asarray(decibels(QUIETEST_DB) * np.exp((turn * span).astype(np.float32)))


def _warm(pitch: _Curve) -> Sound:
    """Return a tone with a root mean square of 1 that follows `pitch` in Hz."""
    cycles = np.cumsum(pitch) / LOUDSPEAKER_RATE
    cycles -= np.floor(cycles)  # float32 is exact enough, and much faster, for small angles
    phase = (2.0 * np.pi * cycles).astype(np.float32)
    sine, cosine = np.sin(phase), np.cos(phase)
    first, second, third = _HARMONICS
    # sin 2x = 2 sin x cos x and sin 3x = sin x (4 cos² x - 1): two long calls instead of three.
    tone = sine * (first + 2.0 * second * cosine + third * (4.0 * cosine**2 - 1.0))
    tone *= math.sqrt(2.0 / (first**2 + second**2 + third**2))
    return np.asarray(tone)


@cache
def _air() -> Sound:
    """Return a loop of noise with a root mean square of _AIR, shaped like a bell over octaves."""
    hertz = np.fft.rfftfreq(_AIR_LOOP, 1.0 / LOUDSPEAKER_RATE)
    octaves = np.log2(np.maximum(hertz, 1.0) / _AIR_HZ)
    size = np.exp(-0.5 * (octaves / _AIR_OCTAVES) ** 2)
    # RandomState, because numpy promises that its numbers stay the same for ever.
    turns = np.random.RandomState(1).uniform(size=len(hertz))
    noise = np.fft.irfft(size * np.exp(2j * np.pi * turns), _AIR_LOOP)
    return _shared(noise * _AIR / np.sqrt(np.mean(noise**2)))


def _note(hertz: float, frames: int, melody: _Melody) -> _Curve:
    seconds = np.arange(frames) / LOUDSPEAKER_RATE
    struck = _rising(to_frames(to_samples(melody.attack)))
    decays = np.exp(-seconds / melody.decay)
    sound = np.zeros(frames)
    for number, amplitude in enumerate(_NOTE_HARMONICS, 1):
        sound += amplitude * decays**number * np.sin(2.0 * np.pi * number * hertz * seconds)
    sound[: len(struck)] *= struck
    return sound


def _rising(frames: int) -> _Curve:
    """Return a gain that rises from exactly 0 and would be 1 after so many frames."""
    return _half_cosine(frames + 1)[:frames]


def _half_cosine(frames: int) -> _Curve:
    return 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, frames))


def _shared(sound: _Curve | Sound) -> Sound:
    shared = sound.astype(np.float32, copy=False)
    shared.flags.writeable = False
    return shared
