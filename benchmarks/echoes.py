"""The coach's own voice in the microphone: what it says, and how it comes from the loudspeaker.

Owns loudspeaker, room and clocks between the coach and the microphone; must not know the user.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import soxr
import yaml

from benchmarks.corpus import ROOT
from benchmarks.rooms import convolved, levelled
from voice_coach.app.coach import DUCK_DB, DUCK_OVER, RELEASE_OVER
from voice_coach.audio.decimation import Decimator
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Pcm, Sound, as_heard, duration, quiet, silence
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import Samples, to_frames, to_samples

PROMPTS: Final = (
    "Paused. Say resume to go on, or next for the next exercise.",
    "Stop the session? Say yes or no.",
    "Halfway. Change to the left side, and pull the knee towards your chest.",
    "Say ready, or I start in ten seconds. You can say skip this, or go back.",
    "You can say: pause, slower, how long left, or that hurts.",
)
ECHO_DB: Final = -26.0
"""Level of the echo in the microphone while the coach speaks."""
CLIPPED: Final = 0.3
"""Share of its peak at which an overdriven loudspeaker clips."""


@dataclass(frozen=True)
class Room:
    """A path from the loudspeaker to the microphone."""

    name: str
    reverberation: float
    delay: float
    tail: float
    noise_db: float
    drive: float
    """How hard the loudspeaker is driven; it bends loud peaks from 1 on."""


ROOMS: Final = (
    Room("soft room", 0.15, 0.03, 0.08, -70, 0.2),
    Room("bedroom", 0.3, 0.06, 0.08, -65, 0.5),
    Room("living room", 0.45, 0.09, 0.12, -62, 0.5),
    Room("bare room", 0.6, 0.14, 0.12, -62, 0.8),
)


def coach(length: Samples, rng: np.random.Generator) -> Sound:
    """Return the coach speaking without end, sentences in an order that `rng` chooses."""
    parts: list[Sound] = []
    total, texts = 0, _texts()
    while total < length:
        for index in rng.permutation(len(texts)):
            pause = quiet(int(rng.integers(to_samples(0.3), to_samples(1.0))))
            parts += [_coach_says(texts[index]), pause]
            total += duration(parts[-1]) + duration(parts[-2])
            if total >= length:
                break
    return np.concatenate(parts)[: to_frames(length)]


@cache
def _coach_says(text: str) -> Sound:
    return EspeakVoice().render(text)


@cache
def _texts() -> tuple[str, ...]:
    """Return what the coach says: its prompts, and every sentence of its routines."""
    routines = [yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob("routines/*.yaml"))]
    return (*PROMPTS, *dict.fromkeys(text for text in _strings(routines) if " " in text))


def _strings(content: Any) -> Iterator[str]:
    match content:
        case str():
            yield " ".join(content.split())
        case dict():
            for value in content.values():
                yield from _strings(value)
        case list():
            for value in content:
                yield from _strings(value)


def reference_of(played: Sound) -> Pcm:
    """Return what the canceller is given of `played`."""
    return Decimator().push(played)


def echo_of(played: Sound, room: Room, seed: int, *, clipped: bool = False) -> Pcm:
    """Return what the microphone hears of `played`: a loudspeaker that bends, then the room."""
    path, peak = _path(room, seed), float(np.abs(played).max())
    bent = as_heard(_bent(played, peak, room, clipped=clipped))
    return levelled(convolved(bent, path)[: len(bent)], ECHO_DB)


def _path(room: Room, seed: int) -> Pcm:
    frames = to_samples(room.reverberation)
    tail = np.random.default_rng(100 + seed % 10).standard_normal(frames) * room.tail
    tail *= np.exp(-6.9 * np.arange(frames) / frames)
    tail[0] = 1.0
    return np.concatenate([silence(to_samples(room.delay)), tail])


def _bent(played: Sound, peak: float, room: Room, *, clipped: bool) -> Sound:
    """Return what a loudspeaker makes of `played`, of which `peak` is the loudest sample."""
    bent = np.tanh(played / peak * room.drive) * peak / room.drive
    return np.clip(bent, -CLIPPED * peak, CLIPPED * peak) if clipped else bent


class DuckingCoach:
    """The coach as it speaks in a session: it lowers its voice while the user is noticed."""

    def __init__(self, speech: Sound, room: Room, seed: int) -> None:
        """`speech` is what it says; not lowered, its echo is just that of `echo_of`."""
        self._mixer = Mixer()
        self._mixer.play(speech, 0, 1)
        self._room, self._peak = room, float(np.abs(speech).max())
        bent = as_heard(_bent(speech, self._peak, room, clipped=False))
        raw = convolved(bent, path := _path(room, seed))
        loudest = int(np.argmax(np.abs(raw[: len(bent)])))
        self._path = path * (echo_of(speech, room, seed)[loudest] / raw[loudest])
        self._coming = silence(len(path))
        # Both sides through the same filter, as with one device in both directions.
        self._reference, self._microphone = Decimator(), Decimator()
        self._ducked = False

    def speak(self, length: Samples, *, lower: bool) -> tuple[Pcm, Pcm]:
        """Return the next samples of the reference, and what the microphone hears meanwhile."""
        if lower != self._ducked:
            self._ducked = lower
            self._mixer.duck(*((DUCK_DB, DUCK_OVER) if lower else (0.0, RELEASE_OVER)))
        played = self._mixer.render(length)
        bent = _bent(played, self._peak, self._room, clipped=False)
        late = convolved(self._microphone.push(bent), self._path)
        coming = np.pad(self._coming, (0, length))[: len(late)] + late
        self._coming = coming[length:]
        return self._reference.push(played), coming[:length].astype(np.float32)


def skewed(sound: Pcm, ppm: float) -> Pcm:
    """Return `sound` as a clock hears it that is slower than the loudspeaker's by `ppm`."""
    if not ppm:
        return sound
    fine = soxr.resample(sound, 1, 8, quality="VHQ")
    places = np.arange(len(sound)) * (1 - ppm * 1e-6) * 8
    return np.interp(places, np.arange(len(fine)), fine).astype(np.float32)


def jumped(sound: Pcm, jump: Samples) -> Pcm:
    """Return `sound` late by so much from its middle on."""
    middle = len(sound) // 2
    return np.concatenate([sound[:middle], silence(jump), sound[middle : len(sound) - jump]])
