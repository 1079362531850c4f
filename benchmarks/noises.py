"""Sounds that are no speech: hum, breath, knocks and music, made by arithmetic.

Owns how they are made; must not know how loud they are heard, nor by whom.
Every one takes its length and a source of chance, and has a peak of 1.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from voice_coach.audio.pcm import Pcm
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

_Chance = np.random.Generator
_Signal = npt.NDArray[np.float64]
Noise = Callable[[Samples, _Chance], Pcm]


def hiss(length: Samples, chance: _Chance) -> Pcm:
    """Return white noise."""
    return _peaked(chance.standard_normal(length))


def rush(length: Samples, chance: _Chance) -> Pcm:
    """Return pink noise."""
    return _peaked(_pink(length, chance))


def calm_breath(length: Samples, chance: _Chance) -> Pcm:
    """Return breath through the nose, four seconds in and six out."""
    return _breath(length, chance, inhale=4.0, exhale=6.0, spread=0.1)


def heavy_breath(length: Samples, chance: _Chance) -> Pcm:
    """Return panting through the mouth."""
    return _breath(length, chance, inhale=0.6, exhale=0.8, spread=0.25)


def thumps(length: Samples, chance: _Chance) -> Pcm:
    """Return feet and hands on a floor."""

    def thump() -> _Signal:
        time = np.arange(to_samples(0.25)) / SAMPLE_RATE
        pitch = chance.uniform(50, 120)
        tone = np.sin(2 * np.pi * pitch * time * np.exp(-time * 2)) * np.exp(-time * 25)
        knock = chance.standard_normal(len(time)) * np.exp(-time * 200) * 0.3
        return (tone + knock) * chance.uniform(0.3, 1.0)

    return _peaked(_scattered(length, chance, thump, 0.2, 2.5))


def claps(length: Samples, chance: _Chance) -> Pcm:
    """Return hands that clap, in a room, alone and in rhythm."""

    def clap() -> _Signal:
        time = np.arange(to_samples(0.3)) / SAMPLE_RATE
        noise = _band(chance.standard_normal(len(time)), 700, 4000)
        return noise * (np.exp(-time * 150) + 0.08 * np.exp(-time * 20)) * chance.uniform(0.3, 1)

    return _peaked(_scattered(length, chance, clap, 0.15, 2.0))


def music(length: Samples, chance: _Chance) -> Pcm:
    """Return a piece with chords, bass, drums and a lead that sings vowels."""
    beat = to_samples(60 / chance.uniform(80, 140))
    root = chance.uniform(40, 50)
    piece = np.zeros(length)
    for number, start in enumerate(range(0, length, beat)):
        bar = number // 4
        chord = root + (0, 5, 7, 9)[bar % 4] + np.array([12, 16 if bar % 4 != 3 else 15, 19])
        parts = [0.12 * _chord(chord, beat, chance), 0.25 * _tone(chord[0] - 12, beat, 3)]
        parts += [0.4 * _drum(number, beat, chance)]
        if chance.random() < 0.7:
            note = float(chord[chance.integers(3)] + chance.choice([0, 12]))
            parts += [0.3 * _sung(note, beat, chance)]
        played = np.sum(parts, axis=0)[: length - start]
        piece[start : start + len(played)] += played
    return _peaked(piece)


def _breath(length: Samples, chance: _Chance, inhale: float, exhale: float, spread: float) -> Pcm:
    """Return bursts of noise: higher and shorter in, lower and louder out."""
    parts: list[_Signal] = []
    while sum(map(len, parts)) < length:
        for seconds, low, high, loud in ((inhale, 700, 5000, 0.5), (exhale, 300, 3000, 1.0)):
            frames = to_samples(seconds * (1 + spread * chance.standard_normal() / 2))
            swell = np.sin(np.pi * np.linspace(0, 1, frames)) ** chance.uniform(0.7, 2.0)
            mouth = _band(_pink(frames, chance), low * chance.uniform(0.8, 1.2), high)
            parts.append(mouth / np.std(mouth) * swell * loud)
            parts.append(np.zeros(to_samples(seconds * 0.15)))
    return _peaked(np.concatenate(parts)[:length])


def _scattered(
    length: Samples, chance: _Chance, make: Callable[[], _Signal], least: float, most: float
) -> _Signal:
    sound = np.zeros(length)
    at = to_samples(0.5)
    while at < length:
        one = make()[: length - at]
        sound[at : at + len(one)] += one
        at += to_samples(chance.uniform(least, most))
    return sound


def _chord(notes: _Signal, length: Samples, chance: _Chance) -> _Signal:
    strum = chance.uniform(2, 6)
    fade = np.exp(-np.arange(length) / SAMPLE_RATE * strum)
    return np.sum([_tone(float(note), length, 6) for note in notes], axis=0) * fade


def _tone(note: float, length: Samples, harmonics: int) -> _Signal:
    phase = 2 * np.pi * _hertz(note) * np.arange(length) / SAMPLE_RATE
    return np.sum([np.sin(h * phase) / h for h in range(1, harmonics + 1)], axis=0)


def _drum(number: int, length: Samples, chance: _Chance) -> _Signal:
    time = np.arange(length) / SAMPLE_RATE
    if number % 2 == 0:
        return np.asarray(np.sin(2 * np.pi * 55 * time) * np.exp(-time * 18))
    return np.asarray(chance.standard_normal(length) * np.exp(-time * 30) * 0.5)


_VOWELS: Final = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))
"""Formants of ah, ee, oo and eh in Hz (Peterson and Barney 1952)."""


def _sung(note: float, length: Samples, chance: _Chance) -> _Signal:
    time = np.arange(length) / SAMPLE_RATE
    pitch = _hertz(note) * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    formants = _VOWELS[chance.integers(len(_VOWELS))]
    voice = np.zeros(length)
    for harmonic in range(1, int(7000 / _hertz(note))):
        frequency = harmonic * _hertz(note)
        loud = sum(1 / (1 + ((frequency - f) / 90) ** 2) for f in formants) + 0.01
        voice += loud * np.sin(harmonic * phase)
    edge = np.clip(np.minimum(time, time[-1] - time) / 0.04, 0, 1)
    return np.asarray(voice / np.abs(voice).max() * edge)


def _hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _pink(length: Samples, chance: _Chance) -> _Signal:
    spectrum = np.fft.rfft(chance.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    return np.asarray(np.fft.irfft(spectrum, length))


def _band(sound: _Signal, low: float, high: float) -> _Signal:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    spectrum *= 1 / (1 + (low / np.maximum(hertz, 1)) ** 4) / (1 + (hertz / high) ** 4)
    return np.asarray(np.fft.irfft(spectrum, len(sound)))


def _peaked(sound: _Signal) -> Pcm:
    return np.asarray(sound / np.abs(sound).max(), dtype=np.float32)


NOISES: Final[dict[str, tuple[Noise, tuple[float, ...]]]] = {
    "white noise": (hiss, (-55, -40, -25)),
    "pink noise": (rush, (-50, -35, -20)),
    "calm breath": (calm_breath, (-45, -35, -25)),
    "heavy breath": (heavy_breath, (-40, -30, -20)),
    "thumps": (thumps, (-40, -30, -20)),
    "claps": (claps, (-40, -30, -20)),
    "music": (music, (-45, -40, -35, -30, -28, -25, -22, -20)),
}
"""Each with the levels, in dB of full scale, at which a minute of it is heard."""


def minutes() -> Iterator[tuple[str, float, Noise]]:
    """Yield the name, level and maker of each minute."""
    for name, (noise, levels) in NOISES.items():
        for level in levels:
            yield name, level, noise
