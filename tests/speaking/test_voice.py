"""What every engine does alike: the text it takes, and the level and edges of its sound."""

import numpy as np
import pytest

from voice_coach.audio.pcm import Sound, from_int16, quiet, to_int16
from voice_coach.errors import VoiceCoachError
from voice_coach.speaking.voice import (
    LONGEST_TEXT,
    MASTERING,
    bounded,
    identified,
    mastered,
    speakable,
)
from voice_coach.units import LOUDSPEAKER_RATE


def tone(seconds: float, amplitude: float, rate: int = LOUDSPEAKER_RATE) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * 220 * time)).astype(np.float32)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("  Breathe\n\tin. ", "Breathe in."),
        ("caf\u0065\u0301, 1½ minutes, 20 °C", "café, 1½ minutes, 20 °C"),
        ("Ψ и é", "Ψ и é"),
        ("[[hEl@U]] [[[", "[ [hEl@U] ] [ [ ["),
        ("\x0150p loud \x00\x1b[2J\u202e\ud800\ue000", "50p loud [2J"),
        ("<speak>now</speak> &amp;", "<speak>now</speak> &amp;"),
        ("ਘ 㤾 शांति ٣", ""),
        ("🧘 rest", "🧘 rest"),
        ("a" * 100, " ".join(["a" * 40, "a" * 40, "a" * 20])),
        ("", ""),
    ],
)
def test_text_becomes_one_line_without_markup(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(VoiceCoachError, match=r"10,001 characters.*at most 10,000.*Split") as error:
        speakable("x" * (LONGEST_TEXT + 1))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(("asked", "given"), [(0.0, 0.5), (0.7, 0.7), (9.0, 2.0)])
def test_speed_is_brought_into_range(asked: float, given: float) -> None:
    assert bounded(asked) == given


def test_silence_at_both_ends_is_trimmed_to_ten_milliseconds() -> None:
    padded = np.concatenate([quiet(8_000), tone(0.5, 0.5), quiet(16_000)])
    sound = mastered(padded, LOUDSPEAKER_RATE)
    assert len(sound) == pytest.approx(0.52 * LOUDSPEAKER_RATE, abs=60)
    assert np.all(sound[:450] == 0)
    assert np.all(sound[-450:] == 0)


@pytest.mark.parametrize("amplitude", [0.01, 0.1, 0.9])
def test_level_is_the_same_whatever_the_engine_gave(amplitude: float) -> None:
    sound = mastered(tone(1.0, amplitude), LOUDSPEAKER_RATE)
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(0.1, rel=0.02)  # -20 dB


def test_pauses_have_no_part_in_the_level() -> None:
    phrase = np.concatenate([tone(0.5, 0.3), quiet(48_000), tone(0.5, 0.3)])
    sound = mastered(phrase, LOUDSPEAKER_RATE)
    assert np.sqrt(np.mean(sound[3_000:21_000] ** 2)) == pytest.approx(0.1, rel=0.02)


def test_a_sharp_peak_limits_the_level() -> None:
    sound = tone(1.0, 0.05)
    sound[24_000] = 1.0
    loudest = np.abs(mastered(sound, LOUDSPEAKER_RATE)).max()
    assert loudest == pytest.approx(10 ** (-3 / 20), rel=1e-3)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000])
def test_other_rates_keep_their_length_and_pitch(rate: int) -> None:
    sound = mastered(tone(1.0, 0.5, rate), rate)
    assert len(sound) == pytest.approx(LOUDSPEAKER_RATE, abs=180)
    spectrum = np.abs(np.fft.rfft(sound, LOUDSPEAKER_RATE))
    assert int(spectrum.argmax()) == pytest.approx(220, abs=2)


def test_nothing_gives_nothing() -> None:
    assert len(mastered(quiet(0), 22_050)) == 0
    assert len(mastered(quiet(1_000), 22_050)) == 0


def test_samples_are_whole_steps_of_16_bits() -> None:
    sound = mastered(tone(0.5, 0.3, 22_050), 22_050)
    assert np.array_equal(from_int16(to_int16(sound)), sound)


def test_the_version_of_mastering_is_raised_with_what_it_does() -> None:
    # A saw needs no sine, whose last digit differs between processors. Where these fail
    # because mastering changed, note the new numbers here and raise MASTERING.
    saw = ((np.arange(4_000) * 97 % 1_001 - 500) / 2_000).astype(np.float32)
    sound = to_int16(mastered(np.concatenate([quiet(500), saw, quiet(500)]), LOUDSPEAKER_RATE))
    assert (MASTERING, len(sound)) == (2, 4_960)
    assert sound[[480, 1_000, 2_000, 3_333, -481]].tolist() == pytest.approx(
        [-6211, -1366, -2571, -435, 199], abs=1
    )


def test_identity_names_parts_and_mastering() -> None:
    assert identified("espeak", 3, [0.5]).startswith("espeak 3 [0.5] mastering ")
    assert identified("a") != identified("b")
