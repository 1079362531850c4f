"""A routine made to fit into a given time: fewer or more repetitions, shorter or longer rests.

Owns what may change and how far, and what is left out when that is not enough; must not know who
asked for it, nor what is told about it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voice_coach.core.language import Language
from voice_coach.core.plan import Plan, make_plan
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Circuit, Exercise, Routine, Step
from voice_coach.units import to_seconds

FEWEST: Final = 0.5
"""Share of the repetitions, sets, rests and led breaths that is left at least …"""
MOST: Final = 1.5
"""… and that there may be at most."""
LONGEST_REST: Final = 3.0
"""How many times as long a rest may be, where nothing else fills the time."""
_STEP: Final = 0.05

_Part = Exercise | Circuit


@dataclass(frozen=True)
class Fitted:
    """A routine that takes about as long as was asked for."""

    routine: Routine
    left_out: tuple[str, ...] = ()
    """Names of the exercises that are not done, in their order."""

    def told(self, language: Language) -> str:
        """Say what is left out; nothing where nothing is."""
        return language.left_out(self.left_out) if self.left_out else ""


def fit(
    routine: Routine,
    language: Language,
    preferences: Preferences = Preferences(),  # noqa: B008 - it is frozen
    seconds: float | None = None,
) -> Fitted:
    """Return `routine` as it takes `seconds`, or the minutes that it asks for, if it does."""
    if seconds is None:
        if routine.fit_minutes is None:
            return Fitted(routine)
        seconds = 60 * routine.fit_minutes

    def length_of(other: Routine) -> float:
        plan = make_plan(other, language, preferences)
        return to_seconds(plan.length + plan.cues[-1].length)  # with the farewell

    return fitted(routine, seconds, length_of)


def plan_to_show(routine: Routine, language: Language) -> Plan:
    """Return the plan of `routine`, made to fit, for somebody of whom nothing is known."""
    done = fit(routine, language)
    return make_plan(done.routine, language, remark=done.told(language))


def fitted(routine: Routine, seconds: float, length_of: Callable[[Routine], float]) -> Fitted:
    """Return `routine` as it takes `seconds` by `length_of`, or as near to that as may be.

    Repetitions, and breaths that are led for a time, follow first, then rests. Where the least of
    everything is still too long, exercises are left out: as little as need be, and of what makes
    no difference the last ones, but neither the first nor the very last, which begin and close a
    routine.
    """
    parts, left_out = list(routine.parts), list[str]()
    while len(parts) > 1 and length_of(_scaled(routine, parts, FEWEST)) > seconds:
        gone = _best_left_out(routine, parts, seconds, length_of)
        left_out = [*_names(parts.pop(gone)), *left_out]
    best = _scaled(routine, parts, FEWEST)
    for i in range(round((MOST - FEWEST) / _STEP) + 1):
        more = _scaled(routine, parts, FEWEST + i * _STEP)
        if length_of(more) > seconds:
            break
        best = more
    return Fitted(_with_longer_rests(best, seconds, length_of), tuple(dict.fromkeys(left_out)))


def _best_left_out(
    routine: Routine, parts: list[_Part], seconds: float, length_of: Callable[[Routine], float]
) -> int:
    """Return the index of the part without which the most of the time is still filled."""
    middle = range(len(parts) - 2, 0, -1) or range(len(parts) - 1, 0, -1)
    lengths = {i: length_of(_scaled(routine, parts[:i] + parts[i + 1 :], FEWEST)) for i in middle}
    fits = [i for i in middle if lengths[i] <= seconds]
    return max(fits, key=lengths.__getitem__) if fits else middle[0]


def _scaled(routine: Routine, parts: list[_Part], factor: float) -> Routine:
    return routine.with_parts(tuple(_part(part, factor) for part in parts))


def _part(part: _Part, factor: float) -> _Part:
    if isinstance(part, Circuit):
        rounds = max(2, _times(part.rounds, factor))
        rest = part.round_rest_seconds * min(1, factor)
        return part.model_copy(update={"rounds": rounds, "round_rest_seconds": rest})
    return _exercise(part, factor)


def _exercise(exercise: Exercise, factor: float) -> Exercise:
    changed: dict[str, object] = {
        "rest_seconds": exercise.rest_seconds * min(1, factor),
        "set_rest_seconds": exercise.set_rest_seconds * min(1, factor),
        "steps": tuple(_step(step, factor) for step in exercise.steps),
    }
    if isinstance(exercise.sets, tuple):
        changed["sets"] = tuple(_times(size, factor) for size in exercise.sets)
    elif exercise.repetitions > 1:
        changed["repetitions"] = _times(exercise.repetitions, factor)
    return exercise.model_copy(update=changed)


def _step(step: Step, factor: float) -> Step:
    """Return a step with more or fewer breaths; a hold that is given in seconds stays as it is."""
    if step.breaths is not None and step.breaths > 1:
        return step.model_copy(update={"breaths": _times(step.breaths, factor)})
    if step.minutes is not None:
        return step.model_copy(update={"minutes": step.minutes * factor})
    return step


def _times(number: int, factor: float) -> int:
    """Return about `factor` times a number, and never less than that of what is halved."""
    return max(1, math.ceil(number * factor - 0.5)) if factor < 1 else round(number * factor)


def _with_longer_rests(
    routine: Routine, seconds: float, length_of: Callable[[Routine], float]
) -> Routine:
    """Return it with rests between repetitions that fill what is left of the time."""
    low, high = 1.0, LONGEST_REST
    if length_of(_rested(routine, high)) < seconds:
        return _rested(routine, high)
    for _ in range(12):
        middle = (low + high) / 2
        if length_of(_rested(routine, middle)) > seconds:
            high = middle
        else:
            low = middle
    return _rested(routine, low)


def _rested(routine: Routine, factor: float) -> Routine:
    def rested(exercise: Exercise) -> Exercise:
        rests = {
            "rest_seconds": round(exercise.rest_seconds * factor, 1),
            "set_rest_seconds": round(exercise.set_rest_seconds * factor, 1),
        }
        return exercise.model_copy(update=rests)

    return routine.with_parts(
        tuple(
            part.model_copy(update={"exercises": tuple(map(rested, part.exercises))})
            if isinstance(part, Circuit)
            else rested(part)
            for part in routine.parts
        )
    )


def _names(part: _Part) -> list[str]:
    exercises = part.exercises if isinstance(part, Circuit) else (part,)
    return [each.name for each in exercises]
