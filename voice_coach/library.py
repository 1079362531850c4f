"""Finds and reads what people write in YAML: routines, and the sentences of commands.

Owns files, lines and keys, and says in one line what is wrong with them; must not know what
is done with a routine, nor anything that sounds.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from voice_coach.core.intents import Commands
from voice_coach.core.names import Names
from voice_coach.core.routine import Routine, without_tags
from voice_coach.errors import RoutineError, SentencesError, nearest, shortened
from voice_coach.files import read_text
from voice_coach.grammar_cache import kept_grammars
from voice_coach.paths import routines_dir
from voice_coach.resources import DEFAULT_LANGUAGE, resource
from voice_coach.yaml_files import line_of, load, load_once, one_line


@dataclass(frozen=True)
class RoutineFile:
    """A routine, and the file that it was read from."""

    routine: Routine
    path: Path
    own: bool
    """Whether it is the user's own, not one that ships."""
    text: str | None = None
    """What is written, if it is in no file yet."""


def read_library() -> tuple[list[RoutineFile], list[RoutineError]]:
    """Return every routine, and what is wrong with files that are none.

    The user's own come after those that ship; one of the same name takes its place. What cannot
    be told from something else by its name is left out, and an alias of that kind is, too.
    """
    found: list[RoutineFile] = []
    problems: list[RoutineError] = []
    for folder, own in ((resource("routines"), False), (routines_dir(), True)):
        for path in _routine_files(folder):
            try:
                found.append(RoutineFile(_routine_at(path, routine_text(path)), path, own))
            except RoutineError as problem:
                problems.append(problem)
    kept, clashes = _told_apart(found)
    return _back_first(kept), problems + clashes


def check_names(routine: Routine, path: Path) -> None:
    """Raise RoutineError if a name or an alias of the routine in file `path` is taken already.

    It is held against all commands and all other routines; where the file is not in the user's
    own folder, it is to take the place of the one of its name.
    """
    folder, here = routines_dir().resolve(), path.resolve()
    others = [each for each in read_library()[0] if each.path.resolve() != here]
    if here.parent != folder:
        others = _without(others, routine)
    _, clashes = _told_apart([*others, RoutineFile(routine, path, own=True)])
    for clash in clashes:
        raise clash


def check_name(routine: Routine, text: str, source: str) -> None:
    """Raise RoutineError if the name is taken that `routine`, not in a file yet, has by `text`.

    It is to take the place of the one of its name. Aliases that are taken may stay: whoever
    copies a routine copies them, too.
    """
    alone = routine.model_copy(update={"aliases": ()})
    new = RoutineFile(alone, Path(source), own=True, text=text)
    _, clashes = _told_apart([*_without(read_library()[0], routine), new])
    for clash in clashes:
        raise clash


def _without(files: list[RoutineFile], routine: Routine) -> list[RoutineFile]:
    name = routine.name.casefold()
    return [each for each in files if each.routine.name.casefold() != name]


def _told_apart(found: list[RoutineFile]) -> tuple[list[RoutineFile], list[RoutineError]]:
    """Return what can be told apart by its names, and what is wrong with the rest.

    Names go before aliases. Those that ship are known to differ, and are not looked at.
    """
    if not any(each.own for each in found):
        return found, []
    names, problems = Names(_bare_commands()), list[RoutineError]()
    own = {each.routine.name.casefold() for each in found if each.own}
    replaced = [each for each in found if each.own or each.routine.name.casefold() not in own]
    kept: list[RoutineFile] = []
    for each in replaced:
        if each.own and (problem := _clash(names, each, ("name",), kept)):
            problems.append(problem)
            continue
        names.use(each.routine.name, each.routine.name)
        kept.append(each)
    for i, each in enumerate(kept):
        left = []
        for n, alias in enumerate(each.routine.aliases):
            problem = _clash(names, each, ("aliases", n), kept)
            if problem is None:
                names.use(alias, each.routine.name)
                left.append(alias)
            elif each.own:
                problems.append(problem)
        if len(left) < len(each.routine.aliases):
            fewer = each.routine.model_copy(update={"aliases": tuple(left)})
            kept[i] = replace(each, routine=fewer)
    return kept, problems


