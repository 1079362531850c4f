"""The journal: every event of every session, in one file, as it happens.

Owns what is remembered from session to session, and what past sessions came to; must not know how
a session is led, how its past is shown, nor how the file is kept whole (`database`).
"""

import sqlite3
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from voice_coach.errors import JournalBusyError, JournalError, OutputError
from voice_coach.history import database, schema
from voice_coach.history.events import OPEN, JournalEvent, Tally
from voice_coach.history.lock import Lock
from voice_coach.history.schema import JournalSummary
from voice_coach.history.writer import Writer
from voice_coach.paths import journal_path
from voice_coach.units import Samples, to_seconds

Ending = Literal["finished", "stopped", "left", "unfinished"]
"""Done to the end, stopped by the user, ended because nobody answered, or cut off."""


@dataclass(frozen=True)
class Work:
    """What was done of one exercise that was begun."""

    exercise: str
    """Its name."""
    prescribed: str
    """What the routine asked for then, in words; empty if that was not kept."""
    repetitions: int
    """As many as the user told, else the last that was begun; 0 if none was counted."""
    level: str
    """Such as "easier"; empty where it was done as it is written."""

    def __str__(self) -> str:
        """Return it as a field of a table holds it: Bridge: 8 (easier)."""
        return f"{self.exercise}: {self.repetitions}{f' ({self.level})' if self.level else ''}"


@dataclass(frozen=True)
class PastSession:
    """What one session came to."""

    number: int
    """Counted from 1, in the order in which they were begun."""
    routine: str
    began: datetime
    """With its time zone, as the clock of the machine showed it."""
    seconds: float
    """Time spent in it, pauses left out."""
    planned: int
    """How many exercises the routine has."""
    done: tuple[str, ...]
    """Names of the exercises that were done to their end, in order."""
    skipped: tuple[str, ...]
    hurt: tuple[str, ...]
    """Names of exercises that hurt."""
    pain_before: float | None
    """What was answered to the routine's question, from 0 to 10, if it was told."""
    pain_after: float | None
    ending: Ending
    question: str = ""
    """What was asked; empty if that was not kept."""
    work: tuple[Work, ...] = ()
    """The exercises that were begun, in the order of the routine."""


@dataclass(frozen=True)
class Bookmark:
    """Where a session that was cut off stood."""

    session: int
    """Its number."""
    routine: str
    exercise: int
    """Index of the exercise in the routine."""
    name: str
    """Name of the exercise."""
    repetition: int
    """Counted from 1; 0 outside of repetitions."""
    side: str | None
    """Left or right, if the exercise has sides."""
    shifts: Mapping[str, int]
    """By the name of an exercise how many steps harder than usual it was being done, or easier."""


FORGOTTEN: Final = timedelta(hours=24)
"""A session that was cut off longer ago is not offered to be continued."""
_PATIENCE: Final = 10.0
"""Seconds to wait for a disk."""
_UNKNOWN: Final = "(unknown)"
"""The routine of a session whose beginning is lost."""


def local_now() -> datetime:
    """Return what the clock of the machine shows, with its time zone."""
    return datetime.now().astimezone()


