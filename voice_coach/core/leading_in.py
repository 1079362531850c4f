"""How a movement is led into again after a long pause: what it is, which side, and three ticks.

Owns where that begins, so that nobody comes straight into the middle of a hold; must not know
which command ended the pause (`commands.py`).
"""

from dataclasses import replace

from voice_coach.core.cues import CueKind
from voice_coach.core.layout import COUNTED, lead_in
from voice_coach.core.state import State
from voice_coach.core.transitions import Result, begin, coming_at, plan_of
from voice_coach.units import Samples, to_samples

LONG_PAUSE = to_samples(20)
"""After so long a pause nobody is in position any more, nor knows which side it was."""
WORTH_IT = to_samples(8)
"""A hold of which less is left is begun anew: it would be over before anybody is in position."""
TICKED = to_samples(COUNTED)


def is_due(state: State, now: Samples) -> bool:
    """Whether who goes on now has to be led in; so it is again when that was interrupted."""
    since = state.progress.frozen
    return state.led_in or (since is not None and now - since >= LONG_PAUSE)


def begin_again(state: State, at: Samples) -> Result:
    """Say what comes, then lead into it: a repetition from its first move."""
    target = _target(state)
    if target is None:
        return _announced(state, at)
    index, left = target
    plan, cue = plan_of(state), plan_of(state).cues[index]
    _, side = plan.repetition_at(index)
    language = state.language
    side_told = language.side(side) if side else ""
    going_on = language.continuing(state.exercise.name, coming_at(state, index))
    words = f"{going_on} {side_told}".strip()
    ready = plan.setup_of(cue.exercise) + 1
    going = replace(state, then=index, then_left=left)
    after, actions = begin(going, ready, at, left=TICKED, words=words)
    return replace(after, marks=tuple(lead_in(TICKED))), actions


def _target(state: State) -> tuple[int, Samples] | None:
    """Return the cue that is led into, and what is left of it; None if that is no movement."""
    plan, cue = plan_of(state), state.cue
    if state.led_in and state.then is not None and state.then_left is not None:
        return state.then, state.then_left
    if cue.kind is CueKind.REST and plan.cues[state.index + 1].kind is CueKind.MOVE:
        return state.index + 1, plan.cues[state.index + 1].count
    if cue.kind is not CueKind.MOVE or _lets_go(state):
        return None
    first = plan.place_of(cue.exercise, *plan.repetition_at(state.index))
    if first is None or first == state.index:
        whole = cue.begun_anew or state.left < WORTH_IT
        return state.index, cue.count if whole else state.left
    return first, plan.cues[first].count


def _lets_go(state: State) -> bool:
    """Whether the cue is the end of a repetition, at which the user has come down already."""
    plan, here, exercise = plan_of(state), state.cue, state.exercise
    closing = exercise.closing.release if exercise.closing else None
    release = exercise.release if here.repetition else closing
    coming = plan.cues[state.index + 1]
    within = (CueKind.MOVE, here.repetition, here.side)
    return release is not None and (coming.kind, coming.repetition, coming.side) != within


def _announced(state: State, at: Samples) -> Result:
    """Say the words of the cue again, after the name of the exercise where they do not name it."""
    plan, cue = plan_of(state), state.cue
    names_it = cue.kind is CueKind.WELCOME or state.index == plan.heading_of(cue.exercise)
    prefix = "" if names_it else state.language.continuing(state.exercise.name)
    soon = cue.kind is CueKind.GET_READY and not cue.waits
    left = max(state.left, TICKED) if soon else state.left
    return begin(state, state.index, at, left=left, prefix=prefix, aloud=True)
