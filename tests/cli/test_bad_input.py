"""Whatever goes wrong on the command line is told in one line, with status 2 and no traceback.

Everything here runs the program that is installed, in a process of its own, in an environment
without sound, without models and without routines of one's own.
"""

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from benchmarks.rig.sound_server import SoundServer
from voice_coach.audio import pcm
from voice_coach.audio.pcm import decibels, silence
from voice_coach.resources import resource
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import LOUDSPEAKER_RATE, SAMPLE_RATE, to_samples

COACH = Path(sys.executable).with_name("voice-coach")
GOOD = """\
name: Evening
purpose: It calms.
exercises:
  - name: Reach
    purpose: It is good.
    position: any
    get_there: Sit.
    setup: Relax.
    steps:
      - cue: Hold it.
        seconds: 20
"""
SENTENCES = """\
intents:
  order:
    data:
      - sentences: ["(pause|stop) [the] {what}"]
lists:
  what:
    values: [session, music]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of every kind, most of them wrong."""
    place = tmp_path_factory.mktemp("input")
    files: dict[str, str | bytes] = {
        "good.yaml": GOOD,
        "typo.yaml": GOOD.replace("cue", "queue"),
        "negative.yaml": GOOD.replace("20", "-20"),
        "absurd.yaml": GOOD.replace("20", "86400"),
        "tab.yaml": GOOD.replace("    setup", "\tsetup"),
        "list.yaml": "- one\n",
        "empty.yaml": "",
        "binary.yaml": bytes(range(256)),
        "bomb.yaml": "a: &a [x]\n"
        + "".join(
            f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "empty.wav": b"",
        "noise.wav": bytes(range(256)) * 20,
        "text.wav": "not a sound",
        "half.flac": b"fLaC" + bytes(60),
        "empty.txt": "# nothing\n",
        "verb.txt": "00:01 say 'pause'\n00:02 sya 'pause'\n",
        "line.txt": "at noon, say pause\n",
        "binary.txt": bytes(range(256)),
        "missing.txt": "00:01 play 'nowhere.wav'\n",
        "sentences.yaml": SENTENCES,
        "unread.yaml": SENTENCES.replace("(pause", "(((pause"),
        "new\nline.yaml": "- one\n",
        "[bold][/x].yaml": "- one\n",
    }
    for name, content in files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(content.encode() if isinstance(content, str) else content)
    pcm.write(place / "bare.wav", silence(0))
    for lacking in ("vosk/am", "piper"):
        (place / "models" / lacking).mkdir(parents=True)
    (place / "models" / "vosk" / "am" / "final.mdl").write_bytes(b"model")
    (place / "models" / "piper" / "voice.onnx").write_bytes(b"voice")
    return place


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A machine without sound, without models, and with an empty home."""
    home = tmp_path_factory.mktemp("home")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VOICE_COACH_", "XDG_", "PULSE_", "PIPEWIRE_", "JACK_"))
    }
    # ALSA ends the program if it has no configuration; this one knows no sound card.
    (home / "asound.conf").write_text("pcm.pulse { type pulse }\n")
    return kept | {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "PULSE_SERVER": f"unix:{home}/nothing",
        "ALSA_CONFIG_PATH": str(home / "asound.conf"),
        "JACK_NO_START_SERVER": "1",
        "COLUMNS": "80",
    }


Done = subprocess.CompletedProcess[str]


def coach(*arguments: str, env: dict[str, str], cwd: Path | None = None) -> Done:
    """Run the program to its end."""
    return subprocess.run(
        [str(COACH), *arguments],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=60,
        check=False,
    )


def shell(command: str, env: dict[str, str], cwd: Path) -> Done:
    """Run the program as `$COACH` of a shell, which brings redirections and pipes."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env=env | {"COACH": str(COACH)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def the_line(done: Done) -> str:
    """Return the one line that tells what is wrong; fail if it is told in any other way."""
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("voice-coach: ")
    assert line.isprintable()
    return line.removeprefix("voice-coach: ")


WRONG = {
    # routines
    "routine": (["run", "bakc"], r"no routine 'bakc'. Did you mean 'back'\? There are: back, "),
    "show folder": (["routines", "show", "."], r"There is no routine '\.'"),
    "show no file": (["routines", "show", "no.yaml"], r"no\.yaml: cannot be read: No such file"),
    "typo": (
        ["routines", "show", "typo.yaml"],
        r"typo\.yaml:10: unknown key 'queue'\. Did you mean 'cue'\?",
    ),
    "negative": (["routines", "show", "negative.yaml"], r":11: 'seconds' is -20; it should be gr"),
    "absurd": (["routines", "show", "absurd.yaml"], r":11: 'seconds' is 86400; .* equal to 600"),
    "tab": (["routines", "show", "tab.yaml"], r":8: not valid YAML: .* Indent with spaces"),
    "list": (["routines", "show", "list.yaml"], r":1: expected a routine with 'name:'"),
    "empty": (["routines", "show", "empty.yaml"], r"empty\.yaml: the file is empty"),
    "binary": (["routines", "show", "binary.yaml"], r"binary\.yaml:\d+: not a text file"),
    "bomb": (["routines", "show", "bomb.yaml"], r"bomb\.yaml: holds more than 50000 values"),
    "brackets": (["routines", "show", "[bold][/x].yaml"], r"^\[bold\]\[/x\]\.yaml:1: expected"),
    "line break": (["routines", "show", "new\nline.yaml"], r"^new line\.yaml:1: expected a rout"),
    # recordings
    "recording": (["listen", "no.wav"], r"Cannot read no\.wav: there is no such file"),
    "empty recording": (["listen", "empty.wav"], r"empty\.wav: the file is empty"),
    "noise": (["listen", "noise.wav"], r"noise\.wav: it is damaged or no sound file"),
    "bare": (["listen", "bare.wav"], r"bare\.wav: it holds no sound"),
    "half": (["listen", "half.flac"], r"half\.flac: it is damaged or no sound file"),
    "folder": (["listen", "."], r"Cannot read \.: it is a folder"),
    "both": (["listen", "noise.wav", "--mic", "usb"], r"recordings or --mic, not both"),
    "mic file": (["listen", "--mic", "noise.wav"], r"noise\.wav: it is damaged or no sound file"),
    "run mic file": (["run", "back", "--mic", "no.wav"], r"Cannot read no\.wav"),
    # sentences
    "examined file": (
        ["doctor", "--hearing", "--mic", "no.wav"],
        r"no\.wav: there is no such file",
    ),
    "examined": (["doctor", "--hearing"], r"There is no sound device on this machine\."),
    "sentences": (["listen", "x.wav", "--sentences", "no.yaml"], r"no\.yaml: cannot be read"),
    "no intents": (["listen", "x.wav", "--sentences", "good.yaml"], r"expected a Home Assistant"),
    "no yaml": (["listen", "x.wav", "--sentences", "tab.yaml"], r"tab\.yaml:8: not valid YAML"),
    "unread": (["listen", "x.wav", "--sentences", "unread.yaml"], r"cannot read the sentence"),
    # scripts
    "script": (["rehearse", "no.txt"], r"no\.txt: cannot be read: No such file"),
    "empty script": (["rehearse", "empty.txt"], r"the script is empty; expected lines like"),
    "endless script": (["rehearse", "/dev/zero"], r"/dev/zero: larger than 256 kB"),
    "verb": (["rehearse", "verb.txt"], r"verb\.txt:2: unknown word 'sya'.*Did you mean 'say'\?"),
    "line": (["rehearse", "line.txt"], r"line\.txt:1: expected a line like 00:12 say 'pause'"),
    "binary script": (["rehearse", "binary.txt"], r"binary\.txt:\d+: not a text file"),
    "script sound": (["rehearse", "missing.txt"], r"Cannot read .*nowhere\.wav"),
    # outputs
    "full disk": (["say", "hello", "--out", "/dev/full"], r"Cannot write /dev/full: the disk is f"),
    "full, rehearsed": (["rehearse", "--out", "/dev/full"], r"/dev/full: the disk is full"),
    "full timeline": (["rehearse", "--timeline", "/dev/full"], r"/dev/full: the disk is full"),
    "read-only": (["say", "hello", "--out", "/proc/a.wav"], r"Cannot write /proc/a\.wav"),
    "file as folder": (["say", "hello", "--out", "good.yaml/a.wav"], r"is not a folder"),
    "no folder": (["rehearse", "--out", "no/a.wav"], r"Cannot write no/a\.wav: there is no such"),
    "no folder, timeline": (["rehearse", "--timeline", "no/a"], r"Cannot write no/a: No such"),
    "onto folder": (["say", "hello", "--out", "."], r"Cannot write \.: it is a folder"),
    "format": (["say", "hello", "--out", "a.mp3"], r"a\.mp3: only WAV is written"),
    # speech
    "nothing": (["say", ""], r"There is nothing to say in ''. Give some words"),
    "no words": (["say", "…", "--out", "a.wav"], r"There is nothing to say in '…'"),
    "too much": (["say", "word " * 3000, "--out", "a.wav"], r"15,000 characters is too long"),
    # sound
    "run": (["run"], r"There is no sound device on this machine\. Connect a headset"),
    "listen": (["listen"], r"There is no sound device on this machine"),
    "say": (["say", "hello"], r"There is no sound device on this machine"),
    "devices": (["devices"], r"There is no sound device on this machine"),
    # models
    "vosk": (["rehearse", "--recogniser", "vosk"], r"model for vosk is not installed.* models in"),
    "piper": (["say", "hello", "--voice", "piper"], r"model for piper is not installed"),
    "voice": (
        ["say", "hello", "--voice-name", "hart"],
        r"no voice 'hart'\. Did you mean 'heart'\?",
    ),
    "voice elsewhere": (["voices", "emma"], r"'emma' would have to be downloaded.* There are: hea"),
    "voice of another": (["run", "--voice", "espeak", "--voice-name", "heart"], r"voice of hibari"),
    "vosk model": (
        ["listen", "noise.wav", "--vosk-model", "vosk-model-en-us-0.22-lgraph"],
        r"not installed\. Get it: voice-coach models install vosk-model-en-us-0\.22-lgraph\.$",
    ),
    "install": (["models", "install", "vsok"], r"No model is called 'vsok'"),
    "remove": (["models", "remove", "vosk"], r"No model called 'vosk' is installed"),
    # the command line itself
    "command": (["rehears"], r"No such command 'rehears'.*rehearse.* See 'voice-coach --help'"),
    "subcommand": (["routines", "chekc"], r"No such command 'chekc'.*check.*routines --help'"),
    "option": (["listen", "--jsn", "x.wav"], r"No such option: --jsn.*--json.*listen --help'"),
    "no file": (["routines", "check"], r"Missing argument 'files'\. See"),
    "too many": (["say", "two", "words"], r"unexpected extra argument"),
    "state": (["listen", "--state", "awake", "x.wav"], r"'awake' is not one of 'idle', 'session'"),
    "engine": (
        ["run", "--recogniser", "siri"],
        r"'siri' is not one of 'auto', 'moonshine', 'vosk', ",
    ),
}


@pytest.fixture(scope="module")
def outcomes(folder: Path, env: dict[str, str]) -> dict[str, Done]:
    """What came of each case; on all processors at once, because starting takes most of it."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(lambda case: coach(*case[0], env=env, cwd=folder), WRONG.values())
        return dict(zip(WRONG, done, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG)
def test_one_line_says_what_is_wrong(case: str, outcomes: dict[str, Done]) -> None:
    line = the_line(outcomes[case])
    assert re.search(WRONG[case][1], line), line


@pytest.mark.slow
def test_nothing_is_left_behind(folder: Path, outcomes: dict[str, Done]) -> None:
    assert len(outcomes) == len(WRONG)
    left = {path.name for path in folder.rglob("*") if path.suffix in (".part", ".mp3", ".jsonl")}
    assert left == set()
    assert not (folder / "a.wav").exists()


def test_routines_that_are_checked_get_a_line_each(folder: Path, env: dict[str, str]) -> None:
    names = ["typo.yaml", "good.yaml", "binary.yaml", "[bold][/x].yaml"]
    done = coach("routines", "check", "--no-by-ear", *names, env=env, cwd=folder)
    assert done.returncode == 2
    assert done.stdout == "good.yaml: good, one exercise\n"
    assert [line.split(" ")[0] for line in done.stderr.splitlines()] == [
        "typo.yaml:10:",
        "binary.yaml:1:",
        "[bold][/x].yaml:1:",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rehearse", "--recogniser", "vosk"], r"vosk cannot be used: .*vosk/.* is missing"),
        (["say", "hello", "--voice", "piper"], r"piper cannot be used: .*voice\.onnx"),
    ],
)
def test_a_model_folder_with_a_file_missing(
    arguments: list[str], said: str, folder: Path, env: dict[str, str]
) -> None:
    done = coach(*arguments, env=env | {"VOICE_COACH_MODELS": str(folder / "models")}, cwd=folder)
    line = the_line(done)
    assert re.search(said, line), line
    assert "voice-coach models install" in line


def test_a_routine_of_ones_own_that_is_broken_does_not_stop_the_rest(
    tmp_path: Path, folder: Path, env: dict[str, str]
) -> None:
    own = tmp_path / "voice-coach" / "routines"
    own.mkdir(parents=True)
    (own / "[dim]broken.yaml").write_bytes((folder / "typo.yaml").read_bytes())
    done = coach("routines", "list", env=env | {"XDG_DATA_HOME": str(tmp_path)})
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.endswith("[dim]broken.yaml:10: unknown key 'queue'. Did you mean 'cue'? (left out)")
    assert "Gentle stretch" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("place", [None, "", "/dev/null", "/proc", "/nonexistent"])
def test_folders_of_ones_own_that_are_none(place: str | None, env: dict[str, str]) -> None:
    names = ("HOME", "XDG_DATA_HOME", "VOICE_COACH_MODELS")
    changed = {name: value for name, value in env.items() if name not in names}
    if place is not None:
        changed |= dict.fromkeys(names[:1] if place == "/proc" else names, place)
    done = coach("routines", "list", env=changed)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Breathing" in done.stdout


@pytest.mark.real_sound
def test_a_microphone_that_is_not_there_gets_the_list_of_those_that_are(
    sound_server: SoundServer,
) -> None:
    done = coach("listen", "--mic", "telephone", env=sound_server.env)
    line = the_line(done)
    assert line.startswith("No microphone is called 'telephone'. There is: ")
    assert "'pulse'" in line


@pytest.fixture(scope="module")
def pause() -> pcm.Pcm:
    """Somebody says "pause the music"."""
    with closing(EspeakVoice("en-us+m3")) as voice:
        clip = pcm.as_heard(voice.render("pause the music")) * np.float32(decibels(-10))
    return np.concatenate([silence(to_samples(0.6)), clip, silence(to_samples(0.6))])


class TestSoundThatIsTaken:
    """Recordings of every kind are listened to, not refused."""

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "kind",
        [
            ("plain.wav", 16_000, 1, "PCM_16"),
            ("telephone.wav", 8_000, 1, "ULAW"),
            ("studio.wav", 48_000, 2, "PCM_24"),
            ("float.flac", 44_100, 2, "PCM_16"),
            ("music.ogg", 48_000, 2, "VORBIS"),
        ],
        ids=lambda kind: kind[0],
    )
    def test_any_rate_any_channels(
        self,
        tmp_path: Path,
        folder: Path,
        env: dict[str, str],
        pause: pcm.Pcm,
        kind: tuple[str, int, int, str],
    ) -> None:
        name, rate, channels, subtype = kind
        sound = soxr.resample(pause, SAMPLE_RATE, rate)
        soundfile.write(tmp_path / name, np.stack([sound] * channels, axis=1), rate, subtype)
        sentences = str(folder / "sentences.yaml")
        done = coach("listen", "--json", "--sentences", sentences, name, env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        (found,) = [json.loads(line) for line in done.stdout.splitlines()]
        assert found["slots"] == {"what": "music"}
        assert (found["file"], found["intent"]) == (name, "order")
        assert 0.4 < found["start"] < found["end"] < found["decided"] <= len(pause) / SAMPLE_RATE

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["offset", "overdriven", "torn", "narrow"])
    def test_bad_sound_is_heard_as_well_as_can_be(
        self, tmp_path: Path, folder: Path, env: dict[str, str], pause: pcm.Pcm, kind: str
    ) -> None:
        made = {
            "offset": lambda: pause + np.float32(0.3),
            "overdriven": lambda: np.clip(pause * 8, -0.5, 0.5),
            "torn": lambda: np.where(np.arange(len(pause)) % 997 == 0, np.nan, pause),
            "narrow": lambda: soxr.resample(soxr.resample(pause, 2, 1), 1, 2),
        }
        sound = made[kind]().astype(np.float32)
        soundfile.write(tmp_path / "bad.wav", sound, SAMPLE_RATE, subtype="FLOAT")
        sentences = str(folder / "sentences.yaml")
        done = coach("listen", "--json", "--sentences", sentences, "bad.wav", env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        (found,) = [json.loads(line) for line in done.stdout.splitlines()]
        assert found["slots"] == {"what": "music"}

    @pytest.mark.slow
    @pytest.mark.parametrize("value", [0.0, 0.4, 1.0, np.nan, np.inf])
    def test_nothing_is_heard_where_there_is_nothing(
        self, tmp_path: Path, env: dict[str, str], value: float
    ) -> None:
        sound = np.full(5 * SAMPLE_RATE, value, dtype=np.float32)
        soundfile.write(tmp_path / "dead.wav", sound, SAMPLE_RATE, subtype="FLOAT")
        done = coach("listen", "dead.wav", env=env, cwd=tmp_path)
        told = "dead.wav: no command was heard.\n"
        assert (done.returncode, done.stdout, done.stderr) == (0, told, "")

    @pytest.mark.slow
    def test_a_recording_as_microphone_ends(
        self, tmp_path: Path, folder: Path, env: dict[str, str], pause: pcm.Pcm
    ) -> None:
        pcm.write(tmp_path / "mic.wav", pause)
        sentences = str(folder / "sentences.yaml")
        done = coach("listen", "--mic", "mic.wav", "--sentences", sentences, env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("mic.wav: ")
        assert "order what=music" in done.stdout


@pytest.mark.slow
class TestStreams:
    """Whoever reads what is printed, and however."""

    @pytest.mark.parametrize(
        "command", ["$COACH routines show back", "$COACH routines schema", "$COACH --help"]
    )
    def test_a_reader_who_has_seen_enough(
        self, command: str, folder: Path, env: dict[str, str]
    ) -> None:
        done = shell(f"{command} | head -1", env, folder)
        assert done.stderr == ""
        assert len(done.stdout.splitlines()) == 1

    def test_a_reader_who_leaves_in_the_middle(self, tmp_path: Path, env: dict[str, str]) -> None:
        done = shell("$COACH rehearse --out out.wav | head -2", env, tmp_path)
        assert done.stderr == ""
        assert len(done.stdout.splitlines()) == 2
        assert soundfile.info(tmp_path / "out.wav").samplerate == LOUDSPEAKER_RATE

    @pytest.mark.parametrize("command", ["routines list", "routines schema", "--version"])
    def test_a_full_disk_for_what_is_printed(
        self, command: str, folder: Path, env: dict[str, str]
    ) -> None:
        line = the_line(shell(f"$COACH {command} > /dev/full", env, folder))
        assert line.startswith("No space left on device.")

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
    def test_streams_that_are_closed(
        self, closed: str, tmp_path: Path, env: dict[str, str]
    ) -> None:
        done = shell(f"$COACH say hello --out a.wav {closed}", env, tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert soundfile.info(tmp_path / "a.wav").frames > 1000
        if closed == "2>&-":
            assert shell(f"$COACH run bakc {closed}", env, tmp_path).returncode == 2

    def test_a_folder_that_has_gone(self, tmp_path: Path, env: dict[str, str]) -> None:
        (tmp_path / "gone").mkdir()
        done = shell("cd gone; rmdir ../gone; $COACH say hello --out a.wav", env, tmp_path)
        assert "a.wav: there is no such file or folder" in the_line(done)

    @pytest.mark.parametrize(
        "changed",
        [
            {"COLUMNS": "20"},
            {"COLUMNS": "1", "NO_COLOR": "1"},
            {"TERM": "dumb"},
            {"PYTHONIOENCODING": "ascii", "TERM": "nonsense"},
            {"FORCE_COLOR": "1", "COLUMNS": "30"},
        ],
        ids=str,
    )
    def test_terminals_of_every_kind(self, changed: dict[str, str], env: dict[str, str]) -> None:
        done = coach("routines", "show", "breathing", env=env | changed)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.strip()

    def test_names_and_texts_of_every_kind(self, tmp_path: Path, env: dict[str, str]) -> None:
        name = "schöne [red]Übung :smile: 日本.wav"
        assert (
            coach("say", "[/] Grüße, 日本 :smile:", "--out", name, env=env, cwd=tmp_path).stderr
            == ""
        )
        done = coach("listen", "--state", "idle", name, env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        missing = os.fsdecode(b"\xff[/].wav")
        line = the_line(coach("listen", missing, env=env, cwd=tmp_path))
        assert "[/].wav: there is no such file" in line


class Running:
    """The program at work, in a group of its own, as in a terminal of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def wait_for(self, words: str) -> str:
        """Return the first line printed that has `words`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if words in line:
                return line
        raise AssertionError(f"ended without '{words}'")

    def ended_by(self, what: signal.Signals) -> tuple[int, str]:
        """Send a signal to the whole group, as a terminal does; return status and complaints."""
        os.killpg(self.process.pid, what)
        _, complaints = self.process.communicate(timeout=20)
        return self.process.returncode, complaints


@contextmanager
def running(*arguments: str, env: dict[str, str], cwd: Path) -> Iterator[Running]:
    with subprocess.Popen(
        [str(COACH), *arguments],
        env=env,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


ENDINGS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of an hour, at the beginning of which a routine is started."""
    place = tmp_path_factory.mktemp("hour") / "hour.wav"
    with closing(EspeakVoice("en-us+m5")) as voice:
        start = pcm.as_heard(voice.render("start back routine")) * np.float32(decibels(-12))
    with soundfile.SoundFile(place, "w", SAMPLE_RATE, 1) as file:
        file.write(np.concatenate([silence(SAMPLE_RATE), start]))
        for _ in range(60):
            file.write(silence(60 * SAMPLE_RATE))
    return place


@pytest.fixture
def own(env: dict[str, str], a_user_of_its_own: dict[str, str]) -> dict[str, str]:
    """The environment of a program that keeps what happens, for one test."""
    return env | a_user_of_its_own


class TestEnding:
    """Ctrl-C, a kill and a closed terminal: files are finished, and nobody sees a traceback."""

    @pytest.mark.slow
    @pytest.mark.parametrize(("ending", "status"), ENDINGS)
    def test_in_a_rehearsal(
        self, ending: signal.Signals, status: int, tmp_path: Path, env: dict[str, str]
    ) -> None:
        script = tmp_path / "script.txt"
        script.write_text("00:01 say 'start back routine'\n170:00 say 'stop'\n")
        arguments = ["rehearse", str(script), "--out", "out.wav", "--timeline", "line.jsonl"]
        with running(*arguments, env=env, cwd=tmp_path) as rehearsal:
            rehearsal.wait_for("when you say ready")
            assert rehearsal.ended_by(ending) == (status, "")
        info = soundfile.info(tmp_path / "out.wav")
        assert (info.channels, info.samplerate) == (2, LOUDSPEAKER_RATE)
        assert info.duration > 25
        lines = (tmp_path / "line.jsonl").read_text().splitlines()
        assert json.loads(lines[0])["event"] == "heard"
        assert json.loads(lines[-1])["time"] > 25
        assert sorted(p.name for p in tmp_path.iterdir()) == ["line.jsonl", "out.wav", "script.txt"]

    @pytest.mark.slow
    @pytest.mark.parametrize("by", [[], ["--mic"]], ids=["file", "microphone"])
    def test_while_listening(
        self, by: list[str], hour: Path, tmp_path: Path, env: dict[str, str]
    ) -> None:
        with running("listen", "--json", *by, str(hour), env=env, cwd=tmp_path) as listening:
            assert json.loads(listening.wait_for("start back routine"))["intent"] == "start"
            assert listening.ended_by(signal.SIGINT) == (130, "")

    @pytest.mark.slow
    @pytest.mark.parametrize("ending", ENDINGS[:2])
    def test_in_a_session(
        self, ending: tuple[signal.Signals, int], hour: Path, tmp_path: Path, own: dict[str, str]
    ) -> None:
        arguments = ["run", "--mic", str(hour), "--speaker", "out.wav", "--no-ask-pain"]
        with running(*arguments, env=own, cwd=tmp_path) as session:
            session.wait_for("Back routine")
            session.wait_for("when you say ready")
            assert session.ended_by(ending[0]) == (ending[1], "")
        assert soundfile.info(tmp_path / "out.wav").duration > 25
        assert [path.name for path in tmp_path.iterdir()] == ["out.wav"]

    @pytest.mark.slow
    @pytest.mark.parametrize("columns", [100, 30])
    def test_the_terminal_is_restored(
        self, columns: int, hour: Path, tmp_path: Path, own: dict[str, str]
    ) -> None:
        shown, status = _in_a_terminal(
            ["run", "--mic", str(hour), "--speaker", "out.wav", "--no-ask-pain"],
            own | {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "40"},
            tmp_path,
        )
        assert status == 130
        assert b"Traceback" not in shown
        assert shown.count(b"\x1b[?25l") == 1
        assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
        assert b"Back routine" in shown


def _in_a_terminal(arguments: list[str], env: dict[str, str], cwd: Path) -> tuple[bytes, int]:
    """Run the program in a terminal until it leads, press Ctrl-C; return what was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(COACH), *arguments],
        env=env,
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,  # noqa: PLW1509 - no threads here
    )
    os.close(theirs)
    shown, pressed = b"", False
    try:
        while chunk := _read(ours):
            shown += chunk
            if not pressed and b"getting ready" in shown:
                os.write(ours, b"\x03")
                pressed = True
        return shown, process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody holds the other side any more
        return b""


@pytest.mark.slow
def test_without_sound_there_is_a_rehearsal_instead(tmp_path: Path, env: dict[str, str]) -> None:
    """What scripts/run does where there is nothing to hear with."""
    done = coach("run", "--or-rehearse", env=env, cwd=tmp_path)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("There is no sound device on this machine.")
    assert line.endswith("This is a rehearsal instead.")
    assert "“start back routine”" in done.stdout
    assert "Session stopped. Take care." in done.stdout
    assert soundfile.info(tmp_path / "rehearsal.wav").duration > 30


def test_a_newcomer_is_shown_the_way(env: dict[str, str]) -> None:
    done = coach(env=env)
    assert "rehearse" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_routines_that_ship_are_good(env: dict[str, str]) -> None:
    names = sorted(str(path) for path in resource("routines").glob("*.yaml"))
    done = coach("routines", "check", "--no-by-ear", *names, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(names)
