"""The row of what is no command: other speech, single words, and noise. Nothing may be heard.

Owns what is played to the listener for that; must not know how sounds are made or judged.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import noises
from benchmarks.corpus import (
    FEW_SPEAKERS,
    SPEAKERS,
    Speaker,
    half_of,
    kitchen,
    lines,
    rate_of,
    recordings,
    said,
    seed_of,
    spoken,
)
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import conversation, scene, stretch, white
from benchmarks.scoring import Figure, Result, halves, per_hour, share, shares
from voice_coach.audio.pcm import Pcm, decibels, level_db
from voice_coach.units import to_samples, to_seconds

TOGETHER: Final = 10
"""Recordings or sentences that make one stretch of talk."""
MINUTE: Final = to_samples(60)
KITCHEN_DB: Final = (-50.0, -40.0, -35.0, -30.0, -20.0)

PEOPLE, READERS, WORDS, SPOKEN, NOISE = "people", "readers", "recorded words", "words", "noise"


def tasks(options: Options) -> list[Task]:
    """Return every stretch of talk, every word and every minute of noise."""
    return [*_talk(options), *_words(options), *_noises(options)]


def _talk(options: Options) -> Iterator[Task]:
    halved = half_of(recordings("coffee")) if options.speech else {}
    for half in ("tuning", "test"):
        paths = [path for path, its in halved.items() if its == half]
        for start in range(0, len(paths), TOGETHER):
            if not options.quick or start % 160 == 0:
                yield partial(_people, half, paths[start : start + TOGETHER])
    prose, speakers = lines("prose.txt"), FEW_SPEAKERS if options.quick else SPEAKERS
    for number, start in enumerate(range(0, len(prose), TOGETHER)):
        for turn in range(1 if options.quick else 2):
            if not options.quick or number % 8 == 0:
                reader = speakers[(2 * number + turn) % len(speakers)]
                yield partial(_reader, reader, prose[start : start + TOGETHER])


def _words(options: Options) -> Iterator[Task]:
    every = 11 if options.quick else 1
    if options.speech:
        halved = half_of(recordings("words", "*/*.flac"))
        for path, half in list(halved.items())[::every]:
            yield partial(_recorded_word, half, path)
    speakers = FEW_SPEAKERS if options.quick else SPEAKERS
    for index, word in enumerate(lines("words.txt")[::every]):
        yield partial(_word, speakers[index % len(speakers)], word)


def _noises(options: Options) -> Iterator[Task]:
    if options.speech:
        for db in KITCHEN_DB[2:3] if options.quick else KITCHEN_DB:
            yield partial(_kitchen, db)
    for index, (name, db, _) in enumerate(noises.minutes()):
        if not options.quick or index % 4 == 1:
            yield partial(_noise, name, db)


def _people(half: str, paths: list[Path], ears: Ears) -> Result:
    clips = [spoken(path) for path in paths]
    return judged(
        PEOPLE, half, conversation(clips, seed_of(paths[0].name)), ears, name=paths[0].name
    )


def _reader(speaker: Speaker, sentences: list[str], ears: Ears) -> Result:
    clips = [said(speaker, text, rate_of(str(speaker), text)) for text in sentences]
    sound = conversation(clips, seed_of(str(speaker), sentences[0]))
    return judged(READERS, speaker.half, sound, ears, name=f"{speaker}: {sentences[0]}")


def _recorded_word(half: str, path: Path, ears: Ears) -> Result:
    clip = spoken(path)
    sound = scene(clip, seed_of(path.name)).sound
    return judged(WORDS, half, sound, ears, name=f"{path.parent.name}/{path.name}")


def _word(speaker: Speaker, word: str, ears: Ears) -> Result:
    clip = said(speaker, word, rate_of(str(speaker), word))
    sound = scene(clip, seed_of(str(speaker), word)).sound
    return judged(SPOKEN, speaker.half, sound, ears, name=f"{speaker}: {word}")


def _kitchen(db: float, ears: Ears) -> Result:
    noise = stretch(kitchen(), MINUTE, seed_of("kitchen", str(db)))
    return _noisy(noise, "kitchen", db, ears)


def _noise(name: str, db: float, ears: Ears) -> Result:
    make, _ = noises.NOISES[name]
    noise = make(MINUTE, np.random.default_rng(seed_of(name, str(db))))
    return _noisy(noise, name, db, ears)


def _noisy(noise: Pcm, name: str, db: float, ears: Ears) -> Result:
    loud = noise * np.float32(decibels(db - level_db(noise)))
    sound = loud + white(len(loud), seed_of(name))
    return judged(NOISE, "test", sound, ears, name=f"{name} at {db:g} dB")


def judged(kind: str, half: str, sound: Pcm, ears: Ears, *, name: str) -> Result:
    """Return what is heard in `sound`, of which nothing is a command."""
    heard = ears.hear(sound, "session")
    seconds = to_seconds(len(sound))
    return {
        "kind": kind,
        "half": half,
        "name": name,
        "seconds": round(seconds, 2),
        "heard": heard,
        "any": bool(heard),
    }


def figures(results: list[Result]) -> list[Figure]:
    """Return how often a command was heard where none was said."""
    return [*_hourly(results), *_single(results), *_in_noise(results)]


def _hourly(results: list[Result]) -> Iterator[Figure]:
    kinds = {
        "other speech": (PEOPLE, READERS),
        "other speech, people": (PEOPLE,),
        "other speech, synthetic voices": (READERS,),
    }
    for name, kind in kinds.items():
        some = [r for r in results if r["kind"] in kind]
        if some:
            minutes = f"{sum(r['seconds'] for r in some) / 60:.0f} min"
            rates = halves(some, per_hour)
            yield Figure(f"false, {name}", unit="/h", of=minutes, goal=0.5, less=True, **rates)


def _single(results: list[Result]) -> Iterator[Figure]:
    for name, kind in (("recorded words", WORDS), ("words of synthetic voices", SPOKEN)):
        some = [r for r in results if r["kind"] == kind]
        if some:
            of = f"{len(some)} words"
            found = shares(some, "any", True)
            yield Figure(f"false, {name}", unit="%", of=of, goal=1, less=True, **found)


def _in_noise(results: list[Result]) -> Iterator[Figure]:
    some = [r for r in results if r["kind"] == NOISE]
    if some:
        count = float(sum(len(r["heard"]) for r in some))
        minutes = f"{sum(r['seconds'] for r in some) / 60:.0f} min"
        yield Figure("false, noise, breath, music", count, "", minutes, goal=0, less=True)


def details(results: list[Result]) -> str:
    """Return what was heard where nothing was said."""
    false = [(r["name"], h["text"]) for r in results for h in r["heard"]]
    shown = "; ".join(f"“{text}” in {name}" for name, text in false[:40])
    more = f"; and {len(false) - 40} more" if len(false) > 40 else ""
    rate = share(results, "any", True)
    return (
        f"Heard where no command was said ({rate:.1f} % of the sounds): {shown or 'nothing'}{more}."
    )


ROW: Final = Row("false-alarms", tasks, figures, details)
