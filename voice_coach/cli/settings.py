"""Settings on the command line: as options of commands, and `voice-coach settings …`.

Owns which value counts, and where each comes from; must not know what is done with it.
"""

import functools
import inspect
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, TypeAlias

import typer
from rich.table import Table
from rich.text import Text

from voice_coach.cli.console import USERS_MISTAKE, complain, out
from voice_coach.errors import ModelError, VoiceCoachError
from voice_coach.settings.keys import KEYS, Key, Settings

settings_app = typer.Typer(no_args_is_help=True, help="Show and change what you have chosen.")

Command: TypeAlias = Callable[..., None]

_PANEL = "Settings (to keep them: voice-coach settings edit)"
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_NEAREST = ("option", "environment", "file", "default")
"""Where a value may come from, that which counts most first."""
_OFFERED = ("context", "choices", "settings", "given")


@dataclass(frozen=True)
class Choice:
    """The value of a setting that counts, and where it comes from."""

    value: Any
    source: Literal["option", "environment", "file", "default"]
    place: str | None = None
    """Name of the option or variable, or file and line."""


def with_settings(
    *names: str, given: Iterable[str] = (), hidden: bool = False, shown: Container[str] = KEYS
) -> Callable[[Command], Command]:
    """Give a command the options of these settings; its help shows those of `shown`.

    Where that leaves some out, --help-settings shows every one of them. With `hidden`, the
    help knows of none.

    An option goes before the environment, that before the file, and that before the default.
    Those of `given` come from options alone. The command gets what it has a parameter for:
    `settings: Settings`, `choices: dict[str, Choice]`, `given: dict[str, Any]` of the options
    that were given, and `context: typer.Context`.
    """
    brief = not all(name in shown for name in names)
    options = [
        _option(KEYS[name], hidden=hidden or name not in shown, brief=brief) for name in names
    ]
    options += [_option(KEYS[name], alone=True) for name in given]
    if brief:
        options.append(_help_option(names))

    def decorate(command: Command) -> Command:
        asked = inspect.signature(command, eval_str=True).parameters

        @functools.wraps(command)
        def with_values(context: typer.Context, **arguments: Any) -> None:
            found = _choices(context, names, with_lines="choices" in asked)
            options_alone = {name: _choice(context, KEYS[name]) for name in given}
            _agree(found, options_alone)
            offered = {
                "context": context,
                "choices": found,
                "settings": Settings(**{name: each.value for name, each in found.items()}),
                "given": {n: each.value for n, each in options_alone.items() if each.place},
            }
            command(**{name: (offered | arguments)[name] for name in asked})

        own = [each.replace(kind=each.KEYWORD_ONLY) for each in asked.values()]
        own = [each for each in own if each.name not in _OFFERED]
        context = inspect.Parameter("context", _KEYWORD, annotation=typer.Context)
        together = [*own, context, *options]
        with_values.__signature__ = inspect.Signature(together)  # type: ignore[attr-defined]
        with_values.__annotations__ = {each.name: each.annotation for each in together}
        return with_values

    return decorate


def _option(
    key: Key, *, hidden: bool = False, alone: bool = False, brief: bool = False
) -> inspect.Parameter:
    first, *more = key.variables
    option = typer.Option(
        *key.options,
        envvar=([first, *more] if more else first) if not alone else None,
        show_envvar=not brief,  # --help-settings tells how all are called
        help=key.about,
        metavar=key.metavar or ("NUMBER" if key.low is not None else None),
        min=key.low,
        max=key.high,
        hidden=hidden,
        show_default=not alone,
        rich_help_panel="Preferences" if alone else _PANEL,
    )
    kind = key.kind if key.default is not None else key.kind | None
    annotation = Annotated[kind, option]  # type: ignore[valid-type]
    return inspect.Parameter(key.name, _KEYWORD, default=key.default, annotation=annotation)


def _help_option(names: Iterable[str]) -> inspect.Parameter:
    """Return the option that shows every setting of `names` and ends."""

    def show(wanted: bool) -> None:
        if not wanted:
            return
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for key in (KEYS[name] for name in names):
            name = re.sub(r"--(.+)/--no-\1", r"--[no-]\1", key.options[0])
            table.add_row(Text(name, "bold cyan"), _explained(key))
        out.print(table)
        out.print(
            "\nWhat you give here is for this once. To keep it: voice-coach settings edit.\n"
            "The environment knows each by its name, such as VOICE_COACH_TEMPO for --tempo.",
            style="dim",
        )
        raise typer.Exit

    annotation = Annotated[
        bool,
        typer.Option(
            "--help-settings", callback=show, is_eager=True, help="Show all settings and exit."
        ),
    ]
    return inspect.Parameter("help_settings", _KEYWORD, default=False, annotation=annotation)


def _explained(key: Key) -> Text:
    """Return what a setting does, which values it takes and its default."""
    takes = " | ".join(key.choices)
    if key.low is not None:
        takes = f"{key.low:g} to {key.high:g}"
    default = "" if key.default is None else f"default: {_worded(key.default)}"
    facts = "; ".join(filter(None, (takes, default.replace('"', ""))))
    return Text.assemble(key.about, (f" [{facts}]" if facts else "", "dim"))


