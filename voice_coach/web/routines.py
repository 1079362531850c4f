"""Routines as a page reads, checks and keeps them.

Owns where an own routine is written and what may be replaced; must not know HTTP. A page never
names a file: it names a routine by its place in the list, or by the name that is written in it.
"""

import re
from pathlib import Path
from typing import Any, Final

from voice_coach import files
from voice_coach.core.fitting import plan_to_show
from voice_coach.core.routine import Routine
from voice_coach.core.view import pose
from voice_coach.dictionary import read_language
from voice_coach.errors import OutputError, RoutineError
from voice_coach.library import (
    RoutineFile,
    check_name,
    read_commands,
    read_library,
    routine_of,
    routine_text,
)
from voice_coach.paths import routines_dir
from voice_coach.units import to_seconds
from voice_coach.web.mailbox import NewRoutines

MOST_OWN: Final = 200
"""Own routines that may be saved from a page."""
_SOURCE: Final = "routine"
"""What stands in the place of a file name in messages."""


class Refusal(Exception):  # noqa: N818 - what is asked for is refused; nothing has failed
    """A routine that is not kept; its text is for the page."""

    def __init__(self, text: str, *, exists: bool = False) -> None:
        """`exists`: the user's own routine of this name is in its place, and may be replaced."""
        super().__init__(text)
        self.exists = exists


def listed() -> list[dict[str, Any]]:
    """Return every routine with what is to be shown of it, in the order of the library."""
    shelf, _ = read_library()
    return [_described(shelved) for shelved in shelf]


def written(index: int) -> dict[str, Any] | None:
    """Return the text of the routine at this place of the list; None if there is none."""
    shelf, _ = read_library()
    if not 0 <= index < len(shelf):
        return None
    return {"yaml": routine_text(shelf[index].path), "own": shelf[index].own}


def checked(text: str) -> dict[str, Any]:
    """Return the plan of a routine of this text, or what is wrong with it and where."""
    try:
        routine = _read(text)
    except RoutineError as error:
        return {"ok": False, **_located(str(error))}
    outline = _outlined(routine)
    return {
        "ok": True,
        "seconds": outline["length"],
        "plan": _laid_out(routine),
        "routine": outline,
        "data": routine.model_dump(mode="json", exclude_unset=True, by_alias=True),
    }


def beside_others(text: str) -> tuple[Routine, tuple[Routine, ...]]:
    """Return the routine of this text, and those that there are beside it.

    Raises RoutineError if the text is none.
    """
    routine = _read(text)
    there = (shelved.routine for shelved in read_library()[0])
    name = routine.name.casefold()
    return routine, tuple(other for other in there if other.name.casefold() != name)


def shelf() -> NewRoutines:
    """Return what there is now, for a coach that is running."""
    routines = tuple(shelved.routine for shelved in read_library()[0])
    return NewRoutines(routines, read_commands(routines))


def save(text: str, *, replace: bool) -> str:
    """Keep a routine as it is written; return its name.

    Raises Refusal if there is one of this name that may not be replaced, RoutineError if the
    text is none, OutputError if it cannot be written.
    """
    routine = _read(text)
    target = _target(routine, replace=replace)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        files.replace(target, text.encode())
    except OSError as error:
        raise OutputError(f"Cannot save the routine: {files.reason(error)}.") from error
    return routine.name


def _read(text: str) -> Routine:
    """Return the routine of this text; RoutineError if it is none, or its name is not its own."""
    routine = routine_of(text, _SOURCE)
    check_name(routine, text, _SOURCE)
    return routine


def _target(routine: Routine, *, replace: bool) -> Path:
    """Return the file for `routine`, which lies in the user's own folder and is no link."""
    shelf, _ = read_library()
    name = routine.name.casefold()
    own = {each.routine.name.casefold(): each.path for each in shelf if each.own}
    shipped = {each.routine.name.casefold() for each in shelf if not each.own}
    if name in shipped:
        raise Refusal("A routine of this name ships with the coach. Give yours another name.")
    # The name is of letters, spaces, hyphens and apostrophes; what is left names no folder.
    slug = re.sub(r"[^a-z0-9]+", "-", name).strip("-")
    target = own.get(name, routines_dir() / f"{slug}.yaml")
    if target.is_symlink():
        raise Refusal("Your routine of this name is a link to another file. Edit it there.")
    if target.exists() and name not in own:
        raise Refusal("There is another file of this name already. Give the routine another name.")
    if target.exists() and not replace:
        raise Refusal("You have a routine of this name already.", exists=True)
    if len(own) >= MOST_OWN and name not in own:
        raise Refusal("There are too many routines. Delete some first.")
    return target


def _located(message: str) -> dict[str, Any]:
    """Return line, key and words of a message of the library."""
    found = re.fullmatch(rf"{_SOURCE}(?::(\d+))?: (.*)", message, re.DOTALL)
    line, said = (found[1], found[2]) if found else (None, message)
    key = re.search(r"(?:unknown key |key |^)'([^']+)'", said)
    text = said[:1].upper() + said[1:]
    return {"line": int(line) if line else None, "key": key[1] if key else None, "text": text}


def _described(shelved: RoutineFile) -> dict[str, Any]:
    return _outlined(shelved.routine) | {"own": shelved.own}


def _outlined(routine: Routine) -> dict[str, Any]:
    plan = plan_to_show(routine, read_language())
    routine = plan.routine
    seconds = [0] * len(routine.exercises)
    for cue in plan.cues:
        seconds[cue.exercise] += cue.length
    return {
        "name": routine.name,
        "spoken": routine.name.casefold(),
        "purpose": routine.purpose,
        "length": round(to_seconds(plan.length), 1),
        "exercises": [
            {
                "name": exercise.name,
                "purpose": exercise.purpose,
                "position": exercise.position.value,
                "pose": exercise.drawing or pose(exercise.name),
                "repetitions": exercise.repetitions,
                "sides": exercise.sides.value,
                "seconds": round(to_seconds(length), 1),
            }
            for exercise, length in zip(routine.exercises, seconds, strict=True)
        ],
    }


def _laid_out(routine: Routine) -> list[dict[str, Any]]:
    """Return every cue with the second at which it comes, as far as speech can be foretold."""
    laid, at = [], 0
    plan = plan_to_show(routine, read_language())
    for cue in plan.cues:
        laid.append(
            {
                "at": round(to_seconds(at), 1),
                "lasts": round(to_seconds(cue.length), 1),
                "count": round(to_seconds(cue.count), 1),
                "kind": cue.kind.value,
                "exercise": cue.exercise,
                "name": plan.routine.exercises[cue.exercise].name,
                "side": cue.side.value if cue.side else None,
                "repetition": cue.repetition or None,
                "repetitions": cue.repetitions or None,
                "text": cue.text,
            }
        )
        at += cue.length
    return laid
