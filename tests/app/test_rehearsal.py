"""Rehearsals: the script, the room, and whole sessions that come out the same every time."""

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.tools.language import ENGLISH
from voice_coach.app.coach import LEAD, Persistence
from voice_coach.app.engines import Engine
from voice_coach.app.rehearsal import ROOM_DB, Report, Room, ScriptLine, read_script, rehearse
from voice_coach.audio import pcm
from voice_coach.audio.pcm import Pcm, Sound, as_heard, decibels, duration, level_db
from voice_coach.core.routine import Routine
from voice_coach.core.state import Memory
from voice_coach.errors import AudioFileError, ScriptError
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.settings.keys import RecogniserChoice, VoiceChoice
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import (
    BLOCK,
    LOUDSPEAKER_RATE,
    SAMPLE_RATE,
    Samples,
    to_frames,
    to_samples,
    to_seconds,
)

EMBEDDED = Engine(RecogniserChoice.POCKETSPHINX), Engine(VoiceChoice.ESPEAK)
FADE = to_samples(0.010)

SHORT = """\
# A session of half a minute, with everything that a user does to it.
00:01 say 'start back routine'
+4.6 say 'pause'   # in the middle of the welcome
+3 say "resume"
+4 say 'next exercise'
+5 play 'stop.wav'

+3.5 say 'yes'
"""
WHOLE = """\
00:01 say 'start back routine'
00:50 say 'how long left'
01:35 say "what's next"
02:20 say 'pause'
+4 say 'carry on'
03:20 say 'what is this for'
05:00 say 'more time'
07:55 say 'which side'
10:00 say 'a little louder'
12:00 say 'hold on'
+5 say 'continue'
13:30 say 'say that again'
"""
WHOLE_HEARD = (
    "start time_left whats_next pause resume why more_time which_side louder pause resume repeat"
)


@dataclass(frozen=True)
class Performance:
    """What a rehearsal left behind."""

    report: Report
    wav: bytes
    coach: Sound
    room: Pcm
    lines: tuple[dict[str, Any], ...]
    timeline: bytes

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == kind]

    def heard(self, intent: str) -> dict[str, Any]:
        (line,) = [line for line in self.events("heard") if line["intent"] == intent]
        return line

    def said_after(self, time: float) -> Iterator[dict[str, Any]]:
        return (line for line in self.events("said") if line["time"] >= time)


@pytest.fixture(scope="module")
def routines() -> tuple[Routine, ...]:
    """The routines that ship."""
    paths = [resource("routines") / f"{name}.yaml" for name in ("back", "breathing")]
    return tuple(read_routine(path) for path in paths)


def perform(
    script: str, folder: Path, routines: tuple[Routine, ...], persistence: Persistence | None = None
) -> Performance:
    """Rehearse with the embedded engines, whatever else this machine has installed."""
    place, out, timeline = folder / "script.txt", folder / "out.wav", folder / "timeline.jsonl"
    place.write_text(script)
    commands = read_commands(routines)
    report = rehearse(
        read_script(place),
        routines,
        commands,
        EMBEDDED,
        persistence=persistence,
        out=out,
        timeline=timeline,
    )
    both, rate = soundfile.read(out, dtype="float32", always_2d=True)
    assert rate == LOUDSPEAKER_RATE
    lines = tuple(json.loads(line) for line in timeline.read_text().splitlines())
    coach, room = (np.ascontiguousarray(both[:, channel]) for channel in range(2))
    return Performance(
        report, out.read_bytes(), coach, as_heard(room), lines, timeline.read_bytes()
    )


def perform_short(folder: Path, routines: tuple[Routine, ...]) -> Performance:
    """Perform the short script, with a recording at another rate and in stereo."""
    with closing(EspeakVoice("en-us+m3")) as voice:
        stop = voice.render("stop the session")
    stereo = np.repeat(stop[:, None] * decibels(-12), 2, axis=1)
    soundfile.write(folder / "stop.wav", stereo, LOUDSPEAKER_RATE)
    return perform(SHORT, folder, routines)


@pytest.fixture(scope="module")
def performance(
    tmp_path_factory: pytest.TempPathFactory, routines: tuple[Routine, ...]
) -> Performance:
    """The short script, performed once for all who look at it."""
    return perform_short(tmp_path_factory.mktemp("rehearsal"), routines)


