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
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.errors import RoutineError, SentencesError, VoiceCoachError, nearest
from voice_coach.paths import routines_dir
from voice_coach.resources import resource

LARGEST_BYTES = 256_000
"""A file larger than this is nothing that somebody wrote for the coach."""
MOST_VALUES = 50_000
"""The same, for what its anchors and aliases unfold to."""

_SHOWN = 60
"""Characters of a wrong value that are shown."""

_HINTS = {
    "'\\t' that cannot start": "Indent with spaces, not with tabs",
    "mapping values are not allowed": "A text with a colon in it needs quotes",
    "found another document": "Keep one routine in one file, without a line of '---' inside",
    "while parsing a flow": "A bracket is not closed",
}
"""What to do about a failure of YAML, by words of its own message."""


@dataclass(frozen=True)
class RoutineFile:
    """A routine, and the file that it was read from."""

    routine: Routine
    path: Path
    own: bool
    """Whether it is the user's own, not one that ships."""


def read_library() -> tuple[list[RoutineFile], list[RoutineError]]:
    """Return every routine, and what is wrong with files that are none.

    The user's own come after those that ship; one of the same name takes its place.
    """
    shelf: dict[str, RoutineFile] = {}
    problems: list[RoutineError] = []
    for folder, own in ((resource("routines"), False), (routines_dir(), True)):
        for path in _routine_files(folder):
            try:
                routine = read_routine(path)
            except RoutineError as problem:
                problems.append(problem)
            else:
                shelf[routine.name.casefold()] = RoutineFile(routine, path, own)
    return _back_first(shelf.values()), problems


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


def read_commands(routines: Iterable[Routine]) -> Commands:
    """Return what may be said to the coach, in English."""
    path = resource("languages/en/sentences.yaml")
    return read_sentences(path, {"routine": routine_names(routines)})


def read_sentences(path: Path, lists: dict[str, dict[str, str]] | None = None) -> Commands:
    """Read a Home Assistant sentence template file; SentencesError says what is wrong."""
    data, _ = _load(_text(path, SentencesError), path, SentencesError)
    if not isinstance(data, dict) or not isinstance(data.get("intents"), dict):
        raise SentencesError(f"{path}: expected a Home Assistant sentence file with 'intents:'.")
    return Commands.from_dict(data, lists, source=str(path))


def read_routine(path: Path) -> Routine:
    """Read one routine; RoutineError names file, line, key and what was expected."""
    return routine_of(_text(path, RoutineError), path)


def routine_of(text: str, path: Path | str) -> Routine:
    """Return the routine that a file of this `text` holds; `path` names it in RoutineError."""
    data, root = _load(text, path, RoutineError)
    if not isinstance(data, dict):
        raise RoutineError(f"{path}:1: expected a routine with 'name:' and 'exercises:'.")
    try:
        # By way of JSON, in which a list is a list and a word a choice, and nothing is magic.
        return Routine.model_validate_json(json.dumps(data))
    except ValidationError as invalid:
        problem = min(invalid.errors(), key=lambda error: _rank(root, error))
        where = f"{path}:{_line(root, problem['loc'])}"
        raise RoutineError(_one_line(f"{where}: {_explain(problem)}")) from None
    except (TypeError, ValueError):
        raise RoutineError(
            f"{path}: holds a value or a key that is neither text, number nor yes or no."
        ) from None


def schema() -> str:
    """Return the JSON Schema of routine files, for editors."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(described | Routine.model_json_schema(), indent=2) + "\n"


def _load(text: str, path: Path | str, kind: type[VoiceCoachError]) -> tuple[Any, yaml.Node | None]:
    """Return the text of a YAML file as data, and as nodes that know their lines."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is not None and _unfolded(root, {}) > MOST_VALUES:
            raise kind(f"{path}: holds more than {MOST_VALUES} values. Leave out aliases (*).")
        data = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise kind(_one_line(f"{path}:{line}: not valid YAML: {_hinted(error)}")) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise kind(f"{path}:{line}: not a text file; expected YAML in UTF-8.") from None
    except RecursionError:
        raise kind(f"{path}: nested too deeply, or an alias (*) inside its own anchor.") from None
    except ValueError:
        raise kind(f"{path}: holds a number of too many digits.") from None
    if data is None:
        raise kind(f"{path}: the file is empty.")
    return data, root


def _text(path: Path, kind: type[VoiceCoachError]) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise kind(f"{path}: cannot be read: {reason}. Check the name.") from None
    if len(raw) > LARGEST_BYTES:
        raise kind(f"{path}: larger than {LARGEST_BYTES // 1000} kB; expected a short text.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise kind(f"{path}: not a text file; expected YAML in UTF-8.") from None


def _unfolded(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values `node` holds, aliases counted as what they stand for.

    Raises RecursionError for an alias inside its own anchor.
    """
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = 0
        children = [
            part
            for value in node.value
            for part in (value if isinstance(value, tuple) else [value])
        ]
        known[id(node)] = 1 + sum(_unfolded(child, known) for child in children)
    elif known[id(node)] == 0:
        raise RecursionError
    return known[id(node)]


def _hinted(error: yaml.MarkedYAMLError) -> str:
    """Return what YAML has to say, and what to do about it where that is known."""
    said = f"{error.context or ''} {error.problem or ''}"
    hint = next((hint for words, hint in _HINTS.items() if words in said), None)
    return f"{error.problem or error.context}." + (f" {hint}." if hint else "")


def _one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, which a file may hold."""
    return "".join(c if c.isprintable() else " " for c in text)


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice, and leaves dates as they are written."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping as usual, after the check: the first of two would silently be lost."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key '{name}' stands twice", problem_mark=key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, looks) for tag, looks in rules if not tag.endswith(":timestamp")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _rank(root: yaml.Node | None, problem: ErrorDetails) -> tuple[bool, bool, int]:
    """A key with a typo comes first: it is why the right one is missing.

    A list that is too short comes last: it may be so because all in it is wrong.
    """
    kind = problem["type"]
    return kind != "extra_forbidden", kind == "too_short", _line(root, problem["loc"])


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
    key = _shortened(key)
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
            return f"{shown}; {_EXPECTED[kind]}."
        case _:
            message = problem["msg"][:1].lower() + problem["msg"][1:]
            return f"{shown}; {message.replace('input should', 'it should')}."


def _shown(given: object) -> str:
    """Return " is …" with what stands in the file, if it can be shown in a line."""
    if given is None:
        return " is empty"
    if isinstance(given, bool):
        return f" is {'yes' if given else 'no'}, which YAML takes for {str(given).lower()}"
    return f" is {_shortened(repr(given))}" if isinstance(given, str | int | float) else ""


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


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
