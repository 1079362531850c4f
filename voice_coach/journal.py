"""The journal: every event of every session, in one file, as it happens.

Owns the file, its migrations and its lock, and what past sessions came to; must not know how a
session is led, nor how its past is shown.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Ending = Literal["finished", "stopped", "left", "unfinished"]
"""Done to the end, stopped by the user, ended because nobody answered, or cut off."""


@dataclass(frozen=True)
class PastSession:
    """What one session came to."""

    number: int
    """Counted from 1, in the order in which they were begun."""
    routine: str
    began: datetime
    """With its time zone, as the clock of the machine showed it."""
    seconds: float
    """Time spent in it, pauses left out."""
    done: tuple[str, ...]
    """Names of the exercises that were done to their end, in order."""
    skipped: tuple[str, ...]
    hurt: tuple[str, ...]
    """Names of exercises that hurt."""
    pain_before: int | None
    """From 0 to 10, if it was told."""
    pain_after: int | None
    ending: Ending


@dataclass(frozen=True)
class Bookmark:
    """Where a session that was cut off stood."""

    session: int
    """Its number."""
    routine: str
    exercise: int
    """Index of the exercise in the routine."""
    name: str
    """Name of the exercise."""
    repetition: int
    """Counted from 1; 0 outside of repetitions."""
    side: str | None
    """Left or right, if the exercise has sides."""
    eased: frozenset[str]
    """Names of the exercises that were being done in their easier variant."""