class TestShort:
    """A short session, with a pause in the middle of a sentence."""

    @pytest.mark.slow
    def test_twice_the_same_to_the_sample(
        self, performance: Performance, tmp_path: Path, routines: tuple[Routine, ...]
    ) -> None:
        again = perform_short(tmp_path, routines)
        assert performance.wav == again.wav
        assert performance.timeline == again.timeline
        assert performance.report == again.report

    def test_every_command_is_recognised_in_order(self, performance: Performance) -> None:
        intents = [line["intent"] for line in performance.events("heard")]
        assert intents == ["start", "pause", "resume", "next", "stop", "yes"]
        assert (performance.report.heard, performance.report.asked) == (6, 6)
        assert performance.heard("start")["slots"] == {"routine": "Back"}

    def test_commands_are_decided_soon_after_their_last_word(
        self, performance: Performance
    ) -> None:
        for line in performance.events("heard"):
            assert 0 < line["time"] - line["end"] < 0.6
            assert line["start"] < line["end"]

    def test_pause_silences_within_a_block_and_its_fade(self, performance: Performance) -> None:
        decided = to_samples(performance.heard("pause")["time"])
        said = next(performance.said_after(performance.heard("pause")["time"]))
        assert said["text"] == ENGLISH.texts.paused
        before = performance.coach[to_frames(decided - to_samples(0.2)) : to_frames(decided)]
        assert level_db(before) > -50, "the coach was not speaking: the test proves nothing"
        begins, ends = decided + BLOCK + FADE, to_samples(said["time"])
        silent = performance.coach[to_frames(begins) : to_frames(ends)]
        assert ends - begins > to_samples(0.03)
        assert not silent.any()

    def test_nothing_but_paused_is_said_until_resume(self, performance: Performance) -> None:
        times = [performance.heard(intent)["time"] for intent in ("pause", "resume")]
        between = [line for line in performance.said_after(times[0]) if line["time"] < times[1]]
        assert len(between) == 1
        assert between[0]["text"] == "We are paused. You can say resume."

    def test_resume_repeats_the_sentence_that_was_cut(self, performance: Performance) -> None:
        cut = next(performance.said_after(performance.heard("start")["time"]))
        again = next(performance.said_after(performance.heard("resume")["time"]))
        assert cut["end"] > performance.heard("pause")["time"]
        assert again["text"] == cut["text"]
        start = to_samples(again["time"])
        length = to_samples(performance.heard("next")["start"]) - start
        assert length > to_samples(2)
        with closing(EspeakVoice()) as voice:
            clip = voice.render(again["text"])[: to_frames(length)]
        first = to_frames(start)
        heard = performance.coach[first : first + len(clip)]
        assert np.max(np.abs(heard - clip)) <= 1 / 32768

    def test_a_recording_is_heard_like_a_voice(self, performance: Performance) -> None:
        stop = performance.heard("stop")
        assert stop["text"] == "stop the session"
        said = next(performance.said_after(stop["time"]))
        assert said["text"] == ENGLISH.texts.confirm_stop

    def test_the_session_comes_to_rest_and_the_rehearsal_ends(
        self, performance: Performance
    ) -> None:
        assert performance.events("said")[-1]["text"] == "Session stopped. Take care."
        assert performance.events("state")[-1]["mode"] == "idle"
        rest = to_seconds(performance.report.length) - performance.events("said")[-1]["end"]
        assert 0.9 < rest < 1.2
        assert duration(performance.coach) == len(performance.room) == performance.report.length

    def test_the_timeline_can_be_read_along_with_the_sound(self, performance: Performance) -> None:
        times = [line["time"] for line in performance.lines]
        assert all(later > earlier - 0.5 for earlier, later in itertools.pairwise(times))
        for kind in ("heard", "said", "state"):
            of_kind = [line["time"] for line in performance.events(kind)]
            assert of_kind == sorted(of_kind)
        for line in performance.events("said"):
            start, end = to_samples(line["time"]), to_samples(line["time"] + 0.3)
            assert level_db(performance.coach[to_frames(start) : to_frames(end)]) > -50

    def test_the_room_holds_the_user_over_its_noise(self, performance: Performance) -> None:
        quiet = performance.room[: to_samples(0.9)]
        assert level_db(quiet) == pytest.approx(ROOM_DB, abs=1.5)
        for line in performance.events("heard"):
            start, end = to_samples(line["start"]), to_samples(line["end"])
            assert -45 < level_db(performance.room[start:end]) < -25

    def test_states_tell_what_is_being_done(self, performance: Performance) -> None:
        states = [(line["mode"], line.get("exercise")) for line in performance.events("state")]
        assert states == [
            ("introducing", "Gentle stretches"),
            ("paused", "Gentle stretches"),
            ("introducing", "Gentle stretches"),  # also after "next": that is the first one
            ("confirming stop", "Gentle stretches"),
            ("idle", None),
        ]


INTERRUPTED = """\
00:01 say 'start back routine'
+4 say 'The weather has been so lovely all week that my aunt may visit us again next Sunday'
+6 say 'stop the session'
+4.5 say 'yes'
"""


