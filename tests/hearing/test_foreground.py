"""Loud parts of a stream: where they begin and end, and what is none."""

import numpy as np
import pytest

from voice_coach.audio.pcm import Pcm, decibels
from voice_coach.hearing.foreground import LONGEST, PAUSE, Foreground
from voice_coach.hearing.vad import CHUNK
from voice_coach.units import Samples, to_samples, to_seconds


def hiss(seconds: float, db: float) -> Pcm:
    noise = np.random.default_rng(1).standard_normal(to_samples(seconds), dtype=np.float32)
    return noise * np.float32(decibels(db))


def parts(*sounds: Pcm, voiced: bool = True) -> list[tuple[Samples, Samples]]:
    foreground, found = Foreground(louder=2.5), []
    sound = np.concatenate(sounds)
    for start in range(0, len(sound) - CHUNK + 1, CHUNK):
        part = foreground.take(sound[start : start + CHUNK], voiced=voiced)
        found += [(part.begun, part.ended)] if part else []
    return found


@pytest.mark.parametrize("louder", [9.0, 20.0])
def test_a_loud_part_is_found_with_its_ends(louder: float) -> None:
    ((begun, ended),) = parts(hiss(2, -50), hiss(0.5, -50 + louder), hiss(1, -50))
    assert to_seconds(begun) == pytest.approx(2.0, abs=0.04)
    assert to_seconds(ended) == pytest.approx(2.5, abs=0.04)


def test_it_is_known_as_soon_as_its_pause_is_over() -> None:
    assert not parts(hiss(2, -50), hiss(0.5, -35), hiss(to_seconds(PAUSE) - 0.05, -50))
    assert parts(hiss(2, -50), hiss(0.5, -35), hiss(to_seconds(PAUSE) + 0.1, -50))


def test_a_pause_inside_belongs_to_it() -> None:
    found = parts(hiss(2, -50), hiss(0.4, -35), hiss(0.1, -50), hiss(0.4, -35), hiss(1, -50))
    assert [round(to_seconds(ended - begun), 1) for begun, ended in found] == [0.9]


@pytest.mark.parametrize(
    "sounds",
    [
        (hiss(4, -50),),
        (hiss(2, -50), hiss(0.5, -48), hiss(1, -50)),  # hardly louder
        (hiss(2, -50), hiss(0.03, -30), hiss(1, -50)),  # a click
        (hiss(2, -50), hiss(to_seconds(LONGEST) + 0.5, -35), hiss(1, -35)),  # it stays louder
    ],
)
def test_what_is_no_loud_part(sounds: tuple[Pcm, ...]) -> None:
    assert parts(*sounds) == []


def test_without_a_voice_nothing_stands_out() -> None:
    assert parts(hiss(2, -50), hiss(0.5, -30), hiss(1, -50), voiced=False) == []


def test_a_hiss_that_is_fainter_than_the_vowels_around_it_stands_out() -> None:
    """Bands are held against themselves: an "s" has its power where vowels have none."""
    seconds = np.arange(to_samples(3)) / to_samples(1)
    vowel = (0.1 * np.sin(2 * np.pi * 300 * seconds)).astype(np.float32)
    vowel[to_samples(2) : to_samples(2.3)] *= 4.0
    vowel[to_samples(2.3) : to_samples(2.4)] *= 0.1
    vowel += hiss(3, -60)
    vowel[to_samples(2.3) : to_samples(2.4)] += hiss(0.1, -45)
    ((begun, ended),) = parts(vowel)
    assert to_seconds(begun) == pytest.approx(2.0, abs=0.04)
    assert to_seconds(ended) == pytest.approx(2.4, abs=0.04)


def test_a_hiss_alone_is_not_loud() -> None:
    seconds = np.arange(to_samples(3)) / to_samples(1)
    vowel = (0.1 * np.sin(2 * np.pi * 300 * seconds)).astype(np.float32)
    vowel[to_samples(2) : to_samples(2.3)] *= 0.1
    vowel[to_samples(2) : to_samples(2.3)] += np.diff(hiss(0.3, -45), prepend=np.float32(0.0))
    assert parts(vowel) == []
