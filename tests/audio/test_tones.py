"""The tones as an instrument measures them: level, pitch, edges, joins; and mixed with speech."""

import itertools
import random

import numpy as np
import pytest

from voice_coach.audio.mixer import Mixer
from voice_coach.audio.pcm import Sound, decibels, level_db, quiet
from voice_coach.audio.tones import (
    FADE,
    HIGH_HOLD_DB,
    HIGH_HZ,
    LOUDEST_DB,
    LOW_HOLD_DB,
    LOW_HZ,
    QUIETEST_DB,
    SIGNAL_DB,
    SOFT_DB,
    Contour,
    Earcon,
    breath_tone,
    earcon,
)
from voice_coach.units import LOUDSPEAKER_RATE, Samples, to_frames, to_samples

LENGTHS = [8_000, 64_001, 96_000, 320_000]
WINDOW = to_frames(800)
EDGE = to_frames(FADE)
FOUR_SECONDS = to_samples(4)


def levels(pcm: Sound, window: int = WINDOW) -> np.ndarray:
    frames = pcm[: len(pcm) // window * window].reshape(-1, window).astype(np.float64)
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-15)


def pitch(part: Sound) -> float:
    """Return the strongest frequency in Hz, to a tenth."""
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 10 * LOUDSPEAKER_RATE))
    return float(spectrum.argmax()) / 10


def level_over(pcm: Sound, hertz: float) -> float:
    """Return the level of what lies over `hertz`, in dB of full scale, heard from silence on."""
    padded = np.concatenate([quiet(4_000), pcm, quiet(4_000)]).astype(np.float64)
    spectrum = np.fft.rfft(padded)
    spectrum[np.fft.rfftfreq(len(padded), 1 / LOUDSPEAKER_RATE) < hertz] = 0
    return level_db(np.fft.irfft(spectrum, len(padded)).astype(np.float32))


def steepest(pcm: Sound) -> float:
    return float(np.abs(np.diff(pcm, prepend=0, append=0)).max())


def slope_of(hertz: float, pcm: Sound) -> float:
    """Return the largest step between samples of a sine at `hertz` with the peak of `pcm`."""
    return float(2 * np.pi * hertz / LOUDSPEAKER_RATE * np.abs(pcm).max())


@pytest.mark.parametrize("kind", Contour)
@pytest.mark.parametrize("length", [*LENGTHS, 0, 1, 2, 3, 159, 3_199])
def test_length_to_the_sample_and_silence_at_both_ends(kind: Contour, length: int) -> None:
    tone = breath_tone(kind, length)
    assert tone.shape == (to_frames(length),)
    assert tone.dtype == np.float32
    assert np.isfinite(tone).all()
    assert not tone[:1].any()
    assert not tone[-1:].any()


@pytest.mark.parametrize("kind", Contour)
def test_the_same_samples_at_every_call_and_nobody_can_change_them(kind: Contour) -> None:
    first = breath_tone(kind, 8_000).copy()
    breath_tone.cache_clear()
    again = breath_tone(kind, 8_000)
    assert np.array_equal(first, again)
    with pytest.raises(ValueError, match="read-only"):
        again[0] = 1.0