@pytest.mark.slow
def test_the_coach_lowers_its_voice_while_the_user_speaks(
    tmp_path: Path, routines: tuple[Routine, ...]
) -> None:
    """By 15 dB as soon as the voice is sure; back in 0.4 s, as it was no command."""
    first_time = Persistence(memory=Memory(sessions=0))  # a welcome that is long enough
    performance = perform(INTERRUPTED, tmp_path, routines, first_time)
    assert [line["intent"] for line in performance.events("heard")] == ["start", "stop", "yes"]
    welcome = next(performance.said_after(performance.heard("start")["time"]))
    start = to_samples(welcome["time"])
    spoken = np.abs(performance.room[start:]) > decibels(-40)
    begins = int(np.flatnonzero(spoken)[0])
    ends = begins + int(np.flatnonzero(spoken[begins : begins + to_samples(7)])[-1])
    with closing(EspeakVoice()) as voice:
        clip = voice.render(welcome["text"])
    gain = _gain(performance.coach[to_frames(start) :], clip)[:: to_frames(1)]
    assert np.nanmax(np.abs(gain[: begins - 160] - 1)) < 0.02
    lowered = gain[begins + to_samples(0.14) : ends]
    known = lowered[np.isfinite(lowered)]  # the welcome may pause just there
    assert len(known) > 1_000
    assert np.abs(known[:300] - decibels(-15)).max() < 0.02
    # For a moment in between it may be unsure whose voice it hears.
    assert np.nanmean(np.abs(lowered - decibels(-15)) < 0.02) > 0.75 * np.mean(np.isfinite(lowered))
    rising = gain[ends : ends + to_samples(0.9)]
    known = np.flatnonzero(np.isfinite(rising))
    assert rising[known[0]] == pytest.approx(decibels(-15), abs=0.02)
    most = np.diff(known) / to_samples(0.4)
    assert (np.diff(rising[known]) < most + 0.001).all(), "no click"
    again = to_samples(performance.heard("stop")["start"]) - start
    assert np.nanmax(np.abs(gain[ends + to_samples(0.9) : again] - 1)) < 0.02


def _gain(heard: Sound, clip: Sound) -> Sound:
    """Return by how much `clip` was made louder at each frame; NaN where that is unknown."""
    clip = clip[: len(heard)]
    gain = np.full(len(clip), np.nan, dtype=np.float32)
    loud = np.abs(clip) > decibels(-26)
    gain[loud] = heard[: len(clip)][loud] / clip[loud]
    return gain


@pytest.mark.slow
def test_the_whole_back_routine_with_commands_all_along(
    tmp_path: Path, routines: tuple[Routine, ...]
) -> None:
    performance = perform(WHOLE, tmp_path, routines)
    intents = [line["intent"] for line in performance.events("heard")]
    assert intents == WHOLE_HEARD.split()
    exercises = [line["exercise"] for line in performance.events("state") if line.get("exercise")]
    assert list(dict.fromkeys(exercises)) == [e.name for e in routines[0].exercises]
    said = [line["text"] for line in performance.events("said")]
    assert said[-1].startswith("Well done. That was the back routine: seven exercises in")
    assert 14 * 60 < to_seconds(performance.report.length) < 17 * 60
    assert _longest_overlap(performance) <= 0


def _longest_overlap(performance: Performance) -> float:
    """Return by how many seconds something was begun while something else was being said."""
    said = performance.events("said")
    silenced = [line["time"] for line in performance.events("heard")]
    overlap = 0.0
    for line, following in itertools.pairwise(said):
        # What is decided ahead of its time may be silenced before it sounds.
        decided = line["time"] - to_seconds(LEAD)
        cut = any(decided <= time <= following["time"] for time in silenced)
        overlap = max(overlap, 0.0 if cut else line["end"] - following["time"])
    return overlap


