"""Whether routines are begun by the names that people give them.

    .venv/bin/python -m benchmarks.routine_names                  the half to tune by
    .venv/bin/python -m benchmarks.routine_names --half test      the half that nothing was tuned by

Owns a list of names, and a library in which all of one half stand beside the routines that ship;
must not know how a name is heard. Each is asked for in three sentences by five voices, near and
two metres away in a room.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from benchmarks import neural
from benchmarks.corpus import Half, Speaker, said, seed_of
from benchmarks.harness import Ears
from benchmarks.rooms import scene
from voice_coach.app.ears import attend
from voice_coach.core.intents import Commands
from voice_coach.core.names import as_asked
from voice_coach.core.routine import Routine
from voice_coach.grammar import ListeningState
from voice_coach.hearing.files import heard_in
from voice_coach.library import read_commands, read_library

NAMES: Final[dict[Half, tuple[str, ...]]] = {
    "tuning": (
        "otago balance", "neck", "pilates mat five", "knee rehab", "sciatica", "hip opener",
        "sun salutation", "morning", "desk break", "McKenzie press ups", "ankle sprain",
        "bedtime",
    ),
    "test": (
        "tai chi", "shoulder mobility", "frozen shoulder", "core strength", "evening unwind",
        "pelvic floor", "hamstrings", "Anna's homework", "after running", "posture", "wrist care",
        "chair yoga",
    ),
}  # fmt: skip
STRANGERS: Final[dict[Half, tuple[str, ...]]] = {
    "tuning": ("evening stretch", "pilates mat three", "moon salutation", "wrist", "otago", "core"),
    "test": ("hip stretch", "hatha yoga", "knee strength", "elbow", "after swimming", "sleep"),
}
"""Names of which there is no routine: none may begin."""
SENTENCES: Final = ("start {name} routine", "start {name}", "let's do {name}")
METRES: Final = {"clean": None, "2 m": 2.0}
RIGHT, ANOTHER, ASKED, SILENCE = "right", "another begun", "asked back", "silence"
_ESPEAK: Final = Speaker("espeak", "en-us+f2", "tuning")
_FLITE: Final = Speaker("flite", "slt", "tuning")
VOICES: Final = {
    "hibari": partial(neural.uttered, "hibari", speed=1.1),
    "hibari, fast": partial(neural.uttered, "hibari", speed=1.55),
    "joe": partial(neural.uttered, "joe", speed=1.3),
    "flite": partial(said, _FLITE),
    "espeak": partial(said, _ESPEAK),
}


@dataclass(frozen=True)
class Try:
    """One sentence by one voice in one place."""

    name: str
    sentence: str
    voice: str
    place: str


@dataclass(frozen=True)
class Outcome:
    """What became of it."""

    of: Try
    kind: str
    heard: str
    """What was understood and, after a stroke, what was written down freely."""


def library(half: Half) -> list[Routine]:
    """Return the routines that ship and, beside them, one for each name of `half`."""
    shipped = [each.routine for each in read_library()[0] if not each.own]
    pattern = shipped[0]
    own = [pattern.model_copy(update={"name": n, "aliases": ()}) for n in NAMES[half]]
    return [*shipped, *own]


def tried(half: Half, what: Try) -> Outcome:
    """Return what is begun by it, in the library of `half`."""
    text = what.sentence.format(name=what.name)
    clip = VOICES[what.voice](text=text)
    sound = scene(clip, seed_of(text, what.voice), metres=METRES[what.place]).sound
    commands, ears = _commands(half), _ears()
    listener = ears.listener(ListeningState.IDLE)
    attend(listener, commands, ListeningState.IDLE)
    kinds, words = [SILENCE], []
    for each in heard_in(sound, listener):
        words.append(f"{each.text} / {each.written}")
        intent = commands.match(each.text, ListeningState.IDLE)
        asked = as_asked(intent, each.text, each.written, commands.nameless) if intent else None
        if asked is None or asked.name != "start":
            continue
        if "unknown" in asked.slots:
            kinds.append(ASKED)
        else:
            kinds.append(RIGHT if asked.slots.get("routine") == what.name else ANOTHER)
    kind = next(kind for kind in (ANOTHER, RIGHT, ASKED, SILENCE) if kind in kinds)
    return Outcome(what, kind, "; ".join(words))


@cache
def _commands(half: Half) -> Commands:
    return read_commands(library(half))


@cache
def _ears() -> Ears:
    return Ears()


def table(outcomes: Sequence[Outcome]) -> str:
    """Return shares by place, by voice and by name, and every try that failed."""
    lines = ["| | tries | right | another begun | asked back | silence |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    rows = [("all", outcomes)]
    for part in ("place", "voice", "sentence", "name"):
        for value in dict.fromkeys(getattr(each.of, part) for each in outcomes):
            some = [each for each in outcomes if getattr(each.of, part) == value]
            rows += [(value, some)]
    for value, some in rows:
        count = Counter(each.kind for each in some)
        shares = f"{count[RIGHT]} ({count[RIGHT] / len(some):.1%})"
        rest = " | ".join(str(count[kind]) for kind in (ANOTHER, ASKED, SILENCE))
        lines.append(f"| {value} | {len(some)} | {shares} | {rest} |")
    failed = [each for each in outcomes if each.kind != RIGHT]
    for each in sorted(failed, key=lambda each: (each.kind, each.of.name)):
        text = each.of.sentence.format(name=each.of.name)
        lines.append(f"{each.kind}: “{text}”, {each.of.voice}, {each.of.place}: {each.heard}")
    return "\n".join(lines)


def main() -> None:
    """Try every name of one half and print what became of it."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--half", choices=list(NAMES), default="tuning")
    asked.add_argument("--jobs", type=int, default=2, help="processes at a time")
    asked.add_argument("--one-in", type=int, default=1, help="draw one of so many tries")
    options = asked.parse_args()
    tries = [
        Try(name, sentence, voice, place)
        for name in (*NAMES[options.half], *STRANGERS[options.half])
        for sentence in SENTENCES
        for voice in VOICES
        if voice in (*neural.voices(), "hibari, fast", "flite", "espeak")
        for place in METRES
        if seed_of(name, sentence, voice, place) % options.one_in == 0
    ]
    with ProcessPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(partial(tried, options.half), tries, chunksize=10))
    known = [each for each in outcomes if each.of.name in NAMES[options.half]]
    strange = [each for each in outcomes if each.of.name not in NAMES[options.half]]
    print(table(known), table(strange), sep="\n\nNames that nothing has:\n\n")


if __name__ == "__main__":
    main()
