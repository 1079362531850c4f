"""Settings on the command line: which value counts, and `voice-coach settings …`."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from voice_coach.cli import console, main
from voice_coach.cli import settings as settings_commands
from voice_coach.cli.settings import Choice, with_settings
from voice_coach.core.preferences import Preferences
from voice_coach.settings.file import template
from voice_coach.settings.keys import KEYS, PREFERENCES, BreathCue, Settings, Verbosity


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings are: there is none yet, and none in the environment."""
    for name in [name for name in os.environ if name.startswith("VOICE_COACH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("VOICE_COACH_SETTINGS", str(tmp_path / "settings.toml"))
    for module in (settings_commands, console):
        for name in {"out", "err"} & set(vars(module)):
            plain = Console(
                width=200, stderr=name == "err", highlight=False, markup=False, emoji=False
            )
            monkeypatch.setattr(module, name, plain)
    return tmp_path / "settings.toml"


class Probe:
    """A program with two commands that keep what they are given."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.choices: dict[str, Choice] = {}
        self.own: list[Any] = []
        self.app = typer.Typer()

        @self.app.command()
        @with_settings(*KEYS)
        def keep(settings: Settings, choices: dict[str, Choice], word: str = "none") -> None:
            self.settings, self.choices, self.own = settings, choices, [word]

        @self.app.command()
        @with_settings("voice", given=PREFERENCES)
        def rehearse(settings: Settings, given: dict[str, Any], context: typer.Context) -> None:
            self.settings, self.own = settings, [context.command.name, given]

    def __call__(self, *arguments: str, command: str = "keep") -> int:
        return console.guarded(lambda: self.app([command, *arguments], standalone_mode=False))


@pytest.fixture
def probe() -> Probe:
    """A program that has not been run."""
    return Probe()


def coach(*arguments: str) -> int:
    """Run a command in this process; return the exit status."""
    return console.guarded(lambda: main.app(list(arguments), standalone_mode=False))


EXAMPLES = {
    "microphone": ("usb", "hand", "desk"),
    "speaker": ("headset", "hall", "bar"),
    "recogniser": ("vosk", "moonshine", "pocketsphinx"),
    "vosk_model": ("one", "two", "three"),
    "voice": ("piper", "hibari", "auto"),
    "voice_name": ("one", "two", "three"),
    "tempo": ("0.57", "1.75", "1.2"),
    "volume_db": ("-24.0", "8.0", "-1.5"),
    "verbosity": ("brief", "tones", "full"),
    "breath": ("voice", "tones", "both"),
    "get_ready": ("wait", "count", "wait"),
    "get_ready_seconds": ("3", "300", "20"),
    "ask_pain": ("false", "true", "false"),
    "phrase_cache_mb": ("0", "4096", "1"),
    "screen": ("lan", "on", "off"),
    "screen_port": ("1024", "65535", "8642"),
}
"""For every key, a value for the file, the environment and the option."""


def test_every_preference_of_a_session_is_a_key() -> None:
    assert {each.name for each in fields(Preferences)} == set(PREFERENCES) <= set(KEYS)
    assert Preferences(**Settings(ask_pain=False).preferences()) == Preferences()


class TestPrecedence:
    """An option goes before the environment, that before the file, that before the default."""

    def test_every_key_is_tried(self) -> None:
        assert list(EXAMPLES) == list(KEYS)

    def test_defaults(self, probe: Probe) -> None:
        assert probe("--word", "hello") == 0
        assert probe.settings == Settings()
        assert probe.own == ["hello"]
        assert {choice.source for choice in probe.choices.values()} == {"default"}

    @pytest.mark.parametrize("name", KEYS)
    def test_one_after_the_other(
        self, name: str, probe: Probe, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key, (filed, variable, option) = KEYS[name], EXAMPLES[name]
        quoted = key.kind not in (float, int, bool)
        path.write_text(f"\n\n{name} = {json.dumps(filed) if quoted else filed}\n")

        def taken(text: str) -> Any:
            return text == "true" if key.kind is bool else key.kind(text)

        assert probe() == 0
        assert probe.choices[name] == Choice(taken(filed), "file", f"{path}:3")
        assert getattr(probe.settings, name) == taken(filed)
        for place in reversed(key.variables):
            monkeypatch.setenv(place, variable)
            assert probe() == 0
            assert probe.choices[name] == Choice(taken(variable), "environment", place)
        chosen = key.options[0].split("/")
        options = [chosen[option != "true"]] if key.kind is bool else [chosen[0], option]
        assert probe(*options) == 0
        assert probe.choices[name] == Choice(taken(option), "option", key.options[0])
        assert type(getattr(probe.settings, name)) is key.kind

    @pytest.mark.parametrize(
        ("options", "voice", "name"),
        [
            ([], "piper", "theirs"),
            (["--voice", "espeak"], "espeak", None),
            (["--voice-name", "heart"], "auto", "heart"),
            (["--voice", "espeak", "--voice-name", "en-us"], "espeak", "en-us"),
        ],
    )
    def test_of_engine_and_voice_the_nearer_one_counts(
        self, options: list[str], voice: str, name: str | None, probe: Probe, path: Path
    ) -> None:
        path.write_text('voice = "piper"\nvoice_name = "theirs"\n')
        assert probe(*options) == 0
        assert (probe.settings.voice, probe.settings.voice_name) == (voice, name)

    def test_a_voice_that_is_given_alone_needs_no_engine(self, probe: Probe, path: Path) -> None:
        path.write_text('voice = "piper"\n')
        assert probe("--voice-name", "heart", command="rehearse") == 0
        assert probe.settings.voice == "auto"
        assert probe.own == ["rehearse", {"voice_name": "heart"}]

    def test_help_needs_no_file(
        self,
        probe: Probe,
        path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("COLUMNS", "140")
        path.write_bytes(b"\0 broken")
        assert probe("--help") == 0
        shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
        for key in KEYS.values():
            named = [option for options in key.options for option in options.split("/")]
            words = [*named, *key.variables, *key.choices, *key.about.split()]
            assert [word for word in words if word not in shown] == []

    def test_an_empty_variable_is_none(
        self, probe: Probe, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path.write_text("tempo = 1.1")
        for name in KEYS:
            monkeypatch.setenv(f"VOICE_COACH_{name.upper()}", "")
        assert probe() == 0
        assert probe.settings == Settings(tempo=1.1)

    def test_some_come_from_options_alone(
        self, probe: Probe, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path.write_text("tempo = 1.1\nvoice = 'espeak'\n")
        monkeypatch.setenv("VOICE_COACH_VERBOSITY", "brief")
        assert probe("--breath", "tones", command="rehearse") == 0
        assert probe.settings.voice == "espeak"
        assert probe.settings.preferences() == Settings().preferences()
        assert probe.own == ["rehearse", {"breath": BreathCue.TONES}]
        assert probe("--no-ask-pain", "--tempo", "1.0", command="rehearse") == 0
        assert probe.own == ["rehearse", {"tempo": 1.0, "ask_pain": False}]

    def test_a_mistake_in_the_file_ends_the_command(
        self, probe: Probe, path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path.write_text("\ntempo = 7\n")
        assert probe() == 2
        told = f"voice-coach: {path}:2: 'tempo' is 7; expected a number from 0.57 to 1.75."
        assert capsys.readouterr().err.startswith(told)

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("tempo", "9", r"Invalid value for '--tempo'.*1\.75"),
            ("tempo", "nan", r"Invalid value for '--tempo'"),
            ("breath", "gills", r"'gills' is not one of 'voice', 'tones', 'both'"),
            ("ask_pain", "perhaps", r"Invalid value for '--ask-pain'.*boolean"),
            ("get_ready_seconds", "2", r"Invalid value for '--get-ready-seconds'.* 3"),
        ],
    )
    def test_a_mistake_in_the_environment(
        self, name: str, value: str, said: str, probe: Probe, capsys: pytest.CaptureFixture[str]
    ) -> None:
        variable = f"VOICE_COACH_{name.upper()}"
        os.environ[variable] = value
        try:
            assert probe() == 2
        finally:
            del os.environ[variable]
        (line,) = capsys.readouterr().err.splitlines()
        assert re.search(said, line)
        assert f"(env var: '{variable}')" in line


class TestShow:
    """`voice-coach settings show`"""

    def test_every_key_its_value_and_its_source(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path.write_text("# mine\ntempo = 1.1\n")
        monkeypatch.setenv("VOICE_COACH_VERBOSITY", "brief")
        assert coach("settings", "show") == 0
        heading, *rows, last = capsys.readouterr().out.splitlines()
        assert heading.split() == ["key", "value", "from"]
        shown = {name: (value, place) for name, value, place in map(str.split, rows)}
        assert list(shown) == list(KEYS)
        assert shown["tempo"] == ("1.1", f"{path}:2")
        assert shown["verbosity"] == ('"brief"', "VOICE_COACH_VERBOSITY")
        assert shown["ask_pain"] == ("true", "default")
        assert shown["microphone"] == ("–", "default")
        assert last == str(path)

    def test_for_programs(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path.write_text("speaker = 'höhle'\n")
        assert coach("settings", "show", "--json", "--volume-db", "-3") == 0
        shown = json.loads(capsys.readouterr().out)
        assert list(shown) == list(KEYS)
        assert shown["speaker"] == {"value": "höhle", "source": "file", "place": f"{path}:1"}
        assert shown["volume_db"] == {"value": -3.0, "source": "option", "place": "--volume-db"}
        assert shown["voice"] == {"value": "auto", "source": "default", "place": None}

    def test_a_file_that_is_not_there(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("settings", "show") == 0
        assert capsys.readouterr().out.splitlines()[-1] == f"{path} (not there yet)"

    def test_the_path_is_all_that_is_printed(
        self, path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path.write_bytes(b"\0 broken")
        assert coach("settings", "path") == 0
        assert capsys.readouterr().out == f"{path}\n"


class TestEdit:
    """`voice-coach settings edit`"""

    @pytest.fixture
    def editor(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Make a line of Python the editor; the file is `path`, and `before` what it held."""

        def make(line: str, variable: str = "EDITOR") -> None:
            program = tmp_path / "my editor.py"
            begin = "import pathlib, sys\npath = pathlib.Path(sys.argv[-1])\n"
            program.write_text(f"{begin}before = path.read_text()\n{line}\n")
            command = shlex.join([sys.executable, str(program), "--wait"])
            monkeypatch.setenv(variable, command)

        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.delenv("EDITOR", raising=False)
        return make

    def test_the_first_time_there_is_a_file_with_comments(
        self, editor: Any, path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        editor("path.write_text(before.replace('#verbosity = \"auto', 'verbosity = \"brief'))")
        assert coach("settings", "edit") == 0
        assert path.read_text() == template().replace('#verbosity = "auto"', 'verbosity = "brief"')
        assert capsys.readouterr().out == f"{path}: good, 1 key chosen\n"
        assert coach("settings", "show", "--json") == 0
        shown = json.loads(capsys.readouterr().out)["verbosity"]
        assert (shown["value"], shown["source"]) == (Verbosity.BRIEF, "file")

    def test_every_mistake_is_told(
        self, editor: Any, path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path.write_text("# mine\n")
        editor('path.write_text(before + \'tmpo = 1\\n\\nbreath = "both"\\nvoice = "pipe"\\n\')')
        assert coach("settings", "edit") == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.splitlines() == [
            f"{path}:2: unknown key 'tmpo'. Did you mean 'tempo'?",
            f"{path}:5: 'voice' is \"pipe\"; expected 'auto', 'piper', 'hibari' or 'espeak'. "
            "Did you mean 'piper'?",
        ]

    def test_what_is_no_toml(
        self, editor: Any, path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        editor("path.write_text('tempo = 1.0\\nvoice = piper\\n')")
        assert coach("settings", "edit") == 2
        (line,) = capsys.readouterr().err.splitlines()
        said = "2: not valid TOML: Invalid value, at column 9. Text needs quotes."
        assert line == f"voice-coach: {path}:{said}"

    def test_a_broken_file_can_be_mended(self, editor: Any, path: Path) -> None:
        path.write_text("tempo 1.0\n")
        editor("path.write_text(before.replace(' ', '='))")
        assert coach("settings", "edit") == 0
        assert path.read_text() == "tempo=1.0\n"

    def test_the_visual_one_comes_first(
        self, editor: Any, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        editor("path.write_text('tempo = 1.5')", "VISUAL")
        monkeypatch.setenv("EDITOR", "false")
        assert coach("settings", "edit") == 0
        assert path.read_text() == "tempo = 1.5"

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ("/nowhere/editor", "'/nowhere/editor' cannot be started: No such file"),
            ("false", "'false' ended with status 1"),
            ("vi 'x", "'vi 'x' is no command: No closing quotation"),
        ],
    )
    def test_editors_that_fail(
        self,
        command: str,
        said: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", command)
        assert coach("settings", "edit") == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"voice-coach: The editor {said}")

    def test_no_editor_at_all(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for name in ("VISUAL", "EDITOR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert coach("settings", "edit") == 2
        assert "No editor was found. Set EDITOR to one" in capsys.readouterr().err

    @pytest.mark.slow
    def test_the_interrupt_key_is_left_to_the_editor(
        self, editor: Any, tmp_path: Path, path: Path
    ) -> None:
        ready = tmp_path / "ready"
        editor(
            "import signal\n"
            "def key(*_):\n    path.write_text('tempo = 1.4')\n    sys.exit(0)\n"
            f"signal.signal(signal.SIGINT, key)\npathlib.Path({str(ready)!r}).touch()\n"
            "signal.pause()"
        )
        program = "from voice_coach.cli import main; main.main()"
        command = [sys.executable, "-c", program, "settings", "edit"]
        with subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.PIPE, text=True
        ) as process:
            deadline = time.monotonic() + 60
            while not ready.exists() and time.monotonic() < deadline:
                os.sched_yield()
            os.killpg(process.pid, signal.SIGINT)
            shown, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert shown == f"{path}: good, 1 key chosen\n"
