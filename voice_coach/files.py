"""Files of the user's on the disk: read within bounds, and replaced whole or not at all.

Owns how a new file gets its place, and in which words a disk says no; must not know what any file
is for.
"""

import errno
import fcntl
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from voice_coach.errors import VoiceCoachError

LONGEST_WAIT_SECONDS: Final = 2.0
"""How long to wait for another process that replaces the same file; that takes milliseconds."""
LARGEST_TEXT: Final = 256_000
"""Bytes; a larger text is nothing that somebody wrote for the coach."""
PRIVATE: Final = 0o600
"""The rights of a new file that is nobody else's business."""

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""No room: on the disk, for this user, in a file."""
_NO_LOCKS: Final = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
"""What file systems answer that know no locks, such as some of a network."""


def reason(error: OSError) -> str:
    """Return in few words why a file could not be read or written."""
    return "the disk is full" if error.errno in _FULL else error.strerror or str(error)


def part_of(path: Path) -> Path:
    """Return the hidden file in which the next content of `path` is made."""
    name = os.fsencode(path.name)[:240]  # of the 255 bytes that a name may have
    return path.with_name(os.fsdecode(b"." + name + b".part"))


class Replacement:
    """A new file, made beside the one at `path`, whose place it takes once it is complete.

    After `commit` the new content is on the disk, under the owner and rights of what was there;
    after `discard`, or the death of the process at any moment, what was there is as it was. A
    link stays a link, and what it leads to is replaced.

    One process at a time replaces a file: the second waits for the first, and raises OSError
    after LONGEST_WAIT_SECONDS. What a process that died has left behind is overwritten by the
    next one. As a context it commits where the block ends, and discards where the block raises.
    All calls raise OSError, and leave nothing behind then.
    """

    def __init__(
        self, path: Path, *, mode: int = 0o666, durable: bool = True, devices: bool = False
    ) -> None:
        """Open the new file; its folder has to be there.

        `mode` are its rights if there was none before. What is not `durable` may be lost when
        the power fails, and does not wait for the disk. With `devices`, what is no regular file
        (a terminal, a pipe, /dev/null) is written to as it stands; else it is refused.
        """
        self._durable = durable
        self._open = True
        had = _found(path)
        if had and not stat.S_ISREG(had.st_mode):
            self.path = self.target = _as_it_stands(path, had, devices=devices)
            self.file = path.open("wb")
            return
        self.target = Path(os.path.realpath(path))
        self.path = part_of(self.target)
        """Where the new content is, for those that write by name."""
        handle = _alone(self.path, mode)
        self.file = os.fdopen(handle, "wb")
        """The new content, empty at first. What follows holds the lock as long as it is open."""
        try:
            if had:
                _take_rights(self.target, had, handle)
            self.file.truncate()
        except BaseException:
            self.discard()
            raise

    def commit(self) -> None:
        """Put the new file in its place; harmless once it is closed."""
        if not self._open:
            return
        try:
            self.file.flush()
            if self.path != self.target:
                if self._durable:
                    os.fsync(self.file.fileno())
                self.path.replace(self.target)
        except BaseException:
            self.discard()
            raise
        self._open = False
        self.file.close()
        if self._durable and self.path != self.target:
            _keep_name(self.target.parent)

    def discard(self) -> None:
        """Leave everything as it was; harmless once it is closed."""
        if self._open:
            self._open = False
            with suppress(OSError):
                if self.path != self.target:
                    self.path.unlink(missing_ok=True)
            with suppress(OSError):  # what could not be written still cannot
                self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()


def replace(path: Path, content: bytes, *, mode: int = 0o666, durable: bool = True) -> None:
    """Put `content` in the place of `path`, with the guarantees of Replacement. Raises OSError."""
    with Replacement(path, mode=mode, durable=durable) as new:
        new.file.write(content)


def _found(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _as_it_stands(path: Path, had: os.stat_result, *, devices: bool) -> Path:
    """Return the path of what is no regular file, if that is to be written to."""
    if stat.S_ISDIR(had.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not devices:
        raise OSError(errno.EINVAL, "it is not a file")
    return path


def _alone(part: Path, mode: int) -> int:
    """Return the open file `part` that no other process has: the lock and the new content in one.

    Its lock ends with its process, so that what a crash left behind holds nobody up.
    """
    give_up = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            if _locked(file) and _is_ours(part, file):
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)
        if time.monotonic() > give_up:
            raise OSError(errno.EBUSY, "another program is writing it")
        time.sleep(0.005)


def _locked(file: int) -> bool:
    """Lock an open file, unless another process has."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


def _is_ours(part: Path, file: int) -> bool:
    """Whether `file` still is what lies at `part`, and this user's; another's is taken away."""
    about = os.fstat(file)
    try:
        # Who had it before may have given it its place, or have deleted it.
        if not os.path.samestat(about, part.lstat()):
            return False
    except FileNotFoundError:
        return False
    if about.st_uid != os.geteuid() or about.st_nlink != 1:
        part.unlink()
        return False
    return True


def _take_rights(target: Path, had: os.stat_result, file: int) -> None:
    """Give `file` the owner and rights of `target`. Raises OSError if that is not to be changed."""
    if not os.access(target, os.W_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, "it is read-only")
    mine = os.fstat(file)
    if (had.st_uid, had.st_gid) != (mine.st_uid, mine.st_gid):
        with suppress(PermissionError):  # only root may give a file away
            os.fchown(file, had.st_uid, had.st_gid)
    if had.st_mode != mine.st_mode:  # some file systems have one mode, and let nobody set it
        os.fchmod(file, stat.S_IMODE(had.st_mode))


def _keep_name(folder: Path) -> None:
    """Have it on the disk, too, which file is at which name in `folder`."""
    with suppress(OSError):  # not every file system can; the new file is in its place anyway
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_text(path: Path, error: type[VoiceCoachError], expected: str) -> str:
    """Return the text of a file in UTF-8, without its byte order mark.

    Raises `error`, whose line names the place and says what was `expected`, where the file
    cannot be read, is too large or is no text.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_TEXT + 1)
    except (OSError, ValueError) as problem:  # a name may hold what no name can
        why = reason(problem) if isinstance(problem, OSError) else problem
        raise error(f"{path}: cannot be read: {why}. Check the name.") from problem
    if len(raw) > LARGEST_TEXT:
        raise error(f"{path}: larger than {LARGEST_TEXT // 1000} kB; expected a short text.")
    if (bad := _first_bad(raw)) is not None:
        line = raw.count(b"\n", 0, bad) + 1
        raise error(f"{path}:{line}: not a text file; expected {expected} in UTF-8.")
    return raw.decode("utf-8-sig")


def read_text_if_there(path: Path, error: type[VoiceCoachError], expected: str) -> str | None:
    """Return what `read_text` does, or None if there is no such file."""
    try:
        return read_text(path, error, expected)
    except error as problem:
        if isinstance(problem.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise


def _first_bad(raw: bytes) -> int | None:
    """Return where `raw` stops being text in UTF-8; None where all of it is."""
    nul = raw.find(b"\0")
    try:
        raw[: nul if nul >= 0 else None].decode()
    except UnicodeDecodeError as problem:
        return problem.start
    return nul if nul >= 0 else None
