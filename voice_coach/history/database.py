"""The file of the journal: an SQLite database that is whole after every event.

Owns how it is made, opened and looked through, and what is done about a damaged one; must not
know its tables (`schema.py`), nor who writes when.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from voice_coach import files
from voice_coach.errors import JournalError
from voice_coach.files import PRIVATE, Replacement, part_of
from voice_coach.history.events import JournalEvent
from voice_coach.history.salvage import PAGE, carve, last_committed
from voice_coach.history.schema import (
    EVENTS,
    VERSION,
    JournalSummary,
    Statement,
    adding,
    migrate,
    write,
)

APPLICATION: Final = 0x766F636F  # "voco"
"""Marks the database as a journal of the coach, so that no other database is ever changed."""
_SMALL_BYTES: Final = 4 * 2**20
"""A file up to this size is looked through whole at every opening."""


class NewerVersionError(JournalError):
    """The journal was written by a newer version of the program."""


class ForeignError(JournalError):
    """The file is a database, but no journal."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether `error` says that the content of the file is wrong, not that a disk or folder is."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    short_read = code == sqlite3.SQLITE_IOERR_SHORT_READ
    return short_read or code & 0xFF in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,  # a table that should be there is not
    )


def reason(error: Exception, path: Path) -> str:
    """Return in few words why the file could not be written."""
    full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    with suppress(OSError):
        # SQLite says so only of the files that it writes, not of those that it shares.
        full = full or shutil.disk_usage(path.parent).free < 16 * PAGE
    if full or not isinstance(error, OSError):
        return "the disk is full" if full else str(error)
    return files.reason(error)


def open_whole(path: Path, *, thorough: bool) -> sqlite3.Connection:
    """Open the database for writing, made if it is missing, and brought to this version.

    `thorough` looks for damage in the whole file; else only small files are looked through, and
    of large ones what is read often. Errors: NewerVersionError, ForeignError, OSError, and
    sqlite3.Error, for which see `is_damage`.
    """
    if not path.exists():
        if path.with_name(path.name + "-wal").exists():
            raise _damaged("the file is gone, and what was to be added to it is still there")
        _create(path, ())
    _look_through(path, thorough=thorough)
    connection = _connect(path, "rw")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_mended(
    path: Path, *, thorough: bool
) -> tuple[sqlite3.Connection, JournalSummary, tuple[str, ...]]:
    """Open the database as `open_whole` does, and mend it if it is damaged.

    Return with it what it remembers, and one line if it was mended. Errors as with `open_whole`;
    JournalError if it is damaged and cannot be mended.
    """
    try:
        connection = open_whole(path, thorough=thorough)
        return connection, JournalSummary.read(connection), ()
    except (sqlite3.DatabaseError, ValueError, TypeError) as error:
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise
    try:
        notice = mend(path)
    except (OSError, sqlite3.Error) as error:
        why = reason(error, path)
        raise JournalError(
            f"The journal {path} is damaged, and cannot be mended: {why}. It is left as it is."
        ) from error
    connection = open_whole(path, thorough=True)
    return connection, JournalSummary.read(connection), (notice,)


def remembered(path: Path) -> JournalSummary:
    """Return what a journal remembers that cannot be written; JournalError if it is damaged."""
    if not path.exists():
        return JournalSummary()
    with reading(path) as connection:
        return JournalSummary.read(connection)


