"""Where things are kept: of a user with a home, of a service, and of somebody without either."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from benchmarks.rig.fresh_user import KEPT
from voice_coach import paths
from voice_coach.cli.main import app
from voice_coach.errors import NoHomeError

COACH = Path(sys.executable).with_name("voice-coach")
NOBODY = 54321
"""The number of a user who stands in no list of users."""
FOLDERS = {
    "settings_path": ("XDG_CONFIG_HOME", "settings.toml"),
    "journal_path": ("XDG_DATA_HOME", "journal.sqlite3"),
    "profile_path": ("XDG_DATA_HOME", "voice.npz"),
    "paired_path": ("XDG_DATA_HOME", "paired.json"),
    "models_dir": ("XDG_DATA_HOME", "models"),
    "routines_dir": ("XDG_DATA_HOME", "routines"),
    "phrases_dir": ("XDG_CACHE_HOME", "phrases"),
    "crash_path": ("XDG_STATE_HOME", "crash.txt"),
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is chosen by the environment."""
    for name in (*KEPT, "VOICE_COACH_MODELS", *(xdg for xdg, _ in FOLDERS.values())):
        monkeypatch.delenv(name, raising=False)
    for name in ("STATE_DIRECTORY", "CACHE_DIRECTORY", "CONFIGURATION_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}[0])


@pytest.mark.parametrize("name", FOLDERS)
def test_each_in_the_folder_of_its_kind(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, last = FOLDERS[name]
    homeless(monkeypatch)
    monkeypatch.setenv(variable, str(tmp_path))
    assert getattr(paths, name)() == tmp_path / "voice-coach" / last


@pytest.mark.parametrize("name", FOLDERS)
def test_without_a_home_it_says_what_to_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    homeless(monkeypatch)
    with pytest.raises(NoHomeError, match=r"Set HOME to a folder of its own"):
        getattr(paths, name)()


@pytest.mark.parametrize("home", [None, "/", "/nonexistent"])
class TestService:
    """What systemd made for a service is used where there is no home."""

    @pytest.fixture(autouse=True)
    def no_home(self, home: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        homeless(monkeypatch)
        if home:
            monkeypatch.setenv("HOME", home)

    def test_each_kind_that_the_unit_asks_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/coach:/var/lib/other")
        monkeypatch.setenv("CACHE_DIRECTORY", "/var/cache/coach")
        monkeypatch.setenv("CONFIGURATION_DIRECTORY", "/etc/coach")
        assert paths.journal_path() == Path("/var/lib/coach/journal.sqlite3")
        assert paths.phrases_dir() == Path("/var/cache/coach/phrases")
        assert paths.settings_path() == Path("/etc/coach/settings.toml")

    def test_its_state_stands_in_for_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/coach")
        assert paths.phrases_dir() == Path("/var/lib/coach/cache/phrases")
        assert paths.settings_path() == Path("/var/lib/coach/config/settings.toml")
        assert paths.crash_path() == Path("/var/lib/coach/state/crash.txt")


def test_a_user_with_a_home_keeps_it_in_another_programs_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/other")
    assert paths.journal_path() == tmp_path / ".local/share/voice-coach/journal.sqlite3"


def test_what_onnxruntime_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homeless(monkeypatch)
    assert paths.telemetry_leftover() is None
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.telemetry_leftover() is None
    left = tmp_path / ".cache/Microsoft/DeveloperTools/.onnxruntime"
    left.mkdir(parents=True)
    assert paths.telemetry_leftover() == left
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert paths.telemetry_leftover() is None


def test_no_other_module_knows_where_anything_lies() -> None:
    """Nor reads a variable that moves it; settings have variables of the same names as theirs."""
    package = Path(paths.__file__).parent
    known, folders = set(), set()
    for module in package.rglob("*.py"):
        name = module.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            match node:
                case ast.Constant(str(text)) if re.fullmatch(r"(VOICE_COACH|XDG)_[A-Z_]+", text):
                    known.add((name, text))
                case ast.Import(names=[ast.alias("platformdirs"), *_]):
                    folders.add(name)
    assert folders == {"paths.py"}
    assert {each for each in known if each[0] != "paths.py"} == {
        ("crash.py", "VOICE_COACH_TRACEBACK"),  # no place
    }


COMMANDS = {
    "run": ["--mic=mic.wav", "--speaker=out.wav"],
    "rehearse": [],
    "listen": ["mic.wav"],
    "teach": ["--show"],
    "say": ["Hello.", "--out=out.wav"],
    "voices": [],
    "devices": [],
    "doctor": [],
    "report": [],
    "routines list": [],
    "routines show": ["back"],
    "routines check": ["good.yaml"],
    "routines schema": [],
    "models list": [],
    "understand": ["pause"],
    "models install": ["vosk-model-small-en-us-0.15"],
    "models remove": ["nothing"],
    "settings show": [],
    "settings path": [],
    "settings edit": [],
    "history": [],
    "history export": ["out.jsonl"],
    "history backup": ["copy.sqlite3"],
    "history restore": ["copy.sqlite3", "--yes"],
    "history delete": ["--yes"],
    "forget": ["--everything", "--yes"],
    "move pack": ["all.tar"],
    "move unpack": ["all.tar"],
}
"""Every command, with what it needs."""
NEEDS_NOTHING = {"devices", "routines check", "routines schema"}


def _every_command(group: typer.core.TyperGroup, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            if command.invoke_without_command:
                yield f"{before}{name}"
            yield from _every_command(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_no_command_is_left_out() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    assert set(_every_command(group)) == set(COMMANDS)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder of nobody's, to which the whole way is open, unlike to pytest's own."""
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("only the superuser can become somebody else, with setpriv")
    with tempfile.TemporaryDirectory(prefix="coach-nobody-") as folder:
        os.chown(folder, NOBODY, NOBODY)
        yield Path(folder)


class TestNobody:
    """A user who stands in no list of users and has no home, as in a container."""

    def run(self, place: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run the program as nobody, who may read what is installed, wherever that is."""
        become = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"]
        become += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        return subprocess.run(
            [*become, COACH, *arguments],
            cwd=place,
            env={"PATH": os.environ["PATH"], "ALSA_CONFIG_PATH": "/dev/null"} | env,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    @pytest.mark.slow
    @pytest.mark.parametrize("command", COMMANDS)
    def test_one_line_or_it_works(self, place: Path, command: str) -> None:
        done = self.run(place, *command.split(), *COMMANDS[command])
        assert "Traceback" not in done.stdout + done.stderr
        if command in NEEDS_NOTHING:
            assert "HOME" not in done.stderr
        else:
            assert done.returncode == 2
            assert done.stderr == (
                f"voice-coach: Nothing says where the files of user {NOBODY} are kept. "
                "Set HOME to a folder of its own; a service: StateDirectory=voice-coach.\n"
            )
        assert list(place.iterdir()) == []

    @pytest.mark.slow
    @pytest.mark.parametrize("home", ["/", "/nonexistent"])
    def test_a_home_that_is_none(self, place: Path, home: str) -> None:
        for arguments in (["say", "Hello.", "--out=hello.wav"], ["routines", "list"], ["history"]):
            done = self.run(place, *arguments, HOME=home)
            assert (done.returncode, done.stderr) == (0, "")
        (place / "hello.wav").unlink()

    @pytest.mark.slow
    def test_a_service_keeps_all_in_its_folder(self, place: Path) -> None:
        state = place / "state"
        state.mkdir()
        os.chown(state, NOBODY, NOBODY)
        done = self.run(place, "settings", "path", STATE_DIRECTORY=str(state))
        assert (done.returncode, done.stdout) == (0, f"{state}/config/settings.toml\n")
        script = place / "script.txt"
        script.write_text("00:01 say 'start breathing'\n+8 say 'stop'\n+3 say 'yes'\n")
        done = self.run(place, "rehearse", script.name, STATE_DIRECTORY=str(state))
        assert (done.returncode, done.stderr) == (0, "")
        script.unlink()
        shutil.rmtree(state)