class TestScript:
    """Lines of a script, right and wrong."""

    def read(self, tmp_path: Path, text: str | bytes) -> list[ScriptLine]:
        path = tmp_path / "script.txt"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_script(path)

    def test_times_words_and_recordings(self, tmp_path: Path) -> None:
        found = self.read(
            tmp_path,
            "\ufeff# Comment\r\n"
            "1:02.5  say  'pause'\r\n\r\n"
            '+3\tsay "what\'s next"  # after the pause\r\n'
            "120:00 play 'me/and you.wav'\r\n",
        )
        assert found == [
            ScriptLine(to_samples(62.5), 0, "pause", None),
            ScriptLine(None, to_samples(3), "what's next", None),
            ScriptLine(to_samples(7200), 0, None, tmp_path / "me/and you.wav"),
        ]

    @pytest.mark.parametrize(
        "line",
        [
            "say 'pause'",
            "00:12 say pause",
            "00:12 say ''",
            "00:12 say 'pause",
            "00:12 say 'pause\"",
            "00:12 say 'pause' twice",
            "00:12say 'pause'",
            "00:61 say 'pause'",
            "-1:00 say 'pause'",
            "+-1 say 'pause'",
            "12 say 'pause'",
            "00:12",
            "٠٠:١٢ say 'pause'",
            f"{'9' * 5000}:00 say 'pause'",
            f"+{'9' * 400} say 'pause'",
        ],
    )
    def test_a_line_that_is_none(self, tmp_path: Path, line: str) -> None:
        with pytest.raises(ScriptError, match=r"script\.txt:3: expected a line like 00:12 say"):
            self.read(tmp_path, f"# One\n00:01 say 'pause'\n{line}\n")

    def test_another_verb(self, tmp_path: Path) -> None:
        with pytest.raises(ScriptError, match=r":1: unknown word 'sya'.*Did you mean 'say'\?"):
            self.read(tmp_path, "00:12 sya 'pause'\n")

    @pytest.mark.parametrize("line", ["181:00 say 'pause'", "+99999 say 'pause'"])
    def test_a_time_that_never_comes(self, tmp_path: Path, line: str) -> None:
        with pytest.raises(ScriptError, match=":1: later than three hours"):
            self.read(tmp_path, line)

    @pytest.mark.parametrize("content", [b"", b"# Only this.\n", b"\n\n"])
    def test_an_empty_script(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(ScriptError, match="the script is empty; expected lines like"):
            self.read(tmp_path, content)

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (
                bytes(range(256)),
                "1: not a text file; expected lines like 00:12 say",
            ),
            (b"#\n00:01 say 'a\x00b'", "2: not a text file"),
            (b"\xff\xfe0\x000\x00", "1: not a text file"),
            (b"#" * 300_000, "larger than 256 kB; expected a short text"),
        ],
    )
    def test_what_is_no_text(self, tmp_path: Path, content: bytes, why: str) -> None:
        with pytest.raises(ScriptError, match=why):
            self.read(tmp_path, content)

    def test_the_script_that_ships_shows_what_it_should(self) -> None:
        words = [utterance.words for utterance in read_script(resource("rehearsal.txt"))]
        for wanted in ("start back routine", "pause", "resume", "next", "how long left", "stop"):
            assert any(wanted in (said or "") for said in words), wanted


@pytest.fixture(scope="module")
def voice() -> Iterator[EspeakVoice]:
    """The voice of a user."""
    with closing(EspeakVoice("en-us+m5")) as voice:
        yield voice


class TestRoom:
    """What the microphone hears."""

    @staticmethod
    def heard(room: Room, end: Samples, block: Samples) -> Pcm:
        starts = range(0, end, block)
        return np.concatenate([room.read(min(block, end - start), start) for start in starts])

    def test_the_same_in_blocks_of_any_size(self, voice: EspeakVoice) -> None:
        script = [
            ScriptLine(to_samples(0.5), 0, "pause", None),
            ScriptLine(None, 100, "stop", None),
        ]
        room = Room(script, voice)
        whole = room.read(3 * SAMPLE_RATE, 0)
        assert np.array_equal(self.heard(room, 3 * SAMPLE_RATE, 160), whole)
        assert np.array_equal(self.heard(Room(script, voice), 3 * SAMPLE_RATE, 777), whole)

    def test_one_utterance_follows_the_end_of_the_one_before(self, voice: EspeakVoice) -> None:
        gap = to_samples(2)
        room = Room([ScriptLine(0, 0, "pause", None), ScriptLine(None, gap, "pause", None)], voice)
        length = len(as_heard(voice.render("pause")))
        assert room.end == 2 * length + gap
        assert level_db(room.read(gap, length)) == pytest.approx(ROOM_DB, abs=1.5)

    def test_utterances_at_the_same_time_are_mixed(
        self, tmp_path: Path, voice: EspeakVoice
    ) -> None:
        tone = np.full(1600, 0.25, dtype=np.float32)
        pcm.write(tmp_path / "tone.wav", tone)
        played = ScriptLine(800, 0, None, tmp_path / "tone.wav")
        once, twice = (Room([played] * number, voice).read(3200, 0) for number in (1, 2))
        assert np.allclose(twice[800:2400] - once[800:2400], 0.25, atol=1e-4)
        assert np.array_equal(twice[2400:], once[2400:])

    def test_a_recording_that_is_not_there(self, tmp_path: Path, voice: EspeakVoice) -> None:
        with pytest.raises(AudioFileError, match=r"no\.wav"):
            Room([ScriptLine(0, 0, None, tmp_path / "no.wav")], voice)
