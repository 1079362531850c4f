"""Commands about what was done: `voice-coach history …` and `voice-coach report`.

Owns how past sessions look in a terminal and to other programs, and that a file that is written
is whole; must not know how sessions are kept, nor what they add up to.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer

from voice_coach.cli.console import out
from voice_coach.errors import JournalError, OutputError, VoiceCoachError
from voice_coach.files import Replacement, reason

if TYPE_CHECKING:
    from voice_coach.history.journal import PastSession

SHOWN: Final = 20
"""So many sessions are shown in the terminal unless told otherwise."""
NONE_YET: Final = "No sessions yet. Begin with voice-coach run, and say “start back routine”."

history_app = typer.Typer(help="Show what past sessions came to; export, back up or delete it.")


@history_app.callback(invoke_without_command=True)
def show_history(
    context: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object: totals and all sessions.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="All sessions as CSV.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw minutes and pain: a .png, .svg or .pdf."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"Only the last so many sessions. In the table: {SHOWN}."),
    ] = None,
) -> None:
    """Show what past sessions came to; export, back up or delete it."""
    if context.invoked_subcommand:
        return
    if as_json + as_csv + (plot is not None) > 1:
        raise VoiceCoachError("--json, --csv and --plot do not go together. Give one of them.")
    from voice_coach.history.journal import read_sessions

    form = _picture_format(plot) if plot else ""
    sessions = read_sessions()
    chosen = sessions[-limit:] if limit else sessions
    if as_json:
        _print_json(sessions, chosen)
    elif as_csv:
        _print_csv(chosen)
    elif not sessions:
        out.print(NONE_YET)
    elif plot:
        from voice_coach.history import report as drawing

        _write(plot, lambda today: drawing.plot(chosen, today, form))
    else:
        _print_table(sessions, chosen if limit else sessions[-SHOWN:])


@history_app.command("export")
def export_history(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A .jsonl file; - prints it.")],
) -> None:
    """Write every event that was ever kept, one JSON object in a line."""
    from voice_coach.history.journal import export_events

    lines = (json.dumps(event) + "\n" for event in export_events())
    if file == "-":
        sys.stdout.writelines(lines)
        return
    count = 0
    with whole_file(Path(file)) as written:
        for line in lines:
            written.write(line.encode())
            count += 1
    out.print(f"Written: {file} ({count:,} events)", soft_wrap=True)


@history_app.command("backup")
def back_up_history(
    file: Annotated[Path, typer.Argument(help="Where the copy goes, over what may be there.")],
) -> None:
    """Copy the journal, whole as of this moment, also while a coach is running."""
    from voice_coach.history.journal import backup

    backup(None, file)
    out.print(f"Written: {file}", soft_wrap=True)


@history_app.command("delete")
def delete_history(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the journal: all sessions, and damaged journals that were kept aside."""
    from voice_coach.history.journal import delete, read_sessions
    from voice_coach.paths import journal_path

    try:
        what = _counted(len(read_sessions()), "session")
    except JournalError:
        what = "a journal that cannot be read"
    if not yes:
        question = f"Delete {what} in {journal_path()} for good?"
        try:
            sure = typer.confirm(question)
        except typer.Abort:
            raise VoiceCoachError(
                "Nothing was deleted. Answer the question, or give --yes."
            ) from None
        if not sure:
            out.print("Nothing was deleted.")
            return
    # What SQLite keeps beside a database is part of it, and not worth a word.
    gone = [str(path) for path in delete() if not path.name.endswith(("-wal", "-shm"))]
    told = f"Deleted {what}: {', '.join(gone)}" if gone else "There was nothing to delete."
    out.print(told, soft_wrap=True)


