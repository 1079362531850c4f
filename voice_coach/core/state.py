"""What the session knows, what can happen to it and what it asks for: plain frozen data.

Owns the words in which session and app speak to each other; must not know the rules by which
one state follows from another (`session.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from voice_coach.core.cues import (
    BEAT,
    UNTIL_DONE,
    BreathTone,
    Cue,
    CueKind,
    Mark,
    Signal,
    speech_length,
)
from voice_coach.core.intents import Intent
from voice_coach.core.language import Language
from voice_coach.core.lines import SaidLine, length_of
from voice_coach.core.notes import Note
from voice_coach.core.plan import Arrival, Plan
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Breath, Exercise, Routine
from voice_coach.core.written import Texts
from voice_coach.grammar import ListeningState
from voice_coach.units import Samples


class Mode(StrEnum):
    """What the session is doing, as the user would put it."""

    IDLE = "idle"
    OFFERING = "offering"
    ASKING_PAIN = "asking pain"
    CONFIRMING_PAIN = "confirming pain"
    INTRODUCING = "introducing"
    GETTING_READY = "getting ready"
    EXERCISING = "exercising"
    RESTING = "resting"
    FINISHING = "finishing"
    PAUSED = "paused"
    CONFIRMING_STOP = "confirming stop"
    HURTING = "hurting"


RUNNING = (
    Mode.INTRODUCING,
    Mode.GETTING_READY,
    Mode.EXERCISING,
    Mode.RESTING,
    Mode.FINISHING,
)
"""Modes in which the session moves on by itself."""
WAITING = (Mode.PAUSED, Mode.CONFIRMING_STOP, Mode.HURTING)
"""Modes in which the count is frozen until the user says how to go on."""
LED = (*RUNNING, *WAITING)
"""Modes between the start of a routine and its end."""


class Role(StrEnum):
    """What an utterance is to the session."""

    CUE = "cue"
    MARK = "mark"
    ANSWER = "answer"


# Events: what happened.


@dataclass(frozen=True)
class Heard:
    """The user gave a command."""

    intent: Intent
    by_hand: bool = False
    """Whether by a key or a page, and not by voice."""


def slot_of(event: "Event", name: str) -> str | float | None:
    """Return what the user filled into slot `name` of a command, if anything."""
    return event.intent.slots.get(name) if isinstance(event, Heard) else None


@dataclass(frozen=True)
class Unheard:
    """Somebody spoke to the coach, and was not understood."""


@dataclass(frozen=True)
class Spoken:
    """The last sample of an utterance has left the loudspeaker."""

    utterance: int


@dataclass(frozen=True)
class TimeUp:
    """The clock has come to `State.due`; `now` is that very position."""


@dataclass(frozen=True)
class Opened:
    """The coach has come alive; what it remembers is in `State.memory`."""


@dataclass(frozen=True)
class Measured:
    """Words of the plan have been rendered: text → exact length, at the present tempo."""

    lengths: Mapping[str, Samples]


Event = Heard | Unheard | Spoken | TimeUp | Opened | Measured


# Actions: what is to be done.


@dataclass(frozen=True)
class Say:
    """Say `text` from sample `at` on, and report the end as `Spoken(utterance)`."""

    utterance: int
    text: str
    at: Samples
    role: Role
    speed: float
    breath: Samples = 0
    """Length of the breath that the words lead, if they lead one: softly, and drawn out."""


@dataclass(frozen=True)
class Give:
    """Give a signal from sample `at` on, and report the end as `Spoken(utterance)`."""

    utterance: int
    signal: Signal
    at: Samples
    role: Role


@dataclass(frozen=True)
class Tone:
    """Sound a tone of exactly `length` samples from `at` on, beneath whatever is said."""

    tone: BreathTone
    at: Samples
    length: Samples


@dataclass(frozen=True)
class Chime:
    """Sound a signal from sample `at` on, beneath whatever is said; nothing waits for its end."""

    signal: Signal
    at: Samples


@dataclass(frozen=True)
class Silence:
    """Stop what is said, within one block, and forget what was going to be said."""

    tones: bool = True
    """Whether tones stop, too."""


@dataclass(frozen=True)
class SetVolume:
    """Change the loudness of everything that is said."""

    db: float


Action = Say | Give | Tone | Chime | Silence | SetVolume | Note


@dataclass(frozen=True)
class Place:
    """Where a session stood when it was cut off."""

    routine: str
    exercise: int
    """Index of the exercise in the routine."""
    name: str
    """Name of the exercise."""
    repetition: int = 0
    """Counted from 1; 0 outside of repetitions."""
    side: str | None = None
    shifts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """By the name of an exercise how many steps harder than usual it is done, or easier."""


DANGER_EVERY = 10
"""After so many sessions the signs of danger are named again: who has heard something once has
forgotten it when it is needed, and who hears it each time does not listen."""


@dataclass(frozen=True)
class Memory:
    """What is known of earlier sessions."""

    sessions: int = 1
    """How many there were that came further than their welcome, which names the signs of danger
    in the first one, and in every DANGER_EVERY-th after it."""
    led: Mapping[str, int] = field(default_factory=dict)
    """How many of them were led to their end, by the name of their routine."""
    hurt: frozenset[tuple[str, str]] = frozenset()
    """(routine, exercise) to be begun in the easier variant."""
    place: Place | None = None
    """Of a session that was cut off."""
    greeted: bool = True
    """Whether the user was told lately that the coach listens."""


@dataclass(frozen=True)
class Progress:
    """What was done in this session."""

    began: Samples = 0
    """When it began, pauses left out."""
    frozen: Samples | None = None
    """Since when the count stands still."""
    begun: frozenset[int] = frozenset()
    """Exercises of which a move was begun; those that are not done are done in part."""
    done: frozenset[int] = frozenset()
    skipped: frozenset[int] = frozenset()
    hurt: frozenset[int] = frozenset()
    pain: float | None = None
    """How it felt before, from 0 to 10, in halves."""


@dataclass(frozen=True)
class Missed:
    """When the user was not understood, and what was done about it; None where never."""

    last: Samples | None = None
    """When somebody spoke to the coach in vain last."""
    chimed: Samples | None = None
    """When a tone let them know last."""
    told: Samples | None = None
    """When words did."""


@dataclass(frozen=True)
class State:
    """Everything that the session knows; never changed, only replaced."""

    routines: tuple[Routine, ...]
    """What may be started; the first one is meant when none is named."""
    language: Language
    """What is spoken."""
    mode: Mode = Mode.IDLE
    plan: Plan | None = None
    index: int = 0
    """The cue at which the session stands."""
    shifts: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    """By the index of an exercise how many steps harder than usual it is done, or easier."""
    told: frozenset[int] = frozenset()
    """Those of which it is said why."""
    preferences: Preferences = field(default_factory=Preferences)
    voices: tuple[str, ...] = ()
    """Names of the voices that may be chosen."""
    memory: Memory = Memory()
    progress: Progress = Progress()
    arrival: Arrival | None = None
    """How the user came to an exercise to which they jumped."""
    then: int | None = None
    """The cue to go on with after the time to get ready, if not the next one."""
    then_left: Samples | None = None
    """What is left of its count after a long pause, which it is led into again."""
    told_number: float | None = None
    """The number that was heard, while it is being read back."""
    asked: int = 0
    """How often it was asked whether anybody is there."""
    wake: Samples | None = None
    """When a pause ends by itself, if it does."""
    unwell: bool = False
    """Whether the user felt unwell: then nothing goes on that was not asked for twice."""
    muted: bool = False
    """Whether the user asked the coach not to listen."""
    prompted: Samples | None = None
    """While nothing runs: until when an answer to the last words may be expected."""
    missed: Missed = Missed()
    """Of what was said to the coach and not understood."""
    utterance: int = 0
    """Number of the last thing said."""
    on_air: Role | None = None
    """What is being said now, if anything."""
    said_at: Samples = 0
    """Where the words of the cue began."""
    words: str = ""
    """What was said of the cue last: all of it, or what an answer had left unheard."""
    cut: bool = False
    """Whether an answer cut off the words of the cue."""
    rest: str = ""
    """What nobody has heard of them; nothing where they are a signal."""
    lines: tuple[SaidLine, ...] = ()
    """What was said last, which may be asked for again."""
    again: SaidLine | None = None
    """The line that was said again last, as long as nothing else was asked for."""
    left: Samples = 0
    """What is left of the count while it does not run."""
    ends: Samples | None = None
    """Where the running count ends."""
    marks: tuple[Mark, ...] = ()
    """Marks that have not fallen due yet."""
    breath: Breath = Breath.NATURAL
    """The breath of this moment, for the eye."""
    breath_at: Samples = 0
    """Where it begins, to the sample: it may be decided a little before."""
    breath_length: Samples = 0
    """How long it is led; 0 for a breath that comes as it likes."""
    due: Samples | None = None
    """Where the session wants a `TimeUp`."""

    @property
    def texts(self) -> Texts:
        """What is said as it stands."""
        return self.language.texts

    @property
    def cue(self) -> Cue:
        """The cue at which the session stands; only while there is a plan."""
        assert self.plan is not None  # noqa: S101 - a bug of ours otherwise
        return self.plan.cues[self.index]

    @property
    def exercise(self) -> Exercise:
        """The exercise at which the session stands; only while there is a plan."""
        return self.written.at(self.shift)

    @property
    def written(self) -> Exercise:
        """The same as its author wrote it, in whichever variant it is done."""
        assert self.plan is not None  # noqa: S101 - a bug of ours otherwise
        return self.plan.routine.exercises[self.cue.exercise]

    @property
    def shift(self) -> int:
        """How many steps harder than usual it is done, or easier."""
        return self.shifts.get(self.cue.exercise, 0)

    @property
    def easier(self) -> frozenset[int]:
        """Exercises that are done in an easier variant."""
        return frozenset(i for i, shift in self.shifts.items() if shift < 0)

    @property
    def heard_to(self) -> int:
        """The first cue from here on whose words have not been heard to their end."""
        return self.index + (self.ends is not None)

    @property
    def led_in(self) -> bool:
        """Whether the user is being led in again after a long pause."""
        ready = self.plan is not None and self.cue.kind is CueKind.GET_READY
        return ready and self.then is not None and self.then_left is not None

    @property
    def listening(self) -> ListeningState:
        """Which group of commands may be heard now."""
        match self.mode:
            case Mode.IDLE:
                return ListeningState.IDLE
            case Mode.PAUSED:
                return ListeningState.PAUSED
            case Mode.ASKING_PAIN:
                return ListeningState.NUMBER
            case Mode.CONFIRMING_STOP | Mode.CONFIRMING_PAIN | Mode.OFFERING:
                return ListeningState.CONFIRM
            case _:
                return ListeningState.SESSION

    @property
    def beat(self) -> Samples:
        """Time between the words of the cue and its count: some, if a mark falls due at once."""
        at_once = self.marks and self.marks[0].left >= self.left and not self.cue.with_words
        return BEAT if at_once else 0

    def count_left(self, now: Samples) -> Samples:
        """What is left of the current cue's count."""
        return max(0, self.left if self.ends is None else self.ends - now)

    def session_left(self, now: Samples) -> Samples:
        """Time to the farewell; 0 while there is no routine.

        Exact if nobody interrupts and the plan has been measured, else estimated.
        """
        if self.plan is None:
            return 0
        after = self.plan.remaining_after(self.index, self.then)
        if self.then is not None and self.then_left is not None:
            after -= self.plan.cues[self.then].count - self.then_left
        return self._cue_left(now) + after

    @property
    def words_length(self) -> Samples:
        """Length of what is said of the cue: exact if that is all of it and measured."""
        whole = self.cue.words
        if not self.words or self.words == whole:
            return self.cue.words_length
        if not whole:  # it has a signal, and was said aloud
            return length_of(self.words, self.cue.tempo)
        return round(self.cue.words_length * speech_length(self.words) / speech_length(whole))

    def _cue_left(self, now: Samples) -> Samples:
        """Time to the end of the current cue, with what is left of its words."""
        if self.cue.kind is CueKind.FINISH:
            return 0
        if self.cue.until_done:
            return min(self.count_left(now), UNTIL_DONE)
        if self.mode in WAITING or self.on_air is not Role.CUE or self.cue.timed:
            return self.count_left(now)
        since = max(0, now - self.said_at)
        words = self.words_length - since
        if self.cue.with_words:
            return max(words + BEAT, self.left - since, 0)
        return max(words, 0) + self.beat + self.left
