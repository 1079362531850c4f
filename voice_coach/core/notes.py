"""What is worth keeping of a session for good: one type for each thing that may be noted.

Owns these notes and their plain form, which is what journals on disk hold; must not know when
something is noted (the moves), nor where it is kept (`history`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True)
class Started:
    """A session of a routine began."""

    routine: str
    exercises: tuple[str, ...]
    """Names of all exercises of the routine, in order."""


@dataclass(frozen=True)
class Greeted:
    """The user was told that the coach listens."""


@dataclass(frozen=True)
class Continued:
    """A session that was cut off goes on."""


@dataclass(frozen=True)
class _AboutExercise:
    exercise: int
    """Index of the exercise in the routine."""
    name: str
    """Name of the exercise."""


@dataclass(frozen=True)
class CueReached(_AboutExercise):
    """The words of a cue began."""

    cue: int
    """Index of the cue in the plan."""
    repetition: int
    """Counted from 1; 0 outside of repetitions."""
    side: str | None
    """Left or right, if the exercise has sides."""


@dataclass(frozen=True)
class Done(_AboutExercise):
    """An exercise was done to its end."""

    easier: bool
    """Whether in its easier variant."""


@dataclass(frozen=True)
class PartlyDone(_AboutExercise):
    """An exercise was left before its end."""


@dataclass(frozen=True)
class Skipped(_AboutExercise):
    """An exercise was left before its first move."""


@dataclass(frozen=True)
class Hurt(_AboutExercise):
    """An exercise hurt."""


@dataclass(frozen=True)
class Eased(_AboutExercise):
    """An exercise is done in its easier variant from now on."""


@dataclass(frozen=True)
class Shifted(_AboutExercise):
    """An exercise is done in another variant from now on."""

    shift: int
    """How many steps harder than usual, or easier."""


@dataclass(frozen=True)
class Counted(_AboutExercise):
    """The user told how many they have done of an exercise."""

    count: int


@dataclass(frozen=True)
class Unwell:
    """The user felt unwell."""

    sign: str
    """How: dizzy, numb, chest, breath, faint or other."""


@dataclass(frozen=True)
class PainTold:
    """The user told how it feels."""

    when: Literal["before", "after"]
    """Before or after the routine."""
    value: float
    """From 0 to 10, in halves."""


@dataclass(frozen=True)
class Paused:
    """The count was frozen, as the user asked."""


@dataclass(frozen=True)
class Resumed:
    """The count runs again."""


@dataclass(frozen=True)
class Finished:
    """The routine came to its farewell."""


@dataclass(frozen=True)
class Stopped:
    """The user ended the session."""


@dataclass(frozen=True)
class Left:
    """The session ended because nobody answered; it may be continued."""


@dataclass(frozen=True)
class Discarded:
    """The user will not continue the session that was cut off."""


Note = (
    Started
    | Greeted
    | Continued
    | CueReached
    | Done
    | PartlyDone
    | Skipped
    | Hurt
    | Eased
    | Shifted
    | Counted
    | Unwell
    | PainTold
    | Paused
    | Resumed
    | Finished
    | Stopped
    | Left
    | Discarded
)

_KINDS: Final[Mapping[type[Note], str]] = {
    Started: "started",
    Greeted: "greeted",
    Continued: "continued",
    CueReached: "cue",
    Done: "done",
    PartlyDone: "partly",
    Skipped: "skipped",
    Hurt: "hurt",
    Eased: "eased",
    Shifted: "shifted",
    Counted: "counted",
    Unwell: "unwell",
    PainTold: "pain",
    Paused: "paused",
    Resumed: "resumed",
    Finished: "finished",
    Stopped: "stopped",
    Left: "left",
    Discarded: "discarded",
}


def kind_and_details(note: Note) -> tuple[str, dict[str, Any]]:
    """Return `note` as plain data: its kind in a word, and its fields by name, in their order.

    Journals on disk hold just this, and are read for ever: neither a kind nor the name of a field
    may change.
    """
    return _KINDS[type(note)], asdict(note)
