"""The benchmark of coffee orders: its noise keeps the published rule, and it is repeatable."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import coffee
from benchmarks.harness import Ears, Options
from tests.tools.speech import room, spoken_in_room
from voice_coach.audio.pcm import Pcm

NOISE = room(160_000, seed=9, db=-20.0)


def loudest_frame(sound: Pcm) -> float:
    whole = sound[: len(sound) // 2048 * 2048].reshape(-1, 2048)
    return max(float(np.sum(frame.astype(np.float64) ** 2)) for frame in whole)


def test_noise_lies_under_the_loudest_frame() -> None:
    speech = spoken_in_room("how long left")
    mix = coffee.noisy(speech, NOISE, "a.flac", 6)
    assert np.abs(mix).max() == pytest.approx(0.5)
    gain = float(np.dot(mix, speech) / np.dot(speech, speech))
    left = mix - gain * speech
    ratio = 10 * np.log10(loudest_frame(gain * speech) / loudest_frame(left))
    assert ratio == pytest.approx(6.0, abs=0.3)
    assert len(NOISE) > len(mix) == len(speech)


def test_noise_depends_on_the_name_alone() -> None:
    speech = spoken_in_room("pause")
    first = coffee.noisy(speech, NOISE, "a.flac", 9)
    assert np.array_equal(first, coffee.noisy(speech, NOISE, "a.flac", 9))
    assert not np.array_equal(first, coffee.noisy(speech, NOISE, "b.flac", 9))


def test_every_recording_is_heard_at_every_level(shared_speech: Path) -> None:
    count = len(list((shared_speech / "coffee").glob("*.flac")))
    options = Options(quick=False, speech=True, recogniser="auto")
    assert len(coffee.tasks(options)) == count * 8


@pytest.mark.slow
def test_the_same_recording_gives_the_same_twice(shared_speech: Path) -> None:
    assert shared_speech.is_dir()
    ears = Ears("pocketsphinx")
    tasks = coffee.tasks(Options(quick=True, speech=True, recogniser="pocketsphinx"))[:2]
    first = [task(ears) for task in tasks]
    assert [task(ears) for task in tasks] == first
    assert first[0]["heard"][0]["intent"] == "orderDrink"
    assert {"tuning"} == {result["half"] for result in first}


def test_the_mean_is_that_of_the_levels_with_noise() -> None:
    verdicts = [("clean", "right"), ("24 dB", "right"), ("6 dB", "right"), ("6 dB", "wrong")]
    results = [
        {"file": "a", "half": "test", "level": level, "verdict": verdict, "heard": []}
        for level, verdict in verdicts
    ]
    values = {figure.name: figure.value for figure in coffee.figures(results)}
    assert values == {"coffee, clean": 100, "coffee, mean of 24 to 6 dB": 75, "coffee, 6 dB": 50}
