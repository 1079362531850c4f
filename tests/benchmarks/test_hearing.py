"""The rows of the benchmark: each makes its tasks, and hears what it should with a real engine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import decision_latency, digits, false_alarms, hearing, resource_use
from benchmarks.commands import ROW as COMMANDS
from benchmarks.corpus import ROOT, SPEAKERS, lacking_programs, said
from benchmarks.harness import Ears, Options, Row
from benchmarks.rooms import scene, white
from benchmarks.scoring import Before, Figure
from voice_coach.units import SAMPLE_RATE, to_seconds

pytestmark = pytest.mark.slow

NO_RECORDINGS = Options(quick=True, speech=False, recogniser="pocketsphinx")


@pytest.fixture(scope="module")
def ears() -> Ears:
    return Ears("pocketsphinx")


@pytest.mark.parametrize("row", list(hearing.ROWS.values()), ids=lambda row: row.name)
def test_without_recordings_a_row_is_left_out_or_has_fewer_tasks(row: Row) -> None:
    full = Options(quick=False, speech=False, recogniser="pocketsphinx")
    if row.recordings:
        assert list(hearing.run([row], full, processes=1)) == [(row.name, [])]
    elif row is resource_use.ROW:
        assert len(row.tasks(full)) == 4
    else:
        assert len(row.tasks(full)) > len(row.tasks(NO_RECORDINGS)) > 0


def test_a_command_is_heard_and_judged(ears: Ears) -> None:
    results = [task(ears) for task in COMMANDS.tasks(NO_RECORDINGS)[:1]]
    assert results[0] | {"heard": []} == {
        "condition": "clean", "synthesiser": "espeak", "voice": str(SPEAKERS[0]),
        "half": "tuning", "text": "pause", "heard": [], "verdict": "right",
    }  # fmt: skip
    names = [figure.name for figure in COMMANDS.figures(results)]
    assert names == ["own commands, clean: recall", "own commands, clean: wrong"]
    assert "espeak en-us+f2 (tuning) | 100.0" in COMMANDS.details(results)


def test_a_command_among_noise_counts_as_false(ears: Ears) -> None:
    sound = scene(said(SPEAKERS[0], "pause"), 1).sound
    result = false_alarms.judged(false_alarms.NOISE, "test", sound, ears, name="a voice")
    assert result["any"]
    assert false_alarms.figures([result])[0].value == 1
    quiet = false_alarms.judged(
        false_alarms.NOISE, "test", white(SAMPLE_RATE, 1), ears, name="a room"
    )
    assert false_alarms.figures([quiet])[0].value == 0
    assert "“pause” in a voice" in false_alarms.details([result, quiet])


def test_a_digit_has_to_be_the_right_one() -> None:
    three = {"intent": "number", "slots": {"value": 3}, "text": "three"}
    results = [
        {"kind": digits.SPOKEN, "half": "test", "number": 3, "heard": [three], "verdict": "right"},
        {"kind": digits.SPOKEN, "half": "test", "number": 2, "heard": [three], "verdict": "wrong"},
    ]
    assert digits.figures(results)[0].value == 50
    assert "2 as “three” 1×" in digits.details(results)


def test_a_decision_is_known_after_the_word_and_its_sound(ears: Ears) -> None:
    shown = scene(said(SPEAKERS[0], "pause"), 1)
    [(heard, known)] = ears.answer(shown.sound, "session")
    assert heard.text == "pause"
    assert known > to_seconds(heard.decided) > to_seconds(shown.end)
    assert known < to_seconds(shown.end) + 2


def test_the_delay_is_that_of_words_that_were_understood() -> None:
    row = {"condition": "clean", "text": "pause"}
    results = [row | {"ms": ms, "ms_of_sound": ms} for ms in (100.0, 200.0, 300.0, None)]
    middle, most = decision_latency.figures(results)
    assert middle.value == 200
    assert most.value == pytest.approx(np.percentile([100, 200, 300], 95))
    assert decision_latency.figures(results[3:]) == []


def test_computing_is_measured(ears: Ears) -> None:
    [silent] = [t for t in resource_use.tasks(NO_RECORDINGS) if t.args[:1] == ("digital silence",)]
    [figure] = resource_use.figures([silent(ears)])
    assert figure.unit == "% CPU"
    assert 0 < figure.value < 100


def test_the_command_compares_with_the_baseline(tmp_path: Path) -> None:
    if missing := lacking_programs():
        pytest.skip(f"{missing[0]} is not installed; run scripts/setup --dev")
    environment = os.environ | {"VOICE_COACH_SPEECH": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.hearing", "--quick", "--recogniser", "pocketsphinx",
         "--rows", "cost", "--json", str(tmp_path / "all.json")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=250,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    assert "Rows of recordings are skipped" in done.stdout
    assert "| memory at its peak" in done.stdout
    assert (tmp_path / "all.json").exists()
    assert (done.returncode == 1) == ("Worse than before" in done.stdout)


def test_a_busy_machine_fails_nothing_and_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = {"recall": Before(90, "10 clips"), "p95": Before(300, "24 words")}
    monkeypatch.setattr(hearing.report, "read_baseline", lambda _: kept)
    slow = Figure("p95", 900, "ms", "24 words", less=True)
    assert hearing._judged([Figure("recall", 90, "%", "10 clips"), slow], "x", all_sounds=True) == 0
    assert "Slower than before, here and now: p95: 900.0 ms" in capsys.readouterr().out
    assert hearing._judged([Figure("recall", 10, "%", "10 clips"), slow], "x", all_sounds=True) == 1
