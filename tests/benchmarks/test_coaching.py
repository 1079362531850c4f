"""What the benchmark of coaching makes of what it measured: positions, holes, delays, the table."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import coaching, coaching_table, cue_timing, endurance, ideal_clock
from benchmarks.answer_latency import answers_in
from benchmarks.coaching_table import Line, Options
from benchmarks.crash_safety import Row
from benchmarks.cue_timing import Session
from tests.tools.language import ENGLISH
from voice_coach.audio.pcm import Pcm, duration, quiet, silence
from voice_coach.core.state import State
from voice_coach.units import SAMPLE_RATE, to_frames, to_samples


def noise(seconds: float, seed: int = 1, level: float = 0.1) -> Pcm:
    made = np.random.default_rng(seed).standard_normal(to_samples(seconds)) * level
    return made.astype(np.float32)


def session(played: Pcm, recorded: Pcm, records: list[dict[str, Any]] | None = None) -> Session:
    return Session(records or [], played, recorded, load=0.0, busy=0.0)


class TestPlace:
    """Where a clip lies in a sound."""

    @pytest.mark.parametrize("at", [0, 1, 4321, 8000])
    def test_it_is_found_to_the_sample(self, at: int) -> None:
        clip = noise(0.5)
        sound = noise(3, seed=2, level=0.01)
        sound[at : at + len(clip)] += clip
        found, likeness = ideal_clock.place_of(clip, sound, 4000, 8000)
        assert found == at
        assert likeness > 0.98

    def test_silence_resembles_nothing(self) -> None:
        _, likeness = ideal_clock.place_of(noise(0.5), silence(SAMPLE_RATE * 2), 4000, 8000)
        assert likeness < 0.01

    def test_it_is_not_sought_beyond_the_end(self) -> None:
        assert ideal_clock.place_of(noise(0.5), noise(0.4), 0, 100) == (0, 0.0)


class TestHoles:
    """What went wrong between the coach and the recording."""

    played = np.concatenate([silence(4000), noise(6)])

    def recorded(self, *parts: Pcm) -> Session:
        return session(self.played, np.concatenate([silence(5000), *parts, silence(SAMPLE_RATE)]))

    def test_a_whole_recording_has_none(self) -> None:
        shifts, spoilt, whole = cue_timing.holes(self.recorded(self.played))
        assert (shifts, spoilt) == ([], 0)
        assert whole >= 22

    def test_silence_that_was_put_in_is_a_shift_and_where_it_happened_is_spoilt(self) -> None:
        middle = 4000 + 3 * SAMPLE_RATE + 1000
        late = self.recorded(self.played[:middle], silence(320), self.played[middle:])
        shifts, spoilt, _ = cue_timing.holes(late)
        assert shifts == [pytest.approx(20.0)]
        assert spoilt == 1

    def test_sound_that_is_missing_is_a_shift_to_the_front(self) -> None:
        middle = 4000 + 3 * SAMPLE_RATE + 1000
        short = self.recorded(self.played[:middle], self.played[middle + 160 :])
        assert cue_timing.holes(short)[0] == [pytest.approx(-10.0)]


class TestPositions:
    """Jitter and drift of pairs of (meant, found)."""

    steady = tuple((at, at + 700) for at in range(0, 600 * SAMPLE_RATE, 5 * SAMPLE_RATE))

    def test_steady_cues_have_neither(self) -> None:
        assert cue_timing.jitter_ms(self.steady) == (0.0, 0.0, 0.0)
        assert cue_timing.drift_ppm(self.steady) == pytest.approx(0, abs=1e-6)

    def test_another_clock_drifts(self) -> None:
        fast = [(at, round(found * 1.00005)) for at, found in self.steady]
        assert cue_timing.drift_ppm(fast) == pytest.approx(50, abs=0.1)

    def test_late_cues_are_jitter(self) -> None:
        late = [(at, found + 160 * (i % 10 == 9)) for i, (at, found) in enumerate(self.steady)]
        p50, p99, most = cue_timing.jitter_ms(late)
        assert (p50, p99, most) == (0.0, pytest.approx(10.0), pytest.approx(10.0))


def said(at: int, end: int, **more: Any) -> dict[str, Any]:
    return {"kind": "said", "at": at, "end": end, "text": "", **more}


def heard(at: int, intent: str | None = "pause", **more: Any) -> dict[str, Any]:
    return {"kind": "heard", "at": at, "intent": intent, **more}


class TestAnswers:
    """Which answer belongs to which command."""

    def test_a_command_while_words_are_on_air(self) -> None:
        (one,) = answers_in([said(0, 5000), heard(3000), said(3800, 9000, cached=False)])
        assert (one.on_air, one.cached, one.delay) == (True, False, 800)
        assert one.delay_ms == 50.0

    def test_a_command_in_silence(self) -> None:
        (one,) = answers_in([said(0, 5000), heard(6000, position=6100), said(6200, 9000)])
        assert (one.on_air, one.delay, one.lag) == (False, 200, 100)

    def test_only_the_next_thing_said_is_the_answer_and_chatter_has_none(self) -> None:
        talk = [heard(10, None), said(100, 200), heard(300), said(310, 400), said(500, 600)]
        assert [one.delay for one in answers_in(talk)] == [10]


class TestIdealClock:
    """The session alone."""

    def test_a_whole_routine_without_overlap_and_with_its_tones(self) -> None:
        routine = ideal_clock.shipped("breathing")
        clock = ideal_clock.IdealClock(
            State((routine,), ENGLISH), lambda text, *_: 1000 * len(text.split())
        )
        end = clock.run(500, routine.name)
        words = [one for one in clock.begun if one.kind == "said"]
        assert words[0].at == 500
        assert words[-1].text.startswith("Well done.")
        ends = [one.at + 1000 * len(one.text.split()) for one in words]
        assert all(one.at >= before for one, before in zip(words[1:], ends, strict=False))
        assert {one.text for one in clock.begun if one.kind == "tone"} >= {"rise", "fall"}
        assert end >= ends[-1]

    def test_a_long_routine_has_as_many_exercises_of_different_names(self) -> None:
        names = [exercise.name for exercise in ideal_clock.long_routine(250).exercises]
        assert len(set(names)) == 250

    def test_a_sound_that_is_not_the_planned_one_is_told(self) -> None:
        routine = ideal_clock.shipped("breathing")
        clips = ideal_clock.Clips()
        try:
            clock = ideal_clock.IdealClock(
                State((routine,), ENGLISH), lambda *said: duration(clips.words(*said))
            )
            clock.run(0, routine.name)
            planned = clock.begun[:5]
            sound = quiet(planned[-1].at + 10 * SAMPLE_RATE)
            for one in planned:
                clip, at = clips.of(one), to_frames(one.at)
                sound[at : at + len(clip)] += clip
            right = ideal_clock._compared("breathing", planned, sound, clips)
            moved = np.concatenate([quiet(1), sound])
            wrong = ideal_clock._compared("breathing", planned, moved, clips)
        finally:
            clips.close()
        assert [line.met for line in right] == [True, True]
        assert [line.met for line in wrong] == [False, False]
        assert wrong[0].values["worst"] == 3


@pytest.mark.slow
def test_memory_is_told_every_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(endurance, "HOUR", to_samples(60))
    endurance.coach_for(3, tmp_path / "journal.sqlite3", told.append)
    assert [one["hour"] for one in told] == [1, 2, 3]
    assert all(one["mb"] > 10 and one["sessions"] == 1 for one in told)
    assert (tmp_path / "journal.sqlite3").exists()


class TestTable:
    """What is shown and kept."""

    rows = (Line("a", "≤ 1 s", "0.5 s", True, {"s": 0.5}), Row("b | c", "0", "3", met=False))

    def test_a_missed_goal_is_marked(self) -> None:
        shown = coaching_table.table(self.rows).splitlines()
        assert shown[2] == "| a | ≤ 1 s | 0.5 s |"
        assert shown[3] == "| b / c | 0 | 3 ✗ |"

    def test_rows_are_kept_apart_and_stand_in_their_order(self, tmp_path: Path) -> None:
        path, page = tmp_path / "kept.json", tmp_path / "page.md"
        coaching_table.keep("second", self.rows[1:], "load 2", ["first", "second"], path)
        kept = coaching_table.keep("first", self.rows[:1], "load 1", ["first", "second"], path)
        assert list(kept) == ["first", "second"]
        assert kept["first"]["lines"][0]["values"] == {"s": 0.5}
        page.write_text("# Benchmarks\n\n<!-- hearing begins -->\nx\n<!-- hearing ends -->\n")
        coaching_table.write_page(
            coaching_table.section(kept, {"first": "One", "second": "Two"}), page
        )
        text = page.read_text()
        assert text.index("hearing ends") < text.index("## Coaching") < text.index("b / c")
        assert "- One: load 1." in text

    @pytest.mark.slow
    def test_the_command_writes_its_page_and_a_short_run_does_not(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page, kept = tmp_path / "page.md", tmp_path / "kept.json"
        given = ["--rows", "cost", "--json", str(kept), "--page", str(page)]
        coaching.main([*given, "--quick"])
        assert not page.exists()
        assert "100 exercises" in capsys.readouterr().out
        assert Options().minutes == 10