class Journal:
    """Keeps what happens, from this process, and remembers what matters for the next session.

    Belongs to one thread. Nothing here waits for the disk but `open`, `flush` and `close`, and
    nothing but `open` raises.
    """

    def __init__(
        self,
        memory: JournalSummary,
        writer: Writer | None,
        notices: tuple[str, ...],
        now: Callable[[], datetime],
    ) -> None:
        """Use `open` instead."""
        self._memory = memory
        self._writer = writer
        self._notices = notices
        self._now = now
        self._run = memory.run + 1
        self._current: Tally | None = None
        self._unfinished = self._cut_off()

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        threaded: bool = True,
        now: Callable[[], datetime] = local_now,
    ) -> Self:
        """Open the journal at `path` (None: `journal_path()`) for writing.

        With `threaded`, a thread of its own writes; else every event is on disk when `append`
        returns. `now` is the clock of the machine. JournalBusyError if another process writes the
        journal; everything else that is wrong is in `notices`, and the session goes on.
        """
        path = path or journal_path()
        memory, writer = JournalSummary(), None
        notices: tuple[str, ...]
        try:
            memory, writer, notices = Writer.open(path, threaded=threaded)
        except JournalBusyError:
            raise
        except JournalError as error:
            notices = (f"{error} Nothing of this session is kept.",)
        except (OSError, sqlite3.Error) as error:
            with suppress(JournalError):
                memory = database.remembered(path)
            why = database.reason(error, path)
            notices = (f"Cannot write the journal {path}: {why}. Nothing of this session is kept.",)
        return cls(memory, writer, notices, now)

    @property
    def notices(self) -> tuple[str, ...]:
        """One line each for what could not be used and what was done about it; may grow."""
        return (*self._notices, *(self._writer.notices if self._writer else ()))

    @property
    def problem(self) -> str | None:
        """One line about what keeps events from the disk just now; they are not lost yet."""
        return self._writer.problem if self._writer else None

    @property
    def sessions(self) -> int:
        """How many sessions have ever been begun."""
        return self._memory.newest.number if self._memory.newest else 0

    @property
    def welcomed(self) -> bool:
        """Whether any session had come further than its welcome when the journal was opened."""
        return self._memory.welcomed

    @property
    def led(self) -> Mapping[str, int]:
        """How many sessions came to their farewell before this run, by their routine's name."""
        return self._memory.led

    def quiet_for(self) -> timedelta | None:
        """Return how long ago anything was kept before this run; None if nothing ever was."""
        last = self._memory.last
        return self._now() - datetime.fromisoformat(last) if last else None

    @property
    def unfinished(self) -> Bookmark | None:
        """Where the last session was cut off, if it was, in the last 24 hours."""
        return self._unfinished

    def discard_unfinished(self) -> None:
        """Never offer again to continue the session that was cut off."""
        if self._unfinished is not None:
            self._give_up(0, endings=OPEN)

    def continue_unfinished(self) -> None:
        """Let what happens from now on belong to the session that was cut off."""
        if self._unfinished is not None:
            self._current = self._memory.newest
        self._unfinished = None

    def hurt(self, routine: str) -> frozenset[str]:
        """Return the names of exercises of `routine` that hurt when they were last done.

        It is forgotten when the full exercise was done in a later session without hurting.
        """
        return self._memory.hurts.of(routine)

    def append(self, kind: str, details: Mapping[str, Any], at: Samples) -> None:
        """Keep that `kind` happened at sample `at` of this run; "started" begins a session."""
        memory = self._memory
        if kind == "started":
            self._give_up(at)
            self._current = memory.newest = Tally(memory.newest.number + 1 if memory.newest else 1)
        memory.events += 1
        event = self._event(kind, details, at)
        statements = [schema.adding(event)]
        if (tally := self._current) is not None:
            ended = tally.ending
            tally.take(event)
            memory.hurts.take(event, tally.routine)
            if kind == "started" or ended or tally.ending:
                statements.append(schema.summing(tally))
            if kind in {"hurt", "done"}:
                statements.append(schema.hurting(memory.hurts, tally.routine, event.name))
        if self._writer is not None:
            self._writer.put(statements)

    def flush(self, seconds: float = _PATIENCE) -> bool:
        """Wait until all that was appended is on the disk; False if that cannot be done."""
        return self._writer.flush(seconds) if self._writer else False

    def close(self, seconds: float = _PATIENCE) -> bool:
        """Write what is left, and let others write the journal; False as with `flush`."""
        writer, self._writer = self._writer, None
        return writer.close(seconds) if writer else False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _give_up(self, at: Samples, *, endings: Container[str] = ("",)) -> None:
        """End the last session if it has no end, so that only the newest one ever has none."""
        newest = self._memory.newest
        if newest is not None and newest.ending in endings:
            self._current = newest
            self.append("discarded", {}, at)
        self._current = self._unfinished = None

    def _event(self, kind: str, details: Mapping[str, Any], at: Samples) -> JournalEvent:
        now = self._now()
        return JournalEvent(
            self._memory.events,
            self._current.number if self._current else 0,
            self._run,
            now.astimezone(UTC).isoformat(timespec="milliseconds"),
            round((now.utcoffset() or timedelta()).total_seconds()),
            int(at),
            str(kind),
            dict(details),
        )

    def _cut_off(self) -> Bookmark | None:
        newest = self._memory.newest
        if newest is None or newest.ending not in OPEN or newest.place is None:
            return None
        # Where the clock was set back, the last event lies ahead of it: then nobody knows how
        # long ago it was, and asking does no harm.
        if self._now() - datetime.fromisoformat(newest.last) > FORGOTTEN:
            return None
        place = newest.place
        return Bookmark(
            session=newest.number,
            routine=newest.routine,
            exercise=int(place.get("exercise") or 0),
            name=str(place.get("name") or ""),
            repetition=int(place.get("repetition") or 0),
            side=place.get("side"),
            # A journal of an earlier version tells only what was made easier.
            shifts={**dict.fromkeys(newest.eased, -1), **newest.shifts},
        )


