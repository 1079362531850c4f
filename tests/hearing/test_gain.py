"""The automatic gain: speech is made equally loud, noise is left alone."""

import numpy as np
import pytest

from tests.tools.speech import USER, breath, room, said
from voice_coach.audio.pcm import Pcm, decibels, from_int16, level_db, silence, to_int16
from voice_coach.hearing.gain import (
    FALL_DB,
    LEAST_DB,
    MOST_DB,
    RISE_DB,
    START_DB,
    TARGET_DB,
    AutomaticGain,
)
from voice_coach.hearing.vad import CHUNK, SileroActivity
from voice_coach.units import SAMPLE_RATE, to_seconds

SECONDS = to_seconds(CHUNK)


def chunks(sound: Pcm) -> list[Pcm]:
    return [sound[at : at + CHUNK] for at in range(0, len(sound) - CHUNK + 1, CHUNK)]


def heard(gain: AutomaticGain, sound: Pcm) -> tuple[list[float], list[Pcm]]:
    """Let a real detector judge what the gain gives; return its judgements and the sound."""
    activity = SileroActivity()
    voices, louder = [], []
    for chunk in chunks(sound):
        louder.append(gain.process(chunk))
        voices.append(activity.probability(louder[-1]))
        gain.learn(voices[-1])
    return voices, louder


WORDS = ("start back routine", "how long left", "say that again", "what can i say")


def talk(level: float, words: tuple[str, ...] = WORDS, voice: str = USER) -> Pcm:
    """Return commands of a user at `level` dB, in 16 bits, in a room 35 dB below them."""
    parts = []
    for each in words:
        parts += [silence(SAMPLE_RATE // 2), said(each, voice) * np.float32(decibels(level + 20))]
    sound = np.concatenate([*parts, silence(SAMPLE_RATE)])
    return from_int16(to_int16(sound + room(len(sound), db=level - 35)))


@pytest.mark.parametrize("level", [-60.0, -50.0, -40.0, -30.0])
def test_a_user_is_brought_to_the_target(level: float) -> None:
    gain = AutomaticGain()
    for _ in range(2):
        heard(gain, talk(level))
    voices, louder = heard(gain, talk(level))
    spoken = [chunk for chunk, voice in zip(louder, voices, strict=True) if voice >= 0.5]
    assert level_db(np.concatenate(spoken)) == pytest.approx(TARGET_DB, abs=3)


def found(sound: Pcm, gain: AutomaticGain | None) -> int:
    """Return in how many chunks the detector finds a voice."""
    if gain:
        return sum(voice >= 0.5 for voice in heard(gain, sound)[0])
    activity = SileroActivity()
    return sum(activity.probability(chunk) >= 0.5 for chunk in chunks(sound))


@pytest.mark.parametrize("voice", ["en-us+f2", "en-us+m3", "en-gb+m5"])
def test_short_quiet_words_are_found_as_well_as_loud_ones(voice: str) -> None:
    """Without the gain, the detector finds a quarter of them at best at -62 dB."""
    words = ("pause", "next", "slower", "stop")
    loud, quiet = talk(-26.0, words, voice), talk(-62.0, words, voice)
    all_of_them = found(loud, None)
    assert found(quiet, None) < 0.25 * all_of_them
    gain = AutomaticGain()
    assert found(quiet, gain) > 0.65 * all_of_them, "the first time"
    assert found(quiet, gain) > 0.9 * all_of_them, "once it has learnt"


@pytest.mark.slow
@pytest.mark.parametrize("level", [-70.0, -50.0, -30.0])
def test_noise_and_breath_change_nothing(level: float) -> None:
    gain = AutomaticGain()
    loud = np.float32(decibels(level + 30))
    for sound in (room(20 * SAMPLE_RATE, db=level), breath(20) * loud, silence(SAMPLE_RATE)):
        heard(gain, sound)
        assert gain.gain_db == START_DB


@pytest.mark.slow
def test_noise_between_words_is_not_pumped() -> None:
    gain = AutomaticGain()
    heard(gain, talk(-50.0))
    adapted = gain.gain_db
    heard(gain, room(60 * SAMPLE_RATE, db=-75.0))
    assert gain.gain_db == adapted


def test_it_is_slow_and_has_bounds() -> None:
    gain = AutomaticGain()
    for level, end, speed in ((-90.0, MOST_DB, RISE_DB), (-5.0, LEAST_DB, FALL_DB)):
        chunk = np.full(CHUNK, decibels(level), dtype=np.float32)
        for _ in range(200):
            before = gain.gain_db
            gain.process(chunk)
            gain.learn(1.0)
            assert abs(gain.gain_db - before) <= speed * SECONDS + 1e-9
        assert gain.gain_db == end


def test_it_adds_no_steps() -> None:
    gain = AutomaticGain()
    chunk = np.full(CHUNK, 0.001, dtype=np.float32)
    sound = []
    for number in range(60):
        sound.append(gain.process(chunk))
        gain.learn(float(number > 10))
    steps = 20 * np.diff(np.log10(np.concatenate(sound)))
    assert gain.gain_db > START_DB + 10
    assert np.abs(steps).max() < 1.5 * RISE_DB / SAMPLE_RATE + 1e-4


def test_one_chunk_is_no_speech() -> None:
    gain = AutomaticGain()
    for voice in (1.0, 0.0) * 20:
        gain.process(np.full(CHUNK, 0.5, dtype=np.float32))
        gain.learn(voice)
    assert gain.gain_db == START_DB


def test_nothing_leaves_full_scale() -> None:
    gain = AutomaticGain()
    louder = gain.process(room(CHUNK, db=-3.0))
    assert np.abs(louder).max() <= 1.0
    # Loud sound is turned down rather than bent, and what follows is turned up again slowly.
    assert np.abs(louder).max() == pytest.approx(0.8, abs=0.01)
    after = [level_db(gain.process(room(CHUNK, db=-40.0))) for _ in range(30)]
    assert after[0] < -38.0 < after[-1]
    assert max(np.diff(after)) < 3.0
    gentle = room(CHUNK, db=-40.0)
    assert AutomaticGain().process(gentle) == pytest.approx(gentle * decibels(START_DB))


def test_the_same_every_time() -> None:
    one, two = (heard(AutomaticGain(), talk(-50.0))[1] for _ in range(2))
    assert (np.concatenate(one) == np.concatenate(two)).all()
