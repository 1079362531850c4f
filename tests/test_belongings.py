"""All that is kept at once: shown, removed, and taken to another machine; in real homes."""

import io
import json
import stat
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from voice_coach.cli.belongings import forget, move_app
from voice_coach.cli.console import guarded
from voice_coach.history.journal import Journal, read_sessions
from voice_coach.paths import journal_path, models_dir, own_folders, routines_dir
from voice_coach.units import to_samples

app = typer.Typer(name="voice-coach")
app.command("forget")(forget)
app.add_typer(move_app, name="move")

KINDS = ("CONFIG", "DATA", "CACHE", "STATE")


def coach(*arguments: str) -> int:
    """Run a command in this process; return the exit status."""
    return guarded(lambda: app(list(arguments), standalone_mode=False))


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make the home of that name, and be there from now on."""
    for name in ("SETTINGS", "JOURNAL", "PROFILE", "PAIRED", "MODELS", "CACHE", "CRASH"):
        monkeypatch.delenv(f"VOICE_COACH_{name}", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def there(name: str) -> Path:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        monkeypatch.setenv("HOME", str(home))
        for kind in KINDS:
            monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.casefold()))
        return home

    monkeypatch.chdir(tmp_path)
    return there


@pytest.fixture
def home(enter: Callable[[str], Path]) -> Path:
    """A home in which everything is that the coach may keep."""
    home = enter("old")
    with Journal.open(threaded=False) as journal:
        journal.append("started", {"routine": "Heel", "exercises": ["Calf raises"]}, 0)
        journal.append("finished", {}, to_samples(60))
    for name, content in {
        "config/voice-coach/settings.toml": 'voice = "espeak"\n',
        "data/voice-coach/voice.npz": "taught",
        "data/voice-coach/paired.json": '{"screens": []}',
        "data/voice-coach/routines/heel.yaml": "name: Heel\n",
        "data/voice-coach/routines/drawings/raise.svg": "<svg/>",
        "data/voice-coach/models/en_GB-own.onnx": "network",
        "data/voice-coach/models/en_GB-own.onnx.json": '{"audio": {"quality": "low"}}',
        "data/voice-coach/journal.damaged-2025-01-01.sqlite3": "damaged",
        "data/voice-coach/certificate.pem": "a key that nobody here has heard of",
        "cache/voice-coach/phrases/ab.wav": "phrase",
        "cache/voice-coach/grammars.json": "{}",
        "cache/voice-coach/spoken_names.json": "{}",
        "cache/Microsoft/DeveloperTools/.onnxruntime/id": "leftover",
        "state/voice-coach/crash.txt": "crash",
        "mine.txt": "no file of the coach's",
        "data/other/mine.txt": "nor this",
    }.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return home


def files(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


class TestForget:
    """Everything, keys and caches included, and nothing of anybody else's."""

    def test_shows_what_is_there_and_asks(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = files(home)
        monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
        assert coach("forget", "--everything") == 0
        said = capsys.readouterr().out
        for what in ("settings", "sessions and answers", "keys of paired screens", "your routines",
                     "what you taught it", "downloaded models", "rendered phrases", "last crash",
                     "a damaged journal", "version 0.1", "Remove all of it for good?",
                     "Nothing was removed."):  # fmt: skip
            assert what in said
        for path in own_folders():
            assert str(path) in said
        assert files(home) == before

    @pytest.mark.parametrize("how", ["yes", "asked"])
    def test_removes_every_trace_and_nothing_else(
        self,
        how: str,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
        assert coach("forget", "--everything", *(["--yes"] if how == "yes" else [])) == 0
        assert files(home) == {"mine.txt", "data/other/mine.txt"}
        assert not any(folder.exists() for folder in own_folders())
        capsys.readouterr()
        assert coach("forget", "--everything") == 0
        assert capsys.readouterr().out == "The coach keeps nothing on this machine.\n"

    def test_what_lies_elsewhere_goes_and_its_neighbours_stay(
        self, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shared = tmp_path / "shared"
        (shared / "phrases").mkdir(parents=True)
        for name in ("settings.toml", "voice.npz", "paired.json", "grammars.json", "notes.txt",
                     "en_GB-x.onnx", "phrases/a.wav"):  # fmt: skip
            (shared / name).write_text("it", encoding="utf-8")
        (shared / "en_GB-x.onnx.json").write_text('{"audio": {"quality": "low"}}')
        for variable, name in {
            "SETTINGS": "settings.toml", "PROFILE": "voice.npz", "PAIRED": "paired.json",
            "MODELS": "", "CACHE": "", "JOURNAL": "j.sqlite3",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"VOICE_COACH_{variable}", str(shared / name))
        Journal.open(threaded=False).close()
        assert coach("forget", "--everything", "--yes") == 0
        assert files(shared) == {"notes.txt"}
        assert files(home) == {"mine.txt", "data/other/mine.txt"}

    def test_a_folder_behind_a_link_is_emptied_too(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = home / "data" / "voice-coach"
        data.rename(tmp_path / "big disk")
        data.symlink_to(tmp_path / "big disk")
        assert coach("forget", "--everything", "--yes") == 0
        assert f"{data} → {tmp_path / 'big disk'}" in capsys.readouterr().out
        assert not data.is_symlink()
        assert not (tmp_path / "big disk").exists()

    def test_not_while_a_coach_runs(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with Journal.open():
            before = files(home)
            assert coach("forget", "--everything", "--yes") == 2
            assert "holds the journal" in capsys.readouterr().err
            assert files(home) == before

    def test_not_without_saying_everything(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = files(home)
        assert coach("forget", "--yes") == 2
        assert "Give --everything. For a part of it: history delete" in capsys.readouterr().err
        assert files(home) == before


class TestMove:
    """To another machine, on which the folders may be others."""

    @pytest.fixture
    def packed(self, home: Path, tmp_path: Path) -> Path:
        assert coach("move", "pack", "all.tar") == 0
        assert home.exists()
        return tmp_path / "all.tar"

    def test_all_arrives(
        self,
        home: Path,
        enter: Callable[[str], Path],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert coach("move", "pack", str(home.parent / "all.tar")) == 0
        packed = home.parent / "all.tar"
        assert stat.S_IMODE(packed.stat().st_mode) == 0o600
        assert capsys.readouterr().out == (
            f"Written: {packed} (settings, 1 session, your taught voice, your routines, "
            "model en_GB-own.onnx, its description en_GB-own.onnx.json)\n"
            "On the other machine: voice-coach move unpack all.tar\n"
        )
        sessions = read_sessions()
        new = enter("new")
        assert coach("move", "unpack", "all.tar") == 0
        assert capsys.readouterr().out.startswith(
            "Here now: 1 session, settings, your taught voice, routine file drawings/raise.svg, "
            "routine file heel.yaml, model en_GB-own.onnx\nScreens have to be paired anew."
        )
        assert read_sessions() == sessions
        assert files(new) - {"data/voice-coach/journal.sqlite3.lock"} == {
            "config/voice-coach/settings.toml",
            "data/voice-coach/journal.sqlite3",
            "data/voice-coach/voice.npz",
            "data/voice-coach/routines/heel.yaml",
            "data/voice-coach/routines/drawings/raise.svg",
            "data/voice-coach/models/en_GB-own.onnx",
            "data/voice-coach/models/en_GB-own.onnx.json",
        }
        with Journal.open(threaded=False) as journal:
            journal.append("started", {"routine": "Heel", "exercises": []}, 0)
        assert [session.number for session in read_sessions()] == [1, 2]

    def test_a_coach_may_run_meanwhile(self, home: Path) -> None:
        with Journal.open() as running:
            running.append("started", {"routine": "Back", "exercises": []}, 0)
            assert running.flush()
            assert coach("move", "pack", str(home / "all.tar")) == 0
        with tarfile.open(home / "all.tar") as pack:
            assert "journal.sqlite3" in pack.getnames()

    def test_what_is_there_already_is_kept_unless_forced(
        self,
        packed: Path,
        enter: Callable[[str], Path],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        new = enter("new")
        with Journal.open(threaded=False) as journal:
            journal.append("started", {"routine": "Mine", "exercises": []}, 0)
        routines_dir().mkdir()
        (routines_dir() / "heel.yaml").write_text("name: Mine\n")
        (routines_dir() / "other.yaml").write_text("name: Other\n")
        before = files(new)
        capsys.readouterr()
        assert coach("move", "unpack", str(packed)) == 2
        assert capsys.readouterr().err == (
            "voice-coach: Already on this machine, and different: routine file heel.yaml, "
            "1 session. Nothing was changed; --force replaces it.\n"
        )
        beside = {f"data/voice-coach/journal.sqlite3-{name}" for name in ("wal", "shm")}
        assert files(new) - beside == before - beside
        assert read_sessions()[0].routine == "Mine"
        assert coach("move", "unpack", str(packed), "--force") == 0
        assert read_sessions()[0].routine == "Heel"
        assert (routines_dir() / "heel.yaml").read_text() == "name: Heel\n"
        assert (routines_dir() / "other.yaml").exists()

    def test_a_second_pack_of_the_same_machine_only_adds(
        self, packed: Path, enter: Callable[[str], Path], home: Path
    ) -> None:
        enter("new")
        assert coach("move", "unpack", str(packed)) == 0
        enter(home.name)
        with Journal.open(threaded=False) as journal:
            journal.append("started", {"routine": "Later", "exercises": []}, 0)
            journal.append("finished", {}, to_samples(9))
        assert coach("move", "pack", "later.tar") == 0
        enter("new")
        assert coach("move", "unpack", "later.tar") == 0
        assert [session.routine for session in read_sessions()] == ["Heel", "Later"]
        assert coach("move", "unpack", str(packed)) == 2, "it would lose a session"

    def test_an_empty_home_makes_an_empty_pack(
        self, enter: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        enter("nobody")
        assert coach("move", "pack", "none.tar") == 0
        assert "(nothing: the coach keeps nothing yet)" in capsys.readouterr().out
        assert coach("move", "unpack", "none.tar") == 0
        assert "nothing: the pack is empty" in capsys.readouterr().out

    def test_names_and_files_that_are_there(
        self, packed: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("move", "pack", "all.zip") == 2
        assert "a pack is a .tar file" in capsys.readouterr().err
        assert coach("move", "pack", packed.name) == 2
        assert "is there already" in capsys.readouterr().err
        assert coach("move", "unpack", "gone.tar") == 2
        assert "Cannot unpack gone.tar: No such file or directory." in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("../escaped", tarfile.REGTYPE),
            ("routines/../../escaped", tarfile.REGTYPE),
            ("/tmp/escaped", tarfile.REGTYPE),  # noqa: S108 - never written
            ("routines/link", tarfile.SYMTYPE),
            ("models/pipe", tarfile.FIFOTYPE),
            ("paired.json", tarfile.REGTYPE),
            ("routines", tarfile.REGTYPE),
        ],
    )
    def test_what_no_pack_holds_is_refused_whole(
        self,
        name: str,
        kind: bytes,
        tmp_path: Path,
        enter: Callable[[str], Path],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        new = enter("new")
        label = json.dumps({"form": 1, "version": "9", "files": {}}).encode()
        with tarfile.open(tmp_path / "evil.tar", "w") as pack:
            for each, type_, content in (
                ("settings.toml", tarfile.REGTYPE, b""),
                (name, kind, b""),
                ("voice-coach.json", tarfile.REGTYPE, label),
            ):
                entry = tarfile.TarInfo(each)
                entry.type, entry.size, entry.linkname = type_, len(content), "/etc/passwd"
                pack.addfile(entry, io.BytesIO(content))
        assert coach("move", "unpack", "evil.tar") == 2
        said = capsys.readouterr().err
        assert "it holds something else" in said
        assert said.count("\n") == 1
        assert files(new) == set()

    @pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.99])
    def test_half_a_pack_changes_nothing(
        self,
        share: float,
        packed: Path,
        enter: Callable[[str], Path],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        whole = packed.read_bytes().rstrip(b"\0")
        packed.write_bytes(whole[: int(share * len(whole))])
        new = enter("new")
        assert coach("move", "unpack", "all.tar") == 2
        assert "no whole pack" in capsys.readouterr().err
        assert files(new) == set()

    def test_a_file_that_was_changed_on_the_way(
        self, packed: Path, enter: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        whole = packed.read_bytes()
        assert whole.count(b"taught") == 1
        packed.write_bytes(whole.replace(b"taught", b"tought"))
        new = enter("new")
        assert coach("move", "unpack", "all.tar") == 2
        assert "a file in it is damaged" in capsys.readouterr().err
        assert files(new) == set()

    def test_a_pack_of_a_newer_version(
        self,
        tmp_path: Path,
        enter: Callable[[str], Path],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        enter("new")
        label = json.dumps({"form": 2, "version": "9.0", "files": {}}).encode()
        with tarfile.open(tmp_path / "new.tar", "w") as pack:
            entry = tarfile.TarInfo("voice-coach.json")
            entry.size = len(label)
            pack.addfile(entry, io.BytesIO(label))
        assert coach("move", "unpack", "new.tar") == 2
        assert "a newer version, 9.0, made it: update this one" in capsys.readouterr().err

    def test_a_damaged_journal_in_a_pack_changes_nothing(
        self, home: Path, enter: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        journal_path().write_bytes(b"no journal" * 1000)
        assert coach("move", "pack", "all.tar") == 2
        assert "is damaged" in capsys.readouterr().err
        assert not Path("all.tar").exists()
        assert home != enter("new")
        assert not models_dir().exists()