def read_sessions(path: Path | None = None) -> tuple[PastSession, ...]:
    """Return all sessions in the order in which they were begun, also while a coach is running.

    JournalError if the journal cannot be read; one that is not there is empty.
    """
    path = path or journal_path()
    if not path.exists():
        return ()
    with database.reading(path) as connection:
        return tuple(map(_past, schema.tallies(connection)))


def export_events(path: Path | None = None) -> Iterator[dict[str, Any]]:
    """Yield every event that was ever kept, in order, as plain data.

    The keys are number, session (0: outside of sessions), run, time (local, ISO 8601), at
    (samples since the start of the run), kind and details. Errors as with `read_sessions`.
    """
    path = path or journal_path()
    if not path.exists():
        return
    with database.reading(path) as connection:
        for event in schema.events(connection):
            yield {
                "number": event.number,
                "session": event.session,
                "run": event.run,
                "time": _local(event.time, event.utc_offset).isoformat(timespec="milliseconds"),
                "at": event.at,
                "kind": event.kind,
                "details": dict(event.details),
            }


def backup(path: Path | None, to: Path) -> None:
    """Write a copy of the journal, whole as of this moment, to `to`, over what may be there.

    JournalError if there is no journal that can be read, OutputError if `to` cannot be written.
    """
    path = path or journal_path()
    if not path.exists():
        raise JournalError(f"There is no journal at {path} yet. It begins with the first session.")
    if to.exists() and to.samefile(path):
        raise OutputError(f"{to} is the journal itself. Name another file for the copy.")
    with database.reading(path) as connection:
        try:
            database.copy(connection, to)
        except (OSError, sqlite3.Error) as error:
            why = database.reason(error, to)
            raise OutputError(f"Cannot write {to}: {why}. Nothing was changed.") from error


def check(path: Path) -> None:
    """Look through the whole journal at `path`; JournalError if it is none, or damaged."""
    with database.reading(path) as connection:
        if not database.is_whole(connection):
            raise JournalError(f"The journal {path} is damaged. Nothing was changed.")


def restore(copied: Path, path: Path | None = None) -> None:
    """Put the journal in file `copied`, whole, in the place of the one at `path`.

    JournalError if `copied` is no whole journal, JournalBusyError while a coach is running,
    OutputError if the journal cannot be written. What was there is as it was then.
    """
    path = path or journal_path()
    if path.exists() and copied.samefile(path):
        raise OutputError(f"{copied} is the journal itself. Name a copy of it.")
    check(copied)
    with database.reading(copied) as connection:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with Lock(path):
                database.replace(path, connection)
        except (OSError, sqlite3.Error) as error:
            why = database.reason(error, path)
            raise OutputError(f"Cannot restore {path}: {why}. Nothing was changed.") from error


def delete(path: Path | None = None) -> tuple[Path, ...]:
    """Delete the journal and all damaged ones that were kept aside; return what was deleted.

    JournalBusyError while a coach is running, OutputError if a file cannot be deleted.
    """
    path = path or journal_path()
    if not path.parent.is_dir():
        return ()
    try:
        with Lock(path) as lock:
            deleted = database.delete(path)
            lock.remove()
            return deleted
    except OSError as error:
        raise OutputError(f"Cannot delete the journal {path}: {error.strerror}.") from error


def _past(tally: Tally) -> PastSession:
    ending = "unfinished" if tally.ending in {"", "discarded"} else tally.ending
    return PastSession(
        number=tally.number,
        routine=tally.routine or _UNKNOWN,
        began=_local(tally.began, tally.utc_offset),
        seconds=to_seconds(tally.samples),
        planned=tally.planned,
        done=tuple(tally.done.values()),
        skipped=tuple(tally.skipped.values()),
        hurt=tuple(tally.hurt.values()),
        pain_before=tally.pain_before,
        pain_after=tally.pain_after,
        ending=cast(Ending, ending),
        question=tally.question,
        work=tuple(_worked(tally)),
    )


def _worked(tally: Tally) -> Iterator[Work]:
    for index in sorted(tally.begun, key=lambda text: int(text) if text.isdecimal() else 0):
        place = int(index) if index.isdecimal() else len(tally.prescribed)
        yield Work(
            exercise=tally.begun[index],
            prescribed="".join(tally.prescribed[place : place + 1]),
            repetitions=tally.repetitions.get(index, 0),
            level=tally.levels.get(index, ""),
        )


def _local(utc: str, offset: int) -> datetime:
    return datetime.fromisoformat(utc).astimezone(timezone(timedelta(seconds=offset)))
