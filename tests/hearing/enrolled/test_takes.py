"""Takes: what can be learnt from, and which are the same words."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.tools.speech import room, said
from voice_coach.audio.pcm import Pcm, decibels, resample, silence
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.engines.combined import sentences_only
from voice_coach.hearing.enrolled.profile import FEATURES
from voice_coach.hearing.enrolled.takes import NOISES_DB, TakeRecorder, Trial, Trouble, agreeing
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener

PHRASES = ("pause", "stop", "how long left")


@pytest.fixture(scope="module")
def recorder() -> Iterator[TakeRecorder]:
    recorder = TakeRecorder(PHRASES, ("skip", "skip this one"))
    yield recorder
    recorder.close()


def trials(recorder: TakeRecorder, clip: Pcm, room_db: float = -65.0) -> list[Trial]:
    """Return what becomes of `clip` in a quiet room."""
    found: list[Trial | None] = []

    def watch(decision: Decision) -> None:
        found.append(recorder.judged(decision.segment))

    listener = Listener(recorder, watch=watch)
    listener.use(sentences_only(PHRASES))
    sound = np.concatenate([silence(16_000), clip, silence(16_000)])
    assert list(heard_in(sound + room(len(sound), db=room_db), listener)) == []
    return [trial for trial in found if trial]


@pytest.mark.slow
def test_a_take_is_the_voice_alone_once_as_it_was_and_once_in_noise(recorder: TakeRecorder) -> None:
    (trial,) = trials(recorder, said("how long left"))
    assert trial.trouble is None
    assert not trial.skip
    assert len(trial.takes) == 1 + len(NOISES_DB)
    length = len(said("how long left")) / 384
    for frames in trial.takes:
        assert frames.shape[1] == FEATURES
        assert 0.7 * length < len(frames) < 1.3 * length + 5
    assert not np.allclose(*trial.takes)
    assert abs(trial.start - 16_000) < 3_000


@pytest.mark.slow
def test_the_same_words_agree_however_fast(recorder: TakeRecorder) -> None:
    slow, quick = (trials(recorder, resample(said("pause"), rate))[0] for rate in (15_300, 16_700))
    other = trials(recorder, said("stop"))[0]
    assert agreeing([slow, quick]) == [slow, quick]
    assert agreeing([other, slow, quick]) == [slow, quick]
    assert len(agreeing([slow, other])) == 1
    assert agreeing([]) == []


@pytest.mark.slow
def test_who_says_skip_wants_to_skip(recorder: TakeRecorder) -> None:
    assert trials(recorder, said("skip this one"))[0].skip
    assert not trials(recorder, said("stop"))[0].skip


@pytest.mark.slow
def test_what_cannot_be_learnt_from(recorder: TakeRecorder) -> None:
    (faint,) = trials(recorder, said("how long left") * np.float32(decibels(-22)), room_db=-46)
    assert faint.trouble is Trouble.TOO_QUIET
    assert faint.takes == ()
    endless = np.concatenate([said("how long left")] * 6)
    assert [trial.trouble for trial in trials(recorder, endless)] == [Trouble.TOO_LONG]
    assert trials(recorder, silence(1_000)) == []
