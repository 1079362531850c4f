"""The row of spoken coffee orders, clean and in kitchen noise.

318 recordings by more than fifty people (github.com/Picovoice/speech-to-intent-benchmark,
Apache-2.0) go through the same listener as `voice-coach listen --sentences` uses. An order is
right when exactly one command is heard in the file, its intent is right and so is every
labelled slot. Noise is scaled so that the loudest frame of 2048 samples of speech stands so
many dB over the loudest such frame of the noise beneath it; the mix is normalised to a peak
of 0.5. The stretch of noise depends on the file's name alone, and is the same at every level.
"""

import json
from collections import Counter
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.corpus import half_of, kitchen, recordings, speech_folder
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import noise_gain
from benchmarks.scoring import Figure, Result, halves, share, verdict
from voice_coach.audio.pcm import Pcm, read
from voice_coach.core.intents import Commands
from voice_coach.library import read_sentences

CLEAN: Final = None
LEVELS: Final = (24, 21, 18, 15, 12, 9, 6)
QUICK_LEVELS: Final = (15, 6)
QUICK_EVERY: Final = 36


def tasks(options: Options) -> list[Task]:
    """Return every recording at every level."""
    every = QUICK_EVERY if options.quick else 1
    halved = list(half_of(recordings("coffee")).items())
    levels = (CLEAN, *(QUICK_LEVELS if options.quick else LEVELS))
    chosen = [pair for offset in (0, 1) for pair in halved[offset :: max(2, every)]]
    return [partial(_heard, path, half, level) for path, half in chosen for level in levels]


def _heard(path: Path, half: str, level: int | None, ears: Ears) -> Result:
    speech = read(path)
    recording = speech if level is CLEAN else noisy(speech, kitchen(), path.name, level)
    heard = ears.hear(recording, "idle", _commands())
    label = _labels()[path.name]
    slots = {slot: value.strip() for slot, value in label["slots"].items()}
    return {
        "file": path.name,
        "half": half,
        "level": "clean" if level is CLEAN else f"{level} dB",
        "heard": heard,
        "verdict": verdict(heard, label["intent"], slots),
    }


@cache
def _commands() -> Commands:
    return read_sentences(speech_folder() / "coffee" / "sentences.yaml")


@cache
def _labels() -> dict[str, Any]:
    labels: dict[str, Any] = json.loads((speech_folder() / "coffee" / "labels.json").read_text())
    return labels


def noisy(speech: Pcm, noise: Pcm, name: str, level: float) -> Pcm:
    """Return `speech` over the stretch of `noise` that belongs to the file `name`."""
    seed = int.from_bytes(sha256(name.encode()).digest()[:8])
    start = int(np.random.default_rng(seed).integers(0, len(noise) - len(speech)))
    beneath = noise[start : start + len(speech)]
    mix = speech + noise_gain(speech, beneath, level) * beneath
    return np.asarray(mix * (0.5 / np.abs(mix).max()), dtype=np.float32)


def figures(results: list[Result]) -> list[Figure]:
    """Return the share that is right: clean, in noise, and at the lowest level."""
    files = f"{len({r['file'] for r in results})} orders"
    found = []
    for name, goal, levels in (
        ("clean", 98.0, ("clean",)),
        ("mean of 24 to 6 dB", 94.0, tuple(f"{level} dB" for level in LEVELS)),
        ("6 dB", 87.0, ("6 dB",)),
    ):
        some = [r for r in results if r["level"] in levels]
        if some:
            rates = halves(some, _mean_of_levels)
            found.append(Figure(f"coffee, {name}", unit="%", of=files, goal=goal, **rates))
    return found


def _mean_of_levels(results: list[Result]) -> float:
    by_level = {r["level"] for r in results}
    rates = [
        share([r for r in results if r["level"] == one], "verdict", "right") for one in by_level
    ]
    return float(np.mean([rate for rate in rates if rate is not None]))


def details(results: list[Result]) -> str:
    """Return the share that is right at every level, in each half."""
    levels = list(dict.fromkeys(r["level"] for r in results))
    rows = []
    for name, some in {
        "tuning half": [r for r in results if r["half"] == "tuning"],
        "test half": [r for r in results if r["half"] == "test"],
        "all": results,
    }.items():
        rates = (
            share([r for r in some if r["level"] == one], "verdict", "right") for one in levels
        )
        cells = " | ".join(f"{rate or 0:.1f}" for rate in rates)
        rows.append(f"| {name} | {len({r['file'] for r in some})} | {cells} |")
    counts = Counter(min(2, len(r["heard"])) for r in results)
    return "\n".join(
        [
            "| coffee orders, % right | files | " + " | ".join(levels) + " |",
            "| --- |" + " ---: |" * (1 + len(levels)),
            *rows,
            "",
            f"Commands heard in a recording: none in {counts[0]}, one in {counts[1]}, "
            f"more in {counts[2]} of {len(results)}.",
        ]
    )


ROW: Final = Row("coffee", tasks, figures, details, recordings=True)
