"""Where the coach and its pages meet: what can be seen, and what is asked of the coach.

Owns all that crosses between the two threads; must not know sockets, nor who asks. The coach
waits for nothing here and does nothing for a page: the pages' thread looks at what the coach
has anyway, and leaves what is asked in a short row, from which the coach takes when it likes.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from voice_coach.core.intents import Commands, Intent
from voice_coach.core.routine import Routine
from voice_coach.core.state import State
from voice_coach.units import Samples, to_seconds

MOST_WAITING: Final = 16
"""What may wait for the coach; more is refused. It takes one in every block of 10 ms."""

_WINDOW: Final = 100
"""Looks at the clock that are taken together: two seconds."""
_LATEST: Final = 10
"""Looks that show a leap: longer than any burst."""
_JUMP: Final = 0.03
"""Seconds by which a clock that has stood still or leapt is told from one that is uneven."""


@dataclass(frozen=True)
class Preview:
    """Words that somebody wants to hear before they are part of a routine, or in some voice."""

    text: str
    voice: str | None = None
    """Which of the voices; None is the one that speaks."""


@dataclass(frozen=True)
class NewRoutines:
    """The routines that there are from now on, and what may be said with them."""

    routines: tuple[Routine, ...]
    commands: Commands


Wish = Intent | Preview | NewRoutines


@dataclass(frozen=True)
class Sight:
    """Where a page looks: reads of what the coach has anyway, from any thread."""

    state: Callable[[], State]
    """The newest state, which is frozen: the mailbox of which the latest wins."""
    position: Callable[[], Samples]
    """What the loudspeaker was given so far."""
    latency: Callable[[], float] = lambda: 0.0
    """Seconds from there to the ear."""
    level_db: Callable[[], float] = lambda: -90.0
    speaking: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Words:
    """Something that was said or heard, and when."""

    text: str
    at: Samples


class Mailbox:
    """The two directions between one coach and all pages.

    `said`, `heard` and `take` belong to the thread of the coach, the rest to that of the pages,
    and `noticed` to either.
    Nothing here locks: a reference is replaced whole, and a deque takes and gives whole.
    """

    def __init__(self) -> None:
        self.latest_said: Words | None = None
        self.latest_heard: Words | None = None
        self.latest_notice: Words | None = None
        self._asked: deque[Wish] = deque()

    def said(self, text: str, at: Samples) -> None:
        """Take note of what the coach says."""
        self.latest_said = Words(text, at)

    def heard(self, text: str, at: Samples) -> None:
        """Take note of what the user said."""
        self.latest_heard = Words(text, at)

    def noticed(self, text: str, at: Samples) -> None:
        """Take note of what is wrong and yet no error."""
        self.latest_notice = Words(text, at)

    def take(self) -> Wish | None:
        """Return what was asked for first, if anything."""
        return self._asked.popleft() if self._asked else None

    def ask(self, wish: Wish) -> bool:
        """Leave something for the coach to do; False if too much is waiting already."""
        if len(self._asked) >= MOST_WAITING:
            return False
        self._asked.append(wish)
        return True


class EarClock:
    """The audio clock as it reaches the ear, made even.

    A loudspeaker takes its samples in bursts, so that the position runs in steps; the clock of
    the machine tells where between two of them it is.
    """

    def __init__(self, sight: Sight, now: Callable[[], float] = time.monotonic) -> None:
        self._sight = sight
        self._now = now
        self._ahead: deque[float] = deque(maxlen=_WINDOW)
        self._mean = 0.0

    def look(self) -> None:
        """Compare the two clocks; to be called some fifty times a second."""
        self._ahead.append(to_seconds(self._sight.position()) - self._now())
        latest = list(self._ahead)[-_LATEST:]
        if min(latest) > self._mean + _JUMP or max(latest) < self._mean - _JUMP:
            self._ahead.clear()
            self._ahead.extend(latest)
        self._mean = fmean(self._ahead)

    @property
    def seconds(self) -> float:
        """What is heard from the loudspeaker now, in seconds of the audio clock."""
        if not self._ahead:
            self.look()
        return max(0.0, self._mean + self._now() - self._sight.latency())
