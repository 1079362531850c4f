"""The settings file: what is read from it, what is wrong with it, and how it is changed."""

import os
import re
import resource
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice_coach import files
from voice_coach.errors import OutputError, SettingsError
from voice_coach.paths import settings_path
from voice_coach.settings import file as settings_file
from voice_coach.settings.file import change, create, read, template
from voice_coach.settings.keys import KEYS, BreathCue, Settings, Verbosity

NOBODY = 65534

OWN = """\
# My settings
tempo = 1.2  # as the physiotherapist said

verbosity = 'brief'
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings are, in a folder that is not there yet."""
    monkeypatch.setenv("VOICE_COACH_SETTINGS", str(tmp_path / "own" / "settings.toml"))
    return tmp_path / "own" / "settings.toml"


@pytest.fixture
def own(path: Path) -> Path:
    """A file of the user's own."""
    path.parent.mkdir()
    path.write_text(OWN)
    return path


def written(path: Path, content: str | bytes) -> Path:
    """Return `path`, which holds `content` now."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def only(path: Path) -> bool:
    """Return whether nothing else lies in the folder of `path`."""
    return [each.name for each in path.parent.iterdir()] == [path.name]


class TestPlace:
    """Where the file is."""

    def test_the_folder_of_the_user(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("VOICE_COACH_SETTINGS", raising=False)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        assert settings_path() == tmp_path / "voice-coach" / "settings.toml"

    def test_the_environment_names_another(self, path: Path) -> None:
        assert settings_path() == path

    @pytest.mark.parametrize("place", ["no/settings.toml", "file/settings.toml", "/dev/null"])
    def test_what_is_not_there_chooses_nothing(self, place: str, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert read(tmp_path / place).values == {}


class TestTemplate:
    """The file that is written first."""

    def test_it_changes_nothing(self) -> None:
        assert tomllib.loads(template()) == {}

    def test_without_the_marks_it_holds_every_key_as_it_is(self, path: Path) -> None:
        text = re.sub(r"(?m)^#(\w+ = )", r"\1", template())
        values = read(written(path, text)).values
        assert list(values) == list(KEYS)
        defaults = {name: key.default for name, key in KEYS.items() if key.default is not None}
        assert {name: values[name] for name in defaults} == defaults

    def test_every_key_is_explained(self) -> None:
        text = template()
        for key in KEYS.values():
            expected = f"{key.expected[0].upper()}{key.expected[1:]}."
            assert f"\n\n# {key.about}\n# {expected}\n#{key.name} = " in text
        assert max(map(len, text.splitlines())) <= 100

    def test_it_is_not_written_over_what_is_there(self, own: Path) -> None:
        create()
        assert own.read_text() == OWN


class TestValues:
    """What is right."""

    def test_values_have_the_types_of_their_keys(self, path: Path) -> None:
        text = 'tempo = 1\nbreath = "tones"\nask_pain = false\nget_ready_seconds = 300\n'
        values = read(written(path, text)).values
        assert values == {
            "tempo": 1.0,
            "breath": BreathCue.TONES,
            "ask_pain": False,
            "get_ready_seconds": 300,
        }
        assert type(values["tempo"]) is float
        assert Settings(**values).preferences()["breath"] is BreathCue.TONES

    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_marks_and_line_ends_of_other_systems(self, ending: str, mark: str, path: Path) -> None:
        file = read(written(path, mark + OWN.replace("\n", ending)))
        assert file.values == {"tempo": 1.2, "verbosity": Verbosity.BRIEF}
        assert file.lines == {"tempo": 2, "verbosity": 4}

    @pytest.mark.parametrize("key", [key for key in KEYS.values() if key.low is not None])
    def test_the_ends_of_each_range(self, key: "settings_file.Key") -> None:
        assert (key.take(key.kind(key.low)), key.take(key.kind(key.high))) == (key.low, key.high)
        for beyond in (key.low - 0.01, key.high + 0.01, float("nan"), float("inf"), True, "1"):
            with pytest.raises(ValueError, match=f"from {key.low:g} to {key.high:g}"):
                key.take(beyond)


WRONG = {
    "tmepo = 1.0": r"1: unknown key 'tmepo'\. Did you mean 'tempo'\?",
    "# one\n\n\nVoice = 'piper'": r"4: unknown key 'Voice'\. Did you mean 'voice'\?",
    "zzzz = 1": r"1: unknown key 'zzzz'\. Known: microphone, speaker, .*, screen, screen_port\.",
    "tempo = 9": r"1: 'tempo' is 9; expected a number from 0\.57 to 1\.75\.",
    "tempo = nan": r"1: 'tempo' is nan; expected a number from",
    "tempo = true": r"1: 'tempo' is true; expected a number from",
    "tempo = 'fast'": r"1: 'tempo' is \"fast\"; expected a number from",
    "\ntempo = [1.0]": r"2: 'tempo' is a list; expected a number from",
    "tempo = 1979-05-27": r"1: 'tempo' is a date or time; expected",
    "breath = 'tones'\n[tempo]\nx = 1": r"2: 'tempo' is a table; expected a number from",
    "tempo.x = 1\nvoice = 'siri'": r"1: 'tempo' is a table; expected",
    "verbosity = 'breif'": r"1: 'verbosity' is \"breif\"; expected 'auto', 'full', 'brief' or"
    r" 'tones'\. Did you mean 'brief'\?",
    "get_ready = 3": r"1: 'get_ready' is 3; expected 'count' or 'wait'\.",
    "get_ready_seconds = 10.0": r"1: 'get_ready_seconds' is 10\.0; expected a whole number from 3",
    "ask_pain = 'yes'": r"1: 'ask_pain' is \"yes\"; expected true or false\.",
    "microphone = 2": r"1: 'microphone' is 2; expected text in quotes\.",
    "phrase_cache_mb = -1": r"1: 'phrase_cache_mb' is -1; expected a whole number from 0 to 4096",
    "voice = '''\nmany\nlines'''\ntempo = 2": r"1: 'voice' is \"many lines\"; expected",
    '"te\\nmpo" = 2': r"1: unknown key 'te mpo'\. Did you mean 'tempo'\?",
    "'tempo' = 2": r"1: 'tempo' is 2; expected",
    f"voice = '{'x' * 999}'": r"1: 'voice' is \"x{60}…\"; expected",
}

UNREADABLE = {
    b"tempo = fast": r"1: not valid TOML: Invalid value, at column 9\. Text needs quotes\.",
    b"# good\ntempo 1.2\n": r"2: not valid TOML: Expected '=' after a key.*, at column 7\.",
    b"tempo = 1.0\ntempo = 1.1\n": r"2: not valid TOML: Cannot overwrite a value, at column",
    b"voice = 'piper": r"1: not valid TOML: .*, at column 1\d\.",
    b"# one\nvoice = \x00\n": r"2: not a text file; expected TOML in UTF-8\.",
    b"# a \x01\n": r"1: not valid TOML: Found invalid character",
    b"tempo = 1.0\n\xff\xfe": r"2: not a text file; expected TOML in UTF-8\.",
    b"\x7fELF\x02\x01\x01\x00\x00": r"1: not a text file",
    b"#" * 1_000_000: r" larger than 256 kB; expected a short text\.",
    b"tempo = " + b"[" * 50_000: r" brackets in brackets, too deep; expected settings\.",
    b"tempo = " + b"9" * 50_000: r" holds a number of too many digits\.",
}


class TestMistakes:
    """What is wrong, and where."""

    @pytest.mark.parametrize("text", WRONG)
    def test_file_line_key_and_what_was_expected(self, text: str, path: Path) -> None:
        with pytest.raises(SettingsError) as caught:
            _ = read(written(path, text)).values
        assert re.match(re.escape(f"{path}:") + WRONG[text], str(caught.value))
        assert str(caught.value).endswith(" Mend it with voice-coach settings edit.")

    @pytest.mark.parametrize("content", UNREADABLE, ids=range(len(UNREADABLE)))
    def test_what_is_no_toml(self, content: bytes, path: Path) -> None:
        with pytest.raises(SettingsError) as caught:
            read(written(path, content))
        assert re.match(re.escape(f"{path}:") + UNREADABLE[content], str(caught.value))

    def test_all_of_them_in_their_order(self, path: Path) -> None:
        text = "# hello\n\ntempo = 0\n[deep.table]\nx = 1\n\n[[list]]\n[list.x]\n[other]\n"
        mistakes = read(written(path, text)).mistakes
        assert [line.removeprefix(f"{path}:").split(";")[0][:22] for line in mistakes] == [
            "3: 'tempo' is 0",
            "4: unknown key 'deep'.",
            "7: unknown key 'list'.",
            "9: unknown key 'other'",
        ]

    def test_a_folder_in_its_place(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=r": cannot be read: Is a directory\. Check"):
            read(tmp_path)

    def test_a_name_that_is_none(self) -> None:
        with pytest.raises(SettingsError, match="cannot be read: embedded null byte"):
            read(Path("a\0b"))


class TestChange:
    """What is changed by voice."""

    def test_comments_and_order_stay(self, own: Path) -> None:
        change("verbosity", Verbosity.TONES)
        change("tempo", 1.1)
        assert own.read_text() == OWN.replace("1.2", "1.1").replace("'brief'", '"tones"')

    def test_a_new_key_comes_where_the_template_has_it(self, path: Path) -> None:
        change("volume_db", -3)
        change("microphone", 'a "quoted" \\1 näme')
        expected = template().replace("#volume_db = 0.0", "volume_db = -3.0")
        line = 'microphone = "a \\"quoted\\" \\\\1 näme"'
        assert path.read_text() == expected.replace('#microphone = "usb"', line)
        assert read().values == {"microphone": 'a "quoted" \\1 näme', "volume_db": -3.0}

    def test_a_new_key_in_a_file_without_its_place(self, own: Path) -> None:
        change("ask_pain", False)
        assert own.read_text() == OWN + "ask_pain = false\n"

    def test_a_place_within_a_text_is_none(self, path: Path) -> None:
        text = 'microphone = """\n#tempo = 1.0\n"""\n[table]\nx = 1\n'
        change("tempo", 1.5, written(path, text))
        assert read().given == tomllib.loads(text) | {"tempo": 1.5}

    def test_none_takes_it_out_and_leaves_its_place(self, own: Path) -> None:
        change("tempo", None)
        assert own.read_text() == OWN.replace("tempo", "#tempo")
        change("tempo", 1.3)
        assert own.read_text().splitlines()[1] == "tempo = 1.3"
        change("volume_db", None)
        assert read().values == {"tempo": 1.3, "verbosity": Verbosity.BRIEF}

    def test_none_takes_it_out_however_it_is_written(self, path: Path) -> None:
        change("voice", None, written(path, "'voice' = '''\npiper'''\ntempo = 1.0\n"))
        assert read().given == {"tempo": 1.0}

    def test_steps_do_not_pile_up_digits(self, own: Path) -> None:
        change("tempo", 1.1 * 1.1)
        assert "tempo = 1.21  # as" in own.read_text()

    def test_line_ends_stay(self, path: Path) -> None:
        change("tempo", 1.0, written(path, OWN.replace("\n", "\r\n")))
        assert path.read_bytes() == OWN.replace("1.2", "1.0").replace("\n", "\r\n").encode()

    @pytest.mark.parametrize(("name", "value"), [("tempo", 2.0), ("no", 1), ("voice", "siri")])
    def test_what_is_no_setting(self, name: str, value: object, own: Path) -> None:
        with pytest.raises(OutputError, match=f"'{name}' = .* is no setting; nothing is saved"):
            change(name, value)
        assert own.read_text() == OWN

    def test_a_file_with_other_mistakes_can_be_changed(self, path: Path) -> None:
        change("tempo", 1.0, written(path, "tmepo = 9\n"))
        assert path.read_text() == "tmepo = 9\ntempo = 1.0\n"

    @pytest.mark.parametrize("content", UNREADABLE, ids=range(len(UNREADABLE)))
    def test_what_is_no_toml_is_left_alone(self, content: bytes, path: Path) -> None:
        written(path, content)
        with pytest.raises(OutputError, match=r"^Cannot save settings\. .*settings\.toml:"):
            change("tempo", 1.0)
        assert path.read_bytes() == content
        assert only(path)


