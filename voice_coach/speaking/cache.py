"""Keeps rendered phrases on the disk, so that a slow voice says a phrase late only once.

Owns the folder of phrases, its format and its size; must not know engines, or what is rendered
when.

One file holds one phrase, under a name that is a hash: the folder tells nobody what was said.
Any number of processes may use it at once. A file appears whole, by being renamed, and
whatever else is found in its place is a miss and is removed.
"""

import hashlib
import os
import stat
import struct
import threading
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from voice_coach.audio.pcm import Sound, exact_int16, from_int16
from voice_coach.files import PRIVATE, reason, replace
from voice_coach.settings.keys import Settings
from voice_coach.units import Samples

LIMIT_BYTES: Final = Settings.phrase_cache_mb * 2**20

_MAGIC: Final = b"VCphras1"
_HEADER: Final = struct.Struct("<8s32sII")
"""Magic, the hash of what is said how, number of frames, CRC-32 of hash and frames.

The frames follow: 16 bits each, little-endian, at LOUDSPEAKER_RATE."""

_PORTION: Final = 16
"""A sixteenth of the limit may be written before the folder is looked through again."""

_ABANDONED: Final = 3600.0
"""Seconds after which a half-written file belongs to a process that has died."""


class _File(NamedTuple):
    used_ns: int
    size: int
    path: Path


class PhraseCache:
    """Phrases in a folder that only its user can read, those used longest ago given up first.

    Nothing in it is ever an error: what cannot be read is a miss, and after the first phrase
    that cannot be kept no more are tried. Safe to use from several threads and processes.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limit: int = LIMIT_BYTES,
    ) -> None:
        """Use `folder`, which is made when there is something to keep.

        It holds at most `limit` bytes; each further process that writes at the same time may
        add a sixteenth.
        """
        self._folder = folder
        self._limit = limit
        self.problem: str | None = None
        """One line, once phrases cannot be kept; set whole, to be read from any thread."""
        self._room: int | None = None
        """Bytes to be written before the folder is looked through; None before the first."""
        self._lock = threading.Lock()
        self._reads = _is_trusted(folder)
        self._writes = True

    def get(self, voice: str, text: str, speed: float, breath: Samples = 0) -> Sound | None:
        """Return what `put` was given for the same key, to the frame, read-only; else None."""
        if not self._reads:
            return None
        key = _key(voice, text, speed, breath)
        path = self._path(key)
        try:
            sound = self._read(path, key)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # access times are often not kept by the file system
        return sound

    def put(self, voice: str, text: str, speed: float, sound: Sound, breath: Samples = 0) -> None:
        """Keep `sound`, unless 16 bits cannot hold it exactly or it is over the limit."""
        frames = exact_int16(sound)
        if frames is None or (size := _HEADER.size + frames.nbytes) > self._limit:
            return
        key = _key(voice, text, speed, breath)
        body = frames.astype("<i2").tobytes()
        header = _HEADER.pack(_MAGIC, key, len(frames), _checksum(key, body))
        with self._lock:
            if not self._writes:
                return
            try:
                self._make_room(size)
                # What the power takes away is rendered again: the checksum tells.
                replace(self._path(key), header + body, mode=PRIVATE, durable=False)
            except OSError as error:
                self._give_up(error)

    def _path(self, key: bytes) -> Path:
        return self._folder / f"{key.hex()}.phrase"

    def _read(self, path: Path, key: bytes) -> Sound:
        """Raise ValueError for anything but the phrase `key`, whole."""
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if not _HEADER.size <= size <= self._limit:
                raise ValueError("no phrase has this size")
            data = file.read(size)
        magic, named, count, checksum = _HEADER.unpack_from(data)
        body = memoryview(data)[_HEADER.size :]
        expected = (_MAGIC, key, len(body), _checksum(key, body))
        if (magic, named, 2 * count, checksum) != expected:
            raise ValueError("damaged")
        sound = from_int16(np.frombuffer(body, dtype="<i2"))
        sound.flags.writeable = False
        return sound

    def _make_room(self, size: int) -> None:
        if self._room is None:
            self._prepare()
        if self._room is None or size > self._room:
            self._room = self._tidied(size)
        self._room -= size

    def _prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_trusted(self._folder):
            raise PermissionError("it is no folder of this user")
        mode = stat.S_IMODE(self._folder.stat().st_mode)
        if mode & ~0o700:
            self._folder.chmod(mode & 0o700)

    def _tidied(self, size: int) -> int:
        """Remove what is used least until `size` bytes fit; return how many then may come."""
        files = sorted(self._files())
        total = sum(file.size for file in files)
        portion = self._limit // _PORTION
        if total + size > self._limit:
            for file in files:
                if total + max(size, portion) <= self._limit:
                    break
                with suppress(FileNotFoundError):
                    file.path.unlink()
                total -= file.size
        return max(size, min(portion, self._limit - total))

    def _files(self) -> list[_File]:
        """Return the files in the folder, without those that a dead process left half-written."""
        found = []
        now = time.time()
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another process was faster
                about = path.lstat()
                if path.suffix == ".part" and abs(now - about.st_mtime) > _ABANDONED:
                    path.unlink()
                elif path.suffix in {".part", ".phrase"} and stat.S_ISREG(about.st_mode):
                    found.append(_File(about.st_mtime_ns, about.st_size, path))
        return found

    def _give_up(self, error: OSError) -> None:
        self._writes = False
        why = reason(error).casefold()
        self.problem = (
            f"Spoken phrases cannot be kept in {self._folder}: {why}. The coach goes on without;"
            " free some space, or name another folder in VOICE_COACH_CACHE."
        )


def _key(voice: str, text: str, speed: float, breath: Samples) -> bytes:
    # ascii() keeps what UTF-8 cannot encode, and the parts apart.
    return hashlib.sha256(ascii((voice, float(speed), breath, text)).encode()).digest()


def _checksum(key: bytes, body: bytes | memoryview) -> int:
    return zlib.crc32(body, zlib.crc32(key))


def _is_trusted(folder: Path) -> bool:
    """Return whether `folder` is this user's, or can become it: nobody else's sounds are played."""
    try:
        about = folder.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
