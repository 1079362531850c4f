"""Reads a language of the coach from its folder, `languages/en` for English.

Owns the files' form, and says in one line what is wrong with them; must not know what any text
is for, nor when it is said.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self, get_origin, get_type_hints

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from voice_coach.core.catalogue import LEADING, Button, Catalogue, Help, KeyBinding
from voice_coach.core.language import Language
from voice_coach.core.routine import spelled
from voice_coach.core.state import Mode
from voice_coach.core.written import PLACEHOLDERS, Written
from voice_coach.errors import LanguageError, nearest, shortened
from voice_coach.grammar import ListeningState
from voice_coach.resources import DEFAULT_LANGUAGE, resource
from voice_coach.yaml_files import line_of, load_once

_Place = Annotated[int, Field(strict=True, gt=0)]
_Words = Annotated[str, Field(min_length=1)]
_Shown = Literal["help", "hint", "key", "button"]


def _known(moment: str) -> str:
    known = [*Mode, LEADING]
    if moment not in known:
        raise ValueError(f"there is no mode '{moment}'.{nearest(moment, known)}")
    return moment


def _single(press: str) -> str:
    if len(press) != 1 or press.isdigit() or press.isupper() or press == "?":
        raise ValueError(
            f"'key.press' is '{shortened(press)}'; expected one character in lower case, but no "
            "digit, which answers questions, and no '?', which shows the keys."
        )
    return press


_Moment = Annotated[str, AfterValidator(_known)]
"""A mode of the session, or all that are left."""


@cache
def read_language(code: str = DEFAULT_LANGUAGE) -> Language:
    """Return the language `code`; LanguageError names file, line and key."""
    folder = resource(f"languages/{code}")
    language = language_of(folder / "phrases.yaml", folder / "sentences.yaml")
    language.number(0)  # reads the rules of its numbers, for which no session has to wait then
    return language


def language_of(phrases: Path, sentences: Path) -> Language:
    """Return the language of these two files; LanguageError names file, line and key."""
    return Language(_Reader(phrases).read(), _Offers(sentences).read())


class _Reader:
    """Fills the types of `core.written` from the nodes of a file, which know their lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Written:
        written = self._block(Written, load_once(self._path)[1], "the file")
        assert isinstance(written, Written)  # noqa: S101 - it is what was asked for
        return written

    def _wrong(self, node: yaml.Node | None, problem: str) -> LanguageError:
        line = node.start_mark.line + 1 if node else 1
        return LanguageError(f"{self._path}:{line}: {problem}")

    def _block(self, kind: type, node: yaml.Node | None, name: str) -> object:
        """Return `kind` with every one of its fields, and nothing else, from a mapping."""
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, f"{name}: expected a block of keys.")
        types = get_type_hints(kind)
        found: dict[str, object] = {}
        for key, value in node.value:
            if key.value not in types:
                hint = nearest(key.value, list(types))
                raise self._wrong(key, f"{name}: unknown key '{key.value}'.{hint}")
            if key.value in found:
                raise self._wrong(key, f"{name}: key '{key.value}' stands twice.")
            found[key.value] = self._value(types[key.value], value, key.value)
        for field in fields(kind):
            if field.name not in found and field.default_factory is not MISSING:
                continue
            if field.name not in found:
                raise self._wrong(node, f"{name}: '{field.name}' is missing.")
            written = found[field.name]
            texts = written if isinstance(written, tuple) else (written,)
            for text in (each for each in texts if isinstance(each, str)):
                self._check(text, field.metadata.get(PLACEHOLDERS, ()), node, field.name)
        return kind(**found)

    def _value(self, kind: Any, node: yaml.Node, name: str) -> object:
        if is_dataclass(kind) and isinstance(kind, type):
            return self._block(kind, node, name)
        if kind is str:
            return self._text(node, name)
        if get_origin(kind) is Mapping:
            return self._spellings(node, name)
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self._wrong(node, f"'{name}': expected a list of texts.")
        return tuple(self._text(each, name) for each in node.value)

    def _spellings(self, node: yaml.Node, name: str) -> Mapping[str, str]:
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, f"'{name}': expected words, each with how it is said.")
        found = {}
        for word, spelling in node.value:
            try:
                found[spelled(str(word.value))] = spelled(str(spelling.value))
            except ValueError as problem:
                raise self._wrong(word, f"'{name}.{word.value}': {problem}.") from problem
        return found

    def _text(self, node: yaml.Node, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            raise self._wrong(node, f"'{name}': expected a text.")
        return str(node.value)

    def _check(
        self, text: str, allowed: tuple[str, ...], block: yaml.MappingNode, name: str
    ) -> None:
        """Raise LanguageError unless just the placeholders of this text stand in it."""
        (at,) = (value for key, value in block.value if key.value == name)
        try:
            parts = list(Formatter().parse(text))
        except ValueError as error:
            raise self._wrong(at, f"'{name}': {error}.") from None
        named = {part for _, part, _, _ in parts if part is not None}
        if any(form or how for _, _, form, how in parts) or named - set(allowed):
            known = ", ".join(f"{{{each}}}" for each in allowed) or "none"
            raise self._wrong(at, f"'{name}': unknown placeholder. Known here: {known}.")


class _Form(BaseModel):
    """What is written in a sentence file, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Key(_Form):
    press: Annotated[str, AfterValidator(_single)]
    words: _Words


class _Button(_Form):
    label: _Words
    row: Literal["main", "more"]
    place: _Place


class _Metadata(_Form):
    """What a block of sentences says about itself."""

    states: tuple[ListeningState, ...] = tuple(ListeningState)
    example: _Words | None = None
    harmless: StrictBool = False
    bare: StrictBool = False
    written: StrictBool = False
    short: _Words | None = None
    help: tuple[Literal["leading", "paused", "idle"], ...] = ()
    hint: dict[_Moment, _Place] = {}
    key: _Key | None = None
    button: _Button | None = None
    without: tuple[_Shown, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.help or self.hint) and self.short is None:
            raise ValueError("'short' is missing, by which 'help' and 'hint' call the command.")
        return self


@dataclass(frozen=True)
class _Offer:
    """A block of sentences, as far as it is offered anywhere."""

    intent: str
    slots: Mapping[str, Any]
    about: _Metadata


class _Offers:
    """Reads where each command of a sentence file is offered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data, self._root = load_once(path)

    def read(self) -> Catalogue:
        """Return the catalogue; LanguageError names file, line and key."""
        offers = list(self._blocks())
        hints = {str(moment): _hints(offers, moment) for moment in (*Mode, LEADING)}
        buttons = (
            Button(each.intent, each.slots, **dict(each.about.button))
            for each in offers
            if each.about.button
        )
        return Catalogue(
            Help(**{each.name: _help(offers, each.name) for each in fields(Help)}),
            {moment: words for moment, words in hints.items() if words},
            tuple(
                KeyBinding(each.intent, **dict(each.about.key)) for each in offers if each.about.key
            ),
            tuple(sorted(buttons, key=lambda button: (button.row, button.place))),
        )

    def _blocks(self) -> Iterator[_Offer]:
        intents = self._data.get("intents") if isinstance(self._data, dict) else None
        if not isinstance(intents, dict):
            raise LanguageError(f"{self._path}:1: expected a sentence file with 'intents:'.")
        for name, intent in intents.items():
            blocks = intent.get("data") if isinstance(intent, dict) else None
            if not isinstance(blocks, list):
                raise self._wrong(("intents", name), f"intent '{name}': 'data' is missing.")
            for index, block in enumerate(blocks):
                loc = ("intents", name, "data", index)
                if not isinstance(block, dict):
                    raise self._wrong(loc, f"intent '{name}': expected a block of 'sentences'.")
                yield _Offer(name, block.get("slots", {}), self._metadata(block, loc))

    def _metadata(self, block: Mapping[str, Any], loc: tuple[str | int, ...]) -> _Metadata:
        about = block.get("metadata", {})
        if not isinstance(about, dict):
            raise self._wrong(loc, f"intent '{loc[1]}': 'metadata': expected a block of keys.")
        try:
            return _Metadata.model_validate(about)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = (*loc, "metadata", *(part for part in first["loc"] if part != "[key]"))
            raise self._wrong(where, f"intent '{loc[1]}': {_problem(first)}") from None

    def _wrong(self, loc: tuple[str | int, ...], problem: str) -> LanguageError:
        return LanguageError(f"{self._path}:{line_of(self._root, loc)}: {problem}")


def _help(offers: Iterable[_Offer], moment: str) -> tuple[str, ...]:
    return tuple(each.about.short or "" for each in offers if moment in each.about.help)


def _hints(offers: Iterable[_Offer], moment: str) -> tuple[str, ...]:
    shown = (each.about for each in offers if moment in each.about.hint)
    return tuple(each.short or "" for each in sorted(shown, key=lambda each: each.hint[moment]))


def _problem(error: ErrorDetails) -> str:
    """Return what is wrong with metadata, and what was expected."""
    keys = [str(part) for part in error["loc"]]
    match error["type"]:
        case "extra_forbidden":
            known = [key for form in (_Metadata, _Button, _Key) for key in form.model_fields]
            return f"unknown key '{keys[-1]}'.{nearest(keys[-1], known)}"
        case "missing":
            return f"'{'.'.join(keys)}' is missing."
        case "value_error":
            return f"{error['ctx']['error']}"
        case _:
            said = error["msg"].removeprefix("Input should be ").removeprefix("String should ")
            given = shortened(str(error["input"]))
            return f"'{'.'.join(keys)}' is '{given}'; expected {said}."
