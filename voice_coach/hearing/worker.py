"""A recogniser in a process of its own, behind the same port.

Owns the life of that process. Decoding holds Python's lock for a tenth of a second and more,
in which no sound callback could run; and an engine that hangs or crashes must not take the
session with it: it is started anew, and only the utterance of that moment is lost.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np

from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.recogniser import Hypothesis, Recogniser
from voice_coach.sound.pcm import Pcm

PATIENCE_SECONDS: Final = 10.0
"""How long an engine may take for one answer before it counts as hung."""
START_SECONDS: Final = 60.0
"""How long loading a model may take; a Raspberry Pi reads from a slow card."""

MakeRecogniser = Callable[[], Recogniser]
"""Makes the recogniser; runs in the new process, so it must be importable by name."""


class SeparateProcess:
    """Drives a recogniser that lives in another process; a `Recogniser` itself."""

    def __init__(
        self,
        make: MakeRecogniser,
        *,
        patience: float = PATIENCE_SECONDS,
        patience_at_start: float = START_SECONDS,
    ) -> None:
        """Start the process; raises the ModelError that `make` raises there."""
        self._make = make
        self._patience = patience
        self._patience_at_start = patience_at_start
        self._grammar: Grammar | None = None
        self._partial = ""
        self.restarts = 0
        """How often the engine died or hung, and was started anew."""
        self._launch()
        self._name = str(self._receive(self._patience_at_start))

    @property
    def name(self) -> str:
        return self._name

    def use(self, grammar: Grammar) -> None:
        if self._ask("use", grammar, patience=self._patience_at_start) is _LOST:
            self._revive()
            self._ask("use", grammar, patience=self._patience_at_start)
        self._grammar = grammar

    def start(self) -> None:
        self._partial = ""
        self._tell("start", None)

    def hear(self, samples: Pcm) -> str:
        self._tell("hear", samples.astype(np.float32).tobytes())
        while self._alive() and self._connection.poll():
            self._partial = str(self._received())
        return self._partial

    def finish(self) -> Hypothesis:
        found = self._ask("finish", None, patience=self._patience)
        if isinstance(found, Hypothesis):
            return found
        self._revive()
        return Hypothesis("", 0.0)

    def close(self) -> None:
        self._tell("close", None)
        self._process.join(timeout=1)
        self._kill()

    def _launch(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._make), name="recogniser", daemon=True
        )
        self._process.start()
        theirs.close()

    def _revive(self) -> None:
        """Start anew after a death, in the grammar that was in force."""
        self.restarts += 1
        self._kill()
        self._launch()
        self._receive(self._patience_at_start)
        if self._grammar is not None:
            self._ask("use", self._grammar, patience=self._patience_at_start)

    def _kill(self) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._connection.close()

    def _alive(self) -> bool:
        return not self._connection.closed

    def _tell(self, what: str, content: Any) -> None:
        try:
            self._connection.send((what, content))
        except (OSError, ValueError):
            return  # it died; `finish` or `use` will find that out and start it anew

    def _ask(self, what: str, content: Any, *, patience: float) -> Any:
        """Return the answer to `what`, or _LOST; partials that were under way are passed over."""
        self._tell(what, content)
        answer = self._receive(patience)
        while isinstance(answer, str):
            answer = self._receive(patience)
        return answer

    def _receive(self, patience: float) -> Any:
        try:
            if not self._connection.poll(patience):
                return _LOST
        except OSError:
            return _LOST
        return self._received()

    def _received(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            return _LOST
        if isinstance(answer, Exception):
            raise answer
        return answer


_LOST: Final = None
"""What stands for the answer of an engine that is dead or hangs."""


def _serve(connection: Connection, make: MakeRecogniser) -> None:
    """Run the recogniser: one message in, at most one out, until the other side is gone."""
    try:
        recogniser = make()
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
    except (EOFError, OSError, KeyboardInterrupt):
        pass  # the coach has gone, or Ctrl-C reached the whole group: it decides, not we
    recogniser.close()
