"""Sounds that are no speech."""

import numpy as np
import pytest

from benchmarks import noises
from voice_coach.units import to_samples


@pytest.mark.parametrize("name", list(noises.NOISES))
def test_a_noise_has_its_length_and_peak_and_is_repeatable(name: str) -> None:
    make, levels = noises.NOISES[name]
    first, again, other = (make(to_samples(5), np.random.default_rng(s)) for s in (1, 1, 2))
    assert len(first) == to_samples(5)
    assert np.abs(first).max() == pytest.approx(1)
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert levels


def test_pink_noise_has_as_much_in_every_octave() -> None:
    pink = noises.rush(1 << 18, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(pink)) ** 2
    hertz = np.fft.rfftfreq(len(pink), 1 / 16_000)
    octaves = [power[(hertz >= low) & (hertz < 2 * low)].sum() for low in (125, 500, 2000)]
    assert max(octaves) / min(octaves) < 1.1


def test_breath_comes_and_goes() -> None:
    breath = noises.calm_breath(to_samples(30), np.random.default_rng(0))
    tenths = np.square(breath).reshape(-1, 1600).mean(axis=1)
    assert np.percentile(tenths, 5) < 0.01 * np.percentile(tenths, 90)


def test_with_the_kitchen_noise_lasts_half_an_hour() -> None:
    assert len(list(noises.minutes())) + 5 >= 30
