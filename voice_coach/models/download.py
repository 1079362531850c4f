"""Files from the network: resumed, checked, and unpacked without trusting them.

Owns the only network access of the coach; must not know what the files are for.
"""

import hashlib
import http.client
import json
import os
import shutil
import stat
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict

from voice_coach.errors import ModelError, OutputError
from voice_coach.files import reason

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Is told a file's name, its bytes so far and its bytes in all."""

_TIMEOUT_SECONDS: Final = 30
_CHUNK: Final = 2**18
_LARGEST_SURPLUS: Final = 4
"""How many times its expected size a download may have before it is cut off."""
_LARGEST_RATIO: Final = 50
"""How many times its size an archive may unpack to; models come to less than 3."""
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def _safe(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        return url
    raise ValueError("only https addresses are downloaded")


Url: TypeAlias = Annotated[str, AfterValidator(_safe)]


class RemoteFile(BaseModel):
    """One file to download, and how to know it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    url: Url
    size: int
    """Bytes."""
    md5: str | None = None
    sha256: str | None = None

    @property
    def name(self) -> str:
        return unquote(PurePosixPath(urlsplit(self.url).path).name)

    def matches(self, path: Path) -> bool:
        """Return whether the file at `path` has this size and every checksum that is known."""
        known = {"md5": self.md5, "sha256": self.sha256}
        return path.stat().st_size == self.size and all(
            checksum(path, method) == wanted for method, wanted in known.items() if wanted
        )


def checksum(path: Path, method: str = "sha256") -> str:
    """Return the checksum of a file in hexadecimal digits; `method` is one of hashlib's."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, method).hexdigest()


def fetch(file: RemoteFile, part: Path, progress: OnProgress) -> None:
    """Download `file` to `part`, going on where an earlier download to `part` ended.

    What arrived is whole, but not checked. Raises ModelError if the network fails, OSError
    if the disk does; `part` then keeps what has come.
    """
    done = part.stat().st_size if part.exists() else 0
    if done >= file.size:
        return
    with _answer(file.url, done) as response:
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        done = done if resumed else 0
        announced = response.headers.get("Content-Length", "")
        total = done + int(announced) if announced.isdigit() else file.size
        with part.open("ab" if resumed else "wb") as target:
            for chunk in _chunks(response, file.url):
                target.write(chunk)
                done += len(chunk)
                progress(file.name, done, total)
                if done > _LARGEST_SURPLUS * file.size:
                    raise ModelError(f"{file.url} is far larger than the {file.size:,} bytes known")
    if done < total:
        raise ModelError(
            f"The download of {file.url} broke off at {done:,} of {total:,} bytes."
            " Run the same command again; it goes on from there."
        )


def fetch_json(url: str) -> Any:
    """Return the JSON document at `url`. Raises ModelError."""
    with _answer(url, 0) as response:
        try:
            return json.loads(b"".join(_chunks(response, url)))
        except ValueError as error:
            raise ModelError(f"{url} is no list that can be read") from error


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip file into a new `folder`, without its outermost folder if it has one.

    Raises ModelError if it is damaged, has files that would land elsewhere or is a zip bomb;
    OutputError if the disk is too small.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            members = source.infolist()
            for member in members:
                _check_member(member, archive)
            size = sum(member.file_size for member in members)
            if size > _LARGEST_RATIO * max(archive.stat().st_size, 4096):
                raise ModelError(f"{archive} unpacks to {size:,} bytes; it is not a speech model")
            check_space(archive.parent, size)
            inner = folder.with_name(f"{folder.name}.unpacked")
            shutil.rmtree(inner, ignore_errors=True)
            inner.mkdir()
            source.extractall(inner)
    except _UNREADABLE as error:
        raise ModelError(f"{archive} is no whole zip file: {error}") from error
    tops = list(inner.iterdir())
    (tops[0] if len(tops) == 1 and tops[0].is_dir() else inner).rename(folder)
    shutil.rmtree(inner, ignore_errors=True)


def check_space(folder: Path, needed: int) -> None:
    """Raise OutputError unless `folder` has room for `needed` bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"{folder} has {free // 10**6:,} MB free, and {needed // 10**6:,} MB are needed."
            " Make room, or set VOICE_COACH_MODELS to a folder on another disk."
        )


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn what the disk may answer into one clear line about `folder`."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"Cannot write to {error.filename or folder}: {reason(error)}."
            " Mend that, or set VOICE_COACH_MODELS to another folder."
        ) from error


def _check_member(member: zipfile.ZipInfo, archive: Path) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    link = stat.S_ISLNK(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or ":" in member.filename or link:
        raise ModelError(f"{archive} is not safe: it would write to '{member.filename}'")


@contextmanager
def _answer(url: str, start: int) -> Iterator[http.client.HTTPResponse]:
    headers = {"User-Agent": "voice-coach"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(_safe(url), headers=headers)  # noqa: S310
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)  # noqa: S310
    except urllib.error.HTTPError as error:
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            with _answer(url, 0) as response:  # what is published has become shorter
                yield response
            return
        raise ModelError(f"Cannot download {url}: {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(f"Cannot download {url}: {_network_reason(error)}") from error
    with response:
        yield response


def _chunks(response: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise ModelError(
                f"The download of {url} broke off: {_network_reason(error)}."
                " Run the same command again; it goes on from there."
            ) from error
        if not chunk:
            return
        yield chunk


def _network_reason(error: Exception) -> str:
    cause = getattr(error, "reason", error)
    if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno)
    return str(cause) or type(cause).__name__
