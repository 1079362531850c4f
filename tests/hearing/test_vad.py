"""Voice activity: what is said long after the last word is found as well as what comes first."""

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from benchmarks.noises import rush
from voice_coach.audio.pcm import Pcm, as_heard, decibels, level_db, silence
from voice_coach.hearing.vad import CHUNK, SileroActivity
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import Samples, to_samples


@pytest.fixture(scope="module")
def voice() -> Iterator[EspeakVoice]:
    """Somebody who trains."""
    with closing(EspeakVoice("en-gb+m3")) as somebody:
        yield somebody


def room(length: Samples, db: float) -> Pcm:
    """Return pink noise of that level."""
    noise = rush(length, np.random.default_rng(1))
    return noise * np.float32(decibels(db - level_db(noise)))


def probability(activity: SileroActivity, sound: Pcm) -> float:
    """Return the probability of the likeliest chunk of `sound`."""
    chunks = sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK)
    return max(activity.probability(chunk) for chunk in chunks)


@pytest.mark.slow
@pytest.mark.parametrize("word", ["no", "help", "eight"])
def test_a_word_is_found_however_long_nobody_spoke(word: str, voice: EspeakVoice) -> None:
    talk, clip = (as_heard(voice.render(text)) for text in ("what can I say", word))
    before = np.concatenate([silence(to_samples(1)), talk, silence(to_samples(20))])
    before = before[: len(before) // CHUNK * CHUNK]
    sound = np.concatenate([before, clip]) + room(len(before) + len(clip), -24)
    activity = SileroActivity()
    assert probability(activity, sound[: len(before)]) > 0.9
    assert probability(activity, sound[len(before) :]) > 0.7


def test_a_room_without_speech_is_quiet_whenever_it_starts_afresh() -> None:
    assert probability(SileroActivity(), room(to_samples(30), -24)) < 0.2
