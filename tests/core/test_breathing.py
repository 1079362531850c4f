"""Prompted breaths: patterns with holds, tones, and a pace that changes with the next breath."""

import json
from pathlib import Path

import pytest

from tests.tools.language import ENGLISH
from voice_coach.core.breathing import (
    at_pace,
    breath_begun,
    from_the_next_breath,
    marks_left,
    prompts,
    rhythm_of,
)
from voice_coach.core.cues import BreathTone, Cue, CueKind, Mark
from voice_coach.core.plan import make_plan
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import PATTERNS, Breath, Pace, Routine
from voice_coach.errors import RoutineError
from voice_coach.library import read_routine
from voice_coach.settings.keys import BreathCue
from voice_coach.units import to_samples

LONG_OUT = Pace(inhale_seconds=4, hold_seconds=1, exhale_seconds=8, rest_seconds=2)


def breathing(breaths: int, pace: Pace = LONG_OUT, **likes: object) -> Cue:
    """A cue of so many breaths."""
    rhythm = rhythm_of(pace, Preferences(**likes), ENGLISH, counted=True)  # type: ignore[arg-type]
    count = breaths * rhythm.cycle
    marks = tuple(prompts(rhythm, count))
    return Cue(CueKind.MOVE, 0, "Breathe.", count, rhythm=rhythm, marks=marks)


def timed(cue: Cue, marks: tuple[Mark, ...]) -> list[tuple[float, str, BreathTone | None]]:
    """When each mark falls due, in seconds of the cue."""
    return [((cue.count - m.left) / 16_000, m.text, m.tone) for m in marks]


def test_in_hold_out_rest_each_with_its_tone() -> None:
    cue = breathing(1)
    assert timed(cue, cue.marks) == [
        (0, "Breathe in.", BreathTone.RISE),
        (4, "And hold it.", BreathTone.HIGH),
        (5, "Breathe out.", BreathTone.FALL),
        (13, "Now rest.", BreathTone.LOW),
    ]
    assert sum(mark.length for mark in cue.marks) == cue.count == to_samples(15)


@pytest.mark.parametrize("likes", list(BreathCue))
def test_words_tones_or_both_lead(likes: BreathCue) -> None:
    marks = breathing(2, breath=likes).marks
    assert all(bool(mark.text) is (likes is not BreathCue.TONES) for mark in marks)
    assert all(bool(mark.tone) is (likes is not BreathCue.VOICE) for mark in marks)


def test_a_breath_that_was_interrupted_begins_again() -> None:
    cue = breathing(3)
    for seconds_into in (0.1, 5, 14.9):
        left = cue.count - to_samples(15 + seconds_into)
        assert breath_begun(cue, left) == cue.count - to_samples(15)
    assert len(marks_left(cue, cue.count - to_samples(15))) == 8


def test_slower_keeps_the_breath_that_has_begun_and_the_number_of_breaths() -> None:
    before, slow = breathing(3), breathing(3, tempo=0.5)
    ends = 1_000_000
    due = tuple(m for m in before.marks if m.left < before.count - to_samples(1))
    marks, new_ends = from_the_next_breath(due, ends, slow)
    assert new_ends - ends == 2 * to_samples(15)  # two breaths of 30 s in place of 15 s
    at = [(new_ends - mark.left - (ends - before.count)) / 16_000 for mark in marks]
    assert at == [4, 5, 13, 15, 23, 25, 41, 45, 53, 55, 71]
    assert marks[0].length == to_samples(1)
    assert marks[3].length == to_samples(8)


def test_a_hold_of_so_many_seconds_keeps_its_end() -> None:
    rhythm = rhythm_of(Pace(), Preferences(), ENGLISH, counted=False)
    slow = rhythm_of(Pace(), Preferences(tempo=0.5), ENGLISH, counted=False)
    count = to_samples(60)
    marks = tuple(mark for mark in prompts(rhythm, count) if mark.left < count)
    hold = Cue(CueKind.MOVE, 0, "Hold it.", count, rhythm=slow, marks=tuple(prompts(slow, count)))
    later, ends = from_the_next_breath(marks, 1_000_000, hold)
    assert ends == 1_000_000
    begins = [to_samples(60) - m.left for m in later if m.breath is Breath.INHALE]
    assert begins == [to_samples(10), to_samples(30)]
    assert later[-1].breath is Breath.NATURAL  # no time for another whole breath


def test_what_is_left_of_a_pause_follows_the_pace() -> None:
    calm, fast = breathing(4), breathing(4, tempo=2.0)
    assert at_pace(calm, fast, 3 * to_samples(15)) == 3 * to_samples(7.5)
    assert at_pace(calm, Cue(CueKind.REST, 0, "", 5), 4) == 4


def test_patterns_have_names_and_own_ones_come_first(tmp_path: Path) -> None:
    step = {"cue": "Breathe.", "breaths": 2, "breath": "deep", "pattern": "Box"}
    exercise = {
        "name": "Square",
        "purpose": "It calms.",
        "position": "any",
        "get_there": "Sit.",
        "setup": "Relax.",
        "steps": [step],
    }
    whole = {"name": "Evening", "purpose": "It calms.", "exercises": [exercise]}
    shipped = Routine.model_validate_json(json.dumps(whole))
    (cue,) = [cue for cue in make_plan(shipped, ENGLISH).cues if cue.kind is CueKind.MOVE]
    assert cue.count == 2 * to_samples(16)
    assert PATTERNS["box"].hold_seconds == 4
    own = {"box": {"inhale_seconds": 5, "exhale_seconds": 5}}
    mine = Routine.model_validate_json(json.dumps({**whole, "patterns": own}))
    (cue,) = [cue for cue in make_plan(mine, ENGLISH).cues if cue.kind is CueKind.MOVE]
    assert cue.count == 2 * to_samples(10)
    file = tmp_path / "evening.yaml"
    step["pattern"] = "bax"
    file.write_text(json.dumps(whole, indent=1))
    line = file.read_text().splitlines().index('     "pattern": "bax"') + 1
    with pytest.raises(RoutineError, match=rf":{line}: 'pattern' is 'bax'; .*'box'\?"):
        read_routine(file)
