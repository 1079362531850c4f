"""Reads a language of the coach from its folder, `languages/en` for English.

Owns the files' form, and says in one line what is wrong with them; must not know what any text
is for, nor when it is said.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, get_type_hints

import yaml

from voice_coach.core.language import Language
from voice_coach.core.written import PLACEHOLDERS, Help, Written
from voice_coach.errors import LanguageError, nearest
from voice_coach.resources import DEFAULT_LANGUAGE, resource

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The reader in C is ten times as fast, where PyYAML was built with it."""


@cache
def read_language(code: str = DEFAULT_LANGUAGE) -> Language:
    """Return the language `code`; LanguageError names file, line and key."""
    folder = resource(f"languages/{code}")
    language = language_of(folder / "phrases.yaml", folder / "sentences.yaml")
    language.number(0)  # reads the rules of its numbers, for which no session has to wait then
    return language


def language_of(phrases: Path, sentences: Path) -> Language:
    """Return the language of these two files; LanguageError names file, line and key."""
    return Language(_Reader(phrases).read(), _help(sentences))


def _composed(path: Path) -> yaml.Node | None:
    try:
        text = path.read_text("utf-8")
        return yaml.compose(text, _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise LanguageError(f"{path}: cannot be read ({error}). Check the file.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LanguageError(f"{path}:{line}: not valid YAML: {error.problem}.") from None


class _Reader:
    """Fills the types of `core.written` from the nodes of a file, which know their lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Written:
        written = self._block(Written, _composed(self._path), "the file")
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
            if field.name not in found:
                raise self._wrong(node, f"{name}: '{field.name}' is missing.")
            text = found[field.name]
            if isinstance(text, str):
                allowed = field.metadata.get(PLACEHOLDERS, ())
                self._check(text, allowed, node, field.name)
        return kind(**found)

    def _value(self, kind: Any, node: yaml.Node, name: str) -> object:
        if is_dataclass(kind) and isinstance(kind, type):
            return self._block(kind, node, name)
        if kind is str:
            return self._text(node, name)
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self._wrong(node, f"'{name}': expected a list of texts.")
        return tuple(self._text(each, name) for each in node.value)

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


def _help(path: Path) -> Help:
    """Return what a sentence file offers to who asks what they can say, in its order."""
    node = _composed(path)
    data: Mapping[str, Any] = _Loader("").construct_document(node) if node else {}
    offered: dict[str, list[str]] = {field.name: [] for field in fields(Help)}
    for name, intent in data["intents"].items():
        for block in intent["data"]:
            metadata = block.get("metadata", {})
            for moment in metadata.get("help", ()):
                if moment not in offered:
                    raise LanguageError(f"{path}: intent '{name}': no help '{moment}'.")
                offered[moment].append(metadata["short"])
    return Help(**{moment: tuple(said) for moment, said in offered.items()})
