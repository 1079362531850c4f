"""The network and another engine, alone and together, on synthetic voices and on noise."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.tools.speech import room, said, spoken_in_room
from voice_coach.audio.pcm import Pcm, silence
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.engines import moonshine
from voice_coach.hearing.engines.combined import (
    TOGETHER,
    CombinedRecogniser,
    Evidence,
    conceivable,
    sentences_only,
)
from voice_coach.hearing.engines.moonshine import Moonshine
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.units import to_samples

SENTENCES = "pause, stop, stop the session, next, how long left, that hurts, ten, what's next"
COMMANDS = sentences_only(SENTENCES.split(", "))


class Stubborn:
    """An engine that always hears the same, and counts how often it is asked."""

    name = "stubborn"

    def __init__(self, text: str = "pause") -> None:
        self.text = text
        self.asked = 0

    def use(self, grammar: Grammar) -> None: ...
    def start(self) -> None: ...
    def close(self) -> None: ...

    def hear(self, samples: Pcm) -> str:  # noqa: ARG002
        return "partial"

    def guess(self) -> None:
        return None

    def finish(self) -> Hypothesis:
        self.asked += 1
        return Hypothesis(self.text, 1.0, (100, 200))


@pytest.fixture(scope="module")
def alone() -> Iterator[CombinedRecogniser]:
    recogniser = CombinedRecogniser()
    yield recogniser
    recogniser.close()


def decode(
    recogniser: CombinedRecogniser, sound: Pcm, grammar: Grammar = COMMANDS, block: int = 512
) -> Hypothesis:
    recogniser.use(grammar)
    recogniser.start()
    for start in range(0, len(sound), block):
        recogniser.hear(sound[start : start + block])
    return recogniser.finish()


@pytest.mark.parametrize(
    "text", ["pause", "stop the session", "how long left", "ten", "what's next"]
)
def test_commands_are_recognised_and_sure(alone: CombinedRecogniser, text: str) -> None:
    found = decode(alone, spoken_in_room(text, voice="en-us", pause=0.4))
    assert found.text == text
    assert found.confidence > 0.8
    assert found.evidence.startswith("log-probability")


@pytest.mark.parametrize(
    "text", ["computer", "I have to call my mother tomorrow", "would you like some tea", "seven"]
)
def test_other_talk_is_written_down_and_improbable(alone: CombinedRecogniser, text: str) -> None:
    found = decode(alone, spoken_in_room(text, voice="en-us", pause=0.4))
    assert found.confidence < 0.3
    assert "written down: “" in found.evidence


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.5, 3.0])
def test_noise_is_no_command_and_ends(alone: CombinedRecogniser, seconds: float) -> None:
    assert decode(alone, room(to_samples(seconds), db=-30.0)).confidence < 0.3


def test_the_sizes_of_the_blocks_and_what_came_before_change_nothing(
    alone: CombinedRecogniser,
) -> None:
    sound = spoken_in_room("next", pause=0.3)
    first = decode(alone, sound)
    decode(alone, spoken_in_room("that hurts"))
    assert decode(alone, sound, block=160) == first
    assert decode(alone, sound, block=len(sound)) == first


def test_a_guess_is_made_on_what_was_heard_so_far_and_ends_nothing(
    alone: CombinedRecogniser,
) -> None:
    sound = spoken_in_room("stop", voice="en-us", pause=0.1)
    alone.use(COMMANDS)
    alone.start()
    alone.hear(sound)
    assert alone.guess().text == "stop"
    alone.hear(spoken_in_room("the session", voice="en-us", pause=0.1))
    assert alone.finish().text == "stop the session"


@pytest.mark.slow
def test_a_doubtful_guess_is_not_made_again_at_once(alone: CombinedRecogniser) -> None:
    sound = spoken_in_room("pause", voice="en-us", pause=0.4)
    sound = sound + room(len(sound), seed=1, db=-31.0)
    alone.use(COMMANDS)
    alone.start()
    alone.hear(sound)
    assert alone.guess() is None
    alone.hear(silence(to_samples(0.03)))
    soon = alone.finish()
    first, *_ = soon.evidence.split(";")
    assert soon.text == "pause"
    assert first == decode(alone, sound).evidence.split(";")[0]
    alone.start()
    alone.hear(sound)
    assert alone.guess() is None
    alone.hear(spoken_in_room("how long left", voice="en-us", pause=0.4))
    assert alone.finish().text != "pause"


@pytest.mark.slow
def test_both_readings_in_one_go_are_those_of_each() -> None:
    network = Moonshine()
    features = network.encode(spoken_in_room("how long left", voice="en-us"))
    readings, free = network.look(features, network.spelled(COMMANDS))
    assert [r.text for r in readings] == [
        r.text for r in network.search(features, network.spelled(COMMANDS))
    ]
    # The network counts in whole steps, whose size depends on all that is read at once.
    assert free.text == network.transcribe(features).text
    assert free.log_probability == pytest.approx(
        network.transcribe(features).log_probability, abs=0.3
    )


def test_short_sentences_need_more_than_long_ones() -> None:
    short = Evidence(margin=-2.0, words=1, likeness=0.6, letters=4, agreed=True)
    chance = short.probability(TOGETHER)
    assert chance < replace(short, letters=8).probability(TOGETHER)
    endless = replace(short, letters=12).probability(TOGETHER)
    assert replace(short, letters=80).probability(TOGETHER) == endless


def test_a_long_sentence_may_be_less_likely_than_a_short_one_but_not_anything() -> None:
    assert conceivable("what's next", -10.9)
    assert not conceivable("what's next", -11.1)
    assert conceivable("start from the beginning", -16.9)
    assert not conceivable("start from the beginning", -17.1)


def test_start_forgets_what_was_not_finished(alone: CombinedRecogniser) -> None:
    alone.use(COMMANDS)
    alone.start()
    alone.hear(said("pause"))
    alone.start()
    alone.hear(silence(to_samples(0.5)))
    assert alone.finish().confidence < 0.3


@pytest.mark.slow
def test_the_other_engine_is_asked_in_doubt_only_and_counts() -> None:
    other = Stubborn("pause")
    recogniser = CombinedRecogniser(other)
    sure = decode(recogniser, spoken_in_room("pause", voice="en-us", pause=0.4))
    assert (sure.text, other.asked) == ("pause", 0)
    noisy = spoken_in_room("pause", voice="en-us", pause=0.4)
    noisy = noisy + room(len(noisy), seed=1, db=-31.0)
    agreed = decode(recogniser, noisy)
    assert other.asked == 1
    assert agreed.text == "pause"
    assert agreed.span is None
    assert "stubborn: “pause”" in agreed.evidence
    other.text = "how long left"
    denied = decode(recogniser, noisy)
    assert denied.confidence < agreed.confidence


def test_partial_words_are_those_of_the_other_engine() -> None:
    recogniser = CombinedRecogniser(Stubborn())
    recogniser.use(COMMANDS)
    recogniser.start()
    assert recogniser.hear(silence(512)) == "partial"


@pytest.mark.slow
def test_the_network_writes_down_what_it_hears() -> None:
    network = Moonshine()
    written = network.transcribe(network.encode(spoken_in_room("how long left", voice="en-us")))
    assert written.text.lower().strip(".?!") == "how long left"
    assert -5.0 < written.log_probability < 0.0


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moonshine, "model_folder", lambda: None)
    with pytest.raises(ModelError, match=r"moonshine-voice.*scripts/setup"):
        CombinedRecogniser()
