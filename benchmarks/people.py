"""The row of people: single words of hundreds of them, and sentences by neural voices.

Owns what is said under which condition, another person's talk among them; must not know how
that is heard. Speakers of words are halved by themselves, so that nobody is in both halves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import neural
from benchmarks.corpus import (
    Half,
    background,
    half_of,
    own_commands,
    recordings,
    seed_of,
    session_sample,
    speech_folder,
    spoken,
)
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import SPEECH_DB, levelled, scene
from benchmarks.scoring import Figure, Result, shares, verdict
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.grammar import ListeningState
from voice_coach.units import to_samples

WORDS: Final = (("yes", "confirm"), ("no", "confirm"), ("stop", "session"))
"""What people say, and what is listened for then."""
OTHER_STATES: Final = (ListeningState.SESSION, ListeningState.IDLE, ListeningState.CONFIRM)
"""In these no other word may be taken."""
OTHERS_EVERY: Final = 4
SENTENCES_EVERY: Final = 2
QUICK_EVERY: Final = 60
QUICK_SENTENCES_EVERY: Final = 12
_BEFORE: Final = to_samples(2.0)
"""How much longer than the silence of a scene the talker speaks before the word."""
_GAP: Final = (0.1, 0.4)
"""Seconds between two orders of the talker."""

ALL_WORDS, OTHERS, SENTENCES = "people's words", "other words", "neural voices"
TALK: Final = "talk"
TALK_VOICE: Final = "hibari"


@dataclass(frozen=True)
class Condition:
    """How a voice comes to the microphone, and how often it must be understood there."""

    name: str
    words: float
    """Goal for single words by people, in percent."""
    sentences: float | None = None
    """The same for sentences by neural voices."""
    metres: float | None = None
    noise: str | None = None
    """Name of a recording."""
    noise_db: float = 0.0
    talker_db: float | None = None
    """How much quieter somebody is who talks all the time."""

    def applied(self, clip: Pcm, seed: int) -> Pcm:
        """Return the sound of `clip` under this condition."""
        noise = None if self.noise is None else background(self.noise)
        before = silence(_BEFORE) if self.talker_db is not None else None
        sound = scene(
            clip,
            seed,
            metres=self.metres,
            noise=noise,
            noise_db=self.noise_db,
            before=before,
        ).sound
        if self.talker_db is None:
            return sound
        return sound + talker(len(sound), seed, SPEECH_DB - self.talker_db)


CONDITIONS: Final = (
    Condition("clean", 98.5, 99),
    Condition("2 m", 93, metres=2),
    Condition("kitchen 20 dB", 99, noise="kitchen", noise_db=20),
    Condition("kitchen 10 dB", 96, 99, noise="kitchen", noise_db=10),
    Condition("kitchen 5 dB", 88, 97, noise="kitchen", noise_db=5),
    Condition("bike 10 dB", 96, 99, noise="bike", noise_db=10),
    Condition("dishes 10 dB", 96, 99, noise="dishes", noise_db=10),
    Condition("talker 20 dB", 85, 90, talker_db=20),
    Condition("talker 10 dB", 65, 75, talker_db=10),
    Condition("talker 5 dB", 45, 50, talker_db=5),
)
QUICK: Final = ("2 m", "talker 20 dB", "talker 10 dB")


def talker(length: int, seed: int, db: float) -> Pcm:
    """Return `length` samples of coffee orders, one after the other, at a level of `db`."""
    chance = np.random.default_rng(seed)
    parts: list[Pcm] = []
    while sum(map(len, parts)) < 2 * length:
        order = spoken(_orders()[chance.integers(len(_orders()))])
        parts += [levelled(order, db), silence(to_samples(chance.uniform(*_GAP)))]
    start = int(chance.integers(0, length))
    return np.concatenate(parts)[start : start + length]


@cache
def _orders() -> list[Path]:
    return [path for path, half in half_of(recordings("coffee")).items() if half == "tuning"]


def _half(path: Path) -> Half:
    """Return the half of a word: that of its speaker, by whom the file is named."""
    return "test" if seed_of(path.name.partition("_")[0]) % 2 else "tuning"


def tasks(options: Options) -> list[Task]:
    """Return every word and every sentence under every condition."""
    conditions = [c for c in CONDITIONS if not options.quick or c.name in QUICK]
    return [
        *(task for condition in conditions for task in _words(condition, quick=options.quick)),
        *_others(quick=options.quick),
        *_talk(quick=options.quick),
        *(
            task
            for condition in conditions
            if condition.sentences is not None
            for task in _sentences(condition, quick=options.quick)
        ),
    ]


def _words(condition: Condition, *, quick: bool) -> Iterator[Task]:
    for word, state in WORDS:
        for path in recordings(f"commands/{word}")[:: QUICK_EVERY if quick else 1]:
            yield partial(_word, condition, state, word, path)


def _others(*, quick: bool) -> Iterator[Task]:
    paths = recordings("commands", "*/*.flac")[:: 2 * QUICK_EVERY if quick else OTHERS_EVERY]
    for state in OTHER_STATES:
        for path in paths:
            word = path.parent.name
            if not own_commands().match(word, state):
                yield partial(_other, state, path)


def _sentences(condition: Condition, *, quick: bool) -> Iterator[Task]:
    for number, text in enumerate(
        session_sample()[:: QUICK_SENTENCES_EVERY if quick else SENTENCES_EVERY]
    ):
        for turn, voice in enumerate(neural.voices()):
            speed = neural.SPEEDS[(number + turn) % len(neural.SPEEDS)]
            yield partial(_sentence, condition, voice, speed, text)


def _talk(*, quick: bool) -> Iterator[Task]:
    """Yield sentences of ordinary talk that hold words of commands."""
    content = (speech_folder() / "phrases" / "talk.tsv").read_text("utf-8")
    sentences = [line.rpartition("\t")[2] for line in content.splitlines()[1:] if line]
    for number, text in enumerate(sentences[:: 10 if quick else 1]):
        yield partial(_spoken, OTHER_STATES[number % len(OTHER_STATES)], text)


def _spoken(state: str, text: str, ears: Ears) -> Result:
    sound = scene(neural.uttered(TALK_VOICE, text, neural.SPEEDS[1]), seed_of(text)).sound
    _, half = neural.VOICES[TALK_VOICE]
    return _untaken(ears, sound, state, kind=TALK, half=half, name=text)


def _word(condition: Condition, state: str, word: str, path: Path, ears: Ears) -> Result:
    sound = condition.applied(spoken(path), seed_of(word, path.name))
    name = f"{word}/{path.name}"
    return _judged(
        ears, sound, state, word, kind=ALL_WORDS, condition=condition, half=_half(path), name=name
    )


def _other(state: str, path: Path, ears: Ears) -> Result:
    sound = scene(spoken(path), seed_of(path.parent.name, path.name)).sound
    name = f"{path.parent.name}/{path.name}"
    return _untaken(ears, sound, state, kind=OTHERS, half=_half(path), name=name)


def _untaken(ears: Ears, sound: Pcm, state: str, *, kind: str, half: Half, name: str) -> Result:
    """Return what is heard in `sound`, of which nothing is a command in `state`."""
    heard = ears.hear(sound, state)
    return {
        "kind": kind,
        "condition": state,
        "half": half,
        "name": name,
        "heard": heard,
        "any": bool(heard),
    }


def _sentence(condition: Condition, voice: str, speed: float, text: str, ears: Ears) -> Result:
    sound = condition.applied(neural.uttered(voice, text, speed), seed_of(voice, text))
    _, half = neural.VOICES[voice]
    return _judged(
        ears, sound, "session", text, kind=SENTENCES, condition=condition, half=half, name=voice
    )


def _judged(
    ears: Ears,
    sound: Pcm,
    state: str,
    text: str,
    *,
    kind: str,
    condition: Condition,
    half: Half,
    name: str,
) -> Result:
    meant = own_commands().match(text, state)
    if not meant:
        raise ValueError(f"'{text}' is no sentence of the state '{state}'")
    heard = ears.hear(sound, state)
    return {
        "kind": kind,
        "condition": condition.name,
        "half": half,
        "text": text,
        "name": name,
        "heard": heard,
        "verdict": verdict(heard, meant.name, dict(meant.slots)),
    }


def figures(results: list[Result]) -> list[Figure]:
    """Return how much is understood, how much mistaken, and how many other words are taken."""
    found = []
    for kind in (ALL_WORDS, SENTENCES):
        for condition in CONDITIONS:
            some = [r for r in results if r["kind"] == kind and r["condition"] == condition.name]
            if some:
                goal = condition.words if kind == ALL_WORDS else condition.sentences
                of, name = f"{len(some)} clips", f"{kind}, {condition.name}"
                recall = shares(some, "verdict", "right", "twice")
                wrong = shares(some, "verdict", "wrong")
                most = 0.3 if condition.name == "clean" else 1.0
                found += [
                    Figure(f"{name}: recall", unit="%", of=of, goal=goal, **recall),
                    Figure(f"{name}: wrong", unit="%", of=of, goal=most, less=True, **wrong),
                ]
    for state, most in zip(OTHER_STATES, (0.7, 1.0, 1.5), strict=True):
        some = [r for r in results if r["kind"] == OTHERS and r["condition"] == state]
        if some:
            taken = shares(some, "any", True)
            of, name = f"{len(some)} words", f"other words of people taken, {state}"
            found.append(Figure(name, unit="%", of=of, goal=most, less=True, **taken))
    some = [r for r in results if r["kind"] == TALK]
    if some:
        taken = shares(some, "any", True)
        name = "talk that holds words of commands, taken"
        of = f"{len(some)} sentences"
        found.append(Figure(name, unit="%", of=of, goal=0, less=True, **taken))
    return found


def details(results: list[Result]) -> str:
    """Return the other words that were taken."""
    taken = [
        (r["name"].partition("/")[0], r["condition"], heard["text"])
        for r in results
        if r["kind"] in (OTHERS, TALK)
        for heard in r["heard"]
    ]
    shown = "; ".join(f"“{text}” for {word} ({state})" for word, state, text in taken[:40])
    return f"Other words that were taken for commands: {shown or 'none'}."


ROW: Final = Row("people", tasks, figures, details, recordings=True)