class TestDisk:
    """A change is whole or not at all, and nobody else's is lost."""

    def test_rights_stay(self, own: Path) -> None:
        own.chmod(0o640)
        change("tempo", 1.0)
        assert stat.S_IMODE(own.stat().st_mode) == 0o640
        assert only(own)

    def test_a_link_stays_a_link(self, own: Path, tmp_path: Path) -> None:
        (tmp_path / "links").mkdir()
        link = tmp_path / "links" / "settings.toml"
        link.symlink_to("../own/settings.toml")
        change("tempo", 1.0, link)
        assert link.is_symlink()
        assert read(own).values["tempo"] == 1.0
        assert only(link)
        assert only(own)

    def test_a_link_to_nothing_gets_its_file(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(path)
        create(tmp_path / "link")
        assert path.read_text() == template()

    @pytest.mark.parametrize("place", ["/dev/null", "/proc/settings.toml", "/dev/full", "/"])
    def test_places_that_hold_no_file(self, place: str) -> None:
        with pytest.raises(OutputError, match=f"^Cannot save settings in {place}: "):
            change("tempo", 1.0, Path(place))
        assert not Path("/dev/.null.part").exists()
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)

    def test_links_in_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(OutputError, match="Too many levels of symbolic links"):
            change("tempo", 1.0, tmp_path / "a")

    def test_a_full_disk_leaves_what_was(self, own: Path) -> None:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
        try:
            with pytest.raises(OutputError, match="the disk is full"):
                change("tempo", 1.0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert own.read_text() == OWN
        assert only(own)

    def test_what_a_crash_left_behind_is_no_hindrance(self, own: Path) -> None:
        own.with_name(".settings.toml.part").write_text("x" * 9999)
        change("tempo", 1.0)
        assert own.read_text() == OWN.replace("1.2", "1.0")
        assert only(own)

    def test_who_holds_it_too_long_is_not_waited_for(
        self, own: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "LONGEST_WAIT_SECONDS", 0.0)
        part = own.with_name(".settings.toml.part")
        file = files._alone(part, 0o666)
        try:
            with pytest.raises(OutputError, match="another program is writing it"):
                change("tempo", 1.0)
        finally:
            os.close(file)
        assert own.read_text() == OWN

    @pytest.mark.slow
    def test_changes_of_many_processes_are_all_kept(self, path: Path) -> None:
        program = (
            "import sys; from voice_coach.settings.file import change\n"
            "name, *values = sys.argv[1:]\n"
            "for value in values: change(name, float(value))\n"
        )
        rounds = [str(value) for value in (1.2, 1.1, 1.0) * 10]
        started = [
            subprocess.Popen([sys.executable, "-c", program, name, *rounds], env=os.environ)
            for name in ("tempo", "volume_db", "tempo")
        ]
        whole = 0
        while any(process.poll() is None for process in started):
            whole += set(read().values) <= {"tempo", "volume_db"}
        assert [process.returncode for process in started] == [0, 0, 0]
        assert whole > 10
        assert read().values == {"tempo": 1.0, "volume_db": 1.0}
        assert only(path)

    @pytest.mark.slow
    @pytest.mark.usefixtures("path")
    def test_a_process_that_is_killed_leaves_a_whole_file(self) -> None:
        program = (
            "from voice_coach.settings.file import change\n"
            "while True:\n"
            "    for step in range(10): change('tempo', 1 + step / 100); print(step, flush=True)\n"
        )
        for lines in (1, 3, 7, 20, 40):
            with subprocess.Popen(
                [sys.executable, "-c", program], env=os.environ, stdout=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                said = [next(process.stdout) for _ in range(lines)][-1]
                process.kill()
                said = (process.stdout.read().splitlines() or [said])[-1]
            saved = round(read().values["tempo"] * 100) - 100
            assert saved in (int(said), (int(said) + 1) % 10)


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The settings of a user who is not root."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.toml"
        path.write_text(OWN)
        monkeypatch.setenv("VOICE_COACH_SETTINGS", str(path))
        user = os.geteuid()
        if user == 0:
            for each in (folder, path):
                os.chown(each, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        yield path
        os.seteuid(user)


class TestRights:
    """What a user may not write."""

    def test_what_is_ones_own_can_be_changed(self, others: Path) -> None:
        change("tempo", 1.0)
        assert others.read_text() == OWN.replace("1.2", "1.0")

    def test_a_folder_that_may_not_be_written(self, others: Path) -> None:
        others.parent.chmod(0o500)
        with pytest.raises(OutputError, match="Permission denied"):
            change("tempo", 1.0)
        assert others.read_text() == OWN

    def test_a_folder_that_may_not_be_made(self, others: Path) -> None:
        others.parent.chmod(0o500)
        with pytest.raises(OutputError, match="Permission denied"):
            create(others.parent / "new" / "settings.toml")

    def test_a_file_that_may_not_be_written(self, others: Path) -> None:
        others.chmod(0o400)
        with pytest.raises(OutputError, match="it is read-only"):
            change("tempo", 1.0)
        assert others.read_text() == OWN
        assert only(others)

    def test_a_file_that_may_not_be_read(self, others: Path) -> None:
        others.chmod(0)
        with pytest.raises(SettingsError, match="cannot be read: Permission denied"):
            read()

    def test_root_leaves_the_file_to_its_owner(self, others: Path) -> None:
        if os.getuid() != 0:
            pytest.skip("only root writes what belongs to others")
        os.seteuid(0)
        change("tempo", 1.0)
        assert (others.stat().st_uid, others.stat().st_gid) == (NOBODY, NOBODY)