def _choices(
    context: typer.Context, names: Iterable[str], *, with_lines: bool
) -> dict[str, Choice]:
    """Return the settings that count for this call. Raises SettingsError for a mistake in the file.

    The file is not read where options and environment say everything; its lines are counted
    only where they are asked for, because that takes longer than all the rest.
    """
    found = {name: _choice(context, KEYS[name]) for name in names}
    open_ones = [name for name, choice in found.items() if choice.source == "default"]
    if open_ones:
        from voice_coach.settings.file import read

        file = read()
        values = file.values
        for name in open_ones:
            if name in values:
                line = f":{file.lines.get(name, 1)}" if with_lines else ""
                found[name] = Choice(values[name], "file", f"{file.path}{line}")
    return found


def _agree(found: dict[str, Choice], given: dict[str, Choice]) -> None:
    """Of engine and voice, let the one that was chosen nearer set the other one aside.

    Whoever says --voice espeak does not mean the name in the file, which is of another engine.
    """
    names = given if "voice_name" in given else found
    if "voice" in found and "voice_name" in names:
        pair = found["voice"], names["voice_name"]
        engine, name = (_NEAREST.index(each.source) for each in pair)
        if name < engine:
            found["voice"] = Choice(KEYS["voice"].default, "default")
        elif engine < name:
            names["voice_name"] = Choice(None, "default")


@contextmanager
def located(name: str, value: object) -> Iterator[None]:
    """Let a ModelError about the value of a setting begin with its place in the file, if any."""
    try:
        yield
    except ModelError as problem:
        from voice_coach.settings.file import read

        file = read()
        if value is None or file.given.get(name) != value:
            raise
        place = f"{file.path}:{file.lines.get(name, 1)}"
        raise ModelError(
            f"{place}: {str(problem).rstrip('.')}. Change it: voice-coach settings edit"
        ) from None


def _choice(context: typer.Context, key: Key) -> Choice:
    value = context.params[key.name]
    source = context.get_parameter_source(key.name)
    match source.name if source else "":
        case "COMMANDLINE":
            return Choice(value, "option", key.options[0])
        case "ENVIRONMENT":
            variable = next(name for name in key.variables if os.environ.get(name))
            return Choice(value, "environment", variable)
        case _:
            return Choice(key.default, "default")


@settings_app.command("show")
@with_settings(*KEYS, hidden=True)
def show_settings(
    choices: dict[str, Choice],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object: value, source and place of each key.")
    ] = False,
) -> None:
    """Show every key, its value, and where that comes from."""
    from voice_coach.paths import settings_path

    if as_json:
        told = {name: asdict(choice) for name, choice in choices.items()}
        print(json.dumps(told))  # noqa: T201 - rich would fold long lines
        return
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("key", "value", "from"):
        table.add_column(heading, overflow="fold")
    for name, choice in choices.items():
        table.add_row(name, _worded(choice.value), choice.place or choice.source)
    out.print(table)
    path = settings_path()
    out.print(f"{path}{'' if path.exists() else ' (not there yet)'}", style="dim", soft_wrap=True)


def _worded(value: object) -> str:
    """Return a value as it would stand in the file."""
    if value is None:
        return "–"
    return json.dumps(value, ensure_ascii=False)


@settings_app.command("path")
def print_path() -> None:
    """Print where the settings file is, or would be."""
    from voice_coach.paths import settings_path

    print(settings_path())  # noqa: T201 - rich would fold long lines


@settings_app.command("edit")
def edit_settings() -> None:
    """Open the settings file in your editor ($VISUAL or $EDITOR), and check it afterwards."""
    from voice_coach.paths import settings_path
    from voice_coach.settings.file import create, read

    path = settings_path()
    create(path)
    _edit([*_editor(), str(path)])
    file = read(path)
    for mistake in file.mistakes:
        complain(mistake)
    if file.mistakes:
        raise typer.Exit(USERS_MISTAKE)
    count = len(file.given)
    out.print(f"{path}: good, {count} {'key' if count == 1 else 'keys'} chosen", soft_wrap=True)


def _editor() -> list[str]:
    """Return the user's editor as a command. Raises VoiceCoachError if there is none."""
    own = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    try:
        command = shlex.split(own) if own else []
    except ValueError as error:
        raise VoiceCoachError(f"The editor '{own}' is no command: {error}. Set EDITOR.") from None
    known = ("sensible-editor", "nano", "vi")
    command = command or [name for name in known if shutil.which(name)][:1]
    if not command:
        raise VoiceCoachError("No editor was found. Set EDITOR to one, such as EDITOR=nano.")
    return command


def _edit(command: list[str]) -> None:
    """Run the editor to its end. Raises VoiceCoachError if it fails."""
    # Ctrl-C is the editor's business; a handler, unlike SIG_IGN, is not handed on to it.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.run(command, check=False).returncode
    except OSError as error:
        reason = error.strerror or str(error)
        raise VoiceCoachError(
            f"The editor '{command[0]}' cannot be started: {reason}. Set EDITOR to another."
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        raise VoiceCoachError(f"The editor '{command[0]}' ended with status {status}.")
