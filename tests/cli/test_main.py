"""What the command line prints, for people and for programs."""

import json
import re
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
import soundfile
from rich.console import Console

from tests.tools.speech import spoken_in_room
from voice_coach.audio import pcm
from voice_coach.cli import console, main, routines_and_models, voices
from voice_coach.library import schema
from voice_coach.resources import resource
from voice_coach.settings.keys import KEYS
from voice_coach.units import SAMPLE_RATE

TONES = Path(__file__).resolve().parents[1] / "fixtures" / "piper" / "tones-22050.onnx"
ROUTINES = ("back", "breathing", "gentle-stretch")


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No models, no routines of one's own, and a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "120")  # for help
    monkeypatch.setenv("VOICE_COACH_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("VOICE_COACH_SETTINGS", str(tmp_path / "settings.toml"))
    for module in (main, routines_and_models, voices, console):
        for name in {"out", "err"} & set(vars(module)):
            plain = Console(
                width=100, stderr=name == "err", highlight=False, markup=False, emoji=False
            )
            monkeypatch.setattr(module, name, plain)


def coach(*arguments: str) -> int:
    """Run a command in this process; return the exit status."""
    return console.guarded(lambda: main.app(list(arguments), standalone_mode=False))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two commands."""
    pcm.write(tmp_path / "me.wav", spoken_in_room("pause", "how long left"))
    return tmp_path / "me.wav"


class TestHelp:
    """What a newcomer sees first."""

    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("--version") == 0
        assert capsys.readouterr().out == f"voice-coach {version('voice-coach')}\n"

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            (
                [],
                [
                    "run",
                    "rehearse",
                    "listen",
                    "say",
                    "devices",
                    "routines",
                    "models",
                    "settings",
                    "history",
                ],
            ),
            (["run"], ["--mic", "--speaker", "--voice-name", "--help-settings", "start … routine"]),
            (["rehearse"], ["--out", "--timeline", "say 'pause'", "same at every run", "--tempo"]),
            (["listen"], ["--state", "--sentences", "--json", "idle", "confirm"]),
            (["say"], ["--out", "--speaker", "--voice"]),
            (["voices"], ["--play", "--json", "--voice-name", "NAME"]),
            (["routines"], ["list", "show", "check", "schema"]),
            (["models"], ["list", "install", "remove"]),
            (["settings"], ["show", "path", "edit"]),
            (["history"], ["--json", "--csv", "--plot", "export", "delete", "backup"]),
            (["history"], ["restore", "--force"]),
            (["report"], ["--out", "--force"]),
            (["forget"], ["--everything", "--yes"]),
            (["move"], ["pack", "unpack"]),
        ],
    )
    def test_every_command_and_option_is_named(
        self, command: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach(*command, "--help") == 0
        shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
        assert [word for word in words if word not in shown] == []

    @pytest.mark.parametrize("group", [[], ["routines"], ["models"], ["settings"]])
    def test_a_group_alone_shows_its_help(
        self, group: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach(*group) == 0
        alone = capsys.readouterr()
        assert coach(*group, "--help") == 0
        assert capsys.readouterr().out.strip() == alone.out.strip()
        assert "Commands" in alone.out
        assert alone.err == ""

    def test_the_help_of_run_fits_two_screens(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        assert coach("run", "--help") == 0
        shown = capsys.readouterr().out.splitlines()
        assert len(shown) <= 2 * 24
        assert max(map(len, shown)) <= 80

    def test_all_settings_of_run_are_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("run", "--help-settings") == 0
        shown = capsys.readouterr().out
        for name in KEYS:
            key = KEYS[name]
            assert key.options[0].split("/")[0].lstrip("-") in shown
        assert "--[no-]ask-pain" in shown
        assert "[0.57 to 1.75; default: 1.0]" in " ".join(shown.split())
        assert "voice-coach settings edit" in shown

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [(["rn"], "run"), (["set"], "settings"), (["modles"], "models"),
         (["models", "instal"], "install"), (["run", "--tempp", "1"], "--tempo")],
    )  # fmt: skip
    def test_what_is_misspelt_is_told_the_nearest(
        self, typed: list[str], meant: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach(*typed) == 2
        told = capsys.readouterr().err
        assert f"Did you mean '{meant}'? See '" in " ".join(told.split())
        assert told.count("\n") == 1

    def test_what_is_like_nothing_is_told_no_nearest(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("xyzzy") == 2
        assert capsys.readouterr().err.startswith("voice-coach: No such command 'xyzzy'. See '")

    def test_the_shell_completes_routines(self) -> None:
        assert routines_and_models.complete_routine("b") == ["back", "breathing"]
        assert routines_and_models.complete_routine("Gen") == ["gentle stretch"]
        assert routines_and_models.complete_routine("x") == []


class TestRoutines:
    """`voice-coach routines …`"""

    def test_list(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("routines", "list") == 0
        shown = capsys.readouterr().out
        assert re.search(r"^Back +14 +7 ", shown, re.MULTILINE)
        assert re.search(r"^Breathing +\d+ +1 ", shown, re.MULTILINE)
        assert "data/voice-coach/routines" in shown

    def test_show_has_every_cue_and_the_total(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("routines", "show", "back") == 0
        shown = capsys.readouterr().out
        plain = " ".join(shown.split())
        assert plain.startswith("Back routine Seven gentle exercises")
        assert re.search(r"^ *\d:\d\d +40 s +move +Now bring both knees", shown, re.MULTILINE)
        assert re.search(r"20 s +2 of 3 +\S.*hips", shown)
        assert re.search(r"10 s +3 of 3, right +\S.*right leg", shown)
        assert re.search(r"Total: 1[34]:\d\d minutes", shown)
        times = [
            int(minutes) * 60 + int(seconds)
            for minutes, seconds in re.findall(r"^ *(\d+):(\d\d) ", shown, re.MULTILINE)
        ]
        assert len(times) > 60
        assert times == sorted(times)

    def test_show_takes_a_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("routines", "show", str(resource("routines") / "breathing.yaml")) == 0
        assert capsys.readouterr().out.startswith("Breathing routine\n")

    def test_check(self, capsys: pytest.CaptureFixture[str]) -> None:
        paths = [str(resource("routines") / f"{name}.yaml") for name in ROUTINES]
        assert coach("routines", "check", "--no-by-ear", *paths) == 0
        shown = capsys.readouterr()
        assert shown.out.splitlines() == [
            f"{path}: good, {count}"
            for path, count in zip(
                paths, ("seven exercises", "one exercise", "three exercises"), strict=True
            )
        ]

    def test_schema_is_printed_as_it_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("routines", "schema") == 0
        assert capsys.readouterr().out == schema()


class TestModels:
    """`voice-coach models …`, as far as it needs no network."""

    def test_list(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("models", "list") == 0
        shown = capsys.readouterr().out
        assert "vosk-model-small-en-us-0.15" in shown
        assert "installed" not in shown
        assert str(tmp_path / "models") in shown.replace("\n", "")

    def test_what_is_removed_and_chosen_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        installed(tmp_path)
        (tmp_path / "settings.toml").write_text('voice_name = "tones-22050"\n')
        assert coach("models", "remove", "tones-22050") == 0
        shown = capsys.readouterr()
        assert shown.out.count("Removed ") == 2
        assert shown.err == (
            "You have chosen tones-22050: choose another one with voice-coach settings edit.\n"
        )


def installed(tmp_path: Path) -> None:
    """Install a voice of piper's."""
    (tmp_path / "models").mkdir()
    for path in TONES.parent.glob("tones-22050.onnx*"):
        shutil.copy(path, tmp_path / "models")


class TestVoices:
    """`voice-coach voices`"""

    def test_the_list_tells_which_one_speaks_and_why(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("voices") == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[1].split()[:3] == ["heart", "hibari", "speaks"]
        assert [line for line in lines[2:] if line.rstrip().endswith("harder to understand.")]
        assert sum(" speaks " in line for line in lines) == 1
        assert "heart speaks: it is the first of piper, hibari, espeak that is there." in lines
        installed(tmp_path)
        assert coach("voices", "--voice", "espeak") == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[1].split()[:2] == ["tones-22050", "piper"]
        assert "en-gb speaks: you have chosen espeak." in lines

    def test_an_object_for_programs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("voices", "en-us", "heart", "--voice-name", "en-us", "--json") == 0
        first, second = map(json.loads, capsys.readouterr().out.splitlines())
        assert (first["name"], first["engine"], first["speaks"]) == ("en-us", "espeak", True)
        assert first["why"] == "you have chosen it"
        assert (second["name"], second["speaks"], second["why"]) == ("heart", False, None)

    def test_they_are_heard_one_after_the_other(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for names in (["en-gb"], ["en-us"], ["en-gb", "en-us"]):
            file = tmp_path / f"{len(names)}{names[0]}.wav"
            assert coach("voices", "--play", *names, "--speaker", str(file)) == 0
        assert capsys.readouterr().out.splitlines()[-2:] == ["en-gb (espeak)", "en-us (espeak)"]
        one, other, both = (
            soundfile.info(tmp_path / name).duration
            for name in ("1en-gb.wav", "1en-us.wav", "2en-gb.wav")
        )
        assert both == pytest.approx(one + other + 0.6, abs=0.3)

    def test_one_that_cannot_speak_does_not_keep_the_others_from_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        installed(tmp_path)
        (tmp_path / "models" / "tones-22050.onnx").write_bytes(b"damaged")
        names = ("tones-22050", "en-gb")
        assert coach("voices", "--play", *names, "--speaker", str(tmp_path / "a.wav")) == 1
        shown = capsys.readouterr()
        assert shown.out == "en-gb (espeak)\n"
        assert "tones-22050.onnx is damaged" in shown.err

    @pytest.mark.parametrize("command", [["say", "hello"], ["voices"]])
    def test_an_unknown_name_is_told_with_its_place(
        self, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = tmp_path / "settings.toml"
        settings.write_text('\nvoice_name = "hart"\n')
        assert coach(*command) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(
            f"voice-coach: {settings}:2: The coach has no voice 'hart'. Did you mean 'heart'?"
        )
        assert line.endswith(", en-us-nyc. Change it: voice-coach settings edit")
        assert coach(*command, "--voice-name", "hart") == 2


class TestRun:
    """`voice-coach run`"""

    @pytest.mark.slow
    def test_a_recording_in_place_of_the_microphone_ends_with_a_sentence(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        pcm.write(tmp_path / "me.wav", pcm.silence(SAMPLE_RATE))
        assert coach("run", "--mic", "me.wav", "--speaker", "out.wav", "--voice", "espeak") == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == "me.wav has been heard to its end; the session ends with it."


class TestListen:
    """`voice-coach listen`"""

    @pytest.mark.slow
    def test_a_line_for_people(self, recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("listen", str(recording)) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [re.sub(r"[\d.]+", "#", line.partition("wav: ")[2]) for line in lines] == [
            "#–# s  “pause”  pause  (confidence #, decided at # s)",
            "#–# s  “how long left”  time_left  (confidence #, decided at # s)",
        ]

    @pytest.mark.slow
    def test_an_object_for_programs(
        self, recording: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("listen", "--json", "--state", "session", str(recording)) == 0
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        keys = {"file", "start", "end", "decided", "text", "intent", "slots", "confidence"}
        assert [set(each) for each in found] == [keys, keys]
        assert [each["intent"] for each in found] == ["pause", "time_left"]

    @pytest.mark.slow
    def test_a_microphone_of_the_settings_does_not_hinder_recordings(
        self, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "settings.toml").write_text("microphone = 'none of these'\n")
        assert coach("listen", str(recording)) == 0
        assert len(capsys.readouterr().out.splitlines()) == 2

    @pytest.mark.slow
    def test_nothing_found_is_no_failure(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pcm.write(tmp_path / "silence.wav", pcm.silence(SAMPLE_RATE))
        assert coach("listen", str(tmp_path / "silence.wav")) == 0
        assert capsys.readouterr().out == f"{tmp_path / 'silence.wav'}: no command was heard.\n"
        assert coach("listen", "--json", str(tmp_path / "silence.wav")) == 0
        assert capsys.readouterr().out == ""

    @pytest.mark.slow
    def test_what_was_no_command_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pcm.write(tmp_path / "me.wav", spoken_in_room("the weather is nice today", "pause"))
        assert coach("listen", str(tmp_path / "me.wav")) == 0
        left, taken = capsys.readouterr().out.splitlines()
        assert re.search(r"wav: [\d.]+–[\d.]+ s  heard “.*weather.*”, no command$", left)
        assert "“pause”" in taken


class TestRehearse:
    """`voice-coach rehearse`"""

    @pytest.mark.slow
    def test_lines_files_and_the_figures(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        script, wav, timeline = (tmp_path / name for name in ("s.txt", "s.wav", "s.jsonl"))
        script.write_text("00:01 say 'what can I say'\n+12 say 'pause'\n")
        assert coach("rehearse", str(script), "--out", str(wav), "--timeline", str(timeline)) == 0
        lines = capsys.readouterr().out.splitlines()
        assert (
            lines[0]
            == "Listens with pocketsphinx and moonshine (embedded), speaks with hibari (heart)."
        )
        assert re.fullmatch(r"00:0\d\.\d\d  you    “what can i say”", lines[1])
        assert re.fullmatch(r"00:0\d\.\d\d  coach  You can say start back routine, .*", lines[2])
        assert re.fullmatch(r"00:\d\d\.\d\d  coach  Nothing is running\. .*", lines[4])
        assert re.fullmatch(
            r"\d+\.\d s of session in \d+\.\d s; 2 commands heard, 2 spoken\.", lines[5]
        )
        assert lines[6:] == [f"Written: {wav}", f"Written: {timeline}"]
        assert soundfile.info(wav).channels == 2
        assert len(timeline.read_text().splitlines()) == 4

    @pytest.mark.slow
    def test_it_is_the_same_whatever_somebody_has_chosen(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script, timeline = tmp_path / "s.txt", tmp_path / "s.jsonl"
        script.write_text(
            "00:01 say 'start back routine'\n+14 say 'pause'\n+4 say 'stop'\n+3 say 'yes'\n"
        )

        def rehearsed(*options: str) -> str:
            command = ["rehearse", str(script), "--voice=espeak", "--timeline", str(timeline)]
            assert coach(*command, *options) == 0
            return timeline.read_text()

        plain = rehearsed()
        (tmp_path / "settings.toml").write_text("ask_pain = true\nverbosity = 'tones'\n")
        monkeypatch.setenv("VOICE_COACH_TEMPO", "1.75")
        assert rehearsed() == plain
        assert rehearsed("--tempo", "1.75") != plain
        assert "does your back hurt" not in plain
        assert "does your back hurt" in rehearsed("--ask-pain")


class TestSay:
    """`voice-coach say`"""

    def test_a_file_of_any_name(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("hello.wav", "hello"):
            assert coach("say", "hello there", "--out", str(tmp_path / name)) == 0
        assert capsys.readouterr().out == ""
        first, second = ((tmp_path / name).read_bytes() for name in ("hello.wav", "hello"))
        assert first == second
        assert 0.5 < soundfile.info(tmp_path / "hello").duration < 2

    def test_the_file_of_settings_counts(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = tmp_path / "settings.toml"
        settings.write_text(f"speaker = '{tmp_path}/set.wav'\n")
        assert coach("say", "hello there") == 0
        assert 0.5 < soundfile.info(tmp_path / "set.wav").duration < 2
        settings.write_text("\nspeakr = 'hall'\n")
        assert coach("say", "hello there") == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"voice-coach: {settings}:2: unknown key 'speakr'. Did you mean")

    def test_the_loudspeaker_may_be_a_file(self, tmp_path: Path) -> None:
        assert coach("say", "hello there", "--speaker", str(tmp_path / "a.wav")) == 0
        assert soundfile.info(tmp_path / "a.wav").frames > 8000
