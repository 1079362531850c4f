"""The coach's own voice is told from the user's, in rooms made by arithmetic."""

import numpy as np
import pytest

from tests.tools.echoes import COACH, room
from voice_coach.audio.pcm import Pcm, as_heard, decibels, silence
from voice_coach.hearing.echo.coherence import Audibility, own_share
from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser
from voice_coach.hearing.listener import Listener
from voice_coach.library import read_commands
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import BLOCK, SAMPLE_RATE


def padded(clip: Pcm) -> Pcm:
    """Return `clip` with half a second around it."""
    return np.concatenate([silence(SAMPLE_RATE // 2), clip, silence(SAMPLE_RATE // 2)])


def heard(played: Pcm, path: Pcm, echo_db: float) -> Pcm:
    """Return the echo of `played` in a microphone with a little noise."""
    echo = np.convolve(played, path)[: len(played)] * decibels(echo_db)
    noise = np.random.default_rng(4).standard_normal(len(played)) * decibels(-62)
    return (echo + noise).astype(np.float32)


@pytest.mark.parametrize("reverberation", [0.15, 0.3, 0.5])
@pytest.mark.parametrize("echo_db", [0.0, -10.0, -20.0])
@pytest.mark.parametrize("text", COACH)
def test_an_echo_is_the_coachs_own_voice(text: str, echo_db: float, reverberation: float) -> None:
    played = padded(as_heard(EspeakVoice().render(text)))
    assert own_share(heard(played, room(reverberation, 0.06), echo_db), played) > 0.5


@pytest.mark.parametrize("words", ["pause", "stop", "next exercise", "how long left"])
@pytest.mark.parametrize("text", COACH)
def test_another_voice_beside_the_coachs_is_not(text: str, words: str) -> None:
    """As with a headset: the microphone hears the user alone, while the coach speaks."""
    played = padded(as_heard(EspeakVoice().render(text)))
    user = padded(as_heard(EspeakVoice("en-us+m5").render(words)))
    frames = min(len(played), len(user))
    assert own_share(user[:frames], played[:frames]) < 0.5


def test_silence_of_the_loudspeaker_explains_nothing() -> None:
    user = padded(as_heard(EspeakVoice("en-us+m5").render("pause")))
    assert own_share(user, silence(len(user))) == 0.0


@pytest.mark.slow
def test_the_coach_does_not_obey_itself() -> None:
    """Everything that names a command is heard by the microphone, and none of it is obeyed."""
    commands = read_commands([])
    listener = Listener(PocketsphinxRecogniser())
    listener.use(commands.grammar("session"))
    alone = Listener(PocketsphinxRecogniser())
    alone.use(commands.grammar("session"))
    obeyed, without_reference = [], []
    for text in COACH:
        played = padded(padded(as_heard(EspeakVoice().render(text))))
        microphone = heard(played, room(0.3, 0.06), -10.0)
        for start in range(0, len(played) - BLOCK + 1, BLOCK):
            block, said = microphone[start : start + BLOCK], played[start : start + BLOCK]
            obeyed += listener.process(block, said)
            without_reference += alone.process(block, silence(BLOCK))
    assert not obeyed
    assert without_reference, "without the guard the coach would have obeyed itself"


def test_a_coach_that_no_voice_follows_is_not_heard() -> None:
    audibility = Audibility()
    loud = np.full(512, 0.1, dtype=np.float32)
    assert audibility.audible
    for _ in range(100):
        audibility.learn(silence(512), voice=False)
    assert audibility.audible  # it has said nothing yet
    seconds = 0.0
    while audibility.audible:
        audibility.learn(loud, voice=False)
        seconds += 512 / SAMPLE_RATE
    assert 3.0 < seconds < 6.0
    for _ in range(30):
        audibility.learn(loud, voice=True)
    assert audibility.audible
