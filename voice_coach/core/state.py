"""What the session knows, what can happen to it and what it asks for: plain frozen data.

Owns the words in which session and app speak to each other; must not know the rules by which
one state follows from another (`session.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from voice_coach.core.intents import Intent
from voice_coach.core.plan import Cue, Mark, Plan
from voice_coach.core.routine import Breath, Exercise, Routine
from voice_coach.units import Samples


class Mode(StrEnum):
    """What the session is doing, as the user would put it."""

    IDLE = "idle"
    INTRODUCING = "introducing"
    GETTING_READY = "getting ready"
    EXERCISING = "exercising"
    RESTING = "resting"
    FINISHING = "finishing"
    PAUSED = "paused"
    CONFIRMING_STOP = "confirming stop"
    HURTING = "hurting"


RUNNING = (
    Mode.INTRODUCING,
    Mode.GETTING_READY,
    Mode.EXERCISING,
    Mode.RESTING,
    Mode.FINISHING,
)
"""Modes in which the session moves on by itself."""
WAITING = (Mode.PAUSED, Mode.CONFIRMING_STOP, Mode.HURTING)
"""Modes in which the count is frozen until the user says how to go on."""


class Role(StrEnum):
    """What an utterance is to the session."""

    CUE = "cue"
    MARK = "mark"
    ANSWER = "answer"


# Events: what happened.


@dataclass(frozen=True)
class Heard:
    """The user said something that is a command."""

    intent: Intent


@dataclass(frozen=True)
class Spoken:
    """The last sample of an utterance has left the loudspeaker."""

    utterance: int


@dataclass(frozen=True)
class TimeUp:
    """The clock has come to `State.due`; `now` is that very position."""


Event = Heard | Spoken | TimeUp


# Actions: what is to be done.


@dataclass(frozen=True)
class Say:
    """Say `text` from sample `at` on, and report the end as `Spoken(utterance)`."""

    utterance: int
    text: str
    at: Samples
    role: Role
    speed: float


@dataclass(frozen=True)
class Silence:
    """Stop what is sounding, within one block, and forget what was going to sound."""


@dataclass(frozen=True)
class SetVolume:
    """Change the loudness of everything that is said."""

    db: float


@dataclass(frozen=True)
class Note:
    """Keep that something happened, for good: a line of the journal.

    Kinds and details: "started" {routine, exercises: [names]}, "continued" {}, "cue" {cue,
    exercise, name, repetition, side}, "done", "skipped", "hurt" and "eased" {exercise, name},
    "pain" {when: "before" or "after", value: 0 to 10}, "paused", "resumed", and at the end
    "finished", "stopped" or "left" {}.
    """

    kind: str
    details: Mapping[str, str | int | list[str] | None] = field(default_factory=dict)


Action = Say | Silence | SetVolume | Note


@dataclass(frozen=True)
class State:
    """Everything that the session knows; never changed, only replaced."""

    routines: tuple[Routine, ...]
    """What may be started; the first one is meant when none is named."""
    mode: Mode = Mode.IDLE
    plan: Plan | None = None
    index: int = 0
    """The cue at which the session stands."""
    easier: frozenset[int] = frozenset()
    """Exercises that are done in their easier variant."""
    tempo: float = 1.0
    volume_db: float = 0.0
    utterance: int = 0
    """Number of the last thing said."""
    on_air: Role | None = None
    """What is being said now, if anything."""
    said_at: Samples = 0
    """Where the words of the cue began."""
    cut: bool = False
    """Whether an answer cut off the words of the cue."""
    left: Samples = 0
    """What is left of the count while it does not run."""
    ends: Samples | None = None
    """Where the running count ends."""
    marks: tuple[Mark, ...] = ()
    """Marks that have not fallen due yet."""
    breath: Breath = Breath.NATURAL
    """The breath of this moment, for the eye."""
    due: Samples | None = None
    """Where the session wants a `TimeUp`."""

    @property
    def cue(self) -> Cue:
        """The cue at which the session stands; only while there is a plan."""
        assert self.plan is not None  # noqa: S101 - a bug of ours otherwise
        return self.plan.cues[self.index]

    @property
    def exercise(self) -> Exercise:
        """The exercise at which the session stands; only while there is a plan."""
        assert self.plan is not None  # noqa: S101 - a bug of ours otherwise
        exercise = self.plan.routine.exercises[self.cue.exercise]
        return exercise.made_easier() if self.cue.exercise in self.easier else exercise

    @property
    def listening(self) -> str:
        """Which group of commands may be heard now."""
        if self.mode is Mode.IDLE:
            return "idle"
        return "confirm" if self.mode is Mode.CONFIRMING_STOP else "session"

    def count_left(self, now: Samples) -> Samples:
        """What is left of the current cue's count."""
        return max(0, self.left if self.ends is None else self.ends - now)

    def session_left(self, now: Samples) -> Samples:
        """Estimated time to the end of the routine; 0 while there is none."""
        if self.plan is None:
            return 0
        return self.count_left(now) + self.plan.remaining_after(self.index)
