"""Recognisers for tests of what runs them: one that works, and ways in which one may fail.

What it does is told by the first sample that it hears. Imported in a process of its own, so it
must not import the tests.
"""

import os
import threading
from collections.abc import Callable

from voice_coach.audio.pcm import Pcm
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.engines.recogniser import Hypothesis

WORK, CRASH_HEARING, CRASH_AT_END, HANG_HEARING, HANG_AT_END, COMPLAIN, FAIL = range(7)


class FakeEngine:
    """Hears the first sentence of its grammar in whatever it is given."""

    name = "fake"

    def __init__(self) -> None:
        self._grammar: Grammar | None = None
        self._heard = 0
        self._order = WORK

    def use(self, grammar: Grammar) -> None:
        if grammar.name == "crash":
            os._exit(3)
        if grammar.name == "unknown words":
            raise ModelError("It does not know these words.")
        self._grammar = grammar

    def start(self) -> None:
        self._heard = 0

    def hear(self, samples: Pcm) -> str:
        if not self._heard:
            self._order = round(float(samples[0]))
        self._heard += len(samples)
        self._misbehave(CRASH_HEARING, HANG_HEARING)
        return "so far"

    def guess(self) -> Hypothesis:
        return Hypothesis("so far", 0.5)

    def finish(self) -> Hypothesis:
        self._misbehave(CRASH_AT_END, HANG_AT_END)
        if self._order == COMPLAIN:
            raise ModelError("The model has lost its words.")
        if self._order == FAIL:
            raise RuntimeError("something in the library")
        assert self._grammar is not None
        return Hypothesis(next(self._grammar.sentences()), 0.5, (0, self._heard))

    def close(self) -> None:
        self._grammar = None

    def _misbehave(self, crash: int, hang: int) -> None:
        if self._order == crash:
            os._exit(3)
        if self._order == hang:
            threading.Event().wait()


def fake() -> FakeEngine:
    """Make an engine that works until it is told not to."""
    return FakeEngine()


def without_model() -> FakeEngine:
    """Fail as an engine does whose model is damaged."""
    raise ModelError("The model is damaged: am/final.mdl is missing.")


def broken() -> FakeEngine:
    """Die while starting, as a library does that does not suit the machine."""
    os._exit(3)


def failing() -> FakeEngine:
    """Fail as a library does that raises whatever it likes."""
    raise RuntimeError("something in the library")


MakeFake = Callable[[], FakeEngine]
