"""Finds and reads what people write in YAML: routines, and the sentences of commands.

Owns files, lines and keys, and says in one line what is wrong with them; must not know what
is done with a routine, nor anything that sounds.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from platformdirs import user_data_path
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.errors import RoutineError, SentencesError, VoiceCoachError, nearest
from voice_coach.resources import resource

LARGEST_BYTES = 1_000_000
"""A routine file larger than this is not a routine."""


@dataclass(frozen=True)
class Shelved:
    """A routine, and the file that it was read from."""

    routine: Routine
    path: Path
    own: bool
    """Whether it is the user's own, not one that ships."""


def own_folder() -> Path:
    """Return the folder for the user's own routines; it need not exist."""
    return user_data_path("voice-coach") / "routines"


def read_library() -> tuple[list[Shelved], list[RoutineError]]:
    """Return every routine, and what is wrong with files that are none.

    The user's own come after those that ship; one of the same name takes its place.
    """
    shelf: dict[str, Shelved] = {}
    problems: list[RoutineError] = []
    for folder, own in ((resource("routines"), False), (own_folder(), True)):
        for path in sorted(folder.glob("*.yaml")):
            try:
                routine = read_routine(path)
            except RoutineError as problem:
                problems.append(problem)
            else:
                shelf[routine.name.casefold()] = Shelved(routine, path, own)
    return _back_first(shelf.values()), problems


def _back_first(shelf: Iterable[Shelved]) -> list[Shelved]:
    """The back routine is the one that is meant when none is named."""
    return sorted(shelf, key=lambda shelved: shelved.routine.name.casefold() != "back")


def find(shelf: Sequence[Shelved], name: str) -> Shelved:
    """Return the routine of this spoken name or file name; RoutineError names the nearest."""
    wanted = name.casefold().strip().removesuffix(" routine")
    for shelved in shelf:
        if wanted in (*shelved.routine.spoken_names, shelved.path.stem.casefold()):
            return shelved
    names = [spoken for shelved in shelf for spoken in shelved.routine.spoken_names]
    have = ", ".join(shelved.routine.name.lower() for shelved in shelf)
    raise RoutineError(f"There is no routine '{name}'.{nearest(wanted, names)} There are: {have}.")


def routine_names(routines: Iterable[Routine]) -> dict[str, str]:
    """Return every spoken name with the name of its routine: the list {routine}."""
    return {name: routine.name for routine in routines for name in routine.spoken_names}


def read_commands(routines: Iterable[Routine]) -> Commands:
    """Return what may be said to the coach, in English."""
    path = resource("sentences/en.yaml")
    return read_sentences(path, {"routine": routine_names(routines)})


def read_sentences(path: Path, lists: dict[str, dict[str, str]] | None = None) -> Commands:
    """Read a Home Assistant sentence template file; SentencesError says what is wrong."""
    data, _ = _load(path, SentencesError)
    if not isinstance(data, dict) or not isinstance(data.get("intents"), dict):
        raise SentencesError(f"{path}: expected a Home Assistant sentence file with 'intents:'.")
    return Commands.from_dict(data, lists, source=str(path))


def read_routine(path: Path) -> Routine:
    """Read one routine; RoutineError names file, line, key and what was expected."""
    data, root = _load(path, RoutineError)
    if not isinstance(data, dict):
        raise RoutineError(f"{path}:1: expected a routine with 'name:' and 'exercises:'.")
    try:
        return Routine.model_validate_json(json.dumps(data, default=str), strict=False)
    except ValidationError as invalid:
        problem = min(invalid.errors(), key=lambda error: _line(root, error["loc"]))
        raise RoutineError(f"{path}:{_line(root, problem['loc'])}: {_explain(problem)}") from None


def schema() -> str:
    """Return the JSON Schema of routine files, for editors."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(described | Routine.model_json_schema(), indent=2) + "\n"


def _load(path: Path, kind: type[VoiceCoachError]) -> tuple[Any, yaml.Node | None]:
    """Return a YAML file as data, and as nodes that know their lines."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise kind(
                f"{path}: larger than {LARGEST_BYTES // 1000} kB; that is not a text of ours."
            )
        text = path.read_bytes().decode("utf-8")
        root = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with one more check
    except OSError as error:
        reason = error.strerror or str(error)
        raise kind(f"{path}: cannot be read: {reason}. Check the name.") from None
    except UnicodeDecodeError:
        raise kind(f"{path}: not a text file; expected YAML in UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise kind(f"{path}:{line}: not valid YAML: {error.problem or error.context}.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise kind(f"{path}: not valid YAML: {reason}.") from None
    if data is None:
        raise kind(f"{path}: the file is empty.")
    return data, root


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice, which would silently lose the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping as usual, after the check."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key '{name}' stands twice", problem_mark=key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def _line(root: yaml.Node | None, loc: tuple[int | str, ...]) -> int:
    """Return the line of the deepest part of `loc` that the file has, from 1."""
    line, node = 1, root
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == part]
            if not found:
                return line
            key, node = found[0]
            line = key.start_mark.line + 1
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _explain(problem: ErrorDetails) -> str:
    """Say what is wrong with a key, what was expected, and the nearest right word."""
    *parents, last = problem["loc"] or ("file",)
    key = next((str(part) for part in (last, *reversed(parents)) if isinstance(part, str)), "file")
    given = problem["input"]
    match problem["type"]:
        case "extra_forbidden":
            known = _keys(Routine, tuple(parents))
            hint = nearest(key, known) or f" Known here: {', '.join(known)}."
            return f"unknown key '{key}'.{hint}"
        case "missing":
            return f"'{key}' is missing."
        case "enum" | "literal_error":
            expected = problem.get("ctx", {}).get("expected", "")
            hint = nearest(
                str(given), str(expected).replace("'", "").replace(" or ", ", ").split(", ")
            )
            return f"'{key}' is '{given}'; expected {expected}.{hint}"
        case "value_error":
            return f"'{key}': {problem['msg'].removeprefix('Value error, ')}."
        case _:
            shown = f" is {given!r}" if isinstance(given, str | int | float | None) else ""
            message = problem["msg"][:1].lower() + problem["msg"][1:]
            return f"'{key}'{shown}; {message.replace('input should', 'it should')}."


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that a routine file may have at `loc`."""
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside `tuple[Model, ...]`, `Model | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType) or get_args(annotation):
        found = (_model_in(argument) for argument in get_args(annotation))
        return next((model for model in found if model), None)
    return None