def report(
    out_file: Annotated[
        Path, typer.Option("--out", metavar="FILE.html", help="The page to write.")
    ] = Path("report.html"),
) -> None:
    """Write a page to hand on: what was done, how much, and how it felt, with charts.

    The page is one file. It needs no network, prints on A4, and can be read without colours.
    """
    from voice_coach.history import report as drawing
    from voice_coach.history.journal import read_sessions

    sessions = read_sessions()
    if not sessions:
        out.print(NONE_YET)
        return
    _write(out_file, lambda today: drawing.page(sessions, today).encode())


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of `path` once it is complete.

    Where the block fails, what was at `path` is as it was; a device or a pipe is written to.
    OutputError for a full disk, a read-only or missing folder, or a folder in place of a file.
    """
    try:
        with Replacement(path, devices=True) as new:
            yield new.file
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {reason(error)}. Choose another place for it."
        ) from error


def _write(path: Path, make: "Callable[[Any], bytes]") -> None:
    """Write what `make` makes of today's date."""
    from voice_coach.history.journal import local_now

    made = make(local_now().date())
    with whole_file(path) as file:
        file.write(made)
    out.print(f"Written: {path}", soft_wrap=True)


def _picture_format(path: Path) -> str:
    from voice_coach.history.picture import FORMATS

    form = path.suffix.casefold().removeprefix(".")
    if form not in FORMATS:
        raise OutputError(f"{path}: a chart is a .png, .svg or .pdf. Give a name that ends so.")
    return form


def _print_json(sessions: "Sequence[PastSession]", chosen: "Sequence[PastSession]") -> None:
    from voice_coach.history.journal import local_now
    from voice_coach.history.statistics import totals

    told = {
        "totals": asdict(totals(sessions, local_now().date())),
        "sessions": [asdict(session) | {"began": session.began.isoformat()} for session in chosen],
    }
    print(json.dumps(told, indent=2))  # noqa: T201 - rich would fold long lines


def _print_csv(sessions: "Sequence[PastSession]") -> None:
    from voice_coach.history.journal import PastSession

    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(field.name for field in fields(PastSession))
    for session in sessions:
        values = vars(session) | {"began": session.began.isoformat()}
        rows.writerow("; ".join(v) if isinstance(v, tuple) else v for v in values.values())


def _print_table(sessions: "Sequence[PastSession]", chosen: "Sequence[PastSession]") -> None:
    from voice_coach.history.journal import local_now
    from voice_coach.history.statistics import totals

    heading, *rows = _table(chosen)
    out.print(heading, style="dim", soft_wrap=True)
    out.print("\n".join(rows), soft_wrap=True)
    if len(chosen) < len(sessions):
        out.print(f"The last {len(chosen)} of {len(sessions):,}; --limit shows more.", style="dim")
    sums = totals(sessions, local_now().date())
    parts = (
        f"{_counted(sums.sessions, 'session')}, {sums.seconds / 60:,.0f} minutes",
        f"{_counted(sums.streak_weeks, 'week')} in a row",
        f"this week {_counted(sums.this_week_sessions, 'session')}, "
        f"{sums.this_week_seconds / 60:,.0f} minutes",
    )
    out.print("; ".join(parts), style="bold")


def _table(sessions: "Sequence[PastSession]") -> Iterator[str]:
    """Yield the lines of a table; rich takes seconds to lay out thousands of rows."""
    from rich.cells import cell_len

    headings = ("date", "routine", "min", "done", "skipped", "pain", "ended", "hurt")
    rows = [headings, *map(_row, sessions)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(headings, row, widths, strict=True)
        yield "  ".join(
            " " * (width - cell_len(cell)) + cell
            if heading in {"min", "done", "skipped"}
            else cell + " " * (width - cell_len(cell))
            for heading, cell, width in cells
        ).rstrip()


def _row(session: "PastSession") -> tuple[str, ...]:
    from voice_coach.history.statistics import ENDINGS

    return (
        f"{session.began:%Y-%m-%d %H:%M}",
        _printable(session.routine),
        f"{session.seconds / 60:.0f}",
        f"{len(session.done)} of {session.planned}" if session.planned else str(len(session.done)),
        str(len(session.skipped) or ""),
        _pain(session.pain_before, session.pain_after),
        ENDINGS[session.ending],
        _printable(", ".join(session.hurt)),
    )


def _pain(before: float | None, after: float | None) -> str:
    if before is None and after is None:
        return ""
    return " → ".join("–" if value is None else str(value) for value in (before, after))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _printable(text: str) -> str:
    """Return `text` without what would move the cursor or colour the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
