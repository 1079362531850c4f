"""The row of digits: zero to ten, where the coach has asked for a number.

Owns which digits are heard; must not know how they sound.
"""

from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.corpus import FEW_SPEAKERS, SPEAKERS, Speaker, recordings, said, seed_of
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import scene
from benchmarks.scoring import Figure, Result, shares, verdict
from voice_coach.audio.pcm import Pcm, read

NUMBERS: Final = "zero one two three four five six seven eight nine ten".split()
TUNING_SPEAKERS: Final = ("george", "jackson")
"""Of the recordings; the third, Lucas, is for testing."""
RECORDED, SPOKEN = "recorded at 8 kHz", "synthetic at 16 kHz"


def tasks(options: Options) -> list[Task]:
    """Return every recording, and every number by every voice at two rates."""
    paths = recordings("digits") if options.speech else []
    speakers = FEW_SPEAKERS if options.quick else SPEAKERS
    rates = (1.0,) if options.quick else (0.85, 1.0, 1.2)
    return [
        *(partial(_recorded, path) for path in paths[:: 10 if options.quick else 1]),
        *(
            partial(_spoken, speaker, number, rate)
            for speaker in speakers
            for number in range(len(NUMBERS))
            for rate in rates
        ),
    ]


def _recorded(path: Path, ears: Ears) -> Result:
    number, speaker, _ = path.stem.split("_")
    half = "tuning" if speaker in TUNING_SPEAKERS else "test"
    who = {"kind": RECORDED, "half": half, "voice": speaker}
    return who | _heard(int(number), read(path), path.stem, ears)


def _spoken(speaker: Speaker, number: int, rate: float, ears: Ears) -> Result:
    clip = said(speaker, NUMBERS[number], rate)
    who = {"kind": SPOKEN, "half": speaker.half, "voice": str(speaker)}
    return who | _heard(number, clip, f"{speaker} {number} {rate:g}", ears)


def _heard(number: int, clip: Pcm, name: str, ears: Ears) -> Result:
    heard = ears.hear(scene(clip, seed_of(name)).sound, "number")
    judged = verdict(heard, "number", {"value": number})
    return {"number": number, "heard": heard, "verdict": judged}


def figures(results: list[Result]) -> list[Figure]:
    """Return the share that is right for each kind of sound."""
    found = []
    for kind, goal in ((SPOKEN, 99.0), (RECORDED, None)):
        some = [r for r in results if r["kind"] == kind]
        if some:
            rates = shares(some, "verdict", "right")
            of = f"{len(some)} digits"
            found.append(Figure(f"digits, {kind}", unit="%", of=of, goal=goal, **rates))
    return found


def details(results: list[Result]) -> str:
    """Return which digit is taken for which."""
    counts: dict[tuple[int, str], int] = {}
    for result in results:
        if result["verdict"] != "right":
            said_as = " ".join(h["text"] for h in result["heard"]) or "nothing"
            key = result["number"], said_as
            counts[key] = counts.get(key, 0) + 1
    often = sorted(counts.items(), key=lambda item: -item[1])[:15]
    mistakes = ", ".join(f"{number} as “{text}” {count}×" for (number, text), count in often)
    return f"Most frequent mistakes with digits: {mistakes or 'none'}."


ROW: Final = Row("digits", tasks, figures, details)
