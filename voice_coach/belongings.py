"""All that the coach keeps of its user: what it is, taken away, or taken to another machine.

Owns the list of it and the form of a pack; must not know what is in any of the files, nor how
somebody is asked.

A pack is a tar file: settings, journal, taught voice, own routines and downloaded models under
names of their own, wherever they lie on either machine; and at the end "voice-coach.json", with
the number of the form and a checksum of each file, so that half a pack is known for one. What can
be made anew (the cache) and what belongs to a machine (paired screens, the last crash) stays
behind.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Sized
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from voice_coach import paths
from voice_coach.errors import JournalError, ModelError, OutputError
from voice_coach.files import PRIVATE, reason, replace
from voice_coach.history import journal
from voice_coach.models import store
from voice_coach.models.download import checksum

FORM: Final = 1
"""Number of the form of a pack."""
_LABEL: Final = "voice-coach.json"
_SETTINGS, _JOURNAL, _VOICE = "settings.toml", "journal.sqlite3", "voice.npz"
_ROUTINES, _MODELS = "routines", "models"
_FOLDER: Final = "the folder itself"
"""What it is where all that is in it has been named."""
_LARGEST_LABEL: Final = 2**20
"""Bytes."""


@dataclass(frozen=True)
class Belonging:
    """Something that is kept, and is there."""

    what: str
    """In a few words."""
    path: Path
    size: int
    """In bytes."""


def kept() -> tuple[Belonging, ...]:
    """Return all that is kept on this machine, each thing once; empty where nothing is.

    Raises NoHomeError where nothing says which folder is the user's.
    """
    found: list[Belonging] = []
    for what, path in _places():
        if path.exists() or path.is_symlink():
            inside = sum(each.size for each in found if each.path.is_relative_to(path))
            left = _size(path) - inside
            found.append(Belonging(what if left or not inside else _FOLDER, path, left))
    return tuple(found)


def forget() -> None:
    """Remove all of `kept`.

    JournalBusyError while a coach is running, before anything is removed; OutputError, after all
    else is removed, for what cannot be.
    """
    things = kept()
    journal.delete()
    if paths.models_are_elsewhere():  # in a folder that may hold more
        for model in _models():
            with suppress(ModelError):
                store.remove(model.name)
    problems = [why for each in things if (why := _remove(each.path))]
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise OutputError(f"Cannot remove {problems[0]}{more}. All else is removed.")


def _places() -> Iterator[tuple[str, Path]]:
    """Yield where something may be kept, what lies in a folder before the folder."""
    history = paths.journal_path()
    yield "settings", paths.settings_path()
    yield "sessions and answers", history
    for damaged in sorted(history.parent.glob(f"{history.stem}.damaged-*{history.suffix}*")):
        yield "a damaged journal, kept aside", damaged
    yield "what you taught it of your voice", paths.profile_path()
    yield "keys of paired screens", paths.paired_path()
    yield "your routines", paths.routines_dir()
    if paths.models_are_elsewhere():
        for model in _models():
            yield f"model {model.name}", model.path
    else:
        yield "downloaded models", paths.models_dir()
    yield "rendered phrases", paths.phrases_dir()
    yield "grammars worked out", paths.grammars_path()
    yield "names tried by ear", paths.spoken_names_path()
    yield "the last crash", paths.crash_path()
    if left := paths.telemetry_leftover():
        yield "what version 0.1 let a library leave", left
    for folder in paths.own_folders():
        yield "all else in the folder", folder


def _models() -> list[store.InstalledModel]:
    """Return the complete models in the user's own folder."""
    models = [*store.installed("recogniser"), *store.installed("voice")]
    return [each for each in models if each.path.is_relative_to(paths.models_dir())]


def _remove(path: Path) -> str:
    """Remove what is at `path`, if anything; return what could not be removed, and why."""
    try:
        if path.is_symlink():
            target = path.resolve()
            path.unlink()
            return _remove(target)
        if path.is_dir():
            for entry in path.iterdir():
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
            with suppress(OSError):  # a service may empty its folder, not remove it
                path.rmdir()
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        return f"{error.filename or path}: {reason(error)}"
    return ""


