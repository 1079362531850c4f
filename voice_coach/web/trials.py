"""Spoken names of routines, tried in the background for the pages that ask.

Owns which names wait to be tried, and what came of those that were; must not know how a name is
tried, nor HTTP. One is tried at a time, and none while a routine runs: the coach goes first.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voice_coach.core.routine import Routine
from voice_coach.errors import VoiceCoachError

TryName = Callable[[Routine, Sequence[Routine], Callable[[], bool]], str | None]
"""Says in words how the name of a routine is heard beside others, in the thread that asks.

It asks the last argument, from time to time, whether to give up, and returns None if it did.
Raises VoiceCoachError where nothing can be tried.
"""

MOST_WAITING: Final = 4
"""Names that wait for their turn; what is asked beyond them is refused."""
MOST_KEPT: Final = 50
"""Results that are remembered."""
_LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the routine that runs is over."""

_Key = tuple[tuple[str, ...], tuple[str, ...]]


class TrialStage(StrEnum):
    """How far a trial is."""

    DONE = "done"
    TRYING = "trying"
    LATER = "later"
    FULL = "full"
    NEVER = "never"


@dataclass(frozen=True)
class NameTrial:
    """What a page is told of a trial."""

    stage: TrialStage
    text: str


_TRYING: Final = NameTrial(TrialStage.TRYING, "Trying how the name is heard …")
_LATER: Final = NameTrial(
    TrialStage.LATER, "A routine is running. How the name is heard will be tried afterwards."
)
_FULL: Final = NameTrial(
    TrialStage.FULL, "Too many names are waiting to be tried. Try again in a minute."
)
_NEVER: Final = NameTrial(TrialStage.NEVER, "How names are heard cannot be tried here.")


class NameTrials:
    """Tries one name after the other; `ask` and `close` may be called from any thread."""

    def __init__(self, try_name: TryName | None, idle: Callable[[], bool]) -> None:
        """`idle`: whether no routine is running."""
        self._try_name = try_name
        self._idle = idle
        self._changed = threading.Condition()
        self._waiting: OrderedDict[_Key, tuple[Routine, Sequence[Routine]]] = OrderedDict()
        self._done: OrderedDict[_Key, NameTrial] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, routine: Routine, others: Sequence[Routine]) -> NameTrial:
        """Return what came of the name of `routine` beside `others`; have it tried, if need be."""
        if self._try_name is None:
            return _NEVER
        names = sorted(name for other in others for name in other.spoken_names)
        key = (tuple(routine.spoken_names), tuple(names))
        with self._changed:
            if key in self._done:
                return self._done[key]
            if key not in self._waiting:
                if self._closed or len(self._waiting) >= MOST_WAITING:
                    return _FULL
                self._waiting[key] = (routine, others)
                self._start()
                self._changed.notify()
        return _TRYING if self._idle() else _LATER

    def close(self) -> None:
        """Give up whatever is being tried."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="names", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (first := self._next()) is not None:
            key, (routine, others) = first
            told = self._tried(routine, others)
            if told is None:
                continue  # a routine was begun meanwhile: it keeps its turn
            with self._changed:
                self._waiting.pop(key, None)
                self._done[key] = NameTrial(TrialStage.DONE, told)
                while len(self._done) > MOST_KEPT:
                    self._done.popitem(last=False)

    def _next(self) -> tuple[_Key, tuple[Routine, Sequence[Routine]]] | None:
        """Wait until one may be tried; None at the end."""
        with self._changed:
            while not self._closed:
                if self._waiting and self._idle():
                    return next(iter(self._waiting.items()))
                self._changed.wait(_LOOK_SECONDS if self._waiting else None)
        return None

    def _tried(self, routine: Routine, others: Sequence[Routine]) -> str | None:
        assert self._try_name is not None  # noqa: S101 - nothing waits otherwise
        try:
            return self._try_name(routine, others, lambda: self._closed or not self._idle())
        except VoiceCoachError as error:
            return f"How the name is heard was not tried. {error}"
        except Exception as error:  # the page goes on without it
            return f"How the name is heard could not be tried ({type(error).__name__})."