@pytest.mark.parametrize("length", LENGTHS[1:])
def test_loudness_rises_over_the_inhale_and_falls_over_the_exhale(length: int) -> None:
    rise, fall = (levels(breath_tone(kind, length)) for kind in (Contour.RISE, Contour.FALL))
    inner = slice(EDGE // WINDOW + 1, -EDGE // WINDOW - 1)
    for course in (rise[inner], fall[inner][::-1]):
        assert course.max() == pytest.approx(LOUDEST_DB, abs=0.5)
        assert course.min() == pytest.approx(QUIETEST_DB, abs=0.5)
        smooth = np.convolve(course, np.ones(7) / 7, "valid")
        assert np.diff(smooth).min() > -0.1
        assert np.corrcoef(course, np.arange(len(course)))[0, 1] > 0.95


@pytest.mark.parametrize(
    ("kind", "level", "hertz"),
    [(Contour.HIGH, HIGH_HOLD_DB, HIGH_HZ), (Contour.LOW, LOW_HOLD_DB, LOW_HZ)],
)
def test_holds_are_steady_and_softer(kind: Contour, level: float, hertz: float) -> None:
    tone = breath_tone(kind, FOUR_SECONDS)
    course = levels(tone[EDGE:-EDGE], to_frames(1_600))
    assert level < LOUDEST_DB - 3
    assert np.abs(course - level).max() < 0.4
    for part in np.split(tone[EDGE:-EDGE], 10):
        assert pitch(part) == pytest.approx(hertz, rel=0.002)


def test_pitch_glides_over_a_fifth_and_back() -> None:
    rise, fall = breath_tone(Contour.RISE, 96_000), breath_tone(Contour.FALL, 96_000)
    courses = [[pitch(part) for part in np.split(tone, 30)] for tone in (rise, fall)]
    assert courses[0][0] == pytest.approx(LOW_HZ, rel=0.01)
    assert courses[0][-1] == pytest.approx(HIGH_HZ, rel=0.01)
    assert np.diff(courses[0]).min() > -1
    assert courses[1] == pytest.approx(courses[0][::-1], rel=0.01)


def test_harmonics_are_soft_and_air_lies_far_under_the_tone() -> None:
    tone = breath_tone(Contour.LOW, to_samples(10))
    power = np.abs(np.fft.rfft(tone * np.hanning(len(tone)))) ** 2
    total = power.sum()

    def share_db(centre: float, width: float) -> float:
        low, high = round((centre - width) * 10), round((centre + width) * 10)
        return float(10 * np.log10(power[low:high].sum() / total))

    assert -1 < share_db(LOW_HZ, 5) < 0
    assert share_db(2 * LOW_HZ, 5) == pytest.approx(-10.6, abs=1)
    assert share_db(3 * LOW_HZ, 5) == pytest.approx(-19, abs=1)
    air = sum(10 ** (share_db(hertz, 80) / 10) for hertz in (770, 1_000, 1_200, 1_500, 1_800))
    assert -22 < 10 * np.log10(air) < -14


@pytest.mark.parametrize("kind", Contour)
@pytest.mark.parametrize("length", LENGTHS)
def test_no_clicks(kind: Contour, length: int) -> None:
    tone = breath_tone(kind, length)
    assert steepest(tone) < slope_of(800, tone)  # a full-scale click would be some 10 times that
    for end in (tone[:EDGE], tone[-EDGE:][::-1]):
        inner = end * np.concatenate([np.ones(EDGE // 2), np.hanning(EDGE)[EDGE // 2 :]])
        assert level_over(inner, 4_000) < -110
        assert np.abs(end[:48]).max() < 2e-5  # the first millisecond is under -90 dB
    assert level_over(tone, 4_000) < -110


@pytest.mark.parametrize("pair", list(itertools.product(Contour, Contour)))
def test_tones_that_follow_each_other_join_without_a_jump(pair: tuple[Contour, Contour]) -> None:
    first, second = (breath_tone(kind, to_samples(1.5)) for kind in pair)
    around = np.concatenate([first, second])[len(first) - 48 : len(first) + 48]
    assert np.abs(np.diff(around)).max() < 2e-5
    joined = np.concatenate([first, second])
    assert level_over(joined, 4_000) < -110


def test_a_fall_begins_where_the_rise_ended() -> None:
    rise, fall = breath_tone(Contour.RISE, 64_000), breath_tone(Contour.FALL, 96_000)
    for one, other in ((rise, fall), (fall, rise)):
        end, start = one[-3 * EDGE : -EDGE], other[EDGE : 3 * EDGE]
        assert pitch(end) == pytest.approx(pitch(start), rel=0.01)
        assert level_db(end) == pytest.approx(level_db(start), abs=0.4)


@pytest.mark.parametrize("kind", Earcon)
def test_signals_are_short_and_at_their_level(kind: Earcon) -> None:
    sound = earcon(kind)
    assert sound.dtype == np.float32
    assert 0.1 < len(sound) / LOUDSPEAKER_RATE < 0.6
    level = SOFT_DB if kind in (Earcon.LEAD_IN, Earcon.PARDON) else SIGNAL_DB
    assert level_db(sound) == pytest.approx(level, abs=0.01)
    assert np.abs(sound).max() < decibels(-12)
    assert not sound[0]
    assert not sound[-1]
    assert steepest(sound) < slope_of(1_500, sound)
    assert np.abs(sound[:24]).max() < 0.003
    assert np.abs(sound[-24:]).max() < 1e-5
    assert level_over(sound, 4_000) < -100
    with pytest.raises(ValueError, match="read-only"):
        sound[0] = 1.0
    before = sound.copy()
    earcon.cache_clear()
    assert np.array_equal(earcon(kind), before)


def test_signals_are_distinct() -> None:
    courses = []
    for kind in Earcon:
        parts = np.array_split(np.pad(earcon(kind), (0, to_frames(9_600) - len(earcon(kind)))), 6)
        loud = [level_db(part) > -45 for part in parts]
        course = [pitch(part) if heard else 0 for part, heard in zip(parts, loud, strict=True)]
        courses.append(np.array(course))
    for one, other in itertools.combinations(courses, 2):
        different = np.abs(one - other) > 0.1 * np.maximum(one, other)
        notes = max(
            np.count_nonzero(one), np.count_nonzero(other)
        )  # a tick is one, an octave apart
        assert np.count_nonzero(different) >= min(2, notes), (one, other)


def speech_like(length: Samples) -> Sound:
    """Return noise at the level and with the peaks of mastered speech: -20 dB, at most -3 dB."""
    noise = np.random.default_rng(4).standard_normal(to_frames(length)).astype(np.float32)
    limit = decibels(-3.0)
    return np.clip(noise * decibels(-20.0), -limit, limit).astype(np.float32)


def test_tone_and_signal_and_voice_together_stay_under_the_limiter() -> None:
    loudest = decibels(-3.0) + np.abs(breath_tone(Contour.RISE, 96_000)).max()
    assert loudest < 0.9, "the limiter would bend the voice whenever a tone sounds"
    mixer = Mixer()
    voice, tone = speech_like(96_000), breath_tone(Contour.RISE, 96_000)
    mixer.play(voice, 0, 1)
    mixer.play(tone, 0, 2)
    assert np.allclose(mixer.render(96_000), voice + tone, atol=1e-6)
    over = decibels(-3.0) + np.abs(tone).max() + max(np.abs(earcon(k)).max() for k in Earcon)
    assert over < 1.0


def test_a_session_of_breath_is_gapless_and_clean_in_blocks_of_any_size() -> None:
    whole = Mixer()
    pieces = Mixer()
    kinds = [Contour.RISE, Contour.HIGH, Contour.FALL, Contour.LOW] * 2
    for mixer in (whole, pieces):
        for number, kind in enumerate(kinds):
            mixer.play(breath_tone(kind, 32_000), number * 32_000, number)
    at_once = whole.render(len(kinds) * 32_000)
    source = random.Random(5)
    parts = []
    while (left := whole.position - pieces.position) > 0:
        parts.append(pieces.render(min(left, source.randrange(1, 700))))
    assert np.array_equal(np.concatenate(parts), at_once)
    assert level_over(at_once, 4_000) < -110
    assert [(each.tag, each.at) for each in whole.finished()] == [
        (number, (number + 1) * 32_000) for number in range(len(kinds))
    ]


@pytest.mark.parametrize("end", ["stop", "silence"])
def test_a_tone_that_is_cut_off_does_not_click(end: str) -> None:
    mixer = Mixer()
    mixer.play(breath_tone(Contour.FALL, 96_000), 0, 7)
    before = mixer.render(20_000)
    mixer.stop(7) if end == "stop" else mixer.silence()
    after = mixer.render(4_000)
    sound = np.concatenate([before, after])
    assert not after[to_frames(200) :].any()
    assert steepest(sound) <= steepest(before) * 1.01
    assert level_over(sound[to_frames(16_000) :], 4_000) < -90
