"""How much the coach talks: a whole session of the back routine, in the neural voice.

Owns the rows about how often, how differently and how long something is said, and how soon one
moves; must not know devices. The user answers each question a second after it was asked.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from benchmarks.coaching_table import Line, Options
from benchmarks.ideal_clock import IdealClock
from voice_coach.app.engines import Engine, make_voice
from voice_coach.audio.pcm import decibels, duration
from voice_coach.core.intents import Intent
from voice_coach.core.layout import KNOWN_AFTER
from voice_coach.core.preferences import Preferences
from voice_coach.core.state import Heard, Memory, Mode, State
from voice_coach.dictionary import read_language
from voice_coach.library import read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import VoiceChoice
from voice_coach.units import Samples, to_frames, to_samples, to_seconds

UTTERANCES: Final = 150
DIFFERENT: Final = 95
SPOKEN: Final = 0.33
FIRST_MOVE: Final = {0: 40, 1: 20}
"""Seconds at most from "start" to the first movement, the first time and later."""
Length = Callable[[str, float, Samples], Samples]
"""How long a text takes at a speed, if it leads a breath of that length."""
_PART: Final = to_frames(to_samples(0.01))
_SOUNDS_DB: Final = -45.0
"""A part of 10 ms with a peak over it belongs to the voice; speech is at -20 dB."""
_ANSWERS: Final = {
    Mode.ASKING_PAIN: Intent("number", {"value": 3}),
    Mode.CONFIRMING_PAIN: Intent("yes"),
}


class Answered(IdealClock):
    """Leads a session with somebody who answers what is asked, a second after it was."""

    def _step(self) -> Samples:
        answer = _ANSWERS.get(self.state.mode)
        if answer is None or self._on_air:
            return super()._step()
        asked = self.begun[-1]
        now = asked.at + self._length(asked.text, asked.speed, 0) + to_samples(1)
        self._advance(Heard(answer), now)
        return now


@dataclass(frozen=True)
class Talk:
    """What was said in a session."""

    utterances: int
    different: int
    spoken: float
    """Share of the time in which a line is on air, its pauses with it."""
    sounding: float
    """Share of the time in which the voice sounds, pauses left out."""
    first_move: float
    """Seconds from "start" to the first movement."""


def talked(length: Length, sounding: Length, led: int) -> Talk:
    """Lead somebody through the back routine who was led through it so often before.

    `length` is how long a line is on air, `sounding` how much of that the voice sounds.
    """
    routine = read_routine(resource("routines") / "back.yaml")
    state = State(
        (routine,),
        read_language(),
        preferences=replace(Preferences(), ask_pain=True),
        memory=Memory(sessions=led, led={routine.name: led}),
    )
    clock = Answered(state, length)
    end = clock.run(0, routine.name)
    said = [each for each in clock.begun if each.kind == "said"]
    opening = {routine.exercises[0].steps[0].cue, *(routine.exercises[0].steps[0].short or ())}
    return Talk(
        len(said),
        len({each.text for each in said}),
        sum(length(each.text, each.speed, each.breath) for each in said) / end,
        sum(sounding(each.text, each.speed, each.breath) for each in said) / end,
        to_seconds(next(each.at for each in said if each.text in opening)),
    )


def measure(_: Options) -> Sequence[Line]:
    """Return the rows for a first, a second and a later session."""
    lines: list[Line] = []
    with closing(make_voice(Engine(VoiceChoice.HIBARI))) as voice:
        render = cache(voice.render)

        def length(text: str, speed: float, breath: Samples) -> Samples:
            return duration(render(text, speed, breath))

        def sounding(text: str, speed: float, breath: Samples) -> Samples:
            sound = render(text, speed, breath)
            parts = np.abs(sound[: len(sound) // _PART * _PART]).reshape(-1, _PART).max(axis=1)
            return duration(sound[: int((parts > decibels(_SOUNDS_DB)).sum()) * _PART])

        for led, which in ((0, "first"), (1, "second"), (KNOWN_AFTER + 1, "fifth")):
            talk = talked(length, sounding, led)
            limit = FIRST_MOVE[min(led, 1)]
            lines += [
                Line(
                    f"Utterances of a {which} session, and different ones",
                    f"≤ {UTTERANCES} / ≥ {DIFFERENT}",
                    f"{talk.utterances} / {talk.different}",
                    talk.utterances <= UTTERANCES and talk.different >= DIFFERENT,
                ),
                Line(
                    f"Share of the time spoken ({voice.name})",
                    f"≤ {SPOKEN:.0%}",
                    f"{talk.spoken:.0%}, without its pauses {talk.sounding:.0%}",
                    talk.spoken <= SPOKEN,
                ),
                Line(
                    'From "start" to the first movement',
                    f"≤ {limit} s",
                    f"{talk.first_move:.1f} s",
                    talk.first_move <= limit,
                ),
            ]
    return lines
