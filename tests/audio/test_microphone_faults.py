"""Faults of a microphone: recognised in its sound, and told once in a while."""

import numpy as np
import pytest
import soxr

from tests.tools.speech import said
from voice_coach.audio.microphone_faults import (
    NO_FLAW,
    Flaw,
    MicrophoneWatch,
    Notice,
    NoticeKind,
    clips,
    inspected,
    piled_up,
)
from voice_coach.audio.pcm import Pcm, decibels, from_int16, to_int16
from voice_coach.units import BLOCK, SAMPLE_RATE, Samples, to_frames, to_samples

LIFELESS = to_samples(5)


def sine(frequency: float, amplitude: float, rate: int = SAMPLE_RATE) -> Pcm:
    """Return a second of a tone, in steps of 16 bits."""
    time = np.arange(rate) / rate
    return from_int16(to_int16(amplitude * np.sin(2 * np.pi * frequency * time)))


def blocks_that_clip(sound: Pcm, block: Samples = BLOCK) -> int:
    """Return in how many blocks of `sound` a ceiling is seen."""
    return sum(clips(sound[at : at + block]) for at in range(0, len(sound), block))


def told(sound: Pcm, watch: MicrophoneWatch | None = None) -> list[Notice]:
    """Return what is told of `sound`, block by block."""
    watch = watch or MicrophoneWatch(LIFELESS)
    notices = []
    for at in range(0, len(sound) - BLOCK + 1, BLOCK):
        block, flaws = inspected(sound[at : at + BLOCK])
        notices.append(watch.add(block, flaws, "microphone 'USB'"))
    return [notice for notice in notices if notice]


class TestCeiling:
    """Sound that is cut off, and sound that only looks so."""

    @pytest.mark.parametrize("ceiling", [1.0, 0.5, 0.1])
    @pytest.mark.parametrize("over_db", [3, 6, 12])
    def test_speech_that_is_cut_off(self, ceiling: float, over_db: float) -> None:
        speech = said("start back routine", "en-us+f2")
        speech = speech / np.abs(speech).max() * decibels(over_db) * ceiling
        cut = from_int16(to_int16(np.clip(speech, -ceiling, ceiling)))
        assert blocks_that_clip(cut) >= 5
        assert [notice.kind for notice in told(cut)] == [NoticeKind.CLIPPED]

    @pytest.mark.parametrize("level_db", [0, -6, -20])
    def test_speech_that_is_loud_and_whole(self, level_db: float) -> None:
        speech = said("start back routine", "en-us+f2")
        whole = from_int16(to_int16(speech / np.abs(speech).max() * decibels(level_db) * 0.999))
        assert blocks_that_clip(whole) == 0

    @pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
    @pytest.mark.parametrize("frequency", [20, 50, 100, 437, 1_000, 3_000])
    @pytest.mark.parametrize("amplitude", [0.06, 0.3, 0.99])
    def test_hum_and_tones(self, rate: int, frequency: float, amplitude: float) -> None:
        """They have flat tops too, where samples are dense."""
        assert blocks_that_clip(sine(frequency, amplitude, rate), rate // 100) == 0

    def test_an_offset_moves_one_ceiling_only(self) -> None:
        speech = said("pause")
        speech = speech / np.abs(speech).max() * 1.5 + 0.3
        assert blocks_that_clip(np.clip(speech, -2, 1).astype(np.float32)) > 0
        assert blocks_that_clip(np.clip(-speech, -1, 2).astype(np.float32)) > 0

    def test_silence_and_one_value_are_no_ceiling(self) -> None:
        for value in (0.0, 0.5, -1.0):
            assert not clips(np.full(BLOCK, value, dtype=np.float32))

    def test_one_clap_is_not_told(self) -> None:
        noise = np.random.default_rng(1).uniform(-0.01, 0.01, 3 * SAMPLE_RATE)
        noise[8_000:8_400] = np.clip(noise[8_000:8_400] * 500, -1, 1)
        assert not told(noise.astype(np.float32))


class TestPile:
    """A ceiling that a sound server has blurred by converting the rate."""

    @staticmethod
    def second(over_db: float, words: str = "start back routine") -> Pcm:
        speech = said(words)
        speech = soxr.resample(speech / np.abs(speech).max() * decibels(over_db), 1, 3)
        blurred = soxr.resample(np.clip(speech, -1, 1) * 0.4, 3, 1)
        return np.pad(blurred, (0, SAMPLE_RATE))[:SAMPLE_RATE].astype(np.float32)

    @pytest.mark.parametrize("over_db", [9, 12])
    @pytest.mark.parametrize("words", ["start back routine", "how long left", "say that again"])
    def test_speech_that_was_cut_off(self, over_db: float, words: str) -> None:
        sound = self.second(over_db, words)
        assert blocks_that_clip(sound) == 0
        assert piled_up(sound) > 0.01 * SAMPLE_RATE
        assert [notice.kind for notice in told(sound)] == [NoticeKind.CLIPPED]

    @pytest.mark.parametrize("words", ["start back routine", "pause", "how long left", "stop"])
    def test_natural_speech(self, words: str) -> None:
        assert piled_up(self.second(-1, words)) == 0

    def test_other_sounds(self) -> None:
        noise = np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32)
        beep = np.pad(sine(1_000, 0.5)[:8_000], (0, 8_000))
        for sound in (0.2 * noise, sine(440, 0.5), sine(50, 0.9), beep, np.zeros(SAMPLE_RATE)):
            assert piled_up(sound.astype(np.float32)) == 0


