"""The arithmetic of barge-in: what counts as obeyed, and how soon the echo is gone again."""

import numpy as np
import pytest

from benchmarks import barge_in
from benchmarks.barge_in import WINDOW, counted, removed_db, seconds_to_recover
from benchmarks.echoes import (
    ECHO_DB,
    ROOMS,
    DuckingCoach,
    coach,
    echo_of,
    jumped,
    reference_of,
    skewed,
)
from benchmarks.rooms import white
from voice_coach.audio.decimation import DELAY
from voice_coach.audio.pcm import decibels, level_db, resample
from voice_coach.core.intents import Intent
from voice_coach.units import LOUDSPEAKER_RATE, SAMPLE_RATE, to_frames

PAUSE, NEXT = Intent("pause"), Intent("next")


def test_a_command_is_obeyed_once_near_its_end() -> None:
    meant: list[tuple[int, Intent | None]] = [(16_000, PAUSE), (64_000, NEXT)]
    for heard, counts in [
        (((16_500, PAUSE), (63_000, NEXT)), (2, 0, 0)),
        (((16_500, PAUSE), (17_000, PAUSE)), (1, 0, 0)),
        (((16_500, NEXT),), (0, 1, 0)),
        (((40_000, PAUSE),), (0, 0, 1)),
        (((16_000, None),), (0, 1, 0)),
        ((), (0, 0, 0)),
    ]:
        found = counted(list(heard), meant)
        assert (found["obeyed"], found["wrong"], found["false"]) == counts


def test_how_much_is_removed() -> None:
    microphone = white(WINDOW * 4, 1, -20.0)
    cleaned = microphone.copy()
    cleaned[WINDOW : 2 * WINDOW] *= decibels(-20)
    microphone[2 * WINDOW : 3 * WINDOW] *= 1e-4
    assert removed_db(microphone, cleaned) == pytest.approx([0, 20, 20, 0], abs=0.01)


def test_recovery_is_when_it_stays_as_good_as_before() -> None:
    jump = 20 * WINDOW
    removed = [25.0] * 20 + [0.0, 5.0, 23.0, 4.0, 22.5, 24.0, 25.0]
    assert seconds_to_recover(removed, jump) == 4 * WINDOW / SAMPLE_RATE
    assert seconds_to_recover([25.0] * 24, jump) == 0
    assert seconds_to_recover([25.0] * 20 + [1.0] * 6, jump) == 6 * WINDOW / SAMPLE_RATE


def test_a_jump_makes_the_second_half_late() -> None:
    sound = np.arange(100, dtype=np.float32)
    late = jumped(sound, 5)
    assert len(late) == 100
    assert np.array_equal(late[:50], sound[:50])
    assert np.array_equal(late[55:], sound[50:95])
    assert not late[50:55].any()


def test_a_slow_clock_falls_behind() -> None:
    tone = np.sin(2 * np.pi * 400 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    slow = skewed(tone, 10_000)
    phase = 2 * np.pi * 400 * 0.99 * np.arange(SAMPLE_RATE) / SAMPLE_RATE
    middle = slice(1000, -1000)
    assert np.abs(slow[middle] - np.sin(phase)[middle]).max() < 0.03
    assert skewed(tone, 0) is tone


def test_an_echo_is_late_and_has_its_level() -> None:
    room = ROOMS[1]
    played = np.concatenate([white(24_000, 1, -20.0), np.zeros(24_000, dtype=np.float32)])
    echo = echo_of(played, room, 1)
    delay = round(room.delay * SAMPLE_RATE)
    assert np.abs(echo[: delay - 200]).max() < 1e-6
    assert np.abs(echo[delay : delay + 10]).max() > 1e-4
    assert level_db(echo[delay:8_000]) == pytest.approx(ECHO_DB, abs=1.5)


def test_a_clipping_loudspeaker_sounds_different() -> None:
    played, room = resample(white(16_000, 1, -20.0), SAMPLE_RATE, LOUDSPEAKER_RATE), ROOMS[0]
    plain, clipped = (echo_of(played, room, 1, clipped=c) for c in (False, True))
    apart = plain - clipped * np.dot(plain, clipped) / np.dot(clipped, clipped)
    assert -25 < level_db(apart) - level_db(plain) < -5


def test_a_coach_that_never_ducks_sounds_as_always() -> None:
    speech, room = coach(2 * SAMPLE_RATE, np.random.default_rng(1)), ROOMS[1]
    speaker = DuckingCoach(speech, room, 1)
    parts = [speaker.speak(160, lower=False) for _ in range(2 * SAMPLE_RATE // 160)]
    played, echo = (np.concatenate(part) for part in zip(*parts, strict=True))
    assert np.array_equal(played, reference_of(speech))
    # The microphone goes through the same filter as the reference, and is late by as much.
    apart = echo[DELAY:] - echo_of(speech, room, 1)[:-DELAY]
    assert level_db(apart) < ECHO_DB - 30


def test_a_coach_that_ducks_is_heard_less_and_comes_back() -> None:
    speech = white(LOUDSPEAKER_RATE, 1, -20.0)
    speaker = DuckingCoach(speech, ROOMS[0], 1)
    played = [speaker.speak(1_600, lower=2 <= part < 4)[0] for part in range(10)]
    reference = reference_of(speech)
    lost = [level_db(reference[1_600 * i :][:1_600]) - level_db(p) for i, p in enumerate(played)]
    assert lost[1] == pytest.approx(0, abs=0.01)
    assert lost[3] == pytest.approx(15, abs=0.1)
    assert lost[9] == pytest.approx(0, abs=0.01)


def test_losses_are_against_the_same_user_without_an_echo() -> None:
    def scene(case: str, obeyed: int) -> dict[str, object]:
        return {"case": case, "room": "bedroom", "commands": 50, "obeyed": obeyed}

    results = [
        scene("no echo", 50), scene("no echo, user at -10 dB", 40), scene("0 dB", 45),
        scene("-10 dB", 38),
    ]  # fmt: skip
    values = {figure.name: figure.value for figure in barge_in.figures(results)}
    assert values["barge-in, 0 dB: against no echo"] == pytest.approx(-10)
    assert values["barge-in, -10 dB: against no echo"] == pytest.approx(-4)


def test_the_coach_speaks_as_long_as_wanted_and_the_same_twice() -> None:
    first, again, other = (
        coach(10 * SAMPLE_RATE, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert len(first) == to_frames(10 * SAMPLE_RATE)
    assert level_db(first) > -30
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
