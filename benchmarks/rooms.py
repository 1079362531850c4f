"""What reaches the microphone: distance, walls, noise and level.

Owns every way from clean speech to a microphone's sound; must not know who speaks or listens.
The room is a box whose walls mirror the speaker (image-source method, Allen and Berkley 1979).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from voice_coach.audio.pcm import Pcm, decibels, level_db, silence
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

SPEECH_DB: Final = -30.0
"""Level of somebody two metres away in a laptop's microphone, pauses left out."""
ROOM_DB: Final = -65.0
"""Level of a quiet room there."""
GAP: Final = (0.3, 1.5)
"""Seconds of silence between two sentences of a conversation."""
LEAD: Final = to_samples(1.5)
TAIL: Final = to_samples(1.2)

BOX: Final = (4.0, 3.0, 2.5)
"""Metres: a small room."""
REVERBERATION: Final = 0.4
"""Seconds until its sound has fallen by 60 dB."""
MICROPHONE: Final = (0.5, 1.2, 0.8)
REFERENCE_METRES: Final = 2.0
"""At this distance a voice has SPEECH_DB; nearer it is louder."""
_SPEED: Final = 343.0
_EVEN: Final = 1.27
"""Measured: with it the sound falls by 60 dB in REVERBERATION."""
_RUMBLE: Final = 100.0
"""Hz, under which the room is silent."""
_FINE: Final = 8
"""Images are placed on a grid so many times finer than the samples."""

FRAME: Final = 2048
"""Samples of the frames by whose loudest noise is scaled."""


@dataclass(frozen=True)
class Scene:
    """A microphone's sound, and where in it the words are."""

    sound: Pcm
    start: Samples
    end: Samples


def scene(
    clip: Pcm,
    seed: int,
    *,
    metres: float | None = None,
    noise: Pcm | None = None,
    noise_db: float = 0.0,
    before: Pcm | None = None,
) -> Scene:
    """Return `clip` at a microphone in a quiet room, with silence around it.

    Without `metres` there are no walls. `noise` is mixed in `noise_db` under the speech, by
    the stretch of it that `seed` chooses. `before` is what was heard there until then.
    """
    voice = _levelled(clip)
    if metres is not None:
        voice = convolved(voice, response(metres))
    lead = silence(LEAD) if before is None else np.concatenate([before, silence(LEAD)])
    sound = np.concatenate([lead, voice, silence(TAIL)]).astype(np.float32)
    words = slice(len(lead), len(lead) + len(clip))
    if noise is not None:
        beneath = stretch(noise, len(sound), seed)
        sound = sound + beneath * noise_gain(sound[words], beneath[words], noise_db)
    return Scene(sound + white(len(sound), seed), words.start, words.stop)


def conversation(clips: Sequence[Pcm], seed: int) -> Pcm:
    """Return `clips` one after the other in a quiet room, with pauses between them."""
    chance = np.random.default_rng(seed)
    parts: list[Pcm] = []
    for clip in clips:
        parts += [levelled(clip, SPEECH_DB), silence(to_samples(chance.uniform(*GAP)))]
    speech = np.concatenate(parts)
    return speech + white(len(speech), seed)


def white(length: Samples, seed: int, db: float = ROOM_DB) -> Pcm:
    """Return the noise of a room in which nothing happens."""
    noise = np.random.default_rng(seed).standard_normal(length, dtype=np.float32)
    return noise * np.float32(decibels(db))


