"""The benchmark of coffee orders: its noise and its scoring keep the published rules."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.hearing.speech import room, spoken_in_room
from voice_coach.sound.pcm import Pcm

ORDER = {"intent": "orderDrink", "slots": {"size": "small", "coffeeDrink": " latte"}}


@pytest.fixture(scope="module")
def coffee() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "coffee.py"
    spec = importlib.util.spec_from_file_location("coffee", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def noise(coffee: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Pcm:
    noise = room(160_000, seed=9, db=-20.0)
    monkeypatch.setattr(coffee, "_noise", noise, raising=False)
    return noise


def loudest_frame(sound: Pcm) -> float:
    whole = sound[: len(sound) // 2048 * 2048].reshape(-1, 2048)
    return max(float(np.sum(frame.astype(np.float64) ** 2)) for frame in whole)


def test_noise_lies_under_the_loudest_frame(coffee: ModuleType, noise: Pcm) -> None:
    speech = spoken_in_room("how long left")
    mix = coffee._noisy(speech, "a.flac", 6)
    assert np.abs(mix).max() == pytest.approx(0.5)
    gain = float(np.dot(mix, speech) / np.dot(speech, speech))
    left = mix - gain * speech
    ratio = 10 * np.log10(loudest_frame(gain * speech) / loudest_frame(left))
    assert ratio == pytest.approx(6.0, abs=0.3)
    assert len(noise) > len(mix) == len(speech)


def test_noise_depends_on_the_name_alone(coffee: ModuleType, noise: Pcm) -> None:
    speech = spoken_in_room("pause")
    assert np.array_equal(coffee._noisy(speech, "a.flac", 9), coffee._noisy(speech, "a.flac", 9))
    assert not np.array_equal(
        coffee._noisy(speech, "a.flac", 9), coffee._noisy(speech, "b.flac", 9)
    )
    assert len(noise) == 160_000


@pytest.mark.parametrize(
    ("heard", "right"),
    [
        ([("orderDrink", {"size": "small", "coffeeDrink": "latte"})], True),
        ([("orderDrink", {"size": "small", "coffeeDrink": "latte", "roast": "dark roast"})], True),
        ([("orderDrink", {"size": "large", "coffeeDrink": "latte"})], False),
        ([("orderDrink", {"coffeeDrink": "latte"})], False),
        ([("other", {"size": "small", "coffeeDrink": "latte"})], False),
        ([], False),
        ([("orderDrink", {"size": "small", "coffeeDrink": "latte"})] * 2, False),
    ],
)
def test_an_order_is_right(
    coffee: ModuleType, heard: list[tuple[str, dict[str, Any]]], right: bool
) -> None:
    results = [{"intent": intent, "slots": slots} for intent, slots in heard]
    assert coffee._right(results, ORDER) == right


def test_the_same_recording_gives_the_same_twice(coffee: ModuleType, shared_speech: Path) -> None:
    coffee._prepare(shared_speech)
    path = min((shared_speech / "coffee").glob("*.flac"))
    first = [coffee._hear((path, level)) for level in (None, 6)]
    assert [coffee._hear((path, level)) for level in (None, 6)] == first
    assert first[0]["heard"][0]["intent"] == "orderDrink"
