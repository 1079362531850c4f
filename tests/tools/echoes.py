"""The coach's own voice in a microphone, in rooms made by arithmetic, and a canceller run over it.

Owns how the echo comes about; must not know how much of it is to go.
"""

from functools import cache

import numpy as np
import soxr

from voice_coach.audio.pcm import Pcm, as_heard, decibels, level_db, silence
from voice_coach.hearing.echo.adaptive_filter import FRAME
from voice_coach.hearing.echo.canceller import EchoCanceller
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import Samples, to_samples

COACH = [
    "Paused. Say resume to go on.",
    "Stop the session? Say yes or no.",
    "Breathe out.",
    "Say ready, or I start in ten seconds.",
]


SENTENCES = [
    "Lie on your back with your knees bent, and breathe in through the nose.",
    "Lift your hips slowly and hold for twenty seconds.",
    "Say ready, or I start in ten seconds. You can say skip this, or go back.",
    *COACH,
]


def room(reverberation_seconds: float, delay_seconds: float) -> Pcm:
    """Return an impulse response: a direct path after a delay, and a decaying tail."""
    frames = to_samples(reverberation_seconds)
    tail = np.random.default_rng(3).standard_normal(frames) * 0.08
    tail *= np.exp(-6.9 * np.arange(frames) / frames)
    tail[0] = 1.0
    return np.concatenate([silence(to_samples(delay_seconds)), tail]).astype(np.float32)


@cache
def coach(seconds: float) -> Pcm:
    """Return the coach speaking, with half a second between sentences."""
    said = (as_heard(EspeakVoice().render(text)) for text in SENTENCES)
    parts = [part for sentence in said for part in (sentence, silence(8000))]
    return np.resize(np.concatenate(parts), to_samples(seconds))


@cache
def echo_of_coach(seconds: float, reverberation: float = 0.3, delay: float = 0.06) -> Pcm:
    """Return what a microphone hears of `coach` at -10 dB."""
    played, path = coach(seconds), room(reverberation, delay)
    size = len(played) + len(path)
    echo = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(path, size), size)
    return (echo[: len(played)] * decibels(-10)).astype(np.float32)


def noise(length: Samples) -> Pcm:
    """Return the noise of a quiet room."""
    return (np.random.default_rng(4).standard_normal(length) * decibels(-65)).astype(np.float32)


def late(sound: Pcm, by: Samples) -> Pcm:
    """Return `sound` later by so many samples, of the same length."""
    return np.concatenate([silence(by), sound])[: len(sound)]


def skewed(sound: Pcm, ppm: float) -> Pcm:
    """Return `sound` as recorded with a clock that is slower by so much."""
    fine = soxr.resample(sound, 1, 8, quality="VHQ")
    places = np.arange(len(sound)) * (1 - ppm * 1e-6) * 8
    return np.interp(places, np.arange(len(fine)), fine).astype(np.float32)


def cleaned(canceller: EchoCanceller, microphone: Pcm, played: Pcm, block: Samples = 512) -> Pcm:
    """Return what the canceller makes of whole streams."""
    return np.concatenate(
        [
            canceller.process(microphone[start : start + block], played[start : start + block])
            for start in range(0, len(microphone) // FRAME * FRAME, block)
        ]
    )


def suppression_db(echo: Pcm, rest: Pcm, start: float, end: float) -> float:
    """Return how much less there is of the echo between two times in seconds."""
    part = slice(to_samples(start), to_samples(end))
    return level_db(echo[part]) - level_db(rest[part])
