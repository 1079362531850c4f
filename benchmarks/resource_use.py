"""The row of cost: how much of one core the whole listening chain takes, and how much memory.

Owns what is listened to for that; must not know what is heard.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.corpus import ROOT, SPEAKERS, kitchen, lines, own_commands, recordings, said, spoken
from benchmarks.harness import Ears, Options, Row, Task
from benchmarks.rooms import SPEECH_DB, conversation, levelled, stretch, white
from benchmarks.scoring import Figure, Result
from voice_coach.audio.pcm import Pcm, decibels, level_db, silence
from voice_coach.hearing.listener import Listener
from voice_coach.units import BLOCK, to_samples, to_seconds

KITCHEN_DB: Final = -40.0
WARM: Final = to_samples(5)
"""What is fed before, so that nothing is loaded while it is timed."""


def _quiet_room(seconds: float) -> Pcm:
    return white(to_samples(seconds), 1)


def _digital_silence(seconds: float) -> Pcm:
    return silence(to_samples(seconds))


def _kitchen(seconds: float) -> Pcm:
    noise = stretch(kitchen(), to_samples(seconds), 1)
    return noise * np.float32(decibels(KITCHEN_DB - level_db(noise))) + white(len(noise), 1)


def _talk(seconds: float) -> Pcm:
    paths = recordings("coffee")[:40]
    clips = [spoken(path) for path in paths] if paths else [said(SPEAKERS[3], t) for t in _prose()]
    return stretch(conversation(clips, 1), to_samples(seconds), 1)


def _prose() -> list[str]:
    return lines("prose.txt")[:40]


PLACES: Final[dict[str, tuple[Callable[[float], Pcm], float | None]]] = {
    "quiet room": (_quiet_room, 0.6),
    "digital silence": (_digital_silence, None),
    "kitchen noise": (_kitchen, 5),
    "somebody speaks": (_talk, 20),
}
"""What is heard, and the goal for it in percent of a core."""


def tasks(options: Options) -> list[Task]:
    """Return a stretch of each place, and the memory."""
    seconds = 15.0 if options.quick else 60.0
    places = [place for place in PLACES if options.speech or place != "kitchen noise"]
    return [
        *(partial(_computing, place, seconds) for place in places),
        partial(_memory, options.recogniser),
    ]


def _computing(place: str, seconds: float, ears: Ears) -> Result:
    make, _ = PLACES[place]
    listener = ears.listener("session")
    _feed(listener, make(to_seconds(WARM)))
    sound = make(seconds)
    began = time.process_time()
    _feed(listener, sound)
    spent = time.process_time() - began
    listener.flush()
    return {"place": place, "seconds": seconds, "percent": 100 * spent / seconds}


def _feed(listener: Listener, sound: Pcm) -> None:
    for start in range(0, len(sound), BLOCK):
        block = sound[start : start + BLOCK]
        listener.process(block, silence(len(block)))


def _memory(recogniser: str, ears: Ears) -> Result:
    del ears
    command = [sys.executable, "-m", "benchmarks.resource_use", recogniser]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return {"place": "memory", "megabytes": float(done.stdout)}


def figures(results: list[Result]) -> list[Figure]:
    """Return the share of a core for each place, and the memory."""
    found = []
    for result in results:
        if result["place"] == "memory":
            size = result["megabytes"]
            found.append(Figure("memory at its peak", size, "MB", "a process", less=True))
        else:
            _, goal = PLACES[result["place"]]
            of = f"{result['seconds']:.0f} s"
            name = f"computing, {result['place']}"
            found.append(Figure(name, result["percent"], "% CPU", of, goal, less=True))
    return found


def details(results: list[Result]) -> str:
    """Return nothing: the table says it all."""
    del results
    return ""


def main() -> None:
    """Print the peak memory, in MB, of a process that listens with every grammar loaded."""
    ears = Ears(sys.argv[1])
    for state in own_commands().states:
        listener = ears.listener(state)
        for text in ("pause", "yes", "three", "how long left"):
            clip = levelled(said(SPEAKERS[0], text), SPEECH_DB)
            _feed(listener, np.concatenate([clip, silence(to_samples(1))]))
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 1024)


ROW: Final = Row("cost", tasks, figures, details, alone=True, whole=True)

if __name__ == "__main__":
    main()