def _size(path: Path) -> int:
    """Return the bytes that `path` holds, with all below it."""
    with suppress(OSError):
        if path.is_dir():
            return sum(each.lstat().st_size for each in path.rglob("*") if not each.is_dir())
        return path.stat().st_size
    return 0


def pack(to: BinaryIO) -> tuple[str, ...]:
    """Write a pack of all that goes along; return in words what that was.

    Also while a coach is running: the journal is whole as of this moment. JournalError where it
    cannot be read, OSError where `to` cannot be written or something cannot be read.
    """
    packed: list[str] = []
    sums: dict[str, str] = {}
    with tarfile.open(fileobj=to, mode="w") as pack_file, TemporaryDirectory() as scratch:
        for what, name, path in _travelling(Path(scratch)):
            packed.append(what)
            for file in _files(path) if path.is_dir() else [path]:
                inside = f"{name}/{file.relative_to(path).as_posix()}" if path.is_dir() else name
                sums[inside] = _add(pack_file, inside, file)
        label = json.dumps(
            {
                "form": FORM,
                "version": version("voice-coach"),
                "made": datetime.now().astimezone().isoformat(timespec="seconds"),
                "files": sums,
            },
            indent=1,
        ).encode()
        entry = tarfile.TarInfo(_LABEL)
        entry.size, entry.mode = len(label), PRIVATE
        pack_file.addfile(entry, io.BytesIO(label))
    return tuple(packed)


class _Summed:
    """A file that is read, and the checksum of what has been read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.sum.update(block)
        return block


def _add(pack_file: tarfile.TarFile, name: str, path: Path) -> str:
    """Add a file under `name`, without whose it is; return the checksum of what was added."""
    with path.open("rb") as file:
        entry = tarfile.TarInfo(name)
        about = os.fstat(file.fileno())
        entry.size, entry.mtime, entry.mode = about.st_size, int(about.st_mtime), PRIVATE
        summed = _Summed(file)
        pack_file.addfile(entry, summed)
        return summed.sum.hexdigest()


def _travelling(scratch: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield what goes along: in words, its name in a pack, and where it is now."""
    if paths.settings_path().is_file():
        yield "settings", _SETTINGS, paths.settings_path()
    if paths.journal_path().exists():
        copied = scratch / _JOURNAL
        journal.backup(None, copied)
        yield _sessions(journal.read_sessions(copied)), _JOURNAL, copied
    if paths.profile_path().is_file():
        yield "your taught voice", _VOICE, paths.profile_path()
    own = paths.routines_dir()
    if own.is_dir() and any(own.iterdir()):
        yield "your routines", _ROUTINES, own
    folder = paths.models_dir()
    for entry in sorted({model.path.relative_to(folder).parts[0] for model in _models()}):
        yield f"model {entry}", f"{_MODELS}/{entry}", folder / entry
        if (beside := folder / f"{entry}.json").exists():  # a voice that was put there by hand
            yield f"its description {beside.name}", f"{_MODELS}/{beside.name}", beside


def unpack(source: Path, *, force: bool) -> tuple[str, ...]:
    """Put all that is in the pack `source` in its place here; return in words what that was.

    All of it is looked at before any of it gets its place. What is here already and differs is
    replaced only by `force`. OutputError where that is not allowed or cannot be written, or
    where `source` is no whole pack; JournalBusyError while a coach is running.
    """
    home = paths.routines_dir().parent
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=home, prefix=".unpacking-") as folder:
            new = Path(folder)
            _extract(source, new)
            here = list(_here(new))
            if here and not force:
                raise OutputError(
                    f"Already on this machine, and different: {', '.join(here)}. "
                    "Nothing was changed; --force replaces it."
                )
            return tuple(_placed(new))
    except OSError as error:
        raise OutputError(f"Cannot unpack {source}: {reason(error)}.") from error


