"""A session of fifty utterances in words that stand in no list, as a transcript to be read.

Owns what is said in which situation, and what came of it; must not know how it is heard or
answered. A person on a mat is put into each situation anew, speaks once, and waits for an answer.
Not a row of the tables: whether an answer is what one would wish, a reader decides. Run with
`python -m benchmarks.own_words [SITUATION …]`.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Final

import numpy as np

from benchmarks.corpus import DATA
from benchmarks.ideal_clock import EMBEDDED
from benchmarks.neural import uttered
from benchmarks.rooms import SPEECH_DB, levelled, white
from voice_coach.app.assembly import Assembly, assemble
from voice_coach.app.coach import Persistence
from voice_coach.app.engines import make_recogniser
from voice_coach.app.happenings import Happening, Said, SignalGiven, SpeechHeard, SpeechLeft
from voice_coach.audio.pcm import Pcm
from voice_coach.audio.world import Nowhere, open_audio
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Breath
from voice_coach.core.state import Mode, State
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.engines.recogniser import Recogniser
from voice_coach.hearing.listener import Listener
from voice_coach.library import read_commands, read_library
from voice_coach.settings.keys import Verbosity
from voice_coach.units import Samples, to_samples

VOICE: Final = "hibari"
NOTHING: Final = "-"
"""In place of a wish: this is not for the coach, or it has no answer to it."""
CALM: Final = to_samples(1.5)
"""So long the coach has said nothing before somebody speaks …"""
IMPATIENT: Final = to_samples(4)
"""… or so long they have been in the situation, where it speaks all the time."""
ANSWERED: Final = to_samples(4)
"""After the words: by then the coach has begun to answer."""
LOST: Final = to_samples(240)
"""Whoever is not in their situation by then never will be."""


@dataclass(frozen=True)
class Utterance:
    """One line of `data/own_words.tsv`."""

    situation: str
    speed: float
    wished: tuple[str, ...]
    """Names of the intents that would all do; NOTHING for none."""
    words: str


def utterances() -> list[Utterance]:
    """Return all lines, in their order."""
    text = (DATA / "own_words.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return [
        Utterance(situation, float(speed), tuple(wished.split(",")), words)
        for situation, speed, wished, words in rows
    ]


@dataclass(frozen=True)
class Situation:
    """Where the person is when they speak, and what was done by hand to get there."""

    here: Callable[[State], bool]
    routine: str | None = "Back"
    then: str | None = None
    """Given by hand once an exercise is being held."""


def _held(state: State) -> bool:
    return (
        state.mode is Mode.EXERCISING
        and state.cue.count >= to_samples(15)
        and state.cue.breath is Breath.NATURAL
    )


SITUATIONS: Final = {
    "idle": Situation(lambda state: state.mode is Mode.IDLE, routine=None),
    "hold": Situation(_held),
    "breathing": Situation(
        lambda state: state.mode is Mode.EXERCISING and state.cue.breath is Breath.DEEP,
        routine="Breathing",
    ),
    "rest": Situation(lambda state: state.mode is Mode.RESTING, routine="Gentle stretch"),
    "paused": Situation(lambda state: state.mode is Mode.PAUSED, then="pause"),
    "number": Situation(lambda state: state.mode is Mode.ASKING_PAIN),
    "confirm": Situation(lambda state: state.mode is Mode.CONFIRMING_STOP, then="stop"),
}


@dataclass
class Person:
    """Gets into a situation, says something once, and listens: the microphone of one coach."""

    utterance: Utterance
    seed: int
    heard: list[Happening] = field(default_factory=list)
    """What happened from when they spoke."""
    mode: Mode | None = None
    """Where the session was in the end."""

    def __post_init__(self) -> None:
        """Find out where to speak, and take a breath."""
        self._situation = SITUATIONS[self.utterance.situation]
        sound = uttered(VOICE, self.utterance.words, self.utterance.speed)
        self._clip = levelled(sound, SPEECH_DB)
        self._noise = white(to_samples(10), self.seed)
        self._speaks_at: Samples | None = None
        self._done: set[str] = set()
        self._calm_since: Samples = 0
        self._here_since: Samples | None = None

    def read(self, frames: Samples, position: Samples) -> Pcm:
        """Return what is heard in `frames` samples from `position` on."""
        sound = np.resize(np.roll(self._noise, -position), frames)
        if self._speaks_at is not None:
            part = self._clip[max(0, position - self._speaks_at) :][:frames]
            sound[: len(part)] += part
        return sound

    def watch(self, happening: Happening) -> None:
        """Keep what happens once they have spoken."""
        if self._speaks_at is not None:
            self.heard.append(happening)

    def on_block(self, parts: Assembly, position: Samples) -> bool:
        """Do what is next; return whether all is over. RuntimeError if they never get there."""
        state = parts.coach.state
        if self._speaks_at is not None:
            over = position > self._speaks_at + len(self._clip) + ANSWERED
            self.mode = state.mode
            return over and (state.on_air is None or position > self._speaks_at + 2 * LOST)
        if position > LOST:
            raise RuntimeError(f"never came to be: {self.utterance.situation}")
        self._calm_since = position if state.on_air is not None else self._calm_since
        self._get_there(parts, position)
        if not self._situation.here(parts.coach.state):
            self._here_since = None
            return False
        self._here_since = position if self._here_since is None else self._here_since
        calm = position - self._calm_since > CALM
        if calm or position - self._here_since > IMPATIENT:
            self._speaks_at = position + to_samples(0.1)
        return False

    def _get_there(self, parts: Assembly, position: Samples) -> None:
        coach = parts.coach
        if self._situation.routine and position > to_samples(1):
            self._do(parts, Intent("start", {"routine": self._situation.routine}))
        if self._situation.then and _held(coach.state):
            self._do(parts, Intent(self._situation.then))

    def _do(self, parts: Assembly, intent: Intent) -> None:
        if intent.name not in self._done:
            self._done.add(intent.name)
            parts.coach.do(intent)


def perform(person: Person, commands: Commands, recogniser: Recogniser) -> None:
    """Let `person` meet a coach that nobody has used before."""
    asked = person.utterance.situation == "number"
    decisions: SimpleQueue[Decision] = SimpleQueue()
    assembled = assemble(
        tuple(shelved.routine for shelved in read_library()[0] if not shelved.own),
        commands,
        Listener(recogniser, watch=decisions.put),
        EMBEDDED[1],
        live=False,
        decisions=decisions,
        persistence=Persistence(Preferences(verbosity=Verbosity.BRIEF, ask_pain=asked)),
        watch=person.watch,
    )
    with assembled as parts:
        audio = open_audio(person, Nowhere())

        def on_block(microphone: Pcm, played: Pcm, position: Samples) -> None:
            parts.coach.on_block(microphone, played, position)
            if person.on_block(parts, position):
                audio.stop()

        audio.run(parts.mixer, on_block)


def verdict(person: Person) -> tuple[bool, str]:
    """Return whether a wish was met, and in one line what was heard and answered."""
    heard = [one for one in person.heard if isinstance(one, SpeechHeard)]
    obeyed = [one.intent.name for one in heard if one.intent]
    wished = person.utterance.wished
    met = not obeyed if wished == (NOTHING,) else len(obeyed) == 1 and obeyed[0] in wished
    return met, " ".join(_told(person))


def _told(person: Person) -> Iterator[str]:
    for one in person.heard:
        match one:
            case SpeechHeard():
                yield f"heard “{one.text}” ({one.intent.name if one.intent else 'nothing'});"
            case SpeechLeft():
                yield f"left “{one.written}” ({one.reason});"
            case Said():
                yield f"coach: {one.text}"
            case SignalGiven():
                yield f"<{one.signal.value}>"
            case _:
                pass
    yield f"→ {person.mode}"


def main(situations: list[str]) -> None:
    """Print what was said, heard and answered, and the count."""
    chosen = [one for one in utterances() if not situations or one.situation in situations]
    commands = read_commands(one.routine for one in read_library()[0] if not one.own)
    met = 0
    with closing(make_recogniser(EMBEDDED[0])) as recogniser:
        for number, utterance in enumerate(chosen, 1):
            person = Person(utterance, number)
            perform(person, commands, recogniser)
            good, told = verdict(person)
            met += good
            mark = "  " if good else "✗ "
            said = f"{mark}{number} {utterance.situation}: “{utterance.words}” {told}"
            print(said, flush=True)
    print(f"{met} of {len(chosen)} as wished.")


if __name__ == "__main__":
    main(sys.argv[1:])
