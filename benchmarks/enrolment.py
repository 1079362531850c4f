"""The row of teaching: how users are heard before and after they have taught the coach.

Owns who teaches what, and what is said afterwards; must not know how takes are compared.
Everything is heard twice, by the same listener without and with the user's profile. Users teach in
a room at one metre; what they say later has other rates, another pitch and other surroundings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np

from benchmarks.corpus import (
    MOST_USED,
    RATES,
    SPEAKERS,
    Speaker,
    kitchen,
    lines,
    own_commands,
    said,
    seed_of,
    session_sample,
)
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import scene
from benchmarks.scoring import Figure, Result, share, shares, verdict
from voice_coach.app.coach import attend
from voice_coach.audio.pcm import Pcm, resample
from voice_coach.dictionary import read_language
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.enrolled.profile import Profile, Take
from voice_coach.hearing.enrolled.takes import TakeRecorder, Trial
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener
from voice_coach.units import SAMPLE_RATE

TAKE_RATES: Final = (0.92, 1.07, 1.13)
"""None of them is one of RATES, at which is spoken later."""
PITCHES: Final = (0.96, 1.04)
"""Everything is played a little slower or faster, so that no two takes are alike."""
SURROUNDINGS: Final[dict[str, tuple[float | None, float | None]]] = {
    "clean": (None, None),
    "1 m": (1.0, None),
    "2 m": (2.0, None),
    "kitchen 10 dB": (None, 10.0),
    "kitchen 5 dB": (None, 5.0),
}
"""The distance in metres, and how much quieter the kitchen is."""
CONDITIONS: Final = ("clean", "2 m", "kitchen 10 dB", "kitchen 5 dB")
FEW_CONDITIONS: Final = ("clean", "kitchen 10 dB")
UNTAUGHT, WORDS, SENTENCES = 12, 30, 4
"""How many each user says."""
TAUGHT, OTHER_SENTENCES, TALK, OTHER_USER = "taught", "untaught", "talk", "other user"
QUICK: Final = {(TAUGHT, "2 m"), (TAUGHT, "kitchen 10 dB")}


@dataclass(frozen=True)
class Saying:
    """Something that is said once a user has taught the coach."""

    kind: str
    speaker: Speaker
    text: str
    condition: str

    @property
    def sound(self) -> Pcm:
        """What reaches the microphone."""
        names = str(self.speaker), self.text, self.condition, self.kind
        rate = RATES[seed_of(*names) % len(RATES)]
        return _scene(self.speaker, self.text, rate, self.condition, *names)


def tasks(options: Options) -> list[Task]:
    """Return all that every user says, one user after the other."""
    return [
        partial(_heard, user, saying, options.recogniser)
        for user in (SPEAKERS[-3:-2] if options.quick else SPEAKERS)
        for saying in sayings(user)
        if (options.speech or "kitchen" not in saying.condition)
        and (not options.quick or (saying.kind, saying.condition) in QUICK)
    ]


def sayings(user: Speaker) -> Iterator[Saying]:
    """Yield what is said once `user` has taught the coach."""
    for text in MOST_USED:
        for condition in CONDITIONS:
            yield Saying(TAUGHT, user, text, condition)
    others = [text for text in session_sample(2) if text not in MOST_USED]
    for text in _some(others, user, UNTAUGHT):
        for condition in FEW_CONDITIONS:
            yield Saying(OTHER_SENTENCES, user, text, condition)
    words, prose = lines("words.txt"), lines("prose.txt")
    for text in (*_some(words, user, WORDS), *_some(prose, user, SENTENCES)):
        yield Saying(TALK, user, text, "clean")
    same_half = [speaker for speaker in SPEAKERS if speaker.half == user.half]
    another = same_half[(same_half.index(user) + 1) % len(same_half)]
    for text in MOST_USED:
        for condition in FEW_CONDITIONS:
            yield Saying(OTHER_USER, another, text, condition)


def _some(texts: list[str], user: Speaker, number: int) -> list[str]:
    return sorted(texts, key=lambda text: seed_of(str(user), text))[:number]


def _scene(speaker: Speaker, text: str, rate: float, condition: str, *names: str) -> Pcm:
    pitch = np.random.default_rng(seed_of(*names)).uniform(*PITCHES)
    clip = resample(said(speaker, text, rate), round(SAMPLE_RATE * pitch))
    metres, noise_db = SURROUNDINGS[condition]
    noise = None if noise_db is None else kitchen()
    return scene(clip, seed_of(*names), metres=metres, noise=noise, noise_db=noise_db or 0.0).sound


@lru_cache(2)
def taught_by(user: Speaker) -> Profile:
    """Return the profile of `user`, who says every phrase three times in a quiet room."""
    recorder = TakeRecorder(MOST_USED, read_language().written.enrolment.skips)
    takes: list[Take] = []
    for phrase in MOST_USED:
        for number, rate in enumerate(TAKE_RATES):
            sound = _scene(user, phrase, rate, "1 m", str(user), phrase, f"take {number}")
            for trial in _trials(recorder, sound)[:1]:
                takes += (Take(phrase, frames) for frames in trial.takes)
    return Profile(tuple(takes), str(user))


def _trials(recorder: TakeRecorder, sound: Pcm) -> list[Trial]:
    """Return what the lesson would learn from `sound`, the longest first."""
    trials: list[Trial] = []

    def watch(decision: Decision) -> None:
        trial = recorder.judged(decision.segment)
        if trial and trial.takes:
            trials.append(trial)

    listener = Listener(recorder, watch=watch)
    attend(listener, own_commands(), "session")
    for _ in heard_in(sound, listener):
        pass
    return sorted(trials, key=lambda trial: trial.start - trial.end)


@lru_cache(1)
def _taught_ears(user: Speaker, recogniser: str) -> Ears:
    return Ears(recogniser, taught_by(user))


def _heard(user: Speaker, saying: Saying, recogniser: str, ears: Ears) -> Result:
    meant = None if saying.kind == TALK else own_commands().match(saying.text, "session")
    result: Result = {
        "user": str(user),
        "half": user.half,
        "kind": saying.kind,
        "text": saying.text,
        "condition": saying.condition,
    }
    sound = saying.sound
    for when, listening in (("before", ears), ("after", _taught_ears(user, recogniser))):
        heard = listening.hear(sound, "session")
        result[f"heard {when}"] = heard
        if meant:
            result[when] = verdict(heard, meant.name, dict(meant.slots))
        else:
            result[when] = "wrong" if heard else "right"
    return result


def figures(results: list[Result]) -> list[Figure]:
    """Return recall and mistakes, before and after."""
    found = []
    for kind, name in (
        (TAUGHT, "taught phrases"),
        (OTHER_SENTENCES, "sentences not taught"),
        (OTHER_USER, "another user's phrases"),
    ):
        for condition in CONDITIONS:
            some = [r for r in results if r["kind"] == kind and r["condition"] == condition]
            found += _both(f"{name}, {condition}: recall", some, "right")
            found += _both(f"{name}, {condition}: wrong", some, "wrong") if kind == TAUGHT else []
    talk = [r for r in results if r["kind"] == TALK]
    return found + _both("false, words and talk of the user", talk, "wrong")


def _both(name: str, some: list[Result], value: str) -> list[Figure]:
    of, less = f"{len(some)} clips", value == "wrong"
    return [
        Figure(f"{name} {when} teaching", unit="%", of=of, less=less, **shares(some, when, value))
        for when in ("before", "after")
        if some
    ]


def details(results: list[Result]) -> str:
    """Return recall of the taught phrases by user, before and after."""
    conditions = [c for c in CONDITIONS if any(r["condition"] == c for r in results)]
    users = dict.fromkeys((r["user"], r["half"]) for r in results)
    rows = [
        f"| {user} ({half}) | " + " | ".join(_change(results, user, c) for c in conditions) + " |"
        for user, half in users
    ]
    head = "| recall of taught phrases, % | " + " | ".join(conditions) + " |"
    return "\n".join([head, "| --- |" + " ---: |" * len(conditions), *rows])


def _change(results: list[Result], user: str, condition: str) -> str:
    some = [
        r for r in results if (r["user"], r["kind"], r["condition"]) == (user, TAUGHT, condition)
    ]
    rates = (share(some, when, "right") for when in ("before", "after"))
    return " → ".join("–" if rate is None else f"{rate:.0f}" for rate in rates)


ROW: Final = Row("enrolment", tasks, figures, details)
