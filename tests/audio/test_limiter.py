"""What the limiter keeps under its ceiling, and what of the sound it leaves alone."""

import random
from functools import cache

import numpy as np
import pytest

from voice_coach.audio.limiter import CEILING_DB, Limiter
from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Sound, decibels, duration, level_db, quiet
from voice_coach.audio.tones import Contour, Earcon, breath_tone, earcon
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import BLOCK, LOUDSPEAKER_RATE, Samples, to_frames, to_samples

OVERSAMPLED = 8


def true_peak_db(sound: Sound) -> float:
    """Return the highest peak between samples too, by Fourier's own interpolation."""
    padded = np.concatenate([sound, quiet(400)]).astype(np.float64)
    spectrum = np.fft.rfft(padded)
    fine = np.fft.irfft(spectrum, OVERSAMPLED * len(padded)) * OVERSAMPLED
    return float(20 * np.log10(np.abs(fine).max()))


@cache
def speech() -> Sound:
    with_pauses = "Lift your hips slowly, and hold. Now let go! Change to the other side."
    return EspeakVoice().render(with_pauses)


def loudest_tone(length: Samples) -> Sound:
    """Return the loudest that ships, again and again: of signals and of breaths."""
    signal = max((earcon(kind) for kind in Earcon), key=lambda each: float(np.abs(each).max()))
    return np.resize(signal, to_frames(length)) + breath_tone(Contour.HIGH, length)