def _extract(source: Path, folder: Path) -> None:
    """Extract a pack, of which nothing is believed, and look at what it holds."""
    try:
        with tarfile.open(source, mode="r:") as pack_file:
            *entries, last = pack_file.getmembers()
            for entry in entries:
                if not _belongs(entry):
                    raise ValueError(f"it holds something else: {entry.name[:60]!r}")
            if last.name != _LABEL or last.size > _LARGEST_LABEL:
                raise ValueError("its end is not there")
            label = json.load(pack_file.extractfile(last) or io.BytesIO())
            if label["form"] > FORM:
                raise ValueError(f"a newer version, {label['version']}, made it: update this one")
            for entry in entries:
                _extract_entry(pack_file, entry, folder)
            sums = {entry.name: checksum(folder / entry.name) for entry in entries}
            if sums != label["files"]:
                raise ValueError("a file in it is damaged")
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as error:
        raise OutputError(
            f"{source} is no whole pack of 'voice-coach move pack' ({error}). Nothing was changed."
        ) from error
    if (folder / _JOURNAL).exists():
        try:
            journal.check(folder / _JOURNAL)
        except JournalError as error:
            raise OutputError(f"{source}: its journal cannot be used. {error}") from error


def _extract_entry(pack_file: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """Write a file of a pack beneath `folder`, with none of the rights that the pack gives it."""
    target = folder / entry.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with pack_file.extractfile(entry) or io.BytesIO() as content, target.open("wb") as file:
        shutil.copyfileobj(content, file)


def _belongs(entry: tarfile.TarInfo) -> bool:
    """Whether an entry is a file that a pack may hold, where it may hold it."""
    path = PurePosixPath(entry.name)
    if not entry.isfile() or path.is_absolute() or ".." in path.parts:
        return False
    within = path.parts[:1] in ((_ROUTINES,), (_MODELS,)) and len(path.parts) > 1
    return within or entry.name in (_SETTINGS, _JOURNAL, _VOICE)


def _single_files(new: Path) -> Iterator[tuple[str, Path, Path]]:
    """Yield in words what is copied as a file, from where, and to where."""
    for what, name, target in (
        ("settings", _SETTINGS, paths.settings_path()),
        ("your taught voice", _VOICE, paths.profile_path()),
    ):
        if (new / name).exists():
            yield what, new / name, target
    for path in _files(new / _ROUTINES):
        inside = path.relative_to(new / _ROUTINES)
        yield f"routine file {inside}", path, paths.routines_dir() / inside


def _here(new: Path) -> Iterator[str]:
    """Yield in words what a pack would replace."""
    for what, path, target in _single_files(new):
        if target.exists() and target.read_bytes() != path.read_bytes():
            yield what
    if (new / _JOURNAL).exists():
        present, coming = journal.read_sessions(), journal.read_sessions(new / _JOURNAL)
        if coming[: len(present)] != present:
            yield _sessions(present)


def _placed(new: Path) -> Iterator[str]:
    """Put everything in its place; yield in words what it was. The journal goes first: it alone
    may be held by a coach that is running."""
    if (new / _JOURNAL).exists():
        journal.restore(new / _JOURNAL)
        yield _sessions(journal.read_sessions())
    for what, path, target in _single_files(new):
        target.parent.mkdir(parents=True, exist_ok=True)
        replace(target, path.read_bytes(), mode=PRIVATE)
        yield what
    yield from _placed_models((new / _MODELS).glob("*"))


def _placed_models(entries: Iterable[Path]) -> Iterator[str]:
    """Move models that are not here yet."""
    for entry in sorted(entries):
        target = paths.models_dir() / entry.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(entry, target)
        if not entry.name.endswith(".onnx.json"):
            yield f"model {entry.name}"


def _sessions(sessions: Sized) -> str:
    return f"{len(sessions):,} session{'' if len(sessions) == 1 else 's'}"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
