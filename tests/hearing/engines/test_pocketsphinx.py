"""The embedded recogniser: grammars with unknown words, short sounds, and no memory."""

import numpy as np
import pytest

from tests.tools.speech import room, spoken_in_room
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar, minimised
from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser
from voice_coach.hearing.engines.recogniser import NOTHING, Hypothesis, Recogniser
from voice_coach.units import to_samples

COMMANDS = minimised(
    "test", {0: {"pause": 1, "skip": 2, "xyzzy": 1}, 2: {"this": 1, "flurble": 1}}, {1}
)
ANSWERS = minimised("answers", {0: {"yes": 1, "no": 1}}, {1})


@pytest.fixture
def recogniser() -> PocketsphinxRecogniser:
    return PocketsphinxRecogniser()


def decode(recogniser: Recogniser, sound: Pcm, grammar: Grammar = COMMANDS) -> Hypothesis:
    recogniser.use(grammar)
    recogniser.start()
    for start in range(0, len(sound), 1000):
        assert recogniser.hear(sound[start : start + 1000]) == ""
    return recogniser.finish()


def test_words_and_where_they_are(recogniser: PocketsphinxRecogniser) -> None:
    sound = spoken_in_room("skip this")
    found = decode(recogniser, sound)
    assert found.text == "skip this"
    assert 0.5 < found.confidence <= 1.0
    assert abs(found.span[0] - to_samples(1.0)) < to_samples(0.15)
    assert abs(found.span[1] - (len(sound) - to_samples(1.0))) < to_samples(0.15)


def test_sentences_with_unknown_words_are_left_out(recogniser: PocketsphinxRecogniser) -> None:
    assert decode(recogniser, spoken_in_room("pause")).text == "pause"


def test_a_grammar_of_unknown_words_is_refused(recogniser: PocketsphinxRecogniser) -> None:
    unknown = minimised("magic", {0: {"xyzzy": 1, "skip": 2}, 2: {"flurble": 1}}, {1})
    with pytest.raises(ModelError, match=r"'magic': it does not know flurble, xyzzy\."):
        recogniser.use(unknown)


def test_listening_without_a_grammar_is_refused(recogniser: PocketsphinxRecogniser) -> None:
    recogniser.start()
    with pytest.raises(ModelError, match="before it was given a grammar"):
        recogniser.finish()


@pytest.mark.parametrize("length", [0, 1, 400, 900])
def test_too_short_for_a_word(recogniser: PocketsphinxRecogniser, length: int) -> None:
    assert decode(recogniser, room(length)) == NOTHING


def test_digital_silence_ends_in_some_hypothesis(recogniser: PocketsphinxRecogniser) -> None:
    found = decode(recogniser, silence(to_samples(1.0)))
    assert found.text == "" or COMMANDS.accepts(found.text)


def test_start_forgets_what_was_not_finished(recogniser: PocketsphinxRecogniser) -> None:
    recogniser.use(ANSWERS)
    recogniser.start()
    recogniser.hear(spoken_in_room("yes"))
    assert decode(recogniser, spoken_in_room("no"), ANSWERS).text == "no"


@pytest.mark.slow
def test_no_utterance_changes_the_next(recogniser: PocketsphinxRecogniser) -> None:
    quiet = spoken_in_room("skip this")
    noisy = quiet + room(len(quiet), seed=5, db=-35.0)
    first = [decode(recogniser, quiet), decode(recogniser, noisy)]
    decode(recogniser, spoken_in_room("no"), ANSWERS)
    decode(recogniser, np.float32(1.5) * noisy)
    assert [decode(recogniser, quiet), decode(recogniser, noisy)] == first


def test_closing_twice_does_no_harm(recogniser: PocketsphinxRecogniser) -> None:
    recogniser.close()
    recogniser.close()
