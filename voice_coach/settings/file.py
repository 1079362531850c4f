"""The settings file: one TOML file with comments, found, read, checked and changed.

Owns lines, mistakes and how a change reaches the disk whole; must not know options, nor what is
done with a setting.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from voice_coach.errors import OutputError, SettingsError, nearest, shortened
from voice_coach.files import Replacement, read_text_if_there, reason
from voice_coach.paths import settings_path
from voice_coach.settings.keys import KEYS, Key

_VALUE = r"""(?:"[^"\\\r\n]*"|'[^'\r\n]*'|[^\s#"'\[{]+)"""
"""A plain value, as a pattern."""

_HEAD = """\
# Settings of voice-coach. Remove the '#' before a key, and choose something else than the default.
# Every key is also an option, such as --volume-db, and a variable of the environment, such as
# VOICE_COACH_VOLUME_DB; an option goes before a variable, and a variable before this file.
# What counts in the end: voice-coach settings show
"""


def template() -> str:
    """Return the file that changes nothing: every key, explained and commented out."""
    return "\n".join([_HEAD, *map(_explained, KEYS.values())])


def _explained(key: Key) -> str:
    shown = key.example if key.default is None else key.default
    takes = f"{key.expected[0].upper()}{key.expected[1:]}."
    return f"# {key.about}\n# {takes}\n#{key.name} = {_toml(shown)}\n"


def _toml(value: Any) -> str:
    """Return a value as TOML has it; for those of settings, JSON is the same."""
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class SettingsFile:
    """What stands in a settings file, right or wrong."""

    path: Path
    text: str
    given: dict[str, Any]
    """As TOML has it, not checked."""

    @cached_property
    def lines(self) -> dict[str, int]:
        """The line of every key, counted from 1."""
        import tomlkit.exceptions  # noqa: PLC0415 - slow, and of use for mistakes only

        line = 1
        lines: dict[str, int] = {}
        with suppress(tomlkit.exceptions.TOMLKitError):
            for key, item in tomlkit.parse(self.text).body:
                if key is not None:
                    lines.setdefault(key.key, line)
                alone = tomlkit.document()
                alone.append(key, item)
                line += alone.as_string().count("\n")
        return lines

    @property
    def mistakes(self) -> list[str]:
        """What is wrong, a line each in the order of the file: place, key, what was expected."""
        wrong = {name: said for name, value in self.given.items() if (said := _wrong(name, value))}
        places = [(self.lines.get(name, 1), said) for name, said in wrong.items()]
        return [f"{self.path}:{line}: {said}" for line, said in sorted(places)]

    @property
    def values(self) -> dict[str, Any]:
        """The value of every key that is given. Raises SettingsError for the first mistake."""
        if self.mistakes:
            raise SettingsError(f"{self.mistakes[0]} Mend it with voice-coach settings edit.")
        return {name: KEYS[name].take(value) for name, value in self.given.items()}


def read(path: Path | None = None) -> SettingsFile:
    """Read the settings, or the file at `path`; a file that is missing gives none.

    Raises SettingsError, with line and column, if it cannot be read or is no TOML.
    """
    path = path or settings_path()
    text = _text(path) or ""
    return SettingsFile(path, text, _parsed(text, path))


def _text(path: Path) -> str | None:
    return read_text_if_there(path, SettingsError, "TOML")


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, line, column = _located(str(error), text)
        hint = " Text needs quotes." if said == "Invalid value" else ""
        raise SettingsError(
            f"{path}:{line}: not valid TOML: {said}, at column {column}.{hint}"
        ) from None
    except RecursionError:
        raise SettingsError(f"{path}: brackets in brackets, too deep; expected settings.") from None
    except ValueError:
        raise SettingsError(f"{path}: holds a number of too many digits.") from None


def _located(message: str, text: str) -> tuple[str, int, int]:
    """Return what tomllib says without the place, the line and the column."""
    said, _, place = message.rpartition(" (at ")
    if found := re.fullmatch(r"line (\d+), column (\d+)\)", place):
        return said, int(found[1]), int(found[2])
    last = text.rpartition("\n")[2]
    return said or message, text.count("\n") + 1, len(last) + 1


