"""A recogniser in a process of its own, behind the same port.

Owns the life of that process. Decoding holds Python's lock for a tenth of a second and more,
in which no sound callback could run; and an engine that hangs or crashes must not take the
session with it: it is started anew, and only the utterance of that moment is lost.
"""

import multiprocessing
import os
import signal
import socket
import struct
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np

from voice_coach import crash
from voice_coach.audio.pcm import Pcm
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis, Recogniser
from voice_coach.memory import give_back

PATIENCE_SECONDS: Final = 10.0
"""How long an engine may take for one answer before it counts as hung."""
START_SECONDS: Final = 60.0
"""How long loading a model may take; a Raspberry Pi reads from a slow card."""

LOSSES: Final = 3
"""How many utterances in a row may be lost before it is said that the engine does not work."""

MakeRecogniser = Callable[[], Recogniser]
"""Makes the recogniser; runs in the new process, so it must be importable by name."""


class SeparateProcess:
    """Drives a recogniser that lives in another process; a `Recogniser` itself.

    Every method that talks to the engine raises ModelError when it cannot be started (again),
    or when it was lost LOSSES times in a row.
    """

    def __init__(
        self,
        make: MakeRecogniser,
        *,
        patience: float = PATIENCE_SECONDS,
        patience_at_start: float = START_SECONDS,
    ) -> None:
        """Start the process, and do not wait until it has loaded its engine."""
        self._make = make
        self._patience = patience
        self._patience_at_start = patience_at_start
        self._grammar: Grammar | None = None
        self._partial = ""
        self._lost_in_a_row = 0
        self._closed = False
        self.restarts = 0
        """How often the engine died or hung, and was started anew."""
        self._name: str | None = None
        self._launch()

    @property
    def name(self) -> str:
        """Name of the recogniser; waits until it is loaded, and ModelError if it cannot be."""
        if self._name is None:
            self._name = self._loaded()
        return self._name

    def use(self, grammar: Grammar) -> None:
        """Wait until it is loaded; raises the ModelError that `make` raised there."""
        assert self.name  # noqa: S101 - what it says first
        if self._ask("use", grammar, patience=self._patience_at_start) is _LOST:
            self._revive()
            self._put_in_force(grammar)
        self._grammar = grammar

    def start(self) -> None:
        if not self._process.is_alive():
            self._revive()  # now, so that what is about to be said is not lost
        self._partial = ""
        self._tell("start", None)

    def hear(self, samples: Pcm) -> str:
        self._tell("hear", samples.astype(np.float32).tobytes())
        while self._answered(within=0):
            partial = self._received()
            if partial is not _LOST:
                self._partial = str(partial)
        return self._partial

    def guess(self) -> Hypothesis | None:
        guessed = self._ask("guess", None, patience=self._patience)
        # Of an engine that is lost nothing is said here: `finish` starts it anew.
        return guessed if isinstance(guessed, Hypothesis) else None

    def finish(self) -> Hypothesis:
        found = self._ask("finish", None, patience=self._patience)
        if isinstance(found, Hypothesis):
            self._lost_in_a_row = 0
            return found
        self._revive()
        return NOTHING

    def close(self) -> None:
        self._closed = True
        self._tell("close", None)
        self._process.join(timeout=1)
        self._kill()

    def _launch(self) -> None:
        """Start the process; it loads while others do something else."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        _limit_sending(self._connection, self._patience)
        self._process = context.Process(
            target=_serve, args=(theirs, self._make), name="recogniser", daemon=True
        )
        # Ctrl-C reaches the whole group: only the coach shall act on it, and end the engine.
        resource_tracker.ensure_running()  # now, because where it starts it lets SIGINT through
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def _loaded(self) -> str:
        """Wait until the recogniser is loaded, and return its name."""
        try:
            name = self._receive(self._patience_at_start)
            if name is _LOST:
                raise ModelError(f"The recogniser did not start. {_OTHER}")
        except BaseException:
            self._kill()
            raise
        return str(name)

    def _revive(self) -> None:
        """Start anew after a death, in the grammar that was in force."""
        self._kill()
        if self._closed:
            return
        self.restarts += 1
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= LOSSES:
            raise ModelError(f"{self.name} stopped working {LOSSES} times in a row. {_OTHER}")
        self._launch()
        self._name = self._loaded()
        if self._grammar is not None:
            self._put_in_force(self._grammar)

    def _put_in_force(self, grammar: Grammar) -> None:
        if self._ask("use", grammar, patience=self._patience_at_start) is _LOST:
            self._kill()
            raise ModelError(f"{self.name} cannot listen for '{grammar.name}'. {_OTHER}")

    def _kill(self) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._connection.close()

    def _tell(self, what: str, content: Any) -> None:
        try:
            self._connection.send((what, content))
        except (OSError, ValueError):
            # It died, or takes nothing any more: `finish` or `use` will start it anew.
            self._connection.close()

    def _ask(self, what: str, content: Any, *, patience: float) -> Any:
        """Return the answer to `what`, or _LOST; partials that were under way are passed over."""
        self._tell(what, content)
        answer = self._receive(patience)
        while isinstance(answer, str):
            answer = self._receive(patience)
        return answer

    def _receive(self, patience: float) -> Any:
        return self._received() if self._answered(within=patience) else _LOST

    def _answered(self, *, within: float) -> bool:
        try:
            return self._connection.poll(within)
        except OSError:
            return False

    def _received(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            self._connection.close()
            return _LOST
        if isinstance(answer, Exception):
            raise answer
        return answer


def _limit_sending(connection: Connection, seconds: float) -> None:
    """Let a send fail that is not taken for `seconds`, instead of waiting for ever."""
    whole = int(seconds)
    limit = struct.pack("ll", whole, int((seconds - whole) * 1e6))
    with socket.socket(fileno=os.dup(connection.fileno())) as view:
        view.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


_OTHER: Final = "Choose another one with --recogniser, or install its model again."
_LOST: Final = None
"""What stands for the answer of an engine that is dead or hangs."""


def _serve(connection: Connection, make: MakeRecogniser) -> None:
    """Run the recogniser, and end quietly with whatever ends it: the coach sees that it is gone."""
    try:
        _answer(connection, make)
    except Exception as fault:
        if crash.raw():
            raise
        # The terminal belongs to the other process, which starts this one anew and tells of it.
        crash.told(fault)


def _answer(connection: Connection, make: MakeRecogniser) -> None:
    """Take one message in, and give at most one out, until the other side is gone."""
    try:
        recogniser = make()
        give_back()
        connection.send(recogniser.name)
    except ModelError as problem:
        connection.send(problem)
        return

    def use(grammar: Grammar) -> bool:
        recogniser.use(grammar)
        return True

    handlers: dict[str, Callable[[Any], Any]] = {
        "use": use,
        "start": lambda _: recogniser.start(),
        "hear": lambda raw: recogniser.hear(np.frombuffer(raw, dtype=np.float32)) or None,
        "guess": lambda _: recogniser.guess() or False,
        "finish": lambda _: recogniser.finish(),
    }
    try:
        while True:
            what, content = connection.recv()
            if what == "close":
                break
            try:
                answer = handlers[what](content)
            except ModelError as problem:
                answer = problem
            if answer is not None:
                connection.send(answer)
    except (EOFError, OSError):
        pass  # the coach has gone
    recogniser.close()