def _clash(
    names: Names, each: RoutineFile, key: tuple[str | int, ...], kept: list[RoutineFile]
) -> RoutineError | None:
    """Return what the name at `key` would be confused with, as one line, if with anything."""
    owner, is_name = each.routine.name, key == ("name",)
    name = owner if is_name else each.routine.aliases[int(key[-1])]
    same = [other for other in kept if other.routine.name.casefold() == name.casefold()]
    if is_name and same:
        said = f"{same[0].path} has a routine of this name already"
    elif (clash := names.clash(name, owner)) and clash.owner:
        said = f"it starts the routine '{clash.owner}' already"
    elif clash:
        said = f"“{clash.sentence}” is a command already"
    else:
        return None
    called = f"'name' is '{name}'" if is_name else f"alias '{name}'"
    where = f"{each.path}:{_line_in(each, key)}"
    return RoutineError(f"{where}: {called}; {said}. {_other_name(names, name)}")


def _other_name(names: Names, name: str) -> str:
    longer = f"{name} stretch"
    return f"Choose another one{'' if names.clash(longer, '') else f', such as {longer!r}'}."


def _line_in(each: RoutineFile, key: tuple[str | int, ...]) -> int:
    text = routine_text(each.path) if each.text is None else each.text
    return line_of(load(text, each.path, RoutineError)[1], key)


def _routine_files(folder: Path) -> list[Path]:
    """Return what may be a routine; hidden files are an editor's own business."""
    found = folder.iterdir() if folder.is_dir() else ()
    kept = (p for p in found if p.suffix in (".yaml", ".yml") and not p.name.startswith("."))
    return sorted(kept)


def _back_first(shelf: Iterable[RoutineFile]) -> list[RoutineFile]:
    """The back routine is the one that is meant when none is named."""
    return sorted(shelf, key=lambda shelved: shelved.routine.name.casefold() != "back")


def find(shelf: Sequence[RoutineFile], name: str) -> RoutineFile:
    """Return the routine of this spoken name or file name; RoutineError names the nearest."""
    wanted = name.casefold().strip().removesuffix(" routine")
    # A name goes before an alias that another routine claims.
    for shelved in sorted(shelf, key=lambda each: each.routine.name.casefold() != wanted):
        if wanted in (*shelved.routine.spoken_names, shelved.path.stem.casefold()):
            return shelved
    names = [spoken for shelved in shelf for spoken in shelved.routine.spoken_names]
    have = ", ".join(shelved.routine.name.lower() for shelved in shelf)
    raise RoutineError(f"There is no routine '{name}'.{nearest(wanted, names)} There are: {have}.")


def routine_names(routines: Iterable[Routine]) -> dict[str, str]:
    """Return every spoken name with the name of its routine: the list {routine}.

    Where two claim one, it is the name of the first, or the alias of the first.
    """
    routines = tuple(routines)
    names = {routine.name.casefold(): routine.name for routine in routines}
    for routine in routines:
        for spoken in routine.spoken_names:
            names.setdefault(spoken, routine.name)
    return names


def exercise_names(routines: Iterable[Routine]) -> dict[str, str]:
    """Return the name of every exercise, as it is said and as it is written: {exercise}."""
    return {each.name.casefold(): each.name for routine in routines for each in routine.exercises}


def read_commands(routines: Iterable[Routine], language: str = DEFAULT_LANGUAGE) -> Commands:
    """Return what may be said to the coach in the language of this code."""
    routines = tuple(routines)
    path = resource(f"languages/{language}/sentences.yaml")
    data, _ = load_once(path)
    lists = {"routine": routine_names(routines), "exercise": exercise_names(routines)}
    with kept_grammars() as kept:
        return Commands.from_dict(data, lists, source=str(path), kept=kept)


@cache
def _bare_commands() -> Commands:
    """Return what may be said where there is no routine: each name is held against it."""
    return read_commands(())


def read_sentences(path: Path, lists: dict[str, dict[str, str]] | None = None) -> Commands:
    """Read a Home Assistant sentence template file; SentencesError says what is wrong."""
    data, _ = load(read_text(path, SentencesError, "YAML"), path, SentencesError)
    if not isinstance(data, dict) or not isinstance(data.get("intents"), dict):
        raise SentencesError(f"{path}: expected a Home Assistant sentence file with 'intents:'.")
    return Commands.from_dict(data, lists, source=str(path))


def read_routine(path: Path) -> Routine:
    """Read one routine; RoutineError names file, line, key and what was expected."""
    return routine_of(routine_text(path), path)


@lru_cache(maxsize=1000)
def _routine_at(path: Path, text: str) -> Routine:
    """Return the routine of `text`, which is what file `path` holds; the same text is read once."""
    return routine_of(text, path)


