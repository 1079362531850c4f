"""The reference is read at the speed of the microphone's clock, and the filter left in peace."""

import numpy as np
import pytest

from tests.tools.echoes import (
    cleaned,
    coach,
    echo_of_coach,
    late,
    noise,
    skewed,
    suppression_db,
)
from voice_coach.audio.pcm import Pcm
from voice_coach.hearing.echo.adaptive_filter import FRAME
from voice_coach.hearing.echo.alignment import Alignment
from voice_coach.hearing.echo.canceller import EchoCanceller
from voice_coach.units import SAMPLE_RATE, to_samples

DELAY = to_samples(0.06)
"""Of the echo of `echo_of_coach`."""


class Follower:
    """An alignment, and the skew that it believed in after each frame."""

    def __init__(self, microphone: Pcm, played: Pcm) -> None:
        self.alignment = Alignment()
        self.skews: list[float] = []
        for start in range(0, len(played) - FRAME + 1, FRAME):
            frame = slice(start, start + FRAME)
            self.alignment.add(microphone[frame], played[frame])
            self.skews.append(self.alignment.skew_ppm)

    def worst(self, ppm: float, start: float, end: float) -> float:
        """Return the largest error of the skew between two times in seconds."""
        part = self.skews[to_samples(start) // FRAME : to_samples(end) // FRAME]
        return float(np.abs(np.array(part) - ppm).max())


def paused(sound: Pcm, start: int, end: int) -> Pcm:
    """Return `sound` with silence between two times in seconds."""
    result = np.array(sound)
    result[start * SAMPLE_RATE : end * SAMPLE_RATE] = 0
    return result


@pytest.mark.parametrize("ppm", [100.0, -100.0, 300.0])
def test_the_skew_is_known_after_two_seconds(ppm: float) -> None:
    echo = skewed(echo_of_coach(8.0), ppm)
    follower = Follower(echo + noise(len(echo)), coach(8.0))
    assert follower.worst(ppm, 2.0, 8.0) < 30.0
    assert follower.worst(ppm, 4.0, 8.0) < 12.0


def test_clocks_that_agree_get_no_skew() -> None:
    echo = echo_of_coach(8.0)
    assert Follower(echo + noise(len(echo)), coach(8.0)).worst(0.0, 0.0, 8.0) < 5.0


@pytest.mark.slow
@pytest.mark.parametrize("ppm", [100.0, -100.0])
def test_what_was_learnt_while_the_skew_was_unknown_is_not_lost(ppm: float) -> None:
    echo = skewed(echo_of_coach(10.0), ppm)
    rest = cleaned(EchoCanceller(latency=0), echo + noise(len(echo)), coach(10.0))
    assert suppression_db(echo, rest, 3.0, 4.0) > 15.0
    assert suppression_db(echo, rest, 4.0, 6.0) > 18.0
    assert suppression_db(echo, rest, 6.0, 10.0) > 20.0


@pytest.mark.slow
@pytest.mark.parametrize("ppm", [20.0, 100.0])
def test_after_a_pause_the_echo_is_found_where_the_filter_looks_for_it(ppm: float) -> None:
    played = paused(coach(40.0), 5, 30)
    echo = skewed(paused(echo_of_coach(40.0), 5, 30), ppm)
    rest = cleaned(EchoCanceller(latency=0), echo + noise(len(echo)), played)
    assert suppression_db(echo, rest, 31.5, 35.0) > 20.0


@pytest.mark.slow
def test_a_jump_leaves_the_skew_as_it_was() -> None:
    """One second after it a line would again tell no better than to 10 ppm."""
    whole = skewed(echo_of_coach(16.0), 100.0)
    echo = np.concatenate([whole[: 8 * SAMPLE_RATE], late(whole, 320)[8 * SAMPLE_RATE :]])
    follower = Follower(echo + noise(len(echo)), coach(16.0))
    assert follower.alignment.delay == pytest.approx(DELAY + 320 + 16 * 1.6, abs=32)
    assert follower.worst(100.0, 8.0, 16.0) < 5.0


@pytest.mark.slow
def test_the_reference_comes_before_its_echo_for_a_long_time() -> None:
    """Nothing that the skew's errors add up to moves it far."""
    echo = skewed(echo_of_coach(60.0), 50.0)
    follower = Follower(echo + noise(len(echo)), coach(60.0))
    assert follower.alignment.lead == pytest.approx(to_samples(0.030), abs=4)
