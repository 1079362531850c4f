"""Files that a command writes where the user says, and questions before something is lost.

Owns that such a file is whole, that its name tells what it is, and that nothing is replaced or
removed unasked; must not know what is written.
"""

import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import typer

from voice_coach.cli.console import out
from voice_coach.errors import OutputError, VoiceCoachError
from voice_coach.files import Replacement, reason

FORCE: Final = typer.Option("--force", help="Also over a file that is there already.")
YES: Final = typer.Option("--yes", help="Do not ask.")


def confirm(question: str, done: str) -> None:
    """Return if the user says yes; else end the command, and say that nothing was `done`."""
    try:
        sure = typer.confirm(question)
    except typer.Abort:
        raise VoiceCoachError(f"Nothing was {done}. Answer the question, or give --yes.") from None
    if not sure:
        out.print(f"Nothing was {done}.")
        raise typer.Exit


def spare(path: Path, *, force: bool) -> None:
    """Raise OutputError where a file is at `path` that nobody allowed to be replaced."""
    if not force and _at(path, stat.S_ISREG):
        raise OutputError(f"{path} is there already. Give another name, or --force to replace it.")


def _at(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Whether something of a kind is at `path`; not where nothing can be."""
    try:
        return is_kind(path.stat().st_mode)
    except (OSError, ValueError):
        return False


@contextmanager
def whole_file(path: Path, *, force: bool, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes its place at `path` once it is complete.

    A file that is there already is replaced only by `force`. Where the block fails, what was at
    `path` is as it was; a device or a pipe is written to. `mode` are the rights of a new file.
    OutputError for a full disk, a read-only or missing folder, or a folder in place of a file.
    """
    spare(path, force=force)
    try:
        with Replacement(path, mode=mode, devices=True) as new:
            yield new.file
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {reason(error)}. Choose another place for it."
        ) from error


def file_form(path: Path, what: str, endings: Sequence[str], hint: str = "") -> str:
    """Return how the name `path` ends, if that is one of `endings`; a device needs none.

    OutputError where it ends otherwise, with `hint` at the end of its line.
    """
    form = path.suffix.casefold().removeprefix(".")
    if form in endings:
        return form
    if _at(path, lambda mode: not stat.S_ISREG(mode)):
        return endings[0]
    listed = f"{', '.join(f'.{end}' for end in endings[:-1])} or .{endings[-1]}"
    known = listed if len(endings) > 1 else f".{endings[0]}"
    raise OutputError(f"{path}: {what} is a {known} file. Give a name that ends so.{hint}")
