"""The listener of a benchmark's process: the same chain as `voice-coach listen`.

Owns how sound is fed to it and what is noted of the answer; must not know what a sound is.
A task is anything that can be called with the ears of the process that it runs in.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.corpus import own_commands
from benchmarks.scoring import Figure, Result
from voice_coach.app.coach import attend
from voice_coach.app.engines import choose_recogniser, make_recogniser
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.core.intents import Commands
from voice_coach.hearing.enrolled.profile import Profile
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener, Transcript
from voice_coach.settings.keys import RecogniserChoice
from voice_coach.units import BLOCK, Samples, to_seconds


class Ears:
    """One recogniser, kept for all tasks of a process, as each coach has one."""

    def __init__(self, choice: str = "auto", profile: Profile | None = None) -> None:
        """`profile` is what a user has taught."""
        self.engine: Final = choose_recogniser(RecogniserChoice(choice))
        self._recogniser = make_recogniser(self.engine, profile)
        self._listener = Listener(self._recogniser)

    def listener(self, state: str) -> Listener:
        """Return one that has heard nothing yet and attends to what may be said in `state`.

        One may be in use at a time: all of them have the same recogniser.
        """
        listener = Listener(self._recogniser)
        attend(listener, own_commands(), state)
        return listener

    def hear(self, sound: Pcm, state: str, commands: Commands | None = None) -> list[Result]:
        """Return what is heard in `sound` as a file, by the grammar of `state`."""
        commands = commands or own_commands()
        attend(self._listener, commands, state)
        return [noted(heard, commands, state) for heard in heard_in(sound, self._listener)]

    def answer(self, sound: Pcm, state: str) -> list[tuple[Transcript, float]]:
        """Return what is heard in `sound` as a stream, and when each was known, in seconds.

        Blocks come in real time, and one is worked on after the other by one thread: what
        takes long delays what comes after. Computing counts as the processor's time.
        """
        listener, answers, free = self.listener(state), [], 0.0
        for start in range(0, len(sound), BLOCK):
            block = sound[start : start + BLOCK]
            began = time.process_time()
            heard = listener.process(block, silence(len(block)))
            free = max(free, to_seconds(start + len(block))) + time.process_time() - began
            answers += [(found, free) for found in heard]
        listener.flush()
        return answers


def noted(heard: Transcript, commands: Commands, state: str) -> Result:
    """Return `heard` as it stands in the JSON, positions in seconds."""
    intent = commands.match(heard.text, state)
    meant: Result = {"intent": intent.name, "slots": dict(intent.slots)} if intent else {}
    return {
        "text": heard.text,
        "confidence": round(heard.confidence, 4),
        "start": _s(heard.start),
        "end": _s(heard.end),
        "decided": _s(heard.decided),
        **meant,
    }


def _s(position: Samples) -> float:
    return round(to_seconds(position), 3)


Task = Callable[[Ears], Result]


@dataclass(frozen=True)
class Options:
    """What is to be measured."""

    quick: bool
    speech: bool
    """Whether the recorded speech is there."""
    recogniser: str


@dataclass(frozen=True)
class Row:
    """One part of the benchmark."""

    name: str
    tasks: Callable[[Options], list[Task]]
    figures: Callable[[list[Result]], list[Figure]]
    details: Callable[[list[Result]], str]
    """Markdown under the table."""
    alone: bool = False
    """Whether nothing else may run beside it, because it measures time."""
    whole: bool = False
    """Whether its figures compare sounds with each other, so that none may be left out."""
    recordings: bool = False
    """Whether it is nothing without the recorded speech."""