def sine(hertz: float, seconds: float, peak: float) -> Sound:
    time = np.arange(round(seconds * LOUDSPEAKER_RATE)) / LOUDSPEAKER_RATE
    return (peak * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(length: Samples, peak: float, seed: int = 1) -> Sound:
    return np.random.default_rng(seed).uniform(-peak, peak, to_frames(length)).astype(np.float32)


def played(clips: list[tuple[Sound, Samples]], length: Samples, volume_db: float = 0.0) -> Sound:
    mixer = Mixer()
    mixer.volume_db = volume_db
    mixer.render(to_samples(0.1))  # while the volume changes
    for tag, (clip, at) in enumerate(clips):
        mixer.play(clip, mixer.position + at, tag)
    return np.concatenate([mixer.render(BLOCK) for _ in range(length // BLOCK)])


@pytest.mark.parametrize(("volume_db", "least"), [(0, -21), (4, -18), (8, -16), (20, -13)])
def test_louder_never_clips(volume_db: float, least: float) -> None:
    """The loudest tone that ships over speech; and it does get louder."""
    length = -(-duration(speech()) // BLOCK) * BLOCK
    out = played([(speech(), 0), (loudest_tone(length), 0)], length, volume_db)
    assert not np.count_nonzero(np.abs(out) >= 1.0)
    assert true_peak_db(out) <= CEILING_DB
    assert least < level_db(out) < least + 2


FIERCE = {
    "peaks between samples": sine(12_000.0, 0.2, 0.7) + sine(11_000.0, 0.2, 0.7),
    "high": sine(7_919.0, 0.3, 3.0),
    "square": np.sign(sine(97.0, 0.2, 1.0)) * np.float32(2.0),
    "click": np.float32(-20.0) * np.eye(1, 4_800, 2_000, dtype=np.float32)[0],
}


@pytest.mark.parametrize("clip", FIERCE.values(), ids=FIERCE.keys())
@pytest.mark.parametrize("at", [0, 3_001])
def test_whatever_is_played_stays_under_the_ceiling(clip: Sound, at: Samples) -> None:
    out = played([(clip, at)], 12_000)
    assert true_peak_db(out) <= CEILING_DB
    assert np.abs(out).max() > 0.7


def test_what_nobody_knew_of_before_stays_under_it_too() -> None:
    for at_once in (1, 7, 160):
        mixer = Mixer()
        mixer.play(sine(220.0, 1.0, 0.8), 0, 1)
        before = mixer.render(1_600 + at_once)
        mixer.play(noise(3_200, 4.0), 0, 2)
        both = np.concatenate([before, mixer.render(3_200)])
        assert np.abs(both).max() <= decibels(CEILING_DB)


def test_what_is_not_too_loud_is_left_alone_to_the_bit() -> None:
    clip = speech() * np.float32(0.8)
    out = played([(clip, 333)], 16_000)
    assert (out[to_frames(333) :] == clip[: len(out) - to_frames(333)]).all()


def test_a_cue_begins_at_its_frame_however_loud() -> None:
    for volume_db in (0.0, 20.0):
        out = played([(sine(440.0, 0.5, 0.6)[1:], 1_234)], 8_000, volume_db)
        assert int(np.flatnonzero(out)[0]) == to_frames(1_234)


def test_a_steady_tone_is_turned_down_without_distortion() -> None:
    for hertz in (110.0, 220.0, 1_000.0):
        out = played([(sine(hertz, 3.0, 0.5), 0)], 40_000, 20.0)[LOUDSPEAKER_RATE:]
        steady = out[: round(LOUDSPEAKER_RATE / 10) * 10] * np.hanning(LOUDSPEAKER_RATE)
        power = np.abs(np.fft.rfft(steady)) ** 2
        place = round(hertz)
        tone = power[place - 3 : place + 4].sum()
        assert 10 * np.log10((power.sum() - tone) / tone) < -70
        assert level_db(out) > -5.0


def test_the_gain_goes_down_before_a_peak_and_comes_back_smoothly() -> None:
    second, loud = LOUDSPEAKER_RATE, slice(LOUDSPEAKER_RATE, LOUDSPEAKER_RATE + 4_800)
    clip = sine(500.0, 3.0, 0.3)
    clip[loud] *= 10
    out = played([(clip, 0)], to_samples(2.8))
    known = np.flatnonzero(np.abs(clip[: len(out)]) > 0.05)
    gain = np.interp(np.arange(len(out)), known, out[known] / clip[known])
    down = to_frames(to_samples(0.007))
    assert (gain[: second - down] == 1.0).all()
    assert gain.min() == pytest.approx(0.861 / 3.0, rel=0.01)
    assert gain[loud].max() < 0.3
    assert np.abs(np.diff(gain)).max() < 1.5 / to_frames(to_samples(0.005))
    assert gain[loud.stop + second // 10] < 0.8
    assert (gain[loud.stop + 5 * second // 4 :] == 1.0).all()


@pytest.mark.parametrize("seed", range(12))
def test_block_sizes_change_nothing_of_what_is_too_loud(seed: int) -> None:
    chance = random.Random(seed)
    script = {
        chance.randrange(9_000): (chance.choice(["play", "volume", "duck", "silence"]), number)
        for number in range(14)
    }

    def perform(cuts: set[int]) -> Sound:
        mixer, parts = Mixer(), []
        for end in sorted({*script, *cuts, 12_000} - {0}):
            if command := script.get(mixer.position):
                kind, number = command
                match kind:
                    case "play":
                        late = number * 17 % 400
                        mixer.play(noise(2_000, 0.3 * number, number), mixer.position + late, 1)
                    case "volume":
                        mixer.volume_db = number
                    case "duck":
                        mixer.duck(-number, 100)
                    case _:
                        mixer.silence()
            parts.append(mixer.render(end - mixer.position))
        return np.concatenate(parts)

    whole = perform(set())
    assert 0.5 < np.abs(whole).max() <= decibels(CEILING_DB)
    for _ in range(3):
        cuts = set(chance.sample(range(1, 12_000), 200))
        assert (perform(cuts) == whole).all()


def test_nothing_stays_nothing() -> None:
    limiter = Limiter()
    until = limiter.known_until(BLOCK)
    assert not limiter.limited(quiet(until), 0, BLOCK, replanned=False).any()
