"""What anybody may see of a session at one moment: plain values, in seconds and words.

Owns what is shown and under which name, the same for every face of the coach; must not know how
it is drawn, nor anything that only the app knows (what was heard, how loud it is).
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from voice_coach.core.cues import CueKind
from voice_coach.core.session import TABLE
from voice_coach.core.state import RUNNING, WAITING, Mode, Role, State
from voice_coach.core.transitions import can_be_easier
from voice_coach.grammar import ListeningState
from voice_coach.units import Samples, to_seconds

Asks = Literal[ListeningState.NUMBER, ListeningState.CONFIRM]


@dataclass(frozen=True)
class Named:
    """A routine that may be started."""

    name: str
    spoken: str
    """What to say, and what "start" takes."""


@dataclass(frozen=True)
class Course:
    """The routine that is done."""

    name: str
    exercises: tuple[str, ...]
    length: float
    """Seconds from the first word to the farewell."""


@dataclass(frozen=True)
class ExerciseView:
    """The exercise at which the session stands."""

    index: int
    """Counted from 0."""
    name: str
    position: str
    pose: str
    """Name of its drawing: if none is given, that of the exercise in lower case, with hyphens."""
    easier: bool


@dataclass(frozen=True)
class Count:
    """A time that is counted down; `starts` and `ends` are None while it stands still."""

    left: float
    length: float
    running: bool
    starts: float | None = None
    ends: float | None = None


@dataclass(frozen=True)
class Breathing:
    """The breath of this moment; it begins at `starts`, which may lie a little ahead."""

    kind: str
    starts: float
    length: float
    """Seconds; 0 if nobody leads it."""


@dataclass(frozen=True)
class Liked:
    """How the user likes to be led."""

    tempo: float
    volume_db: float
    verbosity: str
    breath: str
    voice: str | None
    """Name of the voice that speaks."""


@dataclass(frozen=True)
class View:
    """A session at one moment. Every time is in seconds, positions on the audio clock."""

    mode: str
    routines: tuple[Named, ...]
    routine: Course | None
    exercise: ExerciseView | None
    side: str | None
    repetition: int | None
    repetitions: int | None
    set: int | None
    sets: int | None
    round: int | None
    """Which round of a circuit it is …"""
    rounds: int | None
    """… of how many."""
    count: Count | None
    breath: Breathing
    next: str | None
    """Name of the exercise that comes after this one."""
    left: float
    """Of the whole session."""
    may: tuple[str, ...]
    """Intents that make sense now."""
    asks: Asks | None
    """What the coach waits for: a number from 0 to 10, or yes or no."""
    preferences: Liked
    muted: bool
    """Whether nothing is obeyed that is heard, but pain and feeling unwell."""


def seen(state: State, now: Samples) -> View:
    """Return what is to be seen of `state` at sample `now`."""
    plan = state.plan
    cue = state.cue if plan else None
    lap = plan.routine.laps[state.cue.exercise] if plan else None
    liked = state.preferences
    return View(
        mode=state.mode.value,
        routines=tuple(Named(each.name, each.name.casefold()) for each in state.routines),
        routine=_course(state),
        exercise=_exercise(state),
        side=cue.side.value if cue and cue.side else None,
        repetition=(cue.repetition or None) if cue else None,
        repetitions=(cue.repetitions or None) if cue else None,
        set=(cue.set or None) if cue else None,
        sets=(cue.sets or None) if cue else None,
        round=lap.number if lap else None,
        rounds=lap.of if lap else None,
        count=_count(state, now),
        breath=_breathing(state),
        next=_next(state),
        left=to_seconds(state.session_left(now)),
        may=tuple(intent for intent in _ruled(state.mode) if _sensible(state, intent)),
        asks=_asks(state),
        preferences=Liked(
            liked.tempo,
            liked.volume_db,
            liked.verbosity.value,
            liked.breath.value,
            voice_of(state),
        ),
        muted=state.muted,
    )


def voice_of(state: State) -> str | None:
    """Return the name of the voice that speaks: the first, until another is chosen."""
    chosen = state.preferences.voice_name
    return chosen if chosen in state.voices else next(iter(state.voices), None)


def pose(name: str) -> str:
    """Return the name of the drawing of the exercise `name`."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _course(state: State) -> Course | None:
    if state.plan is None:
        return None
    names = tuple(exercise.name for exercise in state.plan.routine.exercises)
    return Course(state.plan.routine.name, names, to_seconds(state.plan.length))


