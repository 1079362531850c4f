"""The tables of the journal, and what is read from and written to them.

Owns their form, their migrations and every sentence of SQL about them; must not know where the
file is, nor whether it is whole.

Events are only ever added. What past sessions come to (`Tally`) and what hurt is kept beside them,
so that nobody has to read all events; both can be made of the events anew.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self

from voice_coach.history.events import FINISHED, Hurts, JournalEvent, Tally

Statement = tuple[str, tuple[Any, ...]]

VERSION: Final = 3
"""Version of the tables; PRAGMA user_version of the file."""

EVENTS: Final[list[Statement]] = [
    (sql, ())
    for sql in (
        "CREATE TABLE events (number INTEGER PRIMARY KEY, session INTEGER NOT NULL,"
        " run INTEGER NOT NULL, time TEXT NOT NULL, utc_offset INTEGER NOT NULL,"
        " at INTEGER NOT NULL, kind TEXT NOT NULL, details TEXT NOT NULL,"
        " checksum INTEGER NOT NULL)",
        "CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events"
        " BEGIN SELECT RAISE(ABORT, 'events are only added'); END",
        "CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events"
        " BEGIN SELECT RAISE(ABORT, 'events are only added'); END",
        "PRAGMA user_version = 1",
    )
]
"""Makes version 1 of an empty database."""
_SUMS: Final[list[Statement]] = [
    (sql, ())
    for sql in (
        "CREATE TABLE sessions (number INTEGER PRIMARY KEY, tally TEXT NOT NULL)",
        "CREATE TABLE hurts (routine TEXT NOT NULL, name TEXT NOT NULL,"
        " session INTEGER NOT NULL, PRIMARY KEY (routine, name)) WITHOUT ROWID",
        "PRAGMA user_version = 2",
    )
]
_WELCOMED: Final = (
    "SELECT 1 FROM events WHERE kind = 'cue' AND json_valid(details)"
    " AND json_extract(details, '$.cue') > 0 LIMIT 1"
)
"""Finds its answer in the first session, as a rule."""
_LED: Final = (
    "SELECT json_extract(tally, '$.routine') AS routine, count(*) FROM sessions"
    " WHERE json_valid(tally) AND json_extract(tally, '$.ending') = ? GROUP BY routine"
)


@dataclass
class JournalSummary:
    """What the next session has to know of all that was before."""

    events: int = 0
    """Number of the last event."""
    run: int = 0
    """Number of the last run."""
    newest: Tally | None = None
    """The session that was begun last."""
    hurts: Hurts = field(default_factory=Hurts)
    welcomed: bool = False
    """Whether any session came further than its welcome."""
    led: Counter[str] = field(default_factory=Counter)
    """How many sessions came to their farewell, by the name of their routine."""
    last: str = ""
    """UTC of the last event in ISO 8601; empty if there is none."""

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """Read it from tables of this version or an older one."""
        newest_event = "SELECT number, run, time FROM events ORDER BY number DESC LIMIT 1"
        number, run, last = connection.execute(newest_event).fetchone() or (0, 0, "")
        welcomed = connection.execute(_WELCOMED).fetchone() is not None
        if _version(connection) < VERSION:
            sums, known = _summed(events(connection))
            led = Counter(each.routine for each in sums if each.ending == FINISHED)
            return cls(number, run, sums[-1] if sums else None, known, welcomed, led, last)
        newest = list(_tallies(connection, "ORDER BY number DESC LIMIT 1"))
        hurts = connection.execute("SELECT routine, name, session FROM hurts")
        known = Hurts({(routine, name): session for routine, name, session in hurts})
        led = Counter(dict(connection.execute(_LED, (FINISHED,))))
        return cls(number, run, newest[0] if newest else None, known, welcomed, led, last)


def tallies(connection: sqlite3.Connection) -> Iterator[Tally]:
    """Yield what each session comes to, in the order in which they were begun."""
    if _version(connection) < VERSION:
        yield from _summed(events(connection))[0]
    else:
        yield from _tallies(connection, "ORDER BY number")


def events(connection: sqlite3.Connection) -> Iterator[JournalEvent]:
    """Yield all events in their order."""
    for row in connection.execute("SELECT * FROM events ORDER BY number"):
        yield JournalEvent.from_row(row)


def adding(event: JournalEvent) -> Statement:
    """Return what adds `event`; it may be carried out twice."""
    return ("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", event.to_row())


def summing(tally: Tally) -> Statement:
    """Return what keeps `tally`.

    That is needed at the beginning, and from the end on; in between it is made of the events, so
    that a session of many exercises costs no more for each of them.
    """
    return ("INSERT OR REPLACE INTO sessions VALUES (?, ?)", (tally.number, tally.to_json()))


def hurting(known: Hurts, routine: str, name: str) -> Statement:
    """Return what keeps whether the exercise `name` of `routine` hurt."""
    session = known.sessions.get((routine, name))
    if session is None:
        return ("DELETE FROM hurts WHERE routine = ? AND name = ?", (routine, name))
    return ("INSERT OR REPLACE INTO hurts VALUES (?, ?, ?)", (routine, name, session))


def write(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    """Carry out all of `statements` or none; they are on the disk when this returns."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for sql, values in statements:
            connection.execute(sql, values)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def migrate(connection: sqlite3.Connection) -> None:
    """Bring tables of version 1 to VERSION, one version at a time, each in one transaction."""
    if _version(connection) < 2:
        sums, known = _summed(events(connection))
        hurts = (hurting(known, routine, name) for routine, name in known.sessions)
        write(connection, [*_SUMS, *map(summing, sums), *hurts])
    if _version(connection) < 3:  # sums that know questions, repetitions and levels
        sums, _ = _summed(events(connection))
        write(connection, [*map(summing, sums), ("PRAGMA user_version = 3", ())])


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _tallies(connection: sqlite3.Connection, which: str) -> Iterator[Tally]:
    for number, text in connection.execute(f"SELECT number, tally FROM sessions {which}"):  # noqa: S608
        kept = Tally.from_json(text)
        yield kept if kept.ending else _resummed(connection, number, kept.first)


def _resummed(connection: sqlite3.Connection, number: int, first: int) -> Tally:
    """Sum up a session that has no end; only the newest one can have none."""
    tally = Tally(number)
    rows = "SELECT * FROM events WHERE number >= ? AND session = ? ORDER BY number"
    for row in connection.execute(rows, (first, number)):
        tally.take(JournalEvent.from_row(row))
    return tally


def _summed(all_events: Iterable[JournalEvent]) -> tuple[list[Tally], Hurts]:
    sums: dict[int, Tally] = {}
    known = Hurts()
    for event in all_events:
        if event.session:
            tally = sums.setdefault(event.session, Tally(event.session))
            tally.take(event)
            known.take(event, tally.routine)
    ordered = [sums[number] for number in sorted(sums)]
    for past in ordered[:-1]:
        past.ending = past.ending or "discarded"  # its end was lost
    return ordered, known
