"""Whose voice a chunk may be, and what of it the recogniser gets."""

from dataclasses import replace

import numpy as np
import pytest

from voice_coach.audio.pcm import Pcm, decibels, level_db
from voice_coach.hearing.utterance import Chunk
from voice_coach.hearing.vad import CHUNK


def noise(db: float) -> Pcm:
    """Return a chunk of noise at a level."""
    sound = np.random.default_rng(1).standard_normal(CHUNK) * decibels(db)
    return np.asarray(sound, dtype=np.float32)


def chunk(taken_db: float, suppression_db: float = 25.0) -> Chunk:
    """Return a chunk of voice from which so much was taken out."""
    microphone = noise(-20.0)
    cleaned = noise(-20.0 - taken_db)
    return Chunk(microphone, microphone, cleaned, cleaned, suppression_db, True, 0, 0.9)


@pytest.mark.parametrize(
    ("taken_db", "suppression_db", "own"),
    [(20.0, 25.0, True), (3.0, 25.0, False), (20.0, 0.0, False)],
)
def test_what_is_left_of_the_coach_is_hushed_and_nothing_else(
    taken_db: float, suppression_db: float, own: bool
) -> None:
    part = chunk(taken_db, suppression_db)
    change_db = level_db(part.hushed().amplified) - level_db(part.amplified)
    assert part.own == own
    assert change_db == pytest.approx(-20.0 if own else 0.0, abs=0.01)
    assert np.array_equal(part.hushed().cleaned, part.cleaned)


def test_a_voice_dawns_that_is_surely_not_the_coachs() -> None:
    assert chunk(3.0).dawning
    assert not replace(chunk(3.0), probability=0.3).dawning
    assert not chunk(20.0).dawning
    assert not chunk(3.0, 0.0).dawning
    assert replace(chunk(3.0, 0.0), audible=False).dawning