def _exercise(state: State) -> ExerciseView | None:
    if state.plan is None:
        return None
    index, here = state.cue.exercise, state.exercise
    easier = index in state.easier
    drawing = here.drawing or pose(here.name)
    return ExerciseView(index, here.name, here.position.value, drawing, easier)


def _next(state: State) -> str | None:
    later = state.plan.routine.exercises[state.cue.exercise + 1 :] if state.plan else ()
    return later[0].name if later else None


def _count(state: State, now: Samples) -> Count | None:
    """Return the time that is counted, or will be once the words are over."""
    if state.plan is None or (state.cue.count == 0 and not state.led_in):
        return None
    uncounted = (CueKind.WELCOME, CueKind.INTRODUCE, CueKind.FINISH)
    if state.cue.kind in uncounted or state.cue.until_done:
        return None
    whole, ends = (state.left if state.led_in else state.cue.count), state.ends
    if ends is None and state.cue.with_words and state.on_air is Role.CUE:
        ends = state.said_at + state.left  # it goes along with the words
    if ends is None:
        return Count(to_seconds(state.left), to_seconds(max(whole, state.left)), running=False)
    left = max(0, ends - now)
    length = max(whole, left)  # more time was asked for
    starts = to_seconds(ends - length)
    return Count(to_seconds(left), to_seconds(length), True, starts, to_seconds(ends))


def _breathing(state: State) -> Breathing:
    # A breath that was interrupted is not led: it will be begun again.
    led = state.mode in RUNNING and not state.cut
    length = state.breath_length if led else 0
    return Breathing(state.breath.value, to_seconds(state.breath_at), to_seconds(length))


def _asks(state: State) -> Asks | None:
    match state.listening:
        case ListeningState.NUMBER | ListeningState.CONFIRM as asked:
            return asked
        case _:
            return None


@cache
def _ruled(mode: Mode) -> tuple[str, ...]:
    """Return the intents that have a rule in `mode`, in the order of the table."""
    intents = (trigger for ruled, trigger in TABLE if ruled is mode)
    return tuple(dict.fromkeys(intent for intent in intents if not intent.startswith("(")))


def _sensible(state: State, intent: str) -> bool:
    """Whether `intent`, which has a rule, would do more than to say that there is no need."""
    idle = state.mode is Mode.IDLE
    match intent:
        case "start":
            makes_sense = idle
        case "goto":
            makes_sense = state.plan is not None
        case "pause":
            makes_sense = state.mode is not Mode.PAUSED
        case "resume":
            makes_sense = state.mode in WAITING or (idle and state.memory.place is not None)
        case "repeat":
            makes_sense = not idle or bool(state.lines)
        case "ready":
            makes_sense = state.mode in (Mode.GETTING_READY, Mode.RESTING)
        case "done":
            makes_sense = state.mode in (Mode.GETTING_READY, Mode.RESTING, Mode.EXERCISING)
        case "more_time":
            paused = state.mode is Mode.PAUSED
            makes_sense = state.wake is not None if paused else state.cue.may_extend
        case "another_voice":
            makes_sense = len(state.voices) > 1
        case "easier" | "full_version":
            makes_sense = _varies(state, intent)
        case _:
            makes_sense = True
    return makes_sense


def _varies(state: State, intent: str) -> bool:
    """Whether there is another variant of this exercise to be had by `intent`."""
    assert state.plan is not None  # noqa: S101 - a routine is led
    if intent == "full_version":
        return state.shift < state.written.hardest
    return can_be_easier(state)
