"""Writes to the journal without making anybody wait for the disk.

Owns the thread that writes, and what is done while nothing can be written; must not know what it
writes.
"""

import sqlite3
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, Self

from voice_coach.history.database import is_damage, is_whole, open_mended, reason, remembered
from voice_coach.history.lock import Lock
from voice_coach.history.schema import JournalSummary, Statement, write

_AGAIN: Final = 2.0
"""Seconds after which is tried again what could not be written."""


class Writer:
    """Carries out statements in their order, all that wait in one transaction."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection | Exception,
        lock: Lock,
        *,
        threaded: bool,
    ) -> None:
        """From now on the connection and the lock are the writer's.

        Instead of the connection there may be what kept it from being opened; that is tried again.
        """
        self.problem: str | None = None
        """One line about what keeps it from writing just now."""
        self.notices: list[str] = []
        """One line each about damage that was found while writing, and mended."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._tried = 0.0
        if isinstance(connection, Exception):
            self._fail(connection)
        else:
            self._connection = connection
        self._lock = lock
        self._unsaved: list[Statement] = []
        self._waiting: SimpleQueue[Iterable[Statement] | Future[bool] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
            self._thread.start()

    @classmethod
    def open(cls, path: Path, *, threaded: bool) -> tuple[JournalSummary, Self, tuple[str, ...]]:
        """Lock and open the journal at `path`; a damaged one is mended.

        Return with the writer what the journal remembers, and one line if it was mended. If it can
        be read but not written just now, the writer tries again. JournalBusyError if it is locked,
        JournalError if it cannot be used, OSError if there is no place for it.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = Lock(path)
        notices: tuple[str, ...] = ()
        connection: sqlite3.Connection | Exception
        try:
            try:
                connection, memory, notices = open_mended(path, thorough=lock.uncertain)
            except (OSError, sqlite3.Error) as error:
                connection, memory = error, remembered(path)
        except BaseException:
            lock.release(uncertain=True)
            raise
        return memory, cls(path, connection, lock, threaded=threaded), notices

    def put(self, statements: Iterable[Statement]) -> None:
        """Have `statements` carried out, all of them or none."""
        if self._thread is not None:
            self._waiting.put(statements)
        else:
            self._unsaved.extend(statements)
            self._save(now=False)

    def flush(self, seconds: float) -> bool:
        """Wait until all that was put is on the disk; False if it is not, see `problem`."""
        if self._thread is None:
            return self._save(now=True)
        asked = Future[bool]()
        self._waiting.put(asked)
        try:
            return asked.result(seconds)
        except TimeoutError:
            return False

    def close(self, seconds: float) -> bool:
        """Write what is left, end the thread and let others write; False as with `flush`."""
        saved = self.flush(seconds)
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(seconds)
            if self._thread.is_alive():
                return False  # the disk hangs: the lock ends with the process
        whole = True
        if self._connection is not None:
            with closing(self._connection) as connection:
                whole = is_whole(connection)
            self._connection = None
        self._lock.release(uncertain=not whole)
        return saved

    def _work(self) -> None:
        ended = False
        while not ended:
            asked, ended = self._gather()
            saved = self._save(now=bool(asked) or ended)
            for one in asked:
                one.set_result(saved)

    def _gather(self) -> tuple[list[Future[bool]], bool]:
        """Wait for something to write; return who asks to be told, and whether this is all."""
        asked: list[Future[bool]] = []
        try:
            item = self._waiting.get(timeout=_AGAIN if self._unsaved else None)
            while item is not None:
                if isinstance(item, Future):
                    asked.append(item)
                else:
                    self._unsaved.extend(item)
                item = self._waiting.get_nowait()
        except Empty:
            return asked, False
        return asked, True

    def _save(self, *, now: bool) -> bool:
        if not self._unsaved:
            return True
        if self.problem and not now and time.monotonic() < self._tried + _AGAIN:
            return False
        try:
            self._write()
        except Exception as error:
            self._fail(error)
            return False
        self._unsaved.clear()
        self.problem = None
        return True

    def _write(self) -> None:
        damaged = self._connection is not None
        if self._connection is not None:
            try:
                write(self._connection, self._unsaved)
                return
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
            self._connection.close()
            self._connection = None
        self._connection, _, mended = open_mended(self._path, thorough=damaged)
        self.notices.extend(mended)
        write(self._connection, self._unsaved)

    def _fail(self, error: Exception) -> None:
        self._tried = time.monotonic()
        self.problem = (
            f"Cannot write the journal {self._path}: {reason(error, self._path)}. The session goes "
            "on, and what happens in it is written as soon as that is possible again."
        )
