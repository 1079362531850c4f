"""Only one coach at a time writes a journal.

Owns the lock file beside the journal; must not know what is in the journal.

The lock is the kernel's (flock), so that it ends with the process, however that ends. What
is written in the file is for people, and tells whether the last holder ended as it should.
"""

import fcntl
import os
from datetime import datetime
from pathlib import Path
from typing import Self

from voice_coach.errors import JournalBusyError


class Lock:
    """Holds the journal at `path` until it is released."""

    def __init__(self, path: Path) -> None:
        """JournalBusyError if another process holds it; OSError if there can be no lock file."""
        self._path = path.with_name(path.name + ".lock")
        self._file = self._locked(path)
        self.uncertain = os.fstat(self._file).st_size > 0
        """Whether the last holder was cut off, or found something amiss."""
        self._write(f"{os.getpid()} {datetime.now().astimezone().isoformat(timespec='seconds')}\n")

    def release(self, *, uncertain: bool = False) -> None:
        """Let others write; `uncertain` makes the next one look at the whole file first."""
        if self._file >= 0:
            if not uncertain:
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        """Delete the lock file, and with it the lock."""
        self._path.unlink(missing_ok=True)
        self.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _locked(self, path: Path) -> int:
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Whoever deleted the journal in between has deleted this file too.
                if self._path.exists() and self._path.stat().st_ino == os.fstat(file).st_ino:
                    return file
            except BlockingIOError:
                holder = _holder(os.pread(file, 200, 0).decode(errors="replace"))
                os.close(file)
                raise JournalBusyError(
                    f"Another coach{holder} holds the journal {path}. End that one first, or "
                    "give this one a journal of its own with VOICE_COACH_JOURNAL."
                ) from None
            except OSError:
                os.close(file)
                raise
            os.close(file)

    def _write(self, text: str) -> None:
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, text.encode(), 0)
        except OSError:
            pass  # a full disk takes nothing away from the lock itself


def _holder(text: str) -> str:
    try:
        process, since = text.split()
        return f" (process {int(process)}, since {datetime.fromisoformat(since):%Y-%m-%d %H:%M})"
    except ValueError:
        return ""
