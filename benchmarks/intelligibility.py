"""Whether the whole back routine can be understood: the coach's channel, written down by ear.

Owns the comparison; the decoder is Moonshine's free dictation, which knows nothing of routines,
plans or grammars. `python -m benchmarks.intelligibility`
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from voice_coach.app.engines import Engine
from voice_coach.app.rehearsal import read_script, rehearse
from voice_coach.audio.pcm import Pcm, as_heard, decibels
from voice_coach.core.plan import Plan, make_plan
from voice_coach.core.preferences import Preferences
from voice_coach.dictionary import read_language
from voice_coach.hearing.engines.moonshine import Moonshine
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import BreathCue, RecogniserChoice, VoiceChoice
from voice_coach.units import Samples, to_samples

UNDERSTOOD: Final = 0.6
"""Share of the words of an instruction that must be written down, in order."""
_FRAME: Final = to_samples(0.02)
_VOICE_DB: Final = -38.0
"""A frame louder than this is speech: tones are quieter."""
_PAUSE: Final = to_samples(0.24)
_LONGEST: Final = to_samples(9)
_NUMBERS: Final = {str(value): read_language().number(value) for value in range(100)}


@dataclass(frozen=True)
class Heard:
    """What became of one instruction."""

    expected: str
    share: float
    """Of its words, written down in its place."""

    @property
    def understood(self) -> bool:
        return self.share >= UNDERSTOOD


def words(text: str) -> list[str]:
    """Return the words of `text` as they sound: lower case, numbers in letters."""
    plain = re.sub(r"[^a-z0-9' ]", " ", text.casefold().replace("-", " "))
    spelled = (_NUMBERS.get(word, word) for word in plain.split())
    return [part for word in spelled for part in word.replace("-", " ").split()]


def stretches(coach: Pcm) -> Iterator[Pcm]:
    """Cut the coach's channel at its pauses, without looking at any plan."""
    frames = np.pad(coach, (0, -len(coach) % _FRAME)).reshape(-1, _FRAME)
    loud = np.flatnonzero(np.sqrt(np.mean(np.square(frames), axis=1)) > decibels(_VOICE_DB))
    if not len(loud):
        return
    gaps = np.flatnonzero(np.diff(loud) * _FRAME > _PAUSE)
    begins = [loud[0], *loud[gaps + 1]]
    ends = [*loud[gaps] + 1, loud[-1] + 1]
    start: Samples = begins[0] * _FRAME
    for i, end in enumerate(ends):
        following = ends[i + 1] * _FRAME if i + 1 < len(ends) else None
        if following is None or following - start > _LONGEST:
            yield coach[max(0, start - _FRAME) : end * _FRAME + _FRAME]
            start = begins[i + 1] * _FRAME if following is not None else 0


def compared(plan: Plan, written: list[str]) -> list[Heard]:
    """Lay the words of all cues, in their order, against all that was written down."""
    spoken = [cue.words for cue in plan.cues]
    expected = [(i, word) for i, text in enumerate(spoken) for word in words(text)]
    found = [0.0] * len(spoken)
    for i, likeness in aligned(expected, written):
        found[i] += likeness
    return [Heard(text, found[i] / max(1, len(words(text)))) for i, text in enumerate(spoken)]


def aligned(expected: list[tuple[int, str]], written: list[str]) -> Iterator[tuple[int, float]]:
    """Yield, for each expected word that was written down, its instruction and how alike it is.

    The best alignment in order (Needleman-Wunsch); words that are less than half alike, letter
    by letter, count as not written.
    """
    alike = np.array([[likeness(word, each) for each in written] for _, word in expected])
    best = np.zeros((len(expected) + 1, len(written) + 1))
    for row in range(len(expected)):
        diagonal = best[row, :-1] + alike[row]
        best[row + 1, 1:] = np.maximum.accumulate(np.maximum(best[row, 1:], diagonal))
    row, column = len(expected), len(written)
    while row and column:
        if best[row, column] == best[row - 1, column]:
            row -= 1
        elif best[row, column] == best[row, column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            yield expected[row][0], float(alike[row, column])


@cache
def likeness(one: str, other: str) -> float:
    """Return how alike two words look, 0 to 1; 0 below one half."""
    share = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return share if share >= 0.5 else 0.0


def measure() -> list[Heard]:
    """Rehearse the whole back routine without a word from the user, and write it down by ear."""
    routine = read_routine(resource("routines") / "back.yaml")
    preferences = Preferences(breath=BreathCue.BOTH)
    engines = Engine(RecogniserChoice.POCKETSPHINX), Engine(VoiceChoice.ESPEAK)
    with tempfile.TemporaryDirectory() as folder:
        script, out = Path(folder) / "script.txt", Path(folder) / "session.wav"
        script.write_text("00:01 say 'start back routine'\n")
        rehearse(read_script(script), (routine,), read_commands([routine]), engines, out=out)
        both, _ = soundfile.read(out, dtype="float32", always_2d=True)
    ear, written = Moonshine(), []
    for stretch in stretches(as_heard(both[:, 0])):
        written += words(ear.transcribe(ear.encode(stretch)).text)
    return compared(make_plan(routine, read_language(), preferences, sessions=1), written)


def main() -> None:
    """Print every instruction that was not understood, and how many were."""
    heard = measure()
    for each in heard:
        if not each.understood:
            print(f"not understood ({each.share:.0%}): {each.expected}")
    right = sum(each.understood for each in heard)
    share = sum(each.share for each in heard) / len(heard)
    print(f"{right} of {len(heard)} instructions understood, in order; {share:.1%} of the words")


if __name__ == "__main__":
    main()
