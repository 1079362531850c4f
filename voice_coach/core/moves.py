"""The moves that a session can make: say, answer, begin a cue, jump, freeze, ask.

Owns how one move changes the state and what it asks for; must not know which command or event
leads to it (`session.py`, `answers.py`).
"""

from dataclasses import replace

from voice_coach.core.plan import CueKind, Plan
from voice_coach.core.routine import Breath
from voice_coach.core.state import (
    RUNNING,
    Action,
    Mode,
    Role,
    Say,
    Silence,
    State,
)
from voice_coach.units import Samples, to_samples

GAP = to_samples(0.25)
"""Silence between what was cut off and the answer."""

_MODE_OF = {
    CueKind.WELCOME: Mode.INTRODUCING,
    CueKind.INTRODUCE: Mode.INTRODUCING,
    CueKind.GET_READY: Mode.GETTING_READY,
    CueKind.MOVE: Mode.EXERCISING,
    CueKind.REST: Mode.RESTING,
    CueKind.FINISH: Mode.FINISHING,
}

Result = tuple[State, tuple[Action, ...]]
"""The state after a move, and what is to be done."""


def say(state: State, text: str, at: Samples, role: Role) -> Result:
    """Put `text` on air from sample `at` on, as the next utterance."""
    number = state.utterance + 1
    speaking = replace(state, utterance=number, on_air=role)
    return speaking, (Say(number, text, at, role, state.tempo),)


def hush(state: State) -> tuple[Action, ...]:
    """Return what silences the air, if anything is on it."""
    return (Silence(),) if state.on_air else ()


def answer(state: State, text: str, now: Samples) -> Result:
    """Say something that is not part of the routine; words that it cuts come again."""
    cut = state.cut or (state.on_air is Role.CUE and state.mode in RUNNING)
    due = state.due if state.mode in RUNNING else None
    at = now + GAP if state.on_air else now
    after, actions = say(replace(state, cut=cut, due=due), text, at, Role.ANSWER)
    return after, hush(state) + actions


def begin(state: State, index: int, at: Samples, *, left: Samples | None = None,
           prefix: str = "") -> Result:  # fmt: skip
    """Say the words of cue `index`, and count `left` (all of it, if not given) after them."""
    cue = plan_of(state).cues[index]
    left = cue.count if left is None or cue.with_words else left
    standing = replace(
        state,
        mode=_MODE_OF[cue.kind],
        index=index,
        said_at=at,
        cut=False,
        left=left,
        ends=None,
        due=None,
        marks=tuple(mark for mark in cue.marks if mark.left <= left),
        breath=cue.breath,
    )
    return say(standing, f"{prefix} {cue.text}".strip(), at, Role.CUE)


def jump(state: State, index: int, now: Samples, *, prefix: str = "") -> Result:
    """Leave the current cue, whatever it is doing, for cue `index`."""
    at = now + GAP if state.on_air else now
    after, actions = begin(state, index, at, prefix=prefix)
    return after, hush(state) + actions


def with_due(state: State) -> State:
    """Return `state` with the moment of its next mark, or of the end of its count."""
    assert state.ends is not None  # noqa: S101 - a bug of ours otherwise
    return replace(state, due=state.ends - (state.marks[0].left if state.marks else 0))


def freeze(state: State, mode: Mode, now: Samples) -> State:
    """Stop the count; a breath that was begun will be begun again."""
    left = state.count_left(now)
    if state.plan is not None:
        breaths = [m.left for m in state.cue.marks if m.breath is Breath.INHALE and m.left >= left]
        left = min(breaths, default=left)
    return replace(state, mode=mode, left=left, ends=None, due=None, marks=(), cut=False)


def ask(state: State, mode: Mode, text: str, now: Samples) -> Result:
    """Stop everything, freeze in `mode` and say `text`."""
    after, actions = say(freeze(state, mode, now), text, now + GAP, Role.ANSWER)
    return after, (Silence(), *actions)


def plan_of(state: State) -> Plan:
    """Return the plan; only while there is one."""
    assert state.plan is not None  # noqa: S101 - a bug of ours: only `start` leaves idle
    return state.plan


def names_of(state: State) -> list[str]:
    """Return the names of all routines."""
    return [routine.name for routine in state.routines]


def ways_on(state: State) -> list[str]:
    """Return how one may go on after pain: "easier", "next", "stop"."""
    last = state.cue.exercise + 1 == len(plan_of(state).routine.exercises)
    easier = ["easier"] if state.exercise.easier else []
    return easier + ([] if last else ["next"]) + ["stop"]
