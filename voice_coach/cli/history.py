"""Commands about what was done: `voice-coach history …` and `voice-coach report`.

Owns how past sessions look in a terminal and to other programs; must not know how sessions are
kept, nor what they add up to.
"""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from voice_coach.cli.console import out
from voice_coach.cli.writing import FORCE, YES, confirm, file_form, spare, whole_file
from voice_coach.errors import JournalError, VoiceCoachError

if TYPE_CHECKING:
    from voice_coach.history.journal import PastSession

SHOWN: Final = 20
"""So many sessions are shown in the terminal unless told otherwise."""
EXPORTS: Final = ("jsonl", "csv")
REPORTS: Final = ("html",)
"""Endings of files that can be written; what is written follows from them."""
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
        typer.Option(metavar="FILE", help="Draw minutes and answers: a .png, .svg or .pdf."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"Only the last so many sessions. In the table: {SHOWN}."),
    ] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Show what past sessions came to; export, back up or delete it."""
    if context.invoked_subcommand:
        return
    if as_json + as_csv + (plot is not None) > 1:
        raise VoiceCoachError("--json, --csv and --plot do not go together. Give one of them.")
    from voice_coach.history.journal import read_sessions

    form = ""
    if plot:
        from voice_coach.history.picture import FORMATS

        form = file_form(plot, "a chart", FORMATS)
        spare(plot, force=force)
    sessions = read_sessions()
    chosen = sessions[-limit:] if limit else sessions
    if as_json:
        _print_json(sessions, chosen)
    elif as_csv:
        sys.stdout.writelines(_csv(chosen))
    elif not sessions:
        out.print(NONE_YET)
    elif plot:
        from voice_coach.cli.programmes import programmes
        from voice_coach.history import report as drawing

        _write(plot, lambda today: drawing.plot(chosen, today, form, programmes()), force=force)
    else:
        _print_table(sessions, chosen if limit else sessions[-SHOWN:])


@history_app.command("export")
def export_history(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-",
            help="A .jsonl file gets every event, a .csv file every session; - prints the events.",
        ),
    ],
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Write all that was ever kept: each event as a line of JSON, or each session as one of CSV."""
    from voice_coach.history.journal import export_events, read_sessions

    if file == "-":
        sys.stdout.writelines(json.dumps(event) + "\n" for event in export_events())
        return
    path = Path(file)
    if file_form(path, "an export", EXPORTS) == "csv":
        sessions = read_sessions()
        with whole_file(path, force=force) as written:
            written.write("".join(_csv(sessions)).encode())
        out.print(f"Written: {file} ({_counted(len(sessions), 'session')})", soft_wrap=True)
        return
    count = 0
    with whole_file(path, force=force) as written:
        for event in export_events():
            written.write(json.dumps(event).encode() + b"\n")
            count += 1
    out.print(f"Written: {file} ({_counted(count, 'event')})", soft_wrap=True)


@history_app.command("backup")
def back_up_history(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Copy the journal, whole as of this moment, also while a coach is running."""
    from voice_coach.history.journal import backup

    spare(file, force=force)
    backup(None, file)
    out.print(f"Written: {file}", soft_wrap=True)
    out.print(f"voice-coach history restore {file} brings it back.", style="dim", soft_wrap=True)


@history_app.command("restore")
def restore_history(
    file: Annotated[Path, typer.Argument(help="A copy that 'history backup' wrote.")],
    yes: Annotated[bool, YES] = False,
) -> None:
    """Put a copy of the journal in the journal's place; asks where that would lose sessions."""
    from voice_coach.history.journal import read_sessions, restore
    from voice_coach.paths import journal_path

    place, present = journal_path(), _kept()
    if not file.is_file():
        raise VoiceCoachError(f"{file}: there is no such file. Name one of 'history backup'.")
    new = _counted(len(read_sessions(file)), "session")
    if present and not yes:
        confirm(f"Replace {present} in {place} by {new} of {file}?", "replaced")
    restore(file)
    out.print(f"Restored: {new} in {place}", soft_wrap=True)


@history_app.command("delete")
def delete_history(yes: Annotated[bool, YES] = False) -> None:
    """Delete the journal: all sessions, and damaged journals that were kept aside."""
    from voice_coach.history.journal import delete
    from voice_coach.paths import journal_path

    what = _kept() or "0 sessions"
    if not yes:
        confirm(f"Delete {what} in {journal_path()} for good?", "deleted")
    # What SQLite keeps beside a database is part of it, and not worth a word.
    gone = [str(path) for path in delete() if not path.name.endswith(("-wal", "-shm"))]
    told = f"Deleted {what}: {', '.join(gone)}" if gone else "There was nothing to delete."
    out.print(told, soft_wrap=True)


def report(
    out_file: Annotated[
        Path, typer.Option("--out", metavar="FILE.html", help="The page to write.")
    ] = Path("report.html"),
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Write a page to hand on: what was done, how much, and how it felt, with charts.

    The page is one file. It needs no network, prints on A4, and can be read without colours.
    """
    from voice_coach.cli.programmes import programmes
    from voice_coach.history import report as drawing
    from voice_coach.history.journal import read_sessions

    file_form(out_file, "a report", REPORTS, " A browser prints it as a PDF (Ctrl-P).")
    spare(out_file, force=force)
    sessions = read_sessions()
    if not sessions:
        out.print(NONE_YET)
        return
    _write(
        out_file, lambda today: drawing.page(sessions, today, programmes()).encode(), force=force
    )


def _write(path: Path, make: "Callable[[Any], bytes]", *, force: bool) -> None:
    """Write what `make` makes of today's date."""
    from voice_coach.history.journal import local_now

    made = make(local_now().date())
    with whole_file(path, force=force) as file:
        file.write(made)
    out.print(f"Written: {path}", soft_wrap=True)


def _kept() -> str:
    """Return in words what the journal holds; nothing where there is none."""
    from voice_coach.history.journal import read_sessions
    from voice_coach.paths import journal_path

    try:
        return _counted(len(read_sessions()), "session") if journal_path().exists() else ""
    except JournalError:
        return "a journal that cannot be read"


def _print_json(sessions: "Sequence[PastSession]", chosen: "Sequence[PastSession]") -> None:
    from voice_coach.history.journal import local_now
    from voice_coach.history.statistics import totals

    told = {
        "totals": asdict(totals(sessions, local_now().date())),
        "sessions": [asdict(session) | {"began": session.began.isoformat()} for session in chosen],
    }
    print(json.dumps(told, indent=2))  # noqa: T201 - rich would fold long lines


def _csv(sessions: "Sequence[PastSession]") -> Iterator[str]:
    """Yield the lines of a table for spreadsheets; several names in a field stand behind ;."""
    from voice_coach.history.journal import PastSession

    line = io.StringIO()
    rows = csv.writer(line, lineterminator="\n")
    rows.writerow(field.name for field in fields(PastSession))
    for session in sessions:
        values = vars(session) | {"began": session.began.isoformat()}
        rows.writerow(
            "; ".join(map(str, v)) if isinstance(v, tuple) else v for v in values.values()
        )
    yield line.getvalue()


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

    headings = ("date", "routine", "min", "done", "skipped", "0–10", "ended", "hurt")
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