def stretch(noise: Pcm, length: Samples, seed: int) -> Pcm:
    """Return `length` samples of `noise` from a place that `seed` chooses, repeated if short."""
    noise = np.tile(noise, 1 + length // len(noise))
    start = int(np.random.default_rng(seed).integers(0, len(noise) - length))
    return noise[start : start + length]


def noise_gain(speech: Pcm, noise: Pcm, db: float) -> np.float32:
    """Return the factor that brings the loudest frame of `noise` `db` under that of `speech`.

    That is the rule of the speech-to-intent benchmark, with frames of FRAME samples.
    """
    return np.float32(np.sqrt(_loudest(speech) / _loudest(noise)) * decibels(-db))


def convolved(sound: Pcm, path: Pcm) -> Pcm:
    """Return `sound` after `path`, with the reverberation that outlasts it."""
    length = len(sound) + len(path) - 1
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(path, size)
    return np.fft.irfft(spectrum, size)[:length].astype(np.float32)


def _loudest(sound: Pcm) -> float:
    padded = np.pad(sound, (0, FRAME - len(sound))) if len(sound) < FRAME else sound
    whole = len(padded) // FRAME * FRAME
    return float(np.max(np.sum(np.square(padded[:whole].reshape(-1, FRAME)), axis=1)))


def _levelled(clip: Pcm) -> Pcm:
    return levelled(clip, SPEECH_DB)


def levelled(clip: Pcm, db: float) -> Pcm:
    """Return `clip` at a level of `db`, pauses left out."""
    loud = clip[np.abs(clip) > 0.02 * np.abs(clip).max(initial=0.0)]
    return clip * np.float32(decibels(db - level_db(loud))) if len(loud) else clip


@cache
def response(metres: float) -> Pcm:
    """Return what the microphone gets of a click `metres` away, from the direct sound on.

    At REFERENCE_METRES its energy is 1.
    """
    return (_response(metres) / np.sqrt(_energy(REFERENCE_METRES))).astype(np.float32)


@cache
def _energy(metres: float) -> float:
    return float(np.sum(np.square(_response(metres), dtype=np.float64)))


@cache
def _response(metres: float) -> Pcm:
    source = (MICROPHONE[0] + metres, MICROPHONE[1], MICROPHONE[2])
    distances, gains = images(source)
    after = (distances - distances.min()) / _SPEED
    places = np.rint(after * SAMPLE_RATE * _FINE).astype(np.int64)
    fine = np.bincount(places, gains * _FINE, minlength=places.max() + 64 * _FINE)
    return _without_rumble(soxr.resample(fine, _FINE, 1, quality="HQ"))


def _without_rumble(click: npt.NDArray[np.float64]) -> Pcm:
    # All images have one sign and add up at the lowest frequencies, where no loudspeaker, voice
    # or microphone does anything.
    spectrum = np.fft.rfft(click, 2 * len(click))
    hertz = np.fft.rfftfreq(2 * len(click), 1 / SAMPLE_RATE)
    spectrum /= 1 + 1j * (_RUMBLE / np.maximum(hertz, 1e-3)) ** 3
    return np.fft.irfft(spectrum)[: len(click)].astype(np.float32)


def images(
    source: tuple[float, float, float],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the distance (m) and the gain of every mirror image of `source`, shapes (images,).

    Images count until REVERBERATION has passed. The gain is 1 over the distance, times the
    walls' reflection for each wall that is met.
    """
    farthest = REVERBERATION * _SPEED
    offsets, bounces = zip(*(_axis(axis, source[axis], farthest) for axis in range(3)), strict=True)
    squared = (
        offsets[0][:, None, None] ** 2 + offsets[1][None, :, None] ** 2 + offsets[2] ** 2
    ).ravel()
    met = (bounces[0][:, None, None] + bounces[1][None, :, None] + bounces[2]).ravel()
    near = squared <= farthest**2
    distances = np.sqrt(squared[near])
    return distances, reflection() ** met[near] / distances


def reflection() -> float:
    """Return the share of the pressure that the walls give back, by Eyring's formula.

    It is for a diffuse field; between even walls sound lasts longer, by _EVEN.
    """
    length, width, height = BOX
    surface = 2 * (length * width + length * height + width * height)
    kept = np.exp(-0.161 * length * width * height / (surface * REVERBERATION / _EVEN))
    return float(np.sqrt(kept))


def _axis(
    axis: int, source: float, farthest: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the offsets of the images along one axis, and how many walls each has met."""
    size = BOX[axis]
    order = int(np.ceil(farthest / (2 * size))) + 1
    rooms = np.arange(-order, order + 1)
    offsets = np.concatenate([2 * rooms * size + source, 2 * rooms * size - source])
    met = np.concatenate([2 * np.abs(rooms), np.abs(rooms) + np.abs(rooms - 1)])
    return offsets - MICROPHONE[axis], met.astype(np.float64)
