"""The row of our own commands: how many are understood, and how many are mistaken for others.

Owns which sentence is said by whom and under which condition; must not know how that sounds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from benchmarks.corpus import (
    CONFIRM,
    FEW_SPEAKERS,
    SPEAKERS,
    Speaker,
    kitchen,
    lines,
    own_commands,
    rate_of,
    said,
    seed_of,
    session_sample,
)
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import LEAD, SPEECH_DB, Scene, levelled, scene
from benchmarks.scoring import Figure, Result, share, shares, verdict
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.units import to_samples

TALK: Final = "it will be raining all day again"
"""What is said before, and is no command."""


@dataclass(frozen=True)
class Condition:
    """How a command comes to the microphone, and what is asked of it there."""

    name: str
    metres: float | None = None
    kitchen_db: float | None = None
    recall: float | None = None
    wrong: float | None = 0.5
    every: int = 1
    """Only every so many sentences are said, where it is between two other conditions."""
    later: float = 0.0
    """Seconds since the speaker said something else; without, nothing was heard before."""

    def applied(self, speaker: Speaker, text: str) -> Scene:
        """Return the sound of `text` under this condition."""
        clip = said(speaker, text, rate_of(str(speaker), text))
        seed = seed_of(str(speaker), text)
        noise = None if self.kitchen_db is None else kitchen()
        return scene(
            clip,
            seed,
            metres=self.metres,
            noise=noise,
            noise_db=self.kitchen_db or 0.0,
            before=self._before(speaker),
        )

    def _before(self, speaker: Speaker) -> Pcm | None:
        if not self.later:
            return None
        talk = levelled(said(speaker, TALK), SPEECH_DB)
        return np.concatenate([silence(LEAD), talk, silence(to_samples(self.later))])


CONDITIONS: Final = (
    Condition("clean", recall=99),
    Condition("1 m", metres=1, every=2),
    Condition("2 m", metres=2),
    Condition("3 m", metres=3, every=2),
    Condition("kitchen 20 dB", kitchen_db=20, recall=95),
    Condition("kitchen 10 dB", kitchen_db=10, recall=90),
    Condition("kitchen 5 dB", kitchen_db=5, recall=70, wrong=2),
    Condition("20 s after talk", every=2, later=20),
    Condition("20 s after talk, kitchen 10 dB", kitchen_db=10, every=2, later=20),
)
QUICK: Final = ("clean", "2 m", "kitchen 10 dB", "20 s after talk, kitchen 10 dB")


def tasks(options: Options) -> list[Task]:
    """Return every sentence by every voice under every condition."""
    conditions = [
        c
        for c in CONDITIONS
        if (options.speech or c.kitchen_db is None) and (not options.quick or c.name in QUICK)
    ]
    return [
        partial(_heard, condition, speaker, state, text)
        for condition in conditions
        for speaker in (FEW_SPEAKERS if options.quick else SPEAKERS)
        for state, text in list(_sentences(options.quick))[
            :: 2 * condition.every if options.quick else condition.every
        ]
    ]


def _sentences(quick: bool) -> Iterator[tuple[str, str]]:
    # What is compared with the figures of before is always the same, however the grammar grows.
    for text in lines("quick_commands.txt") if quick else session_sample():
        yield "session", text
    for text in CONFIRM[:2] if quick else CONFIRM:
        yield "confirm", text
    for text in ("three", "ten") if quick else ("two", "maybe seven", "four out of ten", "ten"):
        yield "number", text


def _heard(condition: Condition, speaker: Speaker, state: str, text: str, ears: Ears) -> Result:
    meant = own_commands().match(text, state)
    if not meant:
        raise ValueError(f"'{text}' is no sentence of the state '{state}'")
    heard = ears.hear(condition.applied(speaker, text).sound, state)
    return {
        "condition": condition.name,
        "synthesiser": speaker.synthesiser,
        "voice": str(speaker),
        "half": speaker.half,
        "text": text,
        "heard": heard,
        "verdict": verdict(heard, meant.name, dict(meant.slots)),
    }


def figures(results: list[Result]) -> list[Figure]:
    """Return recall and wrong intents for each condition."""
    found = []
    for condition in CONDITIONS:
        some = [r for r in results if r["condition"] == condition.name]
        if some:
            of = f"{len(some)} clips"
            name = f"own commands, {condition.name}"
            recall = shares(some, "verdict", "right")
            wrong = shares(some, "verdict", "wrong")
            found += [
                Figure(f"{name}: recall", unit="%", of=of, goal=condition.recall, **recall),
                Figure(f"{name}: wrong", unit="%", of=of, goal=condition.wrong, less=True, **wrong),
            ]
    return found


def details(results: list[Result]) -> str:
    """Return recall by synthesiser and condition, and by voice."""
    conditions = [c.name for c in CONDITIONS if any(r["condition"] == c.name for r in results)]
    by: dict[str, list[Result]] = {}
    for kind in ("synthesiser", "voice"):
        for result in results:
            half = f" ({result['half']})" if kind == "voice" else ""
            by.setdefault(result[kind] + half, []).append(result)
    rows = [
        f"| {name} | "
        + " | ".join(_percent(share(_under(some, c), "verdict", "right")) for c in conditions)
        + f" | {_percent(share(some, 'verdict', 'wrong'))} |"
        for name, some in by.items()
    ]
    return "\n".join(
        [
            "| recall, % | " + " | ".join(conditions) + " | wrong |",
            "| --- |" + " ---: |" * (len(conditions) + 1),
            *rows,
        ]
    )


def _under(results: list[Result], condition: str) -> list[Result]:
    return [result for result in results if result["condition"] == condition]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


ROW: Final = Row("commands", tasks, figures, details)