def _wrong(name: str, value: object) -> str | None:
    """Say what is wrong with a key of the file, if anything."""
    key = KEYS.get(name)
    if key is None:
        hint = nearest(name, KEYS) or f" Known: {', '.join(KEYS)}."
        return f"unknown key '{shortened(name)}'.{hint}"
    try:
        key.take(value)
    except ValueError:
        hint = nearest(value, key.choices) if isinstance(value, str) else ""
        return f"'{name}' is {_shown(value)}; expected {key.expected}.{hint}"
    return None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{shortened(value)}"'
    if isinstance(value, int | float):
        return shortened(repr(value))
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return "a date or time"


def create(path: Path | None = None) -> None:
    """Write the commented file, unless there is one. Raises OutputError."""
    _rewrite(path or settings_path(), lambda text: text)


def change(name: str, value: object, path: Path | None = None) -> None:
    """Write the key `name` into the settings; None takes it out, so that the default counts.

    Comments and order stay. The file is replaced as a whole, on disk before this returns, and
    of two processes the second changes what the first has written. Raises nothing but
    OutputError, with one line; the file is then as it was.
    """
    try:
        key = KEYS[name]
        value = value if value is None else key.take(value)
    except (KeyError, ValueError):
        raise OutputError(f"'{name}' = {value!r} is no setting; nothing is saved.") from None
    if isinstance(value, float | str):
        value = round(value, 3) if isinstance(value, float) else str(value)
    place = path or settings_path()
    _rewrite(place, lambda text: _changed(text, key, value, place))


def _changed(text: str, key: Key, value: Any, path: Path) -> str:
    """Return the text of a file with this one key changed, in its place if it has one.

    A key that stands in the file as we write it, also behind a '#', is changed there. tomlkit
    takes fifteen times as long for it, and puts it at the end, away from what explains it.
    """
    wanted = {name: each for name, each in _parsed(text, path).items() if name != key.name}
    if value is None:
        attempts = {rf"(?m)^(?={key.name}[ \t]*=)": "#"}
    else:
        wanted[key.name] = value
        attempts = {
            rf"(?m)^{key.name} = {_VALUE}": f"{key.name} = {_toml(value)}",
            rf"(?m)^#{key.name} = [^\r\n]*": f"{key.name} = {_toml(value)}",
        }
    for pattern, new in attempts.items():
        # It may be that a place is none, but is within a text of many lines.
        edited = re.sub(pattern, new.replace("\\", r"\\"), text, count=1)
        if _means(edited, wanted):
            return edited
    return _changed_anyhow(text, key.name, value, wanted, path)


def _changed_anyhow(text: str, name: str, value: Any, wanted: dict[str, Any], path: Path) -> str:
    """Do the same for a file that is written in some other way than ours."""
    import tomlkit.exceptions  # noqa: PLC0415 - slow, and seldom needed

    with suppress(tomlkit.exceptions.TOMLKitError):
        document = tomlkit.parse(text if text.endswith("\n") else f"{text}\n")
        if value is not None:
            document[name] = value
        else:
            document.pop(name, None)
        if _means(edited := document.as_string(), wanted):
            return edited
    raise SettingsError(f"{path}: '{name}' cannot be changed here. Edit it by hand.")


def _means(text: str, wanted: dict[str, Any]) -> bool:
    try:
        given = tomllib.loads(text)
    except ValueError:
        return False
    # As words, because nan is not equal to itself.
    return sorted(map(repr, given.items())) == sorted(map(repr, wanted.items()))


def _rewrite(path: Path, edit: Callable[[str], str]) -> None:
    """Replace the file by what `edit` makes of its text; links to it stay links."""
    try:
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        with Replacement(target) as new:  # from here on nobody else changes it
            text = _text(target)
            edited = edit(template() if text is None else text)
            if edited == text:
                new.discard()
            else:
                new.file.write(edited.encode())
    except OSError as error:
        raise OutputError(f"Cannot save settings in {path}: {reason(error)}.") from error
    except SettingsError as error:
        raise OutputError(f"Cannot save settings. {error}") from error
