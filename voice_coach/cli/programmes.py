"""What each routine asks for as it is written today, in the words of a report.

Owns these words; must not know how a routine is led, nor what was done of it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from voice_coach.core.routine import Routine
from voice_coach.history.statistics import Programme
from voice_coach.library import read_library

_SIDES: Final = {
    "alternate": "each side in turn",
    "one after the other": "each side",
    "in turn": "the sides in turn",
    "halfway": "sides change halfway",
    "both": "both sides",
}
_SHORTEST_HOLD: Final = 5.0
"""In seconds; what is shorter is a movement."""


def programmes() -> dict[str, Programme]:
    """Return what every routine that can be read asks for, by its name."""
    return {each.routine.name: _programme(each.routine) for each in read_library()[0]}


def _programme(routine: Routine) -> Programme:
    rounds = Counter(exercise.name for exercise in routine.exercises)
    exercises = {
        exercise.name: prescription(exercise.model_dump(mode="json"))
        for exercise in routine.exercises
    }
    for name, text in exercises.items():
        if rounds[name] > 1:
            exercises[name] = f"{rounds[name]} rounds of {text}"
    return Programme(routine.question or "", exercises)


def prescription(exercise: Mapping[str, Any]) -> str:
    """Return what an exercise asks for, from its keys as in a file: 3 × 20 s, each side."""
    holds = list(_holds(exercise["steps"]))
    parts = [_often(exercise, " + ".join(holds))]
    if words := _SIDES.get(exercise.get("sides") or ""):
        parts.append(words)
    if exercise.get("closing"):
        parts.append("and a closing part")
    if level := exercise.get("level"):
        parts.append(f"level {level}")
    return ", ".join(parts)


def _often(exercise: Mapping[str, Any], hold: str) -> str:
    """Return sets, repetitions and how long each is held."""
    sets, repetitions = exercise.get("sets"), exercise.get("repetitions") or 1
    if isinstance(sets, list | tuple):
        counted = f"sets of {', '.join(map(str, sets))}"
    else:
        counted = f"{sets} sets of {repetitions}" if (sets or 1) > 1 else f"{repetitions}"
    if exercise.get("until") == "done":
        return f"as many as go well, at most {counted}"
    if hold:
        return f"{counted} × {hold}" if counted != "1" else hold
    return f"{counted} ×" if counted.isdecimal() else counted


def _holds(steps: list[Mapping[str, Any]]) -> Iterator[str]:
    for step in steps:
        if breaths := step.get("breaths"):
            yield f"{breaths} deep breaths"
        elif step.get("until") == "done":
            yield "until done"
        elif step.get("breath") not in {"inhale", "exhale"}:
            seconds = step.get("seconds") or 60 * (step.get("minutes") or 0)
            if seconds >= _SHORTEST_HOLD:
                yield f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} min"