def is_whole(connection: sqlite3.Connection) -> bool:
    """Look through the whole file for damage."""
    try:
        _check(connection, "quick_check")
    except sqlite3.DatabaseError as error:
        return not is_damage(error)
    return True


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database to read it, while others may write it; yields the connection.

    JournalError if it is damaged, foreign, of a newer version or cannot be read.
    """
    try:
        if path.stat().st_size == 0:
            raise _damaged("it is empty")
        with _readable(path) as connection:
            _check_whose(connection, path)
            yield connection
    except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise JournalError(f"Cannot read the journal {path}: {error}.") from error
        raise JournalError(
            f"The journal {path} is damaged ({error}). Start a session once: the coach keeps the "
            "damaged file aside, and saves what can still be read."
        ) from error
    except OSError as error:
        raise JournalError(f"Cannot read the journal {path}: {error.strerror}.") from error


def mend(path: Path) -> str:
    """Keep the damaged file aside and make a new one of what can be read; return what was done.

    OSError or sqlite3.Error if that is not possible; then nothing is lost either.
    """
    found = carve(path)
    aside = _unused(path)
    copies = {
        path.with_name(path.name + suffix): aside.with_name(aside.name + suffix)
        for suffix in ("-wal", "")
        if path.with_name(path.name + suffix).exists()
    }
    try:
        for one, copied in copies.items():
            if one.stat().st_size:
                shutil.copy2(one, copied)
        _create(path, found)
    except BaseException:
        for copied in copies.values():
            copied.unlink(missing_ok=True)
        raise
    lost = found[-1].number - len(found) if found else 0
    missing = f" and at least {lost} are lost" if lost else ""
    return (
        f"The journal {path} was damaged: {len(found)} events could be read and go on{missing}; "
        f"the damaged file is kept as {aside.name}."
    )


def delete(path: Path) -> tuple[Path, ...]:
    """Delete the database and all damaged ones that were kept aside; return what was deleted."""
    # The database goes last: without it, what was to be added would look like damage.
    found = [
        *sorted(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}*")),
        *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "")),
        part_of(path),
    ]
    found = [one for one in found if one.exists()]
    for one in found:
        one.unlink()
    return tuple(found)


def copy(connection: sqlite3.Connection, to: Path) -> None:
    """Write a whole copy, as of one moment, to `to`; OSError or sqlite3.Error if that fails."""
    with Replacement(to, mode=PRIVATE) as new:
        _fill(new.path, connection)


def replace(path: Path, connection: sqlite3.Connection) -> None:
    """Put a whole copy of another journal in the place of `path`, whose lock is held.

    OSError or sqlite3.Error if that fails; what was there is as it was then.
    """
    if path.exists():
        # So that nothing of it is in the log, which has to go before the file is replaced.
        with suppress(sqlite3.Error), closing(_connect(path, "rw")) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Replacement(path, mode=PRIVATE) as new:
        _fill(new.path, connection)
        _drop_log(path)


def _fill(path: Path, connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(path)) as target:
        connection.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def _drop_log(path: Path) -> None:
    """Take away what was to be added to the old file, so that it never is to the new one."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Writing happens in a thread of its own; only one thread at a time uses a connection.
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )


@contextmanager
def _readable(path: Path) -> Iterator[sqlite3.Connection]:
    connection = _connect(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if is_damage(error) or not path.exists():
            raise
        # Even to read, SQLite writes beside the file, unless it is told that nobody else does.
        log = path.with_name(path.name + "-wal")
        if not log.exists() or log.stat().st_size == 0:
            with closing(_connect(path, "ro&immutable=1")) as alone:
                yield alone
            return
        with TemporaryDirectory() as folder:
            for part in (path, log):
                shutil.copyfile(part, Path(folder) / part.name)
            with closing(_connect(Path(folder) / path.name, "rw")) as copied:
                yield copied
        return
    with closing(connection):
        yield connection


def _look_through(path: Path, *, thorough: bool) -> None:
    """Raise what `open_whole` raises, and leave the files as they are."""
    if path.stat().st_size == 0:
        raise _damaged("the file is empty")
    # For reading only: whoever may write tidies up when closing, and would change a damaged file.
    with closing(_connect(path, "ro")) as connection:
        _check_whose(connection, path)
        old = connection.execute("PRAGMA user_version").fetchone()[0] < VERSION
        if thorough or old or path.stat().st_size <= _SMALL_BYTES:
            _check(connection, "quick_check")
            _check_log(connection, path)
        else:
            _check(connection, "quick_check(sessions)")
            _check(connection, "quick_check(hurts)")


def _check_log(connection: sqlite3.Connection, path: Path) -> None:
    """Find out whether SQLite passes over transactions in the log because one is damaged."""
    last = connection.execute("SELECT max(number) FROM events").fetchone()[0] or 0
    if last_committed(path) > last:
        raise _damaged("the write-ahead log is damaged")


def _check_whose(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise ForeignError(
            f"{path} is a database, but no journal of the coach; it is left as it is. "
            "Name another file in VOICE_COACH_JOURNAL."
        )
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerVersionError(
            f"The journal {path} was written by a newer version of the program (form {version}, "
            f"this one knows {VERSION}); it is left as it is. Update the program."
        )


def _check(connection: sqlite3.Connection, check: str) -> None:
    found = connection.execute(f"PRAGMA {check}").fetchone()[0]
    if found != "ok":
        raise _damaged(found)


def _damaged(what: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _create(path: Path, kept: Iterable[JournalEvent]) -> None:
    """Put a new database with the events `kept` in the place of `path`, whole or not at all."""
    with Replacement(path, mode=PRIVATE) as new:
        with closing(_connect(new.path, "rw")) as connection:
            connection.execute("PRAGMA journal_mode = MEMORY")  # a part is never gone on with
            connection.execute(f"PRAGMA page_size = {PAGE}")
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            rows: list[Statement] = [adding(event) for event in kept]
            write(connection, [*EVENTS, *rows])
            migrate(connection)
        _drop_log(path)


def _unused(path: Path) -> Path:
    """Return a name for the damaged file that no file has yet."""
    name = f"{path.stem}.damaged-{date.today().isoformat()}"
    names = (name if n == 1 else f"{name}-{n}" for n in range(1, 10_000))
    found = (path.with_name(f"{one}{path.suffix}") for one in names)
    return next(one for one in found if not one.exists())
