"""The measure of ITU-R BS.1770-4 against the standard's own figures, and the limiter."""

import numpy as np
import pytest

from voice_coach.audio.pcm import SILENCE_DB, silence
from voice_coach.speaking.loudness import (
    Wave,
    _high_pass,
    _response,
    _shelf,
    levelled,
    limited,
    loudness,
    true_peak_db,
)

RATES = [16_000, 24_000, 48_000]


def tone(seconds: float, hertz: float, db: float, rate: int) -> Wave:
    time = np.arange(round(seconds * rate)) / rate
    return (10 ** (db / 20) * np.sin(2 * np.pi * hertz * time + 0.3)).astype(np.float32)


def noise(seconds: float, rate: int) -> Wave:
    """Bursts with a crest that no limit leaves alone."""
    drawn = np.random.default_rng(1)
    wave = drawn.standard_normal(round(seconds * rate))
    return (wave * np.repeat(drawn.uniform(0.01, 0.3, 20), len(wave) // 20)).astype(np.float32)


def test_the_filters_are_those_of_the_standard_at_48_khz() -> None:
    z = np.exp(-2j * np.pi * np.linspace(0, 0.5, 200))
    shelf = _response(
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
        z,
    )
    high_pass = _response((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621), z)
    assert np.allclose(_shelf(48_000, z), shelf, atol=1e-9)
    assert np.allclose(_high_pass(48_000, z), high_pass, atol=1e-9)


@pytest.mark.parametrize("rate", RATES)
def test_a_full_tone_of_997_hertz_has_minus_three(rate: int) -> None:
    assert loudness(tone(3, 997, 0, rate), rate) == pytest.approx(-3.01, abs=0.06)
    assert loudness(tone(3, 997, -30, rate), rate) == pytest.approx(-33.01, abs=0.06)


def test_pauses_and_what_is_far_softer_have_no_part() -> None:
    loud = tone(2, 997, -20, 48_000)
    pause = silence(4 * 48_000)
    murmur = tone(2, 997, -60, 48_000)
    alone = loudness(loud, 48_000)
    # A block that is half a pause counts by half: that is how the standard gates.
    assert loudness(np.concatenate([loud, pause, murmur]), 48_000) == pytest.approx(alone, abs=0.5)


def test_a_short_word_is_as_loud_as_a_long_one_of_its_level() -> None:
    assert loudness(tone(0.2, 997, -20, 48_000), 48_000) == pytest.approx(-23.01, abs=0.1)
    assert loudness(silence(0), 48_000) == loudness(silence(48_000), 48_000) == SILENCE_DB


def test_a_peak_between_two_samples_is_found() -> None:
    time = np.arange(4_800)
    between = np.sin(2 * np.pi * time / 4 + np.pi / 4).astype(np.float32)  # samples at ±0.707
    assert np.abs(between).max() == pytest.approx(0.7071, abs=1e-3)
    middle = true_peak_db(between * np.hanning(4_800).astype(np.float32), 48_000)
    assert middle == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_peaks_are_turned_down_and_the_loudness_is_kept(rate: int) -> None:
    sound = noise(3, rate)
    result = levelled(sound, rate, -14.0, -3.0)
    assert true_peak_db(sound, rate) - loudness(sound, rate) > 13
    assert true_peak_db(sound, rate) > -3.0
    assert true_peak_db(result, rate) <= -3.0
    assert loudness(result, rate) == pytest.approx(-14.0, abs=0.15)


def test_what_is_below_the_limit_is_left_as_it_is() -> None:
    quiet = tone(1, 440, -12, 48_000)
    assert limited(quiet, 48_000, -3.0) is quiet
    burst = np.concatenate([quiet, tone(0.05, 440, 0, 48_000), quiet])
    turned = limited(burst, 48_000, -3.0)
    assert np.array_equal(turned[:40_000], quiet[:40_000])
    assert np.array_equal(turned[-40_000:], quiet[-40_000:])
    assert true_peak_db(turned, 48_000) <= -3.0
