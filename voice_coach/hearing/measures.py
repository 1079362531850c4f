"""What a room, a microphone and a loudspeaker are like, measured on recorded sound.

Owns the figures and how they are taken; must not know devices, words or what to advise. Pure:
arrays in, numbers out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.microphone_faults import clips, piled_up
from voice_coach.audio.pcm import SILENCE_DB, Pcm
from voice_coach.hearing.echo.canceller import EchoCanceller
from voice_coach.hearing.vad import CHUNK, ActivityDetector, SileroActivity
from voice_coach.units import BLOCK, SAMPLE_RATE, Samples, to_samples

_VOICED: Final = 0.5
"""Probability of speech from which a chunk counts as the user's."""
_LEAST_SPEECH: Final = 4
"""Chunks of speech, 0.13 s, under which nobody has spoken."""
_CALM: Final = 90.0
"""Percentile of frames that are the room's own noise; what is louder was a step or a cough."""
_AUDIBLE: Final = 2.0
"""An echo is there where the microphone has so many times the power of the room's noise."""

_FRAME: Final = 512
_BAND_HZ: Final = 250.0
_FLOOR_DB: Final = -60.0
"""A band so far under the strongest one carries nothing."""


@dataclass(frozen=True)
class Speech:
    """How the user's voice arrives."""

    level_db: float
    """Root mean square while it sounds, the room's noise taken off, in dB of full scale."""
    snr_db: float
    """How much louder it is than the room."""
    bandwidth_hz: float
    """Up to where it has anything: 8000 at most, 4000 from a telephone or a headset's radio."""


@dataclass(frozen=True)
class Echo:
    """How the coach's own voice comes back."""

    level_db: float
    """At the microphone, in dB of full scale."""
    coupling_db: float
    """At the microphone, against what was played."""
    delay: Samples | None
    """None where it was not found."""
    skew_ppm: float
    """How much slower the microphone's clock runs than the loudspeaker's."""
    suppression_db: float
    """How much of it the canceller takes out."""
    trusted: bool
    """Whether the canceller is used."""


def offset(sound: Pcm) -> float:
    """Return the constant part of `sound`, which a good microphone has none of."""
    return float(np.mean(sound, dtype=np.float64)) if len(sound) else 0.0


def noise_db(quiet: Pcm) -> float:
    """Return the level of a room in which nobody speaks, in dB of full scale."""
    powers = _powers(quiet, BLOCK)
    if not len(powers):
        return SILENCE_DB
    calm = powers[powers <= np.percentile(powers, _CALM)]
    return _db(float(calm.mean()))


def clipped(sound: Pcm) -> Samples:
    """Return about how much of `sound` is cut off at a ceiling."""
    seconds = (sound[at : at + SAMPLE_RATE] for at in range(0, len(sound), SAMPLE_RATE))
    return sum(max(_flat(second), piled_up(second)) for second in seconds)


def _flat(sound: Pcm) -> Samples:
    return BLOCK * sum(clips(sound[at : at + BLOCK]) for at in range(0, len(sound), BLOCK))


def speech(sound: Pcm, room_db: float, activity: ActivityDetector | None = None) -> Speech | None:
    """Return how the voice in `sound` arrives, over a room of `room_db`; None if there is none."""
    activity = activity or SileroActivity()
    plain = sound - np.float32(offset(sound))
    whole = plain[: len(plain) // CHUNK * CHUNK].reshape(-1, CHUNK)
    voiced = whole[[activity.probability(chunk) >= _VOICED for chunk in whole]]
    if len(voiced) < _LEAST_SPEECH:
        return None
    room = 10 ** (room_db / 10)
    power = max(float(np.mean(np.square(voiced, dtype=np.float64))) - room, 1e-12)
    level_db = _db(power)
    return Speech(level_db, level_db - room_db, bandwidth_hz(voiced.reshape(-1)))


def bandwidth_hz(sound: Pcm) -> float:
    """Return the frequency above which `sound` has next to nothing."""
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    spectrum = np.mean(np.abs(np.fft.rfft(frames * np.hanning(_FRAME))) ** 2, axis=0)
    per_band = round(_BAND_HZ * _FRAME / SAMPLE_RATE)
    bands = spectrum[1:].reshape(-1, per_band).mean(axis=1)
    if not bands.max():
        return 0.0
    present = np.flatnonzero(bands >= bands.max() * 10 ** (_FLOOR_DB / 10))
    return float((present[-1] + 1) * _BAND_HZ)


def echo(microphone: Pcm, played: Pcm, measured: slice, room_db: float) -> Echo | None:
    """Return how the coach's voice comes back, or None where it is not to be heard.

    Both of the same length and clock. The canceller learns from all of it; the levels are
    those of the part `measured`, in which the coach speaks and nobody else.
    """
    canceller = EchoCanceller()
    for start in range(0, len(microphone), BLOCK):
        block = slice(start, start + BLOCK)
        canceller.process(microphone[block], played[block])
    late = (canceller.delay or 0) + measured.start
    heard = _loud(microphone[late : late + measured.stop - measured.start])
    said = _loud(played[measured])
    room = 10 ** (room_db / 10)
    if not said or heard < _AUDIBLE * room or heard < 1e-12:
        return None
    level_db = _db(heard - room)
    return Echo(
        level_db=level_db,
        coupling_db=level_db - _db(said),
        delay=canceller.delay,
        skew_ppm=canceller.skew_ppm,
        suppression_db=canceller.suppression_db,
        trusted=canceller.trusted,
    )


def _loud(sound: Pcm) -> float:
    """Return the mean power of `sound` without its pauses."""
    powers = _powers(sound, to_samples(0.02))
    if not len(powers):
        return 0.0
    return float(powers[powers >= powers.max() / 1000].mean())


def _powers(sound: Pcm, frame: Samples) -> npt.NDArray[np.float64]:
    """Return the mean power of each whole frame, the constant part taken off."""
    plain = (sound - np.float32(offset(sound)))[: len(sound) // frame * frame]
    return np.asarray(np.mean(np.square(plain.reshape(-1, frame), dtype=np.float64), axis=1))


def _db(power: float) -> float:
    return max(SILENCE_DB, 10.0 * float(np.log10(power))) if power > 0.0 else SILENCE_DB
