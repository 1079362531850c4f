"""The row of latency: from the end of a word to the decision, computing included.

Owns which words are timed; must not know how they sound.
"""

from functools import partial
from typing import Final

import numpy as np

from benchmarks.commands import Condition
from benchmarks.corpus import FEW_SPEAKERS, SPEAKERS, Speaker, own_commands
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.scoring import Figure, Result
from voice_coach.units import to_seconds

WORDS: Final = ("pause", "stop", "that hurts", "next", "skip this", "how long left")
CONDITIONS: Final = (Condition("clean"), Condition("2 m", metres=2))
NOISY: Final = Condition("kitchen 20 dB", kitchen_db=20)


def tasks(options: Options) -> list[Task]:
    """Return every word by every voice."""
    conditions = (*CONDITIONS, NOISY) if options.speech else CONDITIONS
    return [
        partial(_timed, condition, speaker, text)
        for condition in (conditions[:1] if options.quick else conditions)
        for speaker in (FEW_SPEAKERS if options.quick else SPEAKERS)
        for text in WORDS
    ]


def _timed(condition: Condition, speaker: Speaker, text: str, ears: Ears) -> Result:
    scene = condition.applied(speaker, text)
    end = to_seconds(scene.end)
    meant = own_commands().match(text, "session")
    right = [
        (1000 * (known - end), 1000 * (to_seconds(heard.decided) - end))
        for heard, known in ears.answer(scene.sound, "session")
        if own_commands().match(heard.text, "session") == meant
    ]
    known, decided = right[0] if right else (None, None)
    return {
        "condition": condition.name,
        "voice": str(speaker),
        "text": text,
        "ms": known and round(known, 1),
        "ms_of_sound": decided and round(decided, 1),
    }


def figures(results: list[Result]) -> list[Figure]:
    """Return the median and the 95th percentile of those that were understood."""
    times = [r["ms"] for r in results if r["ms"] is not None]
    if not times:
        return []
    of = f"{len(results)} words"
    middle, most = (float(value) for value in np.percentile(times, [50, 95]))
    return [
        Figure("end of a word to its decision, median", middle, "ms", of, goal=250, less=True),
        Figure("end of a word to its decision, p95", most, "ms", of, goal=400, less=True),
    ]


def details(results: list[Result]) -> str:
    """Return the median for each word and condition."""
    parts = []
    for key in ("text", "condition"):
        for name in dict.fromkeys(r[key] for r in results):
            times = [r["ms"] for r in results if r[key] == name and r["ms"] is not None]
            if times:
                parts.append(f"{name} {np.median(times):.0f}")
    sound = [r["ms_of_sound"] for r in results if r["ms_of_sound"] is not None]
    waited = f"{np.median(sound):.0f} is waiting for sound" if sound else "nothing was understood"
    return (
        f"Median delay in ms, of {len(sound)} words understood: {', '.join(parts)}; "
        f"of the median of all, {waited}."
    )


ROW: Final = Row("latency", tasks, figures, details, alone=True)