class TestNoNumbers:
    """Samples that are no numbers."""

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("shape", [(BLOCK,), (BLOCK, 2)])
    def test_they_become_silence(self, value: float, shape: tuple[int, ...]) -> None:
        frames = np.full(shape, 0.25, dtype=np.float32)
        frames[3:5] = value
        clean, flaws = inspected(frames)
        assert flaws == Flaw.NO_NUMBERS
        assert not clean[3:5].any()
        assert (np.delete(clean, [3, 4], axis=0) == 0.25).all()

    def test_a_channel_of_two_that_clips(self) -> None:
        frames = np.stack([sine(440, 0.1)[:BLOCK], np.clip(2 * sine(440, 1)[:BLOCK], -1, 1)], 1)
        assert inspected(frames)[1] == Flaw.CLIPPED
        assert inspected(frames / 2)[1] == Flaw.CLIPPED
        assert inspected(frames[:, :1])[1] == NO_FLAW


class TestWatch:
    """What is told, when and how often."""

    def test_a_clipped_minute_is_told_once_and_in_plain_words(self) -> None:
        cut = np.clip(2 * np.tile(sine(437, 1), 130), -1, 1)
        notices = told(cut)
        assert [notice.kind for notice in notices] == [NoticeKind.CLIPPED] * 3
        assert notices[0].text == (
            "The microphone 'USB' is overdriven: turn its level down, or move away from it."
        )

    @pytest.mark.parametrize(
        ("value", "kind"), [(0.0, NoticeKind.ZEROS), (0.3, NoticeKind.CONSTANT)]
    )
    def test_one_value_is_told_after_its_time(self, value: float, kind: NoticeKind) -> None:
        still = np.full(60 * SAMPLE_RATE, value, dtype=np.float32)
        assert not told(still[: LIFELESS - BLOCK])
        assert [notice.kind for notice in told(still)] == [kind]
        assert not told(still, MicrophoneWatch(lifeless=None))

    def test_whoever_mutes_again_within_the_minute_is_not_told_again(self) -> None:
        alive, still = sine(440, 0.1), np.zeros(6 * SAMPLE_RATE, dtype=np.float32)
        watch = MicrophoneWatch(LIFELESS)
        assert len(told(np.concatenate([still, alive, still]), watch)) == 1
        assert len(told(np.tile(alive, 60), watch)) == 0
        assert len(told(still, watch)) == 1

    def test_the_noise_of_a_quiet_room_is_life(self) -> None:
        noise = np.random.default_rng(1).normal(0, 0.6 / 32768, 20 * SAMPLE_RATE)
        assert not told(from_int16(to_int16(noise)))


def test_an_overdriven_microphone_is_told_when_the_coach_is_silent() -> None:
    cut = np.clip(np.tile(sine(440, 0.9), 2), -0.5, 0.5)
    loud, soft = (np.full(to_frames(BLOCK), peak, dtype=np.float32) for peak in (0.5, 0.04))
    for own, expected in ((loud, 0), (soft, 1)):
        watch, notices = MicrophoneWatch(LIFELESS), []
        for at in range(0, len(cut) - BLOCK + 1, BLOCK):
            watch.played(own)
            notices.append(watch.add(*inspected(cut[at : at + BLOCK]), "microphone 'USB'"))
        assert len([each for each in notices if each]) == expected
    watch.played(loud)
    assert not told(cut[: to_samples(0.5)], watch)
    watch = MicrophoneWatch(LIFELESS)
    watch.played(loud)
    assert [notice.kind for notice in told(cut, watch)] == [NoticeKind.CLIPPED]
