"""Commands about what is on the shelf: `voice-coach routines …` and `voice-coach models …`.

Owns how lists and plans look in a terminal; must not know how a session runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.table import Table
from rich.text import Text

from voice_coach.cli.console import USERS_MISTAKE, complain, err, out, warn
from voice_coach.cli.settings import with_settings
from voice_coach.dictionary import read_language
from voice_coach.errors import ModelError, NoHomeError, RoutineError
from voice_coach.settings.keys import RecogniserChoice, Settings

if TYPE_CHECKING:
    from voice_coach.core.routine import Routine
    from voice_coach.library import RoutineFile
    from voice_coach.models.store import Kind

routines_app = typer.Typer(no_args_is_help=True, help="List, show and check routines.")
models_app = typer.Typer(no_args_is_help=True, help="Better ears and voices, downloaded once.")


def plain_table(*headings: str) -> Table:
    """Return a table without lines, whose last column alone may be folded."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=True)
    table.add_column(headings[-1])
    return table


def read_shelf() -> "list[RoutineFile]":
    """Return all routines; tell of files that are none, and go on without them."""
    from voice_coach.library import read_library

    shelf, problems = read_library()
    for problem in problems:
        warn(f"{problem} (left out)")
    return shelf


def complete_routine(incomplete: str) -> list[str]:
    """Return the routines whose names begin so, for the shell."""
    from voice_coach.library import read_library

    names = [shelved.routine.name.lower() for shelved in read_library()[0]]
    return [name for name in names if name.startswith(incomplete.lower())]


@routines_app.command("list")
def list_routines() -> None:
    """List all routines, yours and those that ship."""
    from voice_coach.core.fitting import plan_to_show
    from voice_coach.paths import routines_dir

    table = plain_table("name", "minutes", "exercises", "what for")
    for shelved in read_shelf():
        routine = shelved.routine
        minutes = plan_to_show(routine, read_language()).length / 16_000 / 60
        name = f"{routine.name} (yours)" if shelved.own else routine.name
        count = str(len(routine.exercises))
        table.add_row(name, f"{minutes:.0f}", count, routine.purpose)
    out.print(table)
    out.print("Say “start … routine”, or voice-coach run NAME.", style="dim")
    out.print(f"Put your own into {routines_dir()}", style="dim", soft_wrap=True)


@routines_app.command("show")
def show_routine(
    name: Annotated[
        str, typer.Argument(help="A spoken name, or a file.", autocompletion=complete_routine)
    ],
) -> None:
    """Show the plan of a routine: every cue with its time, and the total."""
    from voice_coach.cli.plan_table import plan_table
    from voice_coach.core.fitting import plan_to_show
    from voice_coach.library import find, read_routine

    is_file = name.endswith((".yaml", ".yml"))
    routine = read_routine(Path(name)) if is_file else find(read_shelf(), name).routine
    out.print(plan_table(plan_to_show(routine, read_language())))


@routines_app.command("check")
def check_routines(
    files: Annotated[list[Path], typer.Argument(help="Routine files to check.")],
    by_ear: Annotated[
        bool,
        typer.Option("--by-ear/--no-by-ear", help="Also whether its name is understood, spoken."),
    ] = True,
) -> None:
    """Check routine files; says file, line and key of what is wrong, and what was expected."""
    from voice_coach.library import check_names, read_routine

    language = read_language()
    wrong = 0
    for path in files:
        try:
            routine = read_routine(path)
            check_names(routine, path)
        except RoutineError as problem:
            wrong += 1
            complain(str(problem))
        else:
            exercises = language.counted(len(routine.exercises), language.written.plurals.exercises)
            out.print(f"{path}: good, {exercises}", soft_wrap=True)
            if by_ear:
                _tell_by_ear(routine, path)
    if wrong:
        raise typer.Exit(USERS_MISTAKE)


def _tell_by_ear(routine: "Routine", path: Path) -> None:
    """Warn of a name that is not understood when it is spoken."""
    from voice_coach.app.engines import choose_recogniser
    from voice_coach.app.spoken_names import try_names

    others = [
        each.routine
        for each in read_shelf()
        if each.routine.name.casefold() != routine.name.casefold()
    ]
    try:
        found = try_names(routine, others, choose_recogniser(RecogniserChoice.AUTO))
    except NoHomeError:
        return  # nothing of the user's is there to tell it from
    except ModelError as problem:
        warn(f"{path}: whether its name is understood was not tried. {problem}")
        return
    if any(each.sure for each in found):
        return
    name = found[0]
    taken = "".join(
        f" {count} times it began {other or 'no routine by name'}."
        for other, count in sorted(name.others.items())
    )
    advice = f" Add a line: aliases: [{name.alias}]" if name.alias else " Choose a longer name."
    warn(
        f"{path}: spoken, '{name.name}' is understood in {name.right} of {name.tries} tries."
        f"{taken}{advice}"
    )


@routines_app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of routine files, for editors."""
    from voice_coach.library import schema

    print(schema(), end="")  # noqa: T201 - rich would fold long lines


@models_app.command("list")
def list_models() -> None:
    """List the models that can be installed, and those that are."""
    from voice_coach.models import store
    from voice_coach.paths import models_dir

    table = plain_table("name", "kind", "MB", "licence", "", "what it is")
    present = {model.name for kind in get_args(store.Kind) for model in store.installed(kind)}
    for model in store.Manifest.load().models:
        state = Text("installed" if model.name in present else "", "green")
        size = f"{model.size / 1e6:.0f}"
        table.add_row(model.name, model.kind, size, model.licence, state, model.about)
    out.print(table)
    out.print(f"They live in {models_dir()}", style="dim", soft_wrap=True)


@models_app.command("install")
@with_settings("vosk_model", "voice_name", hidden=True)
def install_model(
    settings: Settings, name: Annotated[str, typer.Argument(help="A name from the list.")]
) -> None:
    """Download a model, check it and install it. The only command that uses a network."""
    from rich.progress import Progress

    from voice_coach.models import store

    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(name, total=None)

        def show(file: str, done: int, total: int) -> None:
            progress.update(task, description=file, completed=done, total=total)

        model = store.install(name, show)
    used = _named(settings, model.kind) or store.installed(model.kind)[0].name
    if used == model.name:
        out.print(f"{model.name} is installed; it is used from the next start on.")
    else:
        option = "--voice-name" if model.kind == "voice" else "--vosk-model"
        kept = f"{model.name} is installed. {used} stays in use"
        out.print(f"{kept}; for this one: {option} {model.name}, or the settings.", soft_wrap=True)


@models_app.command("remove")
@with_settings("vosk_model", "voice_name", hidden=True)
def remove_model(
    settings: Settings, name: Annotated[str, typer.Argument(help="A name from the list.")]
) -> None:
    """Delete an installed model."""
    from voice_coach.models import store

    for path in store.remove(name):
        out.print(f"Removed {path}", soft_wrap=True)
    if name in (settings.vosk_model, settings.voice_name):
        warn(f"You have chosen {name}: choose another one with voice-coach settings edit.")


def _named(settings: Settings, kind: "Kind") -> str | None:
    return settings.voice_name if kind == "voice" else settings.vosk_model