def routine_text(path: Path) -> str:
    """Return what is written in the file of a routine; RoutineError if it is no short text."""
    return read_text(path, RoutineError, "YAML")


def routine_of(text: str, path: Path | str) -> Routine:
    """Return the routine that a file of this `text` holds; `path` names it in RoutineError."""
    data, root = load(text, path, RoutineError)
    if not isinstance(data, dict):
        raise RoutineError(f"{path}:1: expected a routine with 'name:' and 'exercises:'.")
    try:
        # By way of JSON, in which a list is a list and a word a choice, and nothing is magic.
        return Routine.model_validate_json(json.dumps(data))
    except ValidationError as invalid:
        problem = min(_placed(invalid), key=lambda error: _rank(root, error))
        where = f"{path}:{line_of(root, problem['loc'])}"
        raise RoutineError(one_line(f"{where}: {_explain(problem)}")) from None
    except (TypeError, ValueError):
        raise RoutineError(
            f"{path}: holds a value or a key that is neither text, number nor yes or no."
        ) from None


def _placed(invalid: ValidationError) -> list[ErrorDetails]:
    return [{**each, "loc": without_tags(each["loc"])} for each in invalid.errors()]


def schema() -> str:
    """Return the JSON Schema of routine files, for editors."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(described | Routine.model_json_schema(), indent=2) + "\n"


def _rank(root: yaml.Node | None, problem: ErrorDetails) -> tuple[bool, bool, int]:
    """A key with a typo comes first: it is why the right one is missing.

    A list that is too short comes last: it may be so because all in it is wrong.
    """
    kind = problem["type"]
    return kind != "extra_forbidden", kind == "too_short", line_of(root, problem["loc"])


_EXPECTED = {
    "string_type": "expected text; put it in quotes",
    "too_short": "expected at least one",
    "json_invalid": "holds a character that is no text",
    "tuple_type": "expected a list",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "finite_number": "expected a number",
    "model_type": "expected a block of keys",
}
"""What was expected, by pydantic's name of the mistake, where its own words are too learned."""


def _explain(problem: ErrorDetails) -> str:
    """Say what is wrong with a key, what was expected, and the nearest right word."""
    *parents, last = problem["loc"] or ("file",)
    key = next((str(part) for part in (last, *reversed(parents)) if isinstance(part, str)), "file")
    key = shortened(key)
    shown = f"'{key}'{_shown(problem['input'])}"
    context = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            known = _keys(Routine, tuple(parents))
            hint = nearest(key, known) or f" Known here: {', '.join(known)}."
            return f"unknown key '{key}'.{hint}"
        case "missing":
            return f"'{key}' is missing."
        case "enum" | "literal_error":
            words = str(context.get("expected", ""))
            choices = words.replace("'", "").replace(" or ", ", ").split(", ")
            return f"{shown}; expected {words}.{nearest(str(problem['input']), choices)}"
        case "value_error":
            said = problem["msg"].removeprefix("Value error, ")
            return f"{shown}; {said}" if said.endswith((".", "?")) else f"{shown}; {said}."
        case kind if kind in _EXPECTED:
            return f"{shown}; {_EXPECTED[kind]}.{_as_seconds(problem['input'])}"
        case _:
            message = problem["msg"][:1].lower() + problem["msg"][1:]
            return f"{shown}; {message.replace('input should', 'it should')}."


def _as_seconds(given: object) -> str:
    """Return " Write 90." for a time such as 1:30."""
    time = re.fullmatch(r"(\d+):([0-5]\d)", given) if isinstance(given, str) else None
    return f" Write {60 * int(time[1]) + int(time[2])}." if time else ""


def _shown(given: object) -> str:
    """Return " is …" with what stands in the file, if it can be shown in a line."""
    if given is None:
        return " is empty"
    if isinstance(given, bool):
        return f" is {str(given).lower()}"
    return f" is {shortened(repr(given))}" if isinstance(given, str | int | float) else ""


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that a routine file may have at `loc`."""
    for part in loc:
        fields = {each.alias or name: each for name, each in model.model_fields.items()}
        if isinstance(part, str) and part in fields:
            model = _model_in(fields[part].annotation) or model
    return [each.alias or name for name, each in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside `tuple[Model, ...]`, `Model | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType) or get_args(annotation):
        found = (_model_in(argument) for argument in get_args(annotation))
        return next((model for model in found if model), None)
    return None
