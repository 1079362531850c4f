"""Speech for the tests of hearing: a synthetic user in a quiet room."""

from functools import cache

import numpy as np

from voice_coach.audio.pcm import Pcm, as_heard, decibels
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import SAMPLE_RATE, Samples, to_samples

USER = "en-us+m3"
"""Of espeak's voices the one that is understood best, and not the coach's."""
SPEECH_DB = -20.0
ROOM_DB = -65.0


@cache
def said(text: str, voice: str = USER) -> Pcm:
    """Return `text` spoken at SPEECH_DB."""
    speech = as_heard(EspeakVoice(voice).render(text))
    return speech * np.float32(decibels(SPEECH_DB) / np.sqrt(np.mean(speech**2)))


def room(length: Samples, seed: int = 0, db: float = ROOM_DB) -> Pcm:
    """Return the noise of a room in which nobody speaks."""
    noise = np.random.default_rng(seed).standard_normal(length, dtype=np.float32)
    return noise * np.float32(decibels(db))


def spoken_in_room(*texts: str, voice: str = USER, pause: float = 1.0) -> Pcm:
    """Return `texts` one after the other, with `pause` seconds around each."""
    quiet = np.zeros(to_samples(pause), dtype=np.float32)
    parts = [part for text in texts for part in (quiet, said(text, voice))]
    speech = np.concatenate([*parts, quiet])
    return speech + room(len(speech))


def breath(seconds: float, seed: int = 0) -> Pcm:
    """Return noise that swells and ebbs as somebody breathes."""
    length = to_samples(seconds)
    swell = np.sin(np.pi * np.arange(length, dtype=np.float32) / (2 * SAMPLE_RATE)) ** 2
    return room(length, seed, -30.0) * swell
