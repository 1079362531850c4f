"""Somebody on the mat who does nothing that they were not told: what they have heard by now.

Of words that are cut off they have heard the sentences that had come to their end.

Owns the promise that nobody is led into a movement unprepared; must not know how the session
keeps it, so it goes by what is said and never by the plan.
"""

import itertools
import re

from tests.tools.language import ENGLISH
from voice_coach.core.cues import CueKind, speech_length
from voice_coach.core.notes import Continued, Started
from voice_coach.core.routine import Exercise, Position, Routine
from voice_coach.core.state import Action, Event, Give, Role, Say, Silence, Spoken, State
from voice_coach.units import Samples


class Listener:
    """Knows what was said to its end, sentence by sentence."""

    def __init__(self, routine: Routine, *, warned: bool = True) -> None:
        self.routine = routine
        self.warned = warned
        """Whether the signs of danger were ever named."""
        self.safe = not routine.safety
        self.position: Position | None = None
        self.setup: str | None = None
        """The set-up that was heard last, in this position."""
        self.moves = 0
        """How many movements were asked for."""
        self._saying: Say | None = None
        self._heard = ""
        """The sentences of the cue's words that came before those which are being said."""
        self._cue = -1
        """The cue to which they belong."""

    def follow(
        self, before: State, event: Event, now: Samples, after: State, actions: tuple[Action, ...]
    ) -> None:
        """Take in what `event` led to at `now`; AssertionError where a movement is too early."""
        if isinstance(event, Spoken) and event.utterance == before.utterance and self._saying:
            self._hear_all(self._saying)
            self._saying = None
        for action in actions:
            match action:
                case Silence():
                    if self._saying and self._saying.role is Role.CUE:
                        self._heard = f"{self._heard} {_said_of(self._saying, now)}".strip()
                    self._saying = None
                case Say():
                    if action.role is Role.CUE and after.index != self._cue:
                        self._heard, self._cue = "", after.index
                    self._begin(action)
                case Started():
                    self.safe = not self.routine.safety
                    self.position = self.setup = None
                case Continued():
                    self.position = self.setup = None
        asked = [each for each in actions if isinstance(each, Say | Give)]
        if any(each.role is Role.CUE for each in asked) and after.cue.kind is CueKind.MOVE:
            self._move(after.exercise)

    def _begin(self, action: Say) -> None:
        self._saying = action
        told = {each.position for each in self.routine.exercises if each.get_there in action.text}
        if told - {self.position}:
            self.position = self.setup = None  # on the way, and nobody knows how far

    def _hear_all(self, said: Say) -> None:
        if said.role is not Role.CUE:
            self._hear(said.text)
            return
        self._hear(f"{self._heard} {said.text}".strip())
        self._heard = ""

    def _hear(self, text: str) -> None:
        for each in self.routine.exercises:
            if each.get_there in text:
                self.position = each.position
            for variant in each.ladder[0]:
                told = [setup for setup in _setups(variant) if setup in text]
                if each.position in (self.position, Position.ANY) and told:
                    self.setup = told[0]
        safety = (self.routine.safety or "", self.routine.short_safety or self.routine.safety or "")
        self.safe = self.safe or any(words in text for words in safety)
        self.warned = self.warned or ENGLISH.texts.red_flags in text

    def _move(self, exercise: Exercise) -> None:
        self.moves += 1
        name = exercise.name
        assert self.safe, f"{name} begins before the word of safety was heard"
        assert self.warned, f"{name} begins before the signs of danger were named"
        anywhere = exercise.position is Position.ANY
        assert anywhere or self.position is exercise.position, (
            f"nobody said how to get there for {name}"
        )
        # In a circuit it was told before, in an earlier round or all at once.
        names = [each.name for each in self.routine.exercises]
        circled = self.routine.laps[names.index(exercise.name)] is not None
        assert circled or self.setup in _setups(exercise), f"{name} begins without its set-up"


def _said_of(said: Say, now: Samples) -> str:
    """Return the sentences of `said` that had come to their end at `now`."""
    length = speech_length(said.text)
    ends = [found.start() for found in re.finditer(r"(?<=[.!?]) ", said.text)]
    heard = [at for at in ends if at * length <= (now - said.at) * len(said.text)]
    return said.text[: max(heard, default=0)]


def _setups(exercise: Exercise) -> list[str]:
    """Return how an exercise may be set up: in whole words, and in those for who knows it."""
    safety = (exercise.safety, exercise.short_safety or exercise.safety)
    setup = (exercise.setup, exercise.short_setup or exercise.setup)
    return [" ".join(filter(None, each)) for each in itertools.product(setup, safety)]
