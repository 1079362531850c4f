"""The coach's ears: a listener that runs beside the session and hears what may be said now.

Owns the listener's thread and what of the meaning the listener is told; must not know what is
done with what was heard.
"""

import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final

from voice_coach.app.addressed import Addressed, Attempt
from voice_coach.audio.pcm import Pcm
from voice_coach.core.intents import Commands
from voice_coach.grammar import ListeningState
from voice_coach.hearing.decision import Decision, Rules
from voice_coach.hearing.listener import Listener, Transcript


class Ears:
    """Runs a listener: in a thread of its own with live sound, in step with files.

    The thread owns the listener. What it raises is raised by the next `hear`.
    """

    def __init__(
        self,
        listener: Listener,
        commands: Commands,
        *,
        live: bool,
        decisions: "SimpleQueue[Decision] | None" = None,
    ) -> None:
        """`decisions` is where the listener leaves all of them, if it does."""
        self._listener = listener
        self._decisions = decisions
        self._addressed = Addressed()
        self._attempts: SimpleQueue[Attempt] = SimpleQueue()
        self._commands = self._known = commands
        self._listening = ""
        self._blocks: SimpleQueue[tuple[Pcm, Pcm, str] | None] = SimpleQueue()
        self._utterances: SimpleQueue[Transcript] = SimpleQueue()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        if live:
            self._thread = threading.Thread(target=self._work, name="ears", daemon=True)
            self._thread.start()

    @property
    def level_db(self) -> float:
        """Level of the microphone just now, in dB of full scale."""
        return self._listener.level_db

    @property
    def speaking(self) -> bool:
        """Whether somebody is speaking just now."""
        return self._listener.speaking

    def learn(self, commands: Commands) -> None:
        """Hear these commands from the next block on, in place of those before."""
        self._commands = commands

    def hear(self, microphone: Pcm, played: Pcm, listening: str) -> Iterable[Transcript]:
        """Take a block, to be heard in the grammar `listening`; yield what was understood."""
        if self._failure is not None:
            raise self._failure
        if self._thread is None:
            self._process(microphone, played, listening)
        else:
            self._blocks.put((microphone, played, listening))
        while True:
            try:
                yield self._utterances.get_nowait()
            except Empty:
                return

    def attempts(self) -> Iterable[Attempt]:
        """Yield what was said to the coach by now, and not understood."""
        while True:
            try:
                yield self._attempts.get_nowait()
            except Empty:
                return

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._blocks.put(None)
            self._thread.join(timeout=2)

    def _work(self) -> None:
        try:
            while (block := self._blocks.get()) is not None:
                self._process(*block)
        except BaseException as error:
            self._failure = error

    def _process(self, microphone: Pcm, played: Pcm, listening: str) -> None:
        commands = self._commands  # once, since `learn` is called in another thread
        if commands is not self._known:
            self._known, self._listening = commands, ""
            for state in self._known.states:  # now, so that no change of state waits for it
                attend(self._listener, self._known, state)
        if listening != self._listening:
            attend(self._listener, self._known, listening)
            self._listening = listening
        for utterance in self._listener.process(microphone, played):
            self._utterances.put(utterance)
        if self._decisions is not None:
            self._judge(self._decisions, microphone, played)

    def _judge(self, decisions: "SimpleQueue[Decision]", microphone: Pcm, played: Pcm) -> None:
        """Find out who has spoken to the coach in vain."""
        self._addressed.hear(microphone, played)
        while not decisions.empty():
            self._addressed.decided(decisions.get_nowait())
        for attempt in self._addressed.attempts(speaking=self._listener.speaking):
            self._attempts.put(attempt)


ASKED: Final = frozenset({ListeningState.NUMBER})
"""States in which an answer is awaited that does no harm when it is wrong: it is read back."""

ANSWERED: Final = frozenset({ListeningState.CONFIRM})
"""States in which an answer is awaited that is acted upon at once, in a word or two."""


def attend(listener: Listener, commands: Commands, state: str) -> None:
    """Let `listener` hear what may be said in `state`, by the rules that suit it."""
    grammar = commands.grammar(state)

    def different(one: str, other: str) -> bool:
        return commands.match(one, state) != commands.match(other, state)

    suiting = Rules.suiting(grammar)
    rules = replace(
        suiting.for_an_answer if state in ANSWERED else suiting,
        asked=state in ASKED,
        different=different,
        key=partial(commands.key, state=state),
        harmless=partial(commands.harmless, state=state),
        settled=partial(commands.settled, state=state),
    )
    listener.use(grammar, rules)
