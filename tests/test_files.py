"""Files of the user's: read within bounds, and replaced whole or not at all."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.tools.full_disk import largest_file
from voice_coach import files
from voice_coach.errors import ScriptError
from voice_coach.files import (
    LARGEST_TEXT,
    PRIVATE,
    Replacement,
    part_of,
    read_text,
    read_text_if_there,
    reason,
    replace,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the user's, alone in its folder."""
    place = tmp_path / "own" / "notes.txt"
    place.parent.mkdir()
    place.write_bytes(b"as it was")
    return place


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


class TestReplacement:
    """One guarantee for everything that is written."""

    def test_the_old_content_stays_until_the_new_one_is_whole(self, path: Path) -> None:
        with Replacement(path) as new:
            new.file.write(b"new")
            new.file.flush()
            assert path.read_bytes() == b"as it was"
            assert names(path) == [".notes.txt.part", "notes.txt"]
        assert path.read_bytes() == b"new"
        assert names(path) == ["notes.txt"]

    def test_what_fails_leaves_what_was(self, path: Path) -> None:
        def fail() -> None:
            with Replacement(path) as new:
                new.file.write(b"half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
        assert path.read_bytes() == b"as it was"
        assert names(path) == ["notes.txt"]

    @pytest.mark.parametrize("size", [100, 100_000])
    def test_a_full_disk_leaves_what_was(self, path: Path, size: int) -> None:
        with largest_file(50), pytest.raises(OSError, match="File too large") as full:
            replace(path, b"x" * size)
        assert reason(full.value) == "the disk is full"
        assert path.read_bytes() == b"as it was"
        assert names(path) == ["notes.txt"]

    def test_it_is_on_the_disk_with_its_name(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[tuple[bool, bytes]] = []

        def fsync(file: int) -> None:
            synced.append((stat.S_ISDIR(os.fstat(file).st_mode), path.read_bytes()))

        monkeypatch.setattr(os, "fsync", fsync)
        replace(path, b"new")
        assert synced == [(False, b"as it was"), (True, b"new")]
        replace(path, b"newer", durable=False)
        assert (len(synced), path.read_bytes()) == (2, b"newer")

    def test_a_folder_that_cannot_be_synced_does_no_harm(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced = os.fsync

        def fsync(file: int) -> None:
            if stat.S_ISDIR(os.fstat(file).st_mode):
                raise OSError(errno.EINVAL, "Invalid argument")
            synced(file)

        monkeypatch.setattr(os, "fsync", fsync)
        replace(path, b"new")
        assert path.read_bytes() == b"new"

    @pytest.mark.parametrize("mode", [0o640, 0o600, 0o666])
    def test_rights_stay(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        replace(path, b"new", mode=PRIVATE)
        assert stat.S_IMODE(path.stat().st_mode) == mode

    def test_rights_of_a_new_file(self, path: Path) -> None:
        path.unlink()
        replace(path, b"new", mode=PRIVATE)
        assert stat.S_IMODE(path.stat().st_mode) == PRIVATE

    def test_links_stay(self, path: Path, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to(path)
        replace(link, b"new")
        assert link.is_symlink()
        assert path.read_bytes() == b"new"
        assert names(link) == ["link", "own"]

    def test_what_is_read_only_is_not_replaced(self, path: Path) -> None:
        if os.geteuid() == 0:
            pytest.skip("root may write everything")
        path.chmod(0o400)
        with pytest.raises(PermissionError, match="it is read-only"):
            replace(path, b"new")
        assert names(path) == ["notes.txt"]

    def test_folders_and_devices_are_never_replaced(self, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError):
            replace(tmp_path, b"new")
        with pytest.raises(OSError, match="it is not a file"):
            replace(Path("/dev/null"), b"new")
        with Replacement(Path("/dev/null"), devices=True) as new:
            new.file.write(b"new")
        with pytest.raises(IsADirectoryError):
            Replacement(tmp_path, devices=True)
        assert Path("/dev/null").is_char_device()
        assert not part_of(Path("/dev/null")).exists()

    def test_a_long_name(self, path: Path) -> None:
        long = path.with_name("ü" * 127)
        replace(long, b"new")
        assert long.read_bytes() == b"new"

    def test_closing_twice_does_no_harm(self, path: Path) -> None:
        new = Replacement(path)
        new.file.write(b"new")
        new.commit()
        new.commit()
        new.discard()
        assert path.read_bytes() == b"new"
        new = Replacement(path)
        new.discard()
        new.commit()
        assert path.read_bytes() == b"new"
        assert names(path) == ["notes.txt"]


class TestOthers:
    """Other processes, alive and dead."""

    def test_what_a_crash_left_is_overwritten(self, path: Path) -> None:
        part_of(path).write_bytes(b"x" * 9_999)
        replace(path, b"new")
        assert path.read_bytes() == b"new"
        assert names(path) == ["notes.txt"]

    def test_a_kill_leaves_what_was(self, path: Path) -> None:
        program = (
            "import os, sys; from pathlib import Path; from voice_coach.files import Replacement\n"
            "new = Replacement(Path(sys.argv[1])); new.file.write(b'half'); new.file.flush()\n"
            "os.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", program, path], check=False)
        assert path.read_bytes() == b"as it was"
        replace(path, b"new")
        assert names(path) == ["notes.txt"]

    def test_the_second_waits_for_the_first(self, path: Path) -> None:
        first = Replacement(path)
        second = threading.Thread(target=replace, args=(path, b"second"))
        second.start()
        first.file.write(b"first")
        first.commit()
        second.join(5)
        assert path.read_bytes() == b"second"
        assert names(path) == ["notes.txt"]

    def test_but_not_for_ever(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "LONGEST_WAIT_SECONDS", 0.0)
        first = Replacement(path)
        with pytest.raises(OSError, match="another program is writing it"):
            Replacement(path)
        first.file.write(b"first")
        first.commit()
        assert path.read_bytes() == b"first"

    def test_a_link_in_the_place_of_its_part_is_not_followed(self, path: Path) -> None:
        victim = path.with_name("victim")
        victim.write_bytes(b"precious")
        part_of(path).symlink_to(victim)
        with pytest.raises(OSError, match="symbolic links"):
            replace(path, b"new")
        part_of(path).unlink()
        part_of(path).hardlink_to(victim)
        replace(path, b"new")
        assert (path.read_bytes(), victim.read_bytes()) == (b"new", b"precious")

    def test_a_part_that_belongs_to_somebody_else_is_not_used(self, path: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root makes files of others")
        part_of(path).write_bytes(b"theirs")
        os.chown(part_of(path), 65534, 65534)
        with part_of(path).open() as theirs:
            replace(path, b"new")
            assert (path.stat().st_uid, theirs.read()) == (0, "theirs")

    def test_a_file_system_without_locks(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def flock(*_: object) -> None:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        monkeypatch.setattr(fcntl, "flock", flock)
        replace(path, b"new")
        assert path.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EFBIG, "the disk is full"),
        (errno.EROFS, "Read-only file system"),
    ],
)
def test_one_reason_for_a_full_disk(number: int, said: str) -> None:
    assert reason(OSError(number, os.strerror(number))) == said
    assert reason(OSError("of its own")) == "of its own"


class TestText:
    """What people write, and what is none of it."""

    def read(self, path: Path, content: bytes) -> str:
        path.write_bytes(content)
        return read_text(path, ScriptError, "a script")

    @pytest.mark.parametrize("content", ["", "für\r\nmich\n", "x" * LARGEST_TEXT])
    def test_text_comes_as_it_is(self, path: Path, content: str) -> None:
        whole = content.encode()[:LARGEST_TEXT]
        assert self.read(path, whole) == whole.decode()
        if len(whole) < LARGEST_TEXT:
            assert self.read(path, b"\xef\xbb\xbf" + whole) == content

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"\xff", 1),
            (b"a\nb\n\xfcr", 3),
            (b"a\nb\x00", 2),
            (b"a\n\x00\n\xff", 2),
            (b"a\n\xff\n\x00", 2),
            (b"\xef\xbb\xbfa\n\xff", 2),
            (b"cut short: \xc3", 1),
        ],
    )
    def test_the_line_of_the_first_bad_byte(self, path: Path, content: bytes, line: int) -> None:
        with pytest.raises(ScriptError) as error:
            self.read(path, content)
        said = f"{path}:{line}: not a text file; expected a script in UTF-8."
        assert str(error.value) == said

    def test_too_large(self, path: Path) -> None:
        with pytest.raises(ScriptError, match="larger than 256 kB; expected a short text"):
            self.read(path, b"x" * (LARGEST_TEXT + 1))
        with pytest.raises(ScriptError, match="/dev/zero: larger than 256 kB"):
            read_text(Path("/dev/zero"), ScriptError, "a script")

    def test_what_is_not_there(self, path: Path) -> None:
        for missing in (path.with_name("no"), path / "below"):
            assert read_text_if_there(missing, ScriptError, "a script") is None
            with pytest.raises(ScriptError, match=r"cannot be read: No.*\. Check the name\.$"):
                read_text(missing, ScriptError, "a script")
        with pytest.raises(ScriptError, match="cannot be read: Is a directory"):
            read_text_if_there(path.parent, ScriptError, "a script")
        with pytest.raises(ScriptError, match="cannot be read: embedded null byte"):
            read_text_if_there(Path("a\0b"), ScriptError, "a script")


def test_a_part_is_written_by_name_as_well(path: Path) -> None:
    with Replacement(path) as new, closing(new.path.open("r+b")) as other:
        other.write(b"by name")
    assert path.read_bytes() == b"by name"
