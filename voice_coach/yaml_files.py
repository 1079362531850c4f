"""Reads YAML as its version 1.2 has it, with the line of everything.

Owns what a word without quotes means, and one line for what is no YAML; must not know what is
written in it. In YAML 1.1, which PyYAML reads by itself, On is a yes, 010 is eight and 1:30 is
ninety: nobody who writes a routine means that.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from voice_coach.errors import LanguageError, VoiceCoachError

MOST_VALUES = 50_000
"""The same, for what its anchors and aliases unfold to."""

_HINTS = {
    "'\\t' that cannot start": "Indent with spaces, not with tabs",
    "mapping values are not allowed": "A text with a colon in it needs quotes",
    "found another document": "Keep one routine in one file, without a line of '---' inside",
    "while parsing a flow": "A bracket is not closed",
}
"""What to do about a failure of YAML, by words of its own message."""


def load(text: str, path: Path | str, kind: type[VoiceCoachError]) -> tuple[Any, yaml.Node | None]:
    """Return the text of a YAML file as data, and as nodes that know their lines.

    `path` names it in what is raised: one of `kind`, with one line.
    """
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is not None and _unfolded(root, {}) > MOST_VALUES:
            raise kind(f"{path}: holds more than {MOST_VALUES} values. Leave out aliases (*).")
        data = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise kind(one_line(f"{path}:{line}: not valid YAML: {_hinted(error)}")) from None
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


@cache
def load_once(path: Path) -> tuple[Any, yaml.Node | None]:
    """Return a file of the coach's own language as `load` does; it is read once and shared.

    Nobody may change what is returned. Raises LanguageError.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LanguageError(f"{path}: cannot be read ({error}). Check the file.") from None
    quick: Any = _QuickLoader
    try:
        loader = quick(text)
        root = loader.get_single_node()
        if root is not None:
            return loader.construct_document(root), root
    except (yaml.YAMLError, ValueError, RecursionError):
        pass  # the other loader says better what it is
    return load(text, path, LanguageError)


def line_of(root: yaml.Node | None, loc: tuple[int | str, ...]) -> int:
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


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, which a file may hold."""
    return "".join(c if c.isprintable() else " " for c in text)


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


class _Core(yaml.constructor.SafeConstructor):
    """The core schema of YAML 1.2, which refuses a key given twice."""

    # `<<` is of 1.1, but whoever writes it means it.
    yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}  # noqa: RUF012

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

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Read 010 as ten; only 0o10 is eight."""
        text = self.construct_scalar(node)
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        """Read a number with a point or an exponent."""
        return float(
            self.construct_scalar(node).lower().replace(".inf", "inf").replace(".nan", "nan")
        )


class _Loader(_Core, yaml.SafeLoader):
    """Reads it in Python, whose messages say best what is wrong."""


class _QuickLoader(_Core, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads it in C, ten times as fast, where PyYAML was built with it."""


for _tag, _looks, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    for _each in (_Loader, _QuickLoader):
        _each.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_looks})$"), _first
        )
for _each in (_Loader, _QuickLoader):
    # The stubs want a loader as the one who constructs; it is one of the two.
    _each.add_constructor("tag:yaml.org,2002:int", _Core.construct_yaml_int)  # type: ignore[type-var]
    _each.add_constructor("tag:yaml.org,2002:float", _Core.construct_yaml_float)  # type: ignore[type-var]
